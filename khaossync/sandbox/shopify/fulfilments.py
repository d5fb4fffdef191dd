"""Who ships what from where: fulfilment orders (to do), fulfilments (done), mails to the customer."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from khaossync.sandbox.shopify.catalogue import Location

if TYPE_CHECKING:
    from khaossync.sandbox.shopify.orders import Line, Order

SHIPPABLE = ("OPEN", "IN_PROGRESS")

_ACTIONS = {
    "OPEN": ("CREATE_FULFILLMENT", "HOLD", "MOVE", "REPORT_PROGRESS", "SPLIT"),
    "IN_PROGRESS": ("CREATE_FULFILLMENT", "HOLD", "MARK_AS_OPEN"),
    "ON_HOLD": ("RELEASE_HOLD", "HOLD", "MOVE"),
    "SCHEDULED": ("MARK_AS_OPEN", "MOVE"),
}


@dataclass(slots=True, eq=False)
class FulfilmentLine:
    """Units of an order line that one location is to ship."""

    number: int
    line: "Line"
    total: int
    remaining: int


@dataclass(slots=True, eq=False)
class Hold:
    """A reason not to ship yet."""

    number: int
    reason: str
    notes: str | None
    handle: str | None
    by_app: bool


@dataclass(slots=True, eq=False)
class FulfilmentOrder:
    """The part of an order that one location is to ship. Staff may hold or move it at any time."""

    number: int
    order: "Order"
    location: Location
    created_at: datetime
    updated_at: datetime
    lines: list[FulfilmentLine] = field(default_factory=list)
    status: str = "OPEN"
    holds: list[Hold] = field(default_factory=list)

    @property
    def actions(self) -> tuple[str, ...]:
        """What may be done with it now."""
        return _ACTIONS.get(self.status, ())

    @property
    def shipped(self) -> bool:
        """Whether units of it have gone out."""
        return any(each.remaining < each.total for each in self.lines)

    def settle(self) -> None:
        """Work the status out from holds and what remains."""
        if self.status in ("CANCELLED", "SCHEDULED"):
            return
        if not any(each.remaining for each in self.lines):
            self.status = "CLOSED"
        elif self.holds:
            self.status = "ON_HOLD"
        else:
            self.status = "IN_PROGRESS" if self.shipped else "OPEN"


@dataclass(frozen=True, slots=True)
class Tracking:
    """One parcel's number. Shopify builds the address itself where it knows the carrier."""

    company: str | None
    number: str | None
    url: str | None


@dataclass(slots=True, eq=False)
class Shipped:
    """Units of a line in one fulfilment."""

    number: int
    fulfilment_line: FulfilmentLine
    quantity: int


@dataclass(slots=True, eq=False)
class Fulfilment:
    """A shipment that went out."""

    number: int
    order: "Order"
    position: int
    location: Location
    fulfilment_orders: list[FulfilmentOrder]
    lines: list[Shipped]
    tracking: list[Tracking]
    created_at: datetime
    updated_at: datetime
    status: str = "SUCCESS"


@dataclass(frozen=True, slots=True)
class Mail:
    """A message that the customer got. `kind` is shipping_confirmation, shipping_update or order_cancelled."""

    order: str
    to: str | None
    kind: str
    tracking_numbers: tuple[str, ...]
