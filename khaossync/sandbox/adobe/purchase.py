"""What a shopper brings to the till: a basket, discounts, and all the other terms of a purchase."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypedDict

from khaossync.sandbox.adobe.catalogue import Choice
from khaossync.sandbox.adobe.money import NOTHING
from khaossync.sandbox.adobe.people import Address, Person

CARD = "braintree"
MANUAL = "checkmo"


@dataclass(frozen=True)
class Discount:
    """Something off: an `amount` of the whole cart, or a `percentage` of what it is taken from.

    With `shipping` it is taken from the delivery charge only, with `and_shipping` from it too. `kind` is code or
    automatic; `sku` limits it to one product's rows.
    """

    name: str
    amount: Decimal = NOTHING
    kind: str = "code"
    shipping: bool = False
    and_shipping: bool = False
    sku: str | None = None
    percentage: Decimal | None = None


class Terms(TypedDict, total=False):
    """All that a purchase may have besides its basket and discounts."""

    payment: str
    gateway: str
    delivery: tuple[str, Decimal] | None
    method: str
    customer: Person | None
    address: Address | None
    billing: Address | None
    po_number: str | None
    note: str | None
    gift_card: Decimal
    store_credit: Decimal
    fees: Sequence[tuple[str, Decimal]]
    presentment: tuple[str, Decimal] | None
    risk: str


@dataclass(frozen=True)
class Purchase:
    """One purchase; where nothing is said, this is what it is.

    `payment` is paid, authorized, pending (by a cheque or a bank transfer, sent anyway when staff say so) or
    pending_payment (the shopper was sent away to pay). `delivery` is (title, price); `method` is its code, made of
    the title if not told. `gift_card` and `store_credit` are what they pay of it, which Magento takes off the grand
    total. `fees` are (name, price). `presentment` is the shopper's own currency and how much of it one unit of the
    shop's buys. `risk` other than ACCEPT leaves the payment to be reviewed: INVESTIGATE, or CANCEL with the status
    of fraud.
    """

    basket: Sequence[tuple[str, int] | Choice]
    payment: str = "paid"
    gateway: str = ""
    discounts: Sequence[Discount] = ()
    delivery: tuple[str, Decimal] | None = ("Standard", Decimal("4.95"))
    method: str = ""
    customer: Person | None = field(default_factory=Person)
    address: Address | None = field(default_factory=Address)
    billing: Address | None = None
    po_number: str | None = None
    note: str | None = None
    gift_card: Decimal = NOTHING
    store_credit: Decimal = NOTHING
    fees: Sequence[tuple[str, Decimal]] = ()
    presentment: tuple[str, Decimal] | None = None
    risk: str = "ACCEPT"

    @property
    def paid_by(self) -> str:
        """The code of the payment method."""
        return self.gateway or (MANUAL if self.payment == "pending" else CARD)

    @property
    def delivered_by(self) -> str:
        """The code of the delivery method, `<carrier>_<method>`."""
        title = self.delivery[0] if self.delivery else ""
        return self.method or "delivery_" + "".join(each for each in title.lower() if each.isalnum())
