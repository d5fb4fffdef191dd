"""What an order lacks and what was already told about it; pure decisions of the despatch sink."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from khaossync.domain.cases import CaseClass
from khaossync.domain.despatch import Consignment, ConsignmentLine, allocate
from khaossync.domain.errors import RejectedError

_SKEW = timedelta(minutes=5)

Units = Mapping[str, int]
"""Order line id → units."""


@dataclass(frozen=True, slots=True)
class Fulfilment:
    """A despatch that the shop knows; `lines` are its units per order line."""

    gid: str
    created_at: datetime
    tracking: frozenset[str]
    lines: Units


@dataclass(frozen=True, slots=True)
class OpenLine:
    """Units of an order line that a fulfilment order still waits for."""

    gid: str
    line_id: str
    remaining: int


@dataclass(frozen=True, slots=True)
class FulfilmentOrder:
    """A part of an order that one location is to send.

    `open` tells that a fulfilment may be created now; where it may not, `obstacle` says why. Those with the same
    `place` (location and way of delivery) can be fulfilled in one call.
    """

    gid: str
    place: tuple[str, str]
    open: bool
    obstacle: str
    lines: tuple[OpenLine, ...]


def told_already(consignment: Consignment, fulfilments: Iterable[Fulfilment], since: datetime) -> list[Fulfilment]:
    """The fulfilments that tell of this very consignment.

    With a tracking number it is the number that tells. Without one it can only be a fulfilment without a number
    that came into being since we first wanted one (`since`, with five minutes for clocks that differ).
    """
    if number := consignment.tracking_number:
        return [each for each in fulfilments if number in each.tracking]
    return [each for each in fulfilments if not each.tracking and each.created_at >= since - _SKEW]


def still_to_tell(lines: Sequence[ConsignmentLine], told: Iterable[Fulfilment]) -> tuple[ConsignmentLine, ...]:
    """The consignment without the units that were told already."""
    units: dict[str, int] = {}
    for each in told:
        for line_id, count in each.lines.items():
            units[line_id] = units.get(line_id, 0) + count
    left = []
    for line in lines:
        wanted = line.quantity
        for line_id in line.line_ids:
            taken = min(wanted, units.get(line_id, 0))
            units[line_id] = units.get(line_id, 0) - taken
            wanted -= taken
        if wanted:
            left.append(ConsignmentLine(line.sku, line.line_ids, wanted))
    return tuple(left)


def remaining(orders: Iterable[FulfilmentOrder]) -> dict[str, int]:
    """What each order line lacks, over several fulfilment orders."""
    units: dict[str, int] = {}
    for order in orders:
        for line in order.lines:
            units[line.line_id] = units.get(line.line_id, 0) + line.remaining
    return units


Call = dict[str, dict[str, int]]
"""One call to make: fulfilment order gid → its line gid → units."""


def calls(lines: Sequence[ConsignmentLine], orders: Sequence[FulfilmentOrder]) -> list[Call] | None:
    """One call per place, in the order of the fulfilment orders; None when the order lacks less than is to be told.

    https://shopify.dev/docs/api/admin-graphql/latest/mutations/fulfillmentCreate takes fulfilment orders of one
    location and one way of delivery only.
    """
    usable = [order for order in orders if order.open]
    allocation = allocate(lines, remaining(usable))
    if allocation is None:
        return None
    made: dict[tuple[str, str], Call] = {}
    for order in usable:
        for line in order.lines:
            units = min(line.remaining, allocation.get(line.line_id, 0))
            if units:
                allocation[line.line_id] -= units
                made.setdefault(order.place, {}).setdefault(order.gid, {})[line.gid] = units
    return list(made.values())


def obstacles(lines: Sequence[ConsignmentLine], orders: Sequence[FulfilmentOrder]) -> str:
    """Why a consignment that would fit cannot be told now; empty when it would not fit in any case."""
    if allocate(lines, remaining(orders)) is None:
        return ""
    return "; ".join(dict.fromkeys(order.obstacle for order in orders if not order.open and order.lines))


def tracking_info(consignment: Consignment) -> dict[str, str]:
    """Shopify's FulfillmentTrackingInput; a known courier's name makes Shopify build the tracking address itself."""
    told = {
        "company": consignment.courier,
        "number": consignment.tracking_number,
        "url": consignment.tracking_url,
    }
    return {name: text for name, text in told.items() if text}


def refused(consignment: Consignment, why: str, *, final: bool) -> RejectedError:
    """The shop did not take the despatch, in its own words."""
    return RejectedError(
        f"shopify did not fulfil {consignment.order_id} with despatch {consignment.despatch_id}: {why}",
        CaseClass.DESPATCH_REFUSED,
        evidence=_evidence(consignment, consignment.lines),
        final=final,
    )


def unallocated(consignment: Consignment, left: Sequence[ConsignmentLine]) -> RejectedError:
    """The despatch holds lines that the order does not lack any more."""
    return RejectedError(
        f"despatch {consignment.despatch_id} holds more than {consignment.order_id} still lacks",
        CaseClass.UNALLOCATED_DESPATCH,
        evidence=_evidence(consignment, left),
    )


def _evidence(consignment: Consignment, lines: Sequence[ConsignmentLine]) -> dict[str, str]:
    return {
        "order": consignment.order_id,
        "despatch": consignment.despatch_id,
        "courier": consignment.courier,
        "tracking": consignment.tracking_number,
        "not told": "; ".join(f"{line.sku} × {line.quantity}" for line in lines),
    }
