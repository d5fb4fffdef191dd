"""The crash points by name: everything on the road of a delivery behind which another thing is done."""

from collections.abc import Mapping

_READ = ("cursor", "look_up", "open_references", "versions")
_TOLD = ("hint", "read_up_to")
_UPKEEP = ("counted", "hasten", "seal", "tidy")
_STREAMS = ("catalogue", "despatches", "order sweep", "orders", "refunds", "stock")
_CALLS = {
    "khaos": ("ExportOrderStatusEx", "ExportStock", "ExportStockStatus", "GetCompanyInfo", "GetStockList"),
    "shop": ("inventoryItems", "nodes", "order", "orders", "refund"),
}
_EFFECTS = (
    "khaos ImportOrders",
    "shop fulfillmentCreate",
    "shop fulfillmentTrackingInfoUpdate",
    "shop inventorySetQuantities",
)

LATER: Mapping[str, str] = {"shop fulfillment: done, not answered": "shop fulfillmentCreate: done, not answered"}
"""What is only done after a death, and at which point that is."""

POINTS = frozenset(
    {
        *(f"{doing}: {moment}" for doing in _READ for moment in ("before the statement", "known")),
        *(f"{doing}: {moment}" for doing in _TOLD for moment in ("before the statement", "known")),
        *(f"claim: {moment}" for moment in ("asked for", "before the statement", "known")),
        *(f"{doing}: {moment}" for doing in ("take_in", "intend", "settle") for moment in ("asked for", "known")),
        *(f"intend: {moment} the statement" for moment in ("before", "after")),
        *(
            f"{doing}: {moment}"
            for doing in ("take_in", "settle", "release_after_change", *_UPKEEP)
            for moment in ("in the transaction", "before the commit", "after the commit")
        ),
        *(f"{doing}: known" for doing in _UPKEEP),
        "seal: before the statement",
        "tidy: before the statement",
        "keep: connect",
        "keep: before the statement",
        *(f"read {stream}: {moment}" for stream in _STREAMS for moment in ("a page", "the page is stored")),
        *(
            f"deliver {kind}: {moment}"
            for kind in ("order", "despatch", "stock_level")
            for moment in ("before", "after")
        ),
        *(f"{system} {call}: done, not answered" for system, calls in _CALLS.items() for call in calls),
        *(f"{effect}: {moment}" for effect in _EFFECTS for moment in ("sent", "done, not answered")),
        *LATER,
    }
)
