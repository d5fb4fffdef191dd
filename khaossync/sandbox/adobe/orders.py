"""An order as the shop keeps it: its rows, its delivery charge, and what it comes to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from khaossync.sandbox.adobe.catalogue import Product
from khaossync.sandbox.adobe.money import NOTHING
from khaossync.sandbox.adobe.papers import Comment, CreditMemo, Invoice, Shipment
from khaossync.sandbox.adobe.people import Address, Person
from khaossync.sandbox.adobe.taxes import Taxed

ENDED = frozenset({"complete", "closed", "canceled"})


@dataclass(slots=True, eq=False)
class Item:
    """One row. A configurable is two: the parent has the money, the child is the product; a bundle is one and more.

    `hollow` is the row of a bundle whose price is that of its parts: the same money again. `taxed` is as stored, that
    is before the discount.
    """

    number: int
    product: Product
    sku: str
    name: str
    type: str
    ordered: Decimal
    parent: "Item | None" = None
    taxed: Taxed = field(default_factory=Taxed)
    unit_price: Decimal = NOTHING
    discount: Decimal = NOTHING
    discount_percent: Decimal = NOTHING
    hollow: bool = False
    options: Mapping[str, object] = field(default_factory=dict)
    invoiced: Decimal = NOTHING
    shipped: Decimal = NOTHING
    cancelled: Decimal = NOTHING
    refunded: Decimal = NOTHING
    amount_refunded: Decimal = NOTHING
    tax_refunded: Decimal = NOTHING
    discount_refunded: Decimal = NOTHING

    @property
    def net(self) -> Decimal:
        """What the row costs without tax, after the discount."""
        return self.taxed.row_total - self.discount + self.taxed.compensation

    @property
    def gross(self) -> Decimal:
        """What the row costs."""
        return self.net + self.taxed.tax

    @property
    def to_invoice(self) -> Decimal:
        """Units that are still to be paid."""
        return self.ordered - self.invoiced - self.cancelled

    @property
    def to_ship(self) -> Decimal:
        """Units that are still to be sent."""
        return max(self.ordered - self.shipped - self.cancelled - self.refunded, NOTHING) if self.ships else NOTHING

    @property
    def ships(self) -> bool:
        """Whether it is this row that is sent, and not its parent or its children (or nobody)."""
        if self.type == "bundle":
            return self.product.ships_together
        if self.parent is not None:
            return self.parent.type == "bundle" and not self.parent.product.ships_together
        return not self.product.is_virtual

    @property
    def is_leaf(self) -> bool:
        """Whether it is the row of something that lies on a shelf."""
        return self.type not in ("configurable", "bundle")


@dataclass(slots=True, eq=False)
class Delivery:
    """What the delivery costs, taxed like a row; `discount` is the part of the order's that fell on it."""

    method: str
    description: str
    taxed: Taxed
    discount: Decimal = NOTHING
    refunded: Decimal = NOTHING
    tax_refunded: Decimal = NOTHING

    @property
    def gross(self) -> Decimal:
        """What the customer pays for it."""
        return self.taxed.row_total - self.discount + self.taxed.compensation + self.taxed.tax


@dataclass(slots=True, eq=False)
class Order:
    """One order with everything that happened to it. `rate` is how much of its currency one unit of the shop's buys.

    Until `hidden_until` its transaction is not committed: nobody finds it.
    """

    number: int
    name: str
    created_at: datetime
    updated_at: datetime
    currency: str
    base_currency: str
    rate: Decimal
    customer: Person | None
    customer_number: int | None
    shipping_address: Address | None
    billing_address: Address | None
    method: str
    state: str = "new"
    status: str = "pending"
    po_number: str | None = None
    note: str | None = None
    coupon: str | None = None
    discount_description: str | None = None
    items: list[Item] = field(default_factory=list)
    delivery: Delivery | None = None
    gift_card: Decimal = NOTHING
    store_credit: Decimal = NOTHING
    fees: Sequence[tuple[str, Decimal]] = ()
    authorised: Decimal = NOTHING
    captured_later: bool = False
    invoices: list[Invoice] = field(default_factory=list)
    shipments: list[Shipment] = field(default_factory=list)
    memos: list[CreditMemo] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    held: tuple[str, str] | None = None
    parent: "Order | None" = None
    child: "Order | None" = None
    edits: int = 0
    original_name: str | None = None
    cancelled_at: datetime | None = None
    hidden_until: datetime | None = None

    @property
    def counted(self) -> list[Item]:
        """The rows whose money counts."""
        return [item for item in self.items if not item.hollow]

    @property
    def subtotal(self) -> Decimal:
        """The rows before discounts, without tax."""
        return sum((item.taxed.row_total for item in self.counted), NOTHING)

    @property
    def discount(self) -> Decimal:
        """All that was taken off, positive, the delivery's part included."""
        rows = sum((item.discount for item in self.counted), NOTHING)
        return rows + (self.delivery.discount if self.delivery else NOTHING)

    @property
    def tax(self) -> Decimal:
        """The tax of the rows and of the delivery."""
        rows = sum((item.taxed.tax for item in self.counted), NOTHING)
        return rows + (self.delivery.taxed.tax if self.delivery else NOTHING)

    @property
    def worth(self) -> Decimal:
        """What was bought, whoever pays it with what."""
        rows = sum((item.gross for item in self.counted), NOTHING)
        return rows + (self.delivery.gross if self.delivery else NOTHING) + sum((fee for _, fee in self.fees), NOTHING)

    @property
    def grand_total(self) -> Decimal:
        """What is to be paid after gift cards and store credit."""
        return self.worth - self.gift_card - self.store_credit

    @property
    def paid(self) -> Decimal:
        """The money that came in."""
        return sum((each.total for each in self.invoices if each.state == 2), NOTHING)

    @property
    def refunded(self) -> Decimal:
        """The money that went back."""
        return sum((each.total for each in self.memos), NOTHING)

    @property
    def is_virtual(self) -> bool:
        """Whether nothing is sent."""
        return all(item.product.is_virtual for item in self.items if item.is_leaf)

    @property
    def email(self) -> str | None:
        """Where the shop writes to."""
        return self.customer.email if self.customer else None

    def item(self, number: int) -> Item | None:
        """The row of that id."""
        return next((item for item in self.items if item.number == number), None)

    def leaves(self, item: Item) -> list[Item]:
        """The rows of the things that are sent with a row."""
        return [item] if item.is_leaf else [each for each in self.items if each.parent is item]
