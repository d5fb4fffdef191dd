"""Stock as Khaos Control exports it, turned into stock levels and stock items."""

from collections.abc import Iterator, Mapping
from decimal import Decimal

from khaossync.domain.stock import StockItem, StockLevel
from khaossync.erp.khaosws.config import StockFormula
from khaossync.erp.khaosws.markup import Element, UnintelligibleError, child, children, name, value
from khaossync.erp.khaosws.wire import flag, named, number

_NOT_CONTROLLED = "5"
_PACK = "3"
_FULLEST = 100_000_000
_WEB = {"-1": True, "0": False}  # only for people to compare: another word must not make the item unreadable

Found = Mapping[str, Element]
"""Stock code → the element that describes it."""


def statuses(root: Element) -> Found:
    """The rows of a STOCK_STATUS document by stock code (blank for a row that has none)."""
    return {value(row, "CODE", "STOCK_CODE"): row for row in _rows(root)}


def _rows(root: Element) -> Iterator[Element]:
    """An answer for several sites may hold one STOCK_STATUS each, under any root."""
    if name(root) == "STOCK_ITEM":
        yield root
    for one in children(root):
        yield from _rows(one)


def stock_level(code: str, rows: Mapping[str, Element], formula: StockFormula) -> StockLevel:
    """The level of one code from its row per site. A row without LEVEL (a pack header) tells nothing for its site.

    LEVEL is what is free to sell, not what lies on the shelf; it may be negative. Raises UnintelligibleError.
    """
    available = {site: level for site, row in rows.items() if (level := _available(row, formula)) is not None}
    controlled = not any(value(row, "STATUS") == _NOT_CONTROLLED for row in rows.values())
    return StockLevel(named(code, "CODE"), available, controlled)


def _available(row: Element, formula: StockFormula) -> Decimal | None:
    level = value(row, "LEVEL")
    if not level:
        return None
    buildable = value(row, "BUILD_POTENTIAL_CHILDREN") if formula == "level_plus_children" else ""
    total = number(level, "LEVEL") + number(buildable or "0", "BUILD_POTENTIAL_CHILDREN")
    if abs(total) > _FULLEST:
        raise UnintelligibleError(f"LEVEL is {total:f}, more than any warehouse holds")
    return total


def items(root: Element) -> Iterator[tuple[str, Element, Element | None]]:
    """Every record of a STOCK_ITEMS document as (stock code, record, the style it belongs to).

    A style (colour, size) is one STOCK_ITEM with its variants in SCS/STYLE…/SCS_ITEM, one to four levels deep.
    """
    for record in children(root, "STOCK_ITEM"):
        yield value(record, "STOCK_CODE"), record, None
        scales = child(record, "SCS")
        for variant in () if scales is None else scales.iter("{*}SCS_ITEM"):
            yield value(variant, "STOCK_CODE"), variant, record


def stock_item(record: Element, style: Element | None = None) -> StockItem:
    """One stock item; what a variant does not say itself is said by its style. Raises UnintelligibleError."""

    def told(*names: str) -> str:
        return value(record, *names) or (value(style, *names) if style is not None else "")

    return StockItem(
        stock_code=named(value(record, "STOCK_CODE"), "STOCK_CODE"),
        description=told("STOCK_DESC"),
        discontinued=flag(told("DISCONTINUED"), "DISCONTINUED"),
        run_to_zero=flag(told("RUN_TO_ZERO"), "RUN_TO_ZERO"),
        deleted=flag(told("DELETED"), "DELETED"),
        controlled=flag(told("STOCK_CONTROLLED") or "-1", "STOCK_CONTROLLED"),
        pack=_pack(record),
        price=_price(told("SELL_PRICE")),
        web=_WEB.get(told("WEB")),
    )


def _price(text: str) -> Decimal | None:
    """A price only weighs the parts of a bundle: one that cannot be read must not make the item unreadable."""
    try:
        return number(text, "SELL_PRICE")
    except UnintelligibleError:
        return None


def _pack(record: Element) -> Mapping[str, Decimal]:
    """The components of a pack header; other links (up-sell, cross-sell, associated) are advertising."""
    links = child(record, "LINKED_ITEMS")
    pack: dict[str, Decimal] = {}
    for link in () if links is None else children(links, "LINK_ITEM"):
        if value(link, "LINK_TYPE") == _PACK:
            code = value(link, "STOCK_CODE")
            units = number(value(link, "LINK_VALUE"), f"LINK_VALUE of {code}")
            pack[code] = pack.get(code, Decimal(0)) + units
    return {code: units for code, units in sorted(pack.items()) if units > 0}
