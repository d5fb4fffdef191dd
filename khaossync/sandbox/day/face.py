"""A shop as a day and its judges know it, whatever its platform: what people do there, and what is to be seen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol, TypedDict

from khaossync.sandbox.day.range import Product
from khaossync.sandbox.faults import Faults

NOTHING = Decimal(0)


class SoldOut(Exception):  # noqa: N818  what the shop says to a shopper is no error
    """The basket asks for more than the shop offers."""


@dataclass(frozen=True, slots=True)
class Address:
    """Somewhere in the country."""

    street: str
    town: str
    postcode: str


@dataclass(frozen=True, slots=True)
class Discount:
    """Something off: an `amount`, or a `percentage` of what it is taken from; by a code, or by itself."""

    name: str
    amount: Decimal = NOTHING
    percentage: Decimal | None = None
    sku: str | None = None
    shipping: bool = False
    automatic: bool = False


@dataclass(frozen=True, slots=True)
class Purchase:
    """One purchase. `payment` is paid, authorised or pending; what is bought `on_account` is paid later."""

    basket: Sequence[tuple[str, int]]
    email: str
    address: Address
    delivery: tuple[str, Decimal]
    billing: Address | None = None
    payment: str = "paid"
    discounts: Sequence[Discount] = ()
    on_account: bool = False


class Wish(TypedDict, total=False):
    """What somebody may want otherwise than chance would have it."""

    email: str
    address: Address
    delivery: tuple[str, Decimal]
    billing: Address
    payment: str
    discounts: Sequence[Discount]
    on_account: bool


class Paid(StrEnum):
    """How far the payment of an order has come; what nobody may act on yet is pending."""

    PENDING = "pending"
    AUTHORISED = "authorised"
    PAID = "paid"
    PARTLY_REFUNDED = "partly refunded"
    REFUNDED = "refunded"
    VOID = "void"


@dataclass(frozen=True, slots=True)
class Line:
    """What is still bought of an article, and what it costs with tax after discounts."""

    sku: str
    quantity: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Order:
    """One order as it stands.

    `serial` follows the channel's prefix in its reference. `owed` is what the customer is to pay for what stands by the
    order's own figures. `company` is a business that has an account, `customer_code` its code as far as the shop knows
    it. `on_terms` tells that it is paid later. `labels` are what staff wrote on it, `postcode` tells where it goes.
    """

    id: str
    serial: str
    name: str
    placed_at: datetime
    cancelled_at: datetime | None
    payment: Paid
    owed: Decimal
    lines: Sequence[Line]
    postcode: str
    labels: Sequence[str] = ()
    test: bool = False
    on_terms: bool = False
    company: str = ""
    customer_code: str = ""


@dataclass(frozen=True, slots=True)
class Parcel:
    """One despatch of an order (its id) as the shop knows it, with the tracking numbers that stand on it."""

    order: str
    numbers: Sequence[str]


@dataclass(frozen=True, slots=True)
class Mail:
    """A customer was told of a parcel of an order (its id), with these numbers; `again` after having been told of it.

    A number that a former mail told already is not among them.
    """

    order: str
    numbers: Sequence[str]
    again: bool = False


@dataclass(frozen=True, slots=True)
class Refund:
    """Money that went back of an order (its id); `value` is by how much the order's own figures fell."""

    id: str
    order: str
    at: datetime
    amount: Decimal
    value: Decimal


class Face(Protocol):
    """One simulated shop. Orders are named by their ids; `places` are where it keeps stock, the warehouse first.

    `writes_late` tells whether its platform writes to the customer when a number comes after its parcel.
    """

    writes_late: bool

    @property
    def places(self) -> Sequence[str]: ...

    @property
    def faults(self) -> Faults: ...

    # --- what is to be seen -------------------------------------------------------------------------------------------

    def orders(self) -> Sequence[Order]:
        """Every order, oldest first."""
        ...

    def parcels(self, order: str = "") -> Sequence[Parcel]:
        """The despatches of an order, or all, oldest first."""
        ...

    def mails(self) -> Sequence[Mail]:
        """What customers were told of parcels, oldest first."""
        ...

    def refunds(self, order: str = "") -> Sequence[Refund]:
        """What went back of an order, or of all."""
        ...

    def shown(self) -> Mapping[tuple[str, str], int]:
        """(SKU, place) → units that are offered, of everything whose stock the shop is told."""
        ...

    # --- what people do -----------------------------------------------------------------------------------------------

    def list_product(self, product: Product, stock: Mapping[str, int]) -> None:
        """Put something up for sale, with its units by place."""
        ...

    def sell(self, purchase: Purchase) -> str:
        """Somebody buys. Returns the order's id; raises SoldOut."""
        ...

    def pay(self, order: str) -> None:
        """The customer pays what was pending."""
        ...

    def capture(self, order: str) -> None:
        """The money that was authorised is taken."""
        ...

    def cancel(self, order: str) -> None:
        """Call an order off that was not sent yet; what was paid goes back."""
        ...

    def refund(self, order: str, lines: Mapping[str, int] | None = None, *, amount: Decimal | None = None) -> None:
        """Give back units per SKU, or an amount just so."""
        ...

    def move(self, order: str, address: Address) -> None:
        """Staff have the goods go elsewhere, and note it on the order."""
        ...

    def label(self, order: str, text: str) -> None:
        """Staff write a word on an order."""
        ...

    def staff_sets(self, sku: str, place: str, units: int) -> None:
        """Staff type in how many units are to be offered."""
        ...
