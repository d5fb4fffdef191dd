"""A despatch in the channel's words: the ERP's stock codes turned back into the order lines that sold them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal

from khaossync.domain.cases import CaseClass
from khaossync.domain.curing import STOCK_CODES
from khaossync.domain.despatch import Consignment, ConsignmentLine, Despatch
from khaossync.domain.errors import RejectedError
from khaossync.domain.links import Link, SentLine
from khaossync.domain.money import ZERO
from khaossync.domain.stock import StockItem

Units = dict[str, Decimal]
"""Stock code → units."""

Sold = dict[str, list[SentLine]]
"""Stock code → the lines that sold it, in the order of the sale."""


def consignment(despatch: Despatch, link: Link, stock_items: Mapping[str, StockItem]) -> Consignment:
    """Tell which order lines a despatch fulfils; lines with one SKU become one, for the ERP does not part them.

    `stock_items` are the records of the despatched codes and of the sold pack headers. Codes that the customer
    never ordered pass in silence only as children of a despatched pack or when the ERP does not control their
    stock (discounts, gift cards, services). Raises RejectedError (UNALLOCATED_DESPATCH) for anything else, for
    parts of a unit, and when no goods remain: a shop may take an empty consignment for a whole order.
    """
    units, sold = _units(despatch), _sold(link)
    covered = _fold_packs(units, sold, stock_items)
    strays = [code for code, count in units.items() if count and code not in sold and code not in covered]
    strays = [code for code in strays if code not in stock_items or stock_items[code].controlled]
    if strays:
        raise _unallocated(
            despatch,
            link,
            f"{', '.join(strays)} was not sold on this order and completes no pack (if it stands for money only, "
            "mark it in the ERP as not stock controlled)",
        )
    lines = tuple(_line(sold[code], units[code], despatch, link) for code in sold if units.get(code))
    if not lines:
        raise _unallocated(despatch, link, "it holds nothing that was sold as goods")
    return Consignment(
        order_id=link.order_id,
        despatch_id=despatch.despatch_id,
        despatched_at=despatch.despatched_at,
        courier=despatch.courier,
        tracking_number=despatch.tracking_number,
        tracking_url=despatch.tracking_url,
        lines=lines,
    )


def _units(despatch: Despatch) -> Units:
    units: Units = defaultdict(Decimal)
    for line in despatch.lines:
        units[line.stock_code] += line.quantity
    return {code: count for code, count in units.items() if count}


def _sold(link: Link) -> Sold:
    sold: Sold = defaultdict(list)
    for line in link.lines:
        sold[line.stock_code].append(line)
    return dict(sold)


def _fold_packs(units: Units, sold: Sold, stock_items: Mapping[str, StockItem]) -> frozenset[str]:
    """Take the children of sold packs out of `units`; a header that is not listed is counted by complete sets.

    The ERP adds a pack's children itself and may despatch them with the header, or in its place; a bundle of the
    channel's own is always told by its parts. Returns the children of the headers that are listed: whatever is left
    of them needs no line of its own.
    """
    packs = {code: pack for code in sold if (pack := _bundle(sold[code][0]) or _children(stock_items.get(code)))}
    listed = [header for header in packs if header in units]
    for header in listed:
        _take(packs[header], units[header], units)
    for header in [header for header in packs if header not in listed]:
        units[header] = _complete_sets(packs[header], units, sum(line.quantity for line in sold[header]))
        _take(packs[header], units[header], units)
    return frozenset(child for header in listed for child in packs[header])


def _bundle(line: SentLine) -> Units:
    """What one unit of a bundle was sent as, whatever the configuration says today."""
    return {part.stock_code: Decimal(part.quantity // line.quantity) for part in line.parts}


def _children(header: StockItem | None) -> Units:
    return {child: each for child, each in header.pack.items() if each > 0} if header else {}


def _take(pack: Units, sets: Decimal, units: Units) -> None:
    # All or nothing: when the header came without its children, a child in the list was sold on its own.
    if all(units.get(child, ZERO) >= each * sets for child, each in pack.items()):
        for child in pack.keys() & units.keys():
            units[child] -= pack[child] * sets


def _complete_sets(pack: Units, units: Units, sold: int) -> Decimal:
    return min(Decimal(sold), *(units.get(child, ZERO) // each for child, each in pack.items()))


def _line(sold: Sequence[SentLine], count: Decimal, despatch: Despatch, link: Link) -> ConsignmentLine:
    if count < 0 or count != int(count):
        raise _unallocated(despatch, link, f"{count:f} of {sold[0].stock_code} is no whole number of units")
    return ConsignmentLine(sold[0].sku, tuple(line.line_id for line in sold), int(count))


def _unallocated(despatch: Despatch, link: Link, why: str) -> RejectedError:
    return RejectedError(
        f"despatch {despatch.despatch_id} of {despatch.sales_order_code} cannot be told to {link.channel}: {why}",
        CaseClass.UNALLOCATED_DESPATCH,
        evidence={
            "sales order": despatch.sales_order_code,
            "reference": despatch.ref,
            "courier": despatch.courier,
            "tracking": despatch.tracking_number,
            "despatched": "; ".join(f"{line.stock_code} × {line.quantity:f}" for line in despatch.lines),
            "sold": "; ".join(f"{line.stock_code} × {line.quantity}" for line in link.lines),
            STOCK_CODES: ", ".join(dict.fromkeys(line.stock_code for line in despatch.lines)),
        },
    )
