"""How one stock item looks in STOCK_ITEMS and in STOCK_STATUS."""

from collections.abc import Sequence
from decimal import Decimal

from khaossync.sandbox.khaosws.dates import day, stamp
from khaossync.sandbox.khaosws.masters import Masters
from khaossync.sandbox.khaosws.seasoning import Seasoning
from khaossync.sandbox.khaosws.stock import ZERO, StockItem, Stockroom
from khaossync.sandbox.khaosws.xmlout import attribute, element, leaf, long_text, number, plain, yes_no

_IN_STOCK, _ALLOCATED, _DUE_IN, _NOT_DUE, _DISCONTINUED, _NOT_CONTROLLED = range(6)
_PACK_LINK = "3"


class StockWriter:
    """Writes STOCK_ITEM elements of both kinds."""

    def __init__(self, stockroom: Stockroom, masters: Masters, seasoning: Seasoning) -> None:
        self._stockroom, self._masters, self._seasoning = stockroom, masters, seasoning

    def item(self, item: StockItem) -> str:
        """The full record."""
        optional = self._seasoning.optional(
            leaf("ASSOCIATED_REF", item.other_ref), leaf("LEAD_TIME", ""), leaf("DELETION_DATE", day(None))
        )
        return element(
            "STOCK_ITEM",
            leaf("STOCK_CODE", item.code),
            long_text("STOCK_DESC", item.description),
            leaf("SELL_PRICE", number(item.price), IS_NET="-1"),
            leaf("VAT_RATE", number(self._masters.tax_rate(item.tax_code) * 100)),
            leaf("STOCK_ID", str(item.stock_id)),
            leaf("DELETED", "0"),
            leaf("WEB", "-1"),
            leaf("DISCONTINUED", yes_no(item.discontinued)),
            leaf("RUN_TO_ZERO", yes_no(item.run_to_zero)),
            leaf("STOCK_CONTROLLED", yes_no(item.controlled)),
            optional,
            self._seasoning.extra(),
            element("BARCODES", leaf("BARCODE", item.barcode)) if item.barcode else "",
            element("LINKED_ITEMS", *(_child(code, quantity) for code, quantity in item.pack.items())),
        )

    def level(self, item: StockItem, sites: Sequence[str]) -> str:
        """The row of a code on a site, or on several taken together; written in one go, for sweeps ask for many."""
        levels = [self._stockroom.level(item, site) for site in sites]
        available = sum((level.on_hand - level.reserved for level in levels), ZERO)
        on_order = sum((level.on_order for level in levels), ZERO)
        status = _status(item, available, sum((level.on_hand for level in levels), ZERO), on_order)
        potential = sum((self._stockroom.potential(item, site) for site in sites), ZERO) if item.pack else ZERO
        name = self._masters.site_name(sites[0]) if len(sites) == 1 else "All"
        optional = self._seasoning.optional(
            "<SAFE_LEVEL>0</SAFE_LEVEL>",
            "<MIN_LEVEL>0</MIN_LEVEL>",
            f"<LEAD_TIME>{stamp(None)}</LEAD_TIME>",
            f"<ON_ORDER_LEVEL>{number(on_order)}</ON_ORDER_LEVEL>",
        )
        return (
            f'<STOCK_ITEM CODE="{attribute(item.code)}" ID="{item.stock_id}" OTHER_REF="{attribute(item.other_ref)}"'
            f' DESC="{attribute(item.description)}"><SITE>{plain(name)}</SITE>'
            f"<SELL_PRICE>{number(item.price)}</SELL_PRICE><LEVEL>{number(available)}</LEVEL><STATUS>{status}</STATUS>"
            f"<BUILD_POTENTIAL_CHILDREN>{number(potential)}</BUILD_POTENTIAL_CHILDREN>"
            f"{optional}{self._seasoning.extra()}</STOCK_ITEM>"
        )


def _status(item: StockItem, available: Decimal, on_hand: Decimal, on_order: Decimal) -> int:
    if item.discontinued:
        return _DISCONTINUED
    if not item.controlled:
        return _NOT_CONTROLLED
    if available > 0:
        return _IN_STOCK
    if on_hand > 0:
        return _ALLOCATED
    return _DUE_IN if on_order > 0 else _NOT_DUE


def _child(code: str, quantity: Decimal) -> str:
    return element(
        "LINK_ITEM",
        leaf("STOCK_CODE", code),
        leaf("LINK_TYPE", _PACK_LINK),
        leaf("LINK_VALUE", number(quantity)),
        leaf("AUTO_ADD", "-1"),
    )
