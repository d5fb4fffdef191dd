"""Despatches: what left the warehouse, and which order lines that fulfils."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class DespatchLine:
    """Units of one stock code in a consignment; the ERP does not say which order line they are for."""

    stock_code: str
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Despatch:
    """One consignment that left the warehouse for one sales order, in the ERP's words.

    `despatch_id` is stable for the same goods in the same consignment, so that a second telling is recognised.
    """

    ref: str
    sales_order_code: str
    despatch_id: str
    despatched_at: datetime
    courier: str
    tracking_number: str
    tracking_url: str
    lines: tuple[DespatchLine, ...]


@dataclass(frozen=True, slots=True)
class OrderState:
    """How far the ERP has come with a sales order; `stages` are its own ids, which may go backwards."""

    ref: str
    sales_order_code: str
    stages: tuple[str, ...]
    complete: bool
    cancelled: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ConsignmentLine:
    """Units of one SKU to fulfil on any of the order lines that sold it."""

    sku: str
    line_ids: tuple[str, ...]
    quantity: int


@dataclass(frozen=True, slots=True)
class Consignment:
    """A despatch in the channel's words: what its sink is asked to tell the customer.

    `told_as` is what the channel calls it where it was told before: then only its tracking is new. Else it is empty.
    """

    order_id: str
    despatch_id: str
    despatched_at: datetime
    courier: str
    tracking_number: str
    tracking_url: str
    lines: tuple[ConsignmentLine, ...]
    told_as: str = ""


def allocate(lines: Sequence[ConsignmentLine], remaining: Mapping[str, int]) -> dict[str, int] | None:
    """Spread a consignment over order lines by what each still lacks: line id → units.

    Lines are filled in the order they were sold. None when the consignment holds more than the order lacks:
    then somebody has fulfilled part of it already and the caller must look closer.
    """
    left = dict(remaining)
    allocation: dict[str, int] = {}
    for line in lines:
        wanted = line.quantity
        for line_id in line.line_ids:
            units = min(wanted, left.get(line_id, 0))
            if units:
                left[line_id] -= units
                allocation[line_id] = allocation.get(line_id, 0) + units
                wanted -= units
        if wanted:
            return None
    return allocation
