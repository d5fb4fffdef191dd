"""The crash points by name: everything on the road of a delivery behind which another thing is done."""

from collections.abc import Iterable, Iterator

from chaos.shops import Shop

_READ = ("cursor", "look_up", "open_references", "read_up_to")
_UPKEEP = ("counted", "hasten", "seal", "tidy")
_STREAMS = ("catalogue", "despatches", "stock")
_CALLS = ("ExportOrderStatusEx", "ExportStock", "ExportStockStatus", "GetStockList")

_EVERYWHERE = frozenset(
    {
        *(f"{doing}: {moment}" for doing in _READ for moment in ("before the statement", "known")),
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
        *(
            f"deliver {kind}: {moment}"
            for kind in ("order", "despatch", "stock_level")
            for moment in ("before", "after")
        ),
    }
)


def points(shop: type[Shop]) -> frozenset[str]:
    """All that are passed where the shop is of this platform."""
    return _EVERYWHERE | frozenset(
        {
            *_read(_STREAMS),
            *_read(shop.STREAMS),
            *(f"khaos {call}: done, not answered" for call in _CALLS),
            *(f"shop {call}: done, not answered" for call in shop.READS),
            *_written("khaos", ["ImportOrders"]),
            *_written("shop", shop.WRITES),
            *shop.LATER,
            *shop.BESIDES,
        }
    )


def pings(shop: type[Shop]) -> frozenset[str]:
    """Those that are passed only where a trouble makes one of the systems seem to be away."""
    return frozenset({"khaos GetVersion: done, not answered", f"shop {shop.PING}: done, not answered"})


def _read(streams: Iterable[str]) -> Iterator[str]:
    for stream in streams:
        yield from (f"read {stream}: a page", f"read {stream}: the page is stored")


def _written(system: str, calls: Iterable[str]) -> Iterator[str]:
    for call in calls:
        yield from (f"{system} {call}: sent", f"{system} {call}: done, not answered")
