"""What a shopper brings to the till: a basket, discounts, and all the other terms of a purchase."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypedDict

from khaossync.sandbox.shopware.people import Address, Company, Person

NOTHING = Decimal(0)


@dataclass(frozen=True)
class Discount:
    """Something off: an `amount`, or a `percentage` (100 is free) of what it is taken from.

    `kind` is code, automatic (both are promotions), manual (a credit line that staff type) or script (a line of type
    discount, by a plugin). `sku` limits it to one product's lines; `shipping` takes it off the delivery.
    """

    name: str
    amount: Decimal = NOTHING
    kind: str = "code"
    shipping: bool = False
    sku: str | None = None
    percentage: Decimal | None = None


@dataclass(frozen=True)
class Extra:
    """A line besides those of the basket: typed by staff, or made by a plugin. `kind` is its `type`.

    `price` is of one unit; None lets the line repeat what its children come to. A `sku` makes it the line of that
    product, at the product's own price unless `price` says another. Children are in the order's list like all
    others, but the order's total counts only what has no parent.
    """

    kind: str
    label: str
    price: Decimal | None = NOTHING
    quantity: int = 1
    tax_rate: Decimal = Decimal("0.20")
    sku: str | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)
    children: Sequence["Extra"] = ()


class Terms(TypedDict, total=False):
    """All that a purchase may have besides its basket and discounts."""

    payment: str
    gateway: str
    delivery: tuple[str, Decimal] | None
    customer: Person | None
    address: Address | None
    billing: Address | None
    company: Company | None
    note: str | None
    tags: Sequence[str]
    custom_fields: Mapping[str, Any]
    tax_status: str
    currency: str
    vertical: bool
    taxes_on: str
    extras: Sequence[Extra]


@dataclass(frozen=True)
class Purchase:
    """One purchase; where nothing is said, this is what it is.

    `payment` is paid, authorized, pending (nothing happened yet), unconfirmed or failed; `gateway` a payment method's
    technical name. `delivery` is (shipping method by name or technical name, price); a method that the shop does not
    know is set up. `tax_status` is gross, net or tax-free; empty is as the shop is set up. `currency` is ISO 4217.
    `vertical` works the order's tax out of its total. `taxes_on` is both, lines or order: what a tax provider leaves.
    """

    basket: Sequence[tuple[str, int]]
    payment: str = "paid"
    gateway: str = "payment_card"
    discounts: Sequence[Discount] = ()
    delivery: tuple[str, Decimal] | None = ("Standard", Decimal("4.95"))
    customer: Person | None = field(default_factory=Person)
    address: Address | None = field(default_factory=Address)
    billing: Address | None = None
    company: Company | None = None
    note: str | None = None
    tags: Sequence[str] = ()
    custom_fields: Mapping[str, Any] = field(default_factory=dict)
    tax_status: str = ""
    currency: str = "GBP"
    vertical: bool = False
    taxes_on: str = "both"
    extras: Sequence[Extra] = ()
