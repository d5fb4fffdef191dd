"""What a shopper brings to the till: a basket, discounts, and all the other terms of a purchase."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypedDict

from khaossync.sandbox.shopify.money import NOTHING
from khaossync.sandbox.shopify.people import Address, Company, Person

CARD = "shopify_payments"
MANUAL = "manual"
GIFT_CARD = "gift_card"


@dataclass(frozen=True)
class Discount:
    """Something off: an `amount`, or a `percentage` (100 is free) of what it is taken from.

    `kind` is code, automatic, manual or script; `sku` limits it to one product's lines.
    """

    name: str
    amount: Decimal = NOTHING
    kind: str = "code"
    shipping: bool = False
    sku: str | None = None
    percentage: Decimal | None = None


class Terms(TypedDict, total=False):
    """All that a purchase may have besides its basket and discounts."""

    payment: str
    gateway: str
    gift_card: Decimal
    delivery: tuple[str, Decimal] | None
    method: str
    location: str | None
    test: bool
    customer: Person | None
    address: Address | None
    billing: Address | None
    company: Company | None
    po_number: str | None
    note: str | None
    attributes: Sequence[tuple[str, str]]
    tags: Sequence[str]
    tip: Decimal
    duties: Decimal
    fees: Sequence[tuple[str, Decimal]]
    rounding: Decimal
    presentment: tuple[str, Decimal] | None
    risk: str


@dataclass(frozen=True)
class Purchase:
    """One purchase; where nothing is said, this is what it is.

    `payment` is paid, authorized or pending. `gift_card` is how much of it a gift card pays. `delivery` is (title,
    price), `method` SHIPPING, LOCAL, PICK_UP or another of Shopify's delivery methods. `fees` are (name, price).
    `rounding` is what paying in cash adds to the sum (or takes off it). `presentment` is the shopper's own currency
    and how much of it one unit of the shop's buys. `risk` is ACCEPT, INVESTIGATE, CANCEL or NONE.
    """

    basket: Sequence[tuple[str, int]]
    payment: str = "paid"
    gateway: str = CARD
    gift_card: Decimal = NOTHING
    discounts: Sequence[Discount] = ()
    delivery: tuple[str, Decimal] | None = ("Standard", Decimal("4.95"))
    method: str = "SHIPPING"
    location: str | None = None
    test: bool = False
    customer: Person | None = field(default_factory=Person)
    address: Address | None = field(default_factory=Address)
    billing: Address | None = None
    company: Company | None = None
    po_number: str | None = None
    note: str | None = None
    attributes: Sequence[tuple[str, str]] = ()
    tags: Sequence[str] = ()
    tip: Decimal = NOTHING
    duties: Decimal = NOTHING
    fees: Sequence[tuple[str, Decimal]] = ()
    rounding: Decimal = NOTHING
    presentment: tuple[str, Decimal] | None = None
    risk: str = "ACCEPT"
