"""A customer's order as every channel tells it, its money in one currency and in one packet."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum


class PaymentState(StrEnum):
    """How far the customer's payment has come, in words that all channels share."""

    PENDING = "pending"
    AUTHORISED = "authorised"
    PARTIALLY_PAID = "partially_paid"
    PAID = "paid"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"
    VOIDED = "voided"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


class Risk(StrEnum):
    """What the channel's fraud screening advises; UNKNOWN while it has not spoken."""

    UNKNOWN = "unknown"
    ACCEPT = "accept"
    INVESTIGATE = "investigate"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address with its contact; empty text where the channel has none."""

    forename: str
    surname: str
    company: str
    line1: str
    line2: str
    town: str
    county: str
    postcode: str
    country_code: str
    telephone: str


@dataclass(frozen=True, slots=True)
class Customer:
    """Who bought; `customer_id` is the channel's own and empty for a guest."""

    customer_id: str
    email: str
    forename: str
    surname: str
    telephone: str


@dataclass(frozen=True, slots=True)
class Company:
    """The business that a customer buys for; `code` is what the shop itself keeps as its code in the ERP, or ""."""

    company_id: str
    name: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class Discount:
    """Money taken off a line or a delivery, as a positive amount; `name` is the code or the title."""

    name: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Tax:
    """Tax of one rate (0.20 for 20 %) on a line or a delivery."""

    rate: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One line of what is still to be delivered.

    `quantity` is what the customer is to receive now (after edits and refunds) and the discounts and taxes are
    those of that quantity; `ordered` is the quantity before refunds but after edits.
    """

    line_id: str
    sku: str
    title: str
    quantity: int
    ordered: int
    unit_price: Decimal
    discounts: tuple[Discount, ...] = ()
    taxes: tuple[Tax, ...] = ()
    gift_card: bool = False


@dataclass(frozen=True, slots=True)
class Delivery:
    """A charge for delivery; `method` is the key of the channel's [couriers] table."""

    method: str
    amount: Decimal
    discounts: tuple[Discount, ...] = ()
    taxes: tuple[Tax, ...] = ()


@dataclass(frozen=True, slots=True)
class Payment:
    """Money received or authorised for the order, net of nothing; `reference` is the payment provider's."""

    gateway: str
    amount: Decimal
    reference: str
    captured: bool


@dataclass(frozen=True, slots=True)
class Extra:
    """A component of the total that is neither goods, delivery, discount nor tax: a tip, a duty, a rounding."""

    name: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Order:
    """What the customer bought and how it is paid.

    All amounts are in `currency`. `total` is what the customer owes now, after refunds and edits. `refund_ids`
    names the refunds which these figures already reflect. `gross` tells that prices and discounts include tax.
    `tags` are the shop's own labels; `on_terms` tells that it is agreed to be paid later (on account). `oddities` name
    what is unusual about its figures and yet as the shop meant it. `serial` is the shop's own short and unique number
    of it, where its id is too long to be a reference.
    """

    channel: str
    order_id: str
    number: str
    placed_at: datetime
    updated_at: datetime
    currency: str
    gross: bool
    payment: PaymentState
    confirmed: bool
    test: bool
    cancelled_at: datetime | None
    customer: Customer
    billing: Address | None
    shipping: Address | None
    lines: tuple[OrderLine, ...]
    deliveries: tuple[Delivery, ...]
    payments: tuple[Payment, ...]
    extras: tuple[Extra, ...]
    tax: Decimal
    total: Decimal
    refund_ids: tuple[str, ...] = ()
    note: str = ""
    purchase_order: str = ""
    risk: Risk = Risk.UNKNOWN
    tags: tuple[str, ...] = ()
    company: Company | None = None
    on_terms: bool = False
    oddities: tuple[str, ...] = ()
    serial: str = ""

    @property
    def own(self) -> str:
        """What its reference in the ERP is made of."""
        return self.serial or self.order_id

    @property
    def key(self) -> str:
        """The order's name in every lane, ledger and trace: `<channel>:<order id>`."""
        return order_key(self.channel, self.order_id)

    @property
    def fingerprint(self) -> str:
        """Changes when a person edits what is to be delivered or where to, and not when money is refunded."""
        lines = sorted((line.line_id, line.sku, line.ordered) for line in self.lines if line.ordered)
        return hashlib.sha256(repr((lines, self.shipping)).encode()).hexdigest()[:16]


def order_key(channel: str, order_id: str) -> str:
    """The lane of everything that concerns one order."""
    return f"{channel}:{order_id}"
