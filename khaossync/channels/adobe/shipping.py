"""What an order lacks and what was already told about it; pure decisions of the despatch sink."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from khaossync.channels.adobe.fields import Node
from khaossync.channels.adobe.rows import BUNDLE, INTANGIBLE, Row, rows, units
from khaossync.domain.cases import CaseClass
from khaossync.domain.despatch import Consignment, ConsignmentLine, allocate
from khaossync.domain.errors import RejectedError

Units = Mapping[str, int]
"""Id of an order's item → units."""


@dataclass(frozen=True, slots=True)
class Shipment:
    """A shipment that the shop knows; `items` are its units per item of the order."""

    ident: str
    tracks: frozenset[str]
    comments: frozenset[str]
    items: Units


@dataclass(frozen=True, slots=True)
class Place:
    """How units of an order's line are shipped: as units of `item`, each of which holds `each` of the line.

    That differs only for the parts of a bundle that is shipped together. `left` are units of the line.
    """

    item: str
    each: int
    left: int
    sku: str


Places = Mapping[str, Place]
"""Line id → how it is shipped; nothing of what is not shipped at all."""


def read_shipment(node: Node) -> Shipment:
    """Raises MalformedError."""
    items: dict[str, int] = {}
    for item in node.items("items"):
        name = item.ident("order_item_id")
        items[name] = items.get(name, 0) + units(item, "qty")
    tracks = frozenset(number for each in node.items("tracks") if (number := each.text_or("track_number").strip()))
    comments = frozenset(each.text_or("comment").strip() for each in node.items("comments"))
    return Shipment(node.ident("entity_id"), tracks, comments, items)


def bundles(order: Node) -> set[str]:
    """The ids of the products of an order's bundles: only they know whether their parts are shipped together."""
    found = (item for item in order.items("items") if item.text_or("product_type") == BUNDLE)
    return {item.ident_or("product_id") for item in found} - {""}


def places(order: Node, separate: Iterable[str]) -> Places:
    """How each line is shipped; the bundles in `separate` (product ids) are shipped part by part.

    https://developer.adobe.com/commerce/webapi/rest/tutorials/orders/order-create-shipment/
    """
    items = {item.ident("item_id"): item for item in order.items("items")}
    apart = set(separate)
    found = {}
    for row in rows(order):
        parent = items.get(row.item.ident_or("parent_item_id"))
        together = parent is not None and parent.ident_or("product_id") not in apart
        if not _is_intangible(row.item):
            found[row.line_id] = _together(row, parent) if parent and together else _alone(row)
    return found


def mark(consignment: Consignment) -> str:
    """The comment by which a despatch is recognised on its shipment."""
    return f"Despatch {consignment.despatch_id}"


def told_already(consignment: Consignment, shipments: Iterable[Shipment]) -> list[Shipment]:
    """The shipments that tell of this very consignment: by our comment, or by its tracking number."""
    number, ours = consignment.tracking_number, mark(consignment)
    return [each for each in shipments if ours in each.comments or (number and number in each.tracks)]


def of_goods(consignment: Consignment, where: Places) -> Consignment:
    """The consignment without what is not shipped at all: it was delivered when it was bought."""
    lines = [
        replace(line, line_ids=tuple(each for each in line.line_ids if each in where)) for line in consignment.lines
    ]
    return replace(consignment, lines=tuple(line for line in lines if line.line_ids))


def still_to_tell(
    lines: Sequence[ConsignmentLine], told: Iterable[Shipment], where: Places
) -> tuple[ConsignmentLine, ...]:
    """The consignment without the units that were told already."""
    known: dict[str, int] = {}
    for each in told:
        for line_id, place in where.items():
            known[line_id] = known.get(line_id, 0) + each.items.get(place.item, 0) * place.each
    left = []
    for line in lines:
        wanted = line.quantity
        for line_id in line.line_ids:
            taken = min(wanted, known.get(line_id, 0))
            known[line_id] = known.get(line_id, 0) - taken
            wanted -= taken
        if wanted:
            left.append(ConsignmentLine(line.sku, line.line_ids, wanted))
    return tuple(left)


def call(consignment: Consignment, lines: Sequence[ConsignmentLine], where: Places) -> dict[str, int]:
    """Item of the order → units to ship. Raises RejectedError when the order lacks less, or a bundle is not whole."""
    allocation = allocate(lines, {line_id: place.left for line_id, place in where.items()})
    if allocation is None:
        raise RejectedError(
            f"despatch {consignment.despatch_id} holds more than {consignment.order_id} still lacks",
            CaseClass.UNALLOCATED_DESPATCH,
            evidence=_evidence(consignment, lines),
        )
    sets: dict[str, set[tuple[int, int]]] = {}
    for line_id, place in where.items():
        sets.setdefault(place.item, set()).add(divmod(allocation.get(line_id, 0), place.each))
    broken = [place.sku for place in where.values() if len(sets[place.item]) > 1 or next(iter(sets[place.item]))[1]]
    if broken:
        why = (
            f"{', '.join(broken)} belong to a bundle that the shop ships together, and only a part of it was despatched"
        )
        raise refused(consignment, why, final=False)
    return {item: whole for item, ((whole, _),) in sets.items() if whole}


def refused(consignment: Consignment, why: str, *, final: bool) -> RejectedError:
    """The shop did not take the despatch, in its own words."""
    return RejectedError(
        f"adobe did not ship {consignment.order_id} with despatch {consignment.despatch_id}: {why}",
        CaseClass.DESPATCH_REFUSED,
        evidence=_evidence(consignment, consignment.lines),
        final=final,
    )


def _alone(row: Row) -> Place:
    return Place(row.line_id, 1, _left(row.item), row.sku)


def _together(row: Row, parent: Node) -> Place:
    ordered = units(parent, "qty_ordered")
    each = row.ordered // ordered if ordered else 0
    return Place(parent.ident("item_id"), each or 1, each * _left(parent), row.sku)


def _left(item: Node) -> int:
    gone = sum(units(item, name) for name in ("qty_shipped", "qty_refunded", "qty_canceled"))
    return max(0, units(item, "qty_ordered") - gone)


def _is_intangible(item: Node) -> bool:
    return item.flag("is_virtual") or item.text_or("product_type") in INTANGIBLE


def _evidence(consignment: Consignment, lines: Iterable[ConsignmentLine]) -> dict[str, str]:
    return {
        "order": consignment.order_id,
        "despatch": consignment.despatch_id,
        "courier": consignment.courier,
        "tracking": consignment.tracking_number,
        "not told": "; ".join(f"{line.sku} × {line.quantity}" for line in lines),
    }
