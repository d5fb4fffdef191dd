"""The papers of an order: shipments, invoices, credit memos, and the notes on them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from khaossync.sandbox.adobe.money import NOTHING

if TYPE_CHECKING:
    from khaossync.sandbox.adobe.orders import Item, Order


@dataclass(frozen=True, slots=True)
class Comment:
    """A note on an order, a shipment, an invoice or a credit memo."""

    number: int
    text: str
    status: str
    at: datetime
    notified: bool = False
    visible: bool = False


@dataclass(frozen=True, slots=True)
class Track:
    """One parcel's number."""

    number: int
    track_number: str
    title: str
    carrier_code: str
    at: datetime
    qty: Decimal = NOTHING
    weight: Decimal = NOTHING
    description: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """Units of a row in a document, with their share of the row's money."""

    number: int
    item: "Item"
    quantity: Decimal
    row_total: Decimal = NOTHING
    tax: Decimal = NOTHING
    discount: Decimal = NOTHING
    compensation: Decimal = NOTHING


@dataclass(slots=True, eq=False)
class Document:
    """What every paper of an order has. `name` is the number that people see."""

    number: int
    name: str
    order: "Order"
    created_at: datetime
    updated_at: datetime
    parts: Sequence[Part] = ()
    comments: list[Comment] = field(default_factory=list)
    mailed: bool = False


@dataclass(slots=True, eq=False)
class Shipment(Document):
    """What was sent from one source."""

    source: str = ""
    tracks: list[Track] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Bill(Document):
    """An invoice or a credit memo: `shipping` and `shipping_tax` are its part of the delivery charge.

    `extra` is money besides rows and delivery.
    """

    state: int = 2
    shipping: Decimal = NOTHING
    shipping_tax: Decimal = NOTHING
    shipping_discount: Decimal = NOTHING
    shipping_compensation: Decimal = NOTHING
    extra: Decimal = NOTHING

    @property
    def counted(self) -> Iterator[Part]:
        """The rows whose money counts."""
        return (part for part in self.parts if not part.item.hollow)

    @property
    def subtotal(self) -> Decimal:
        """The rows before discounts, without tax."""
        return sum((part.row_total for part in self.counted), NOTHING)

    @property
    def discount(self) -> Decimal:
        """All that was taken off, positive."""
        return sum((part.discount for part in self.counted), self.shipping_discount)

    @property
    def tax(self) -> Decimal:
        """The tax of the rows and of the delivery."""
        return sum((part.tax for part in self.counted), self.shipping_tax)

    @property
    def compensation(self) -> Decimal:
        """The tax that hid in the rows' discounts."""
        return sum((part.compensation for part in self.counted), NOTHING)

    @property
    def total(self) -> Decimal:
        """What is to be paid, or what was given back."""
        rows = self.subtotal - self.discount + self.compensation
        return rows + self.shipping + self.shipping_compensation + self.tax + self.extra


@dataclass(slots=True, eq=False)
class Invoice(Bill):
    """A bill. State 1 is open, 2 paid, 3 cancelled. `extra` are the order's fees, less what was paid otherwise."""


@dataclass(slots=True, eq=False)
class CreditMemo(Bill):
    """Money given back for units, for delivery, or just so; `invoice` is the one whose payment was given back.

    `extra` is the `positive` adjustment less the `negative` one.
    """

    positive: Decimal = NOTHING
    negative: Decimal = NOTHING
    invoice: Invoice | None = None
    restocked: bool = False
