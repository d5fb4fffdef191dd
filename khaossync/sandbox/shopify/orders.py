"""An order as the shop keeps it: lines, delivery, payments, refunds. Figures are worked out in `figures`."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from khaossync.sandbox.shopify.catalogue import Item, Location
from khaossync.sandbox.shopify.fulfilments import Fulfilment, FulfilmentOrder
from khaossync.sandbox.shopify.money import NOTHING, pence, share, tax_on
from khaossync.sandbox.shopify.people import Address, CompanyRecord, Customer


@dataclass(frozen=True, slots=True)
class TaxLine:
    """One tax on one line, or one tax summed over the order."""

    title: str
    rate: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class DiscountApplication:
    """Why something costs less. `typename` is DiscountCodeApplication, AutomaticDiscountApplication and so on."""

    typename: str
    name: str
    amount: Decimal
    percentage: Decimal | None
    target_type: str
    index: int
    allocation_method: str
    target_selection: str


@dataclass(frozen=True, slots=True)
class Allocation:
    """The part of a discount that fell on one line."""

    discount_application: DiscountApplication
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Duty:
    """What customs want for one line."""

    number: int
    price: Decimal


@dataclass(frozen=True, slots=True)
class Fee:
    """A charge on the whole order, such as one for cash on delivery."""

    number: int
    name: str
    price: Decimal


@dataclass(frozen=True, slots=True)
class Exchange:
    """The shopper's own currency, and how much of it one unit of the shop's buys."""

    currency: str
    rate: Decimal


@dataclass(slots=True, eq=False)
class LineGroup:
    """A bundle that was bought: no line of its own, only a mark on its components' lines."""

    number: int
    bundle: Item
    quantity: int


@dataclass(slots=True, eq=False)
class Line:
    """One line. `quantity` never falls: units taken off or refunded are counted in `removed`."""

    number: int
    item: Item
    price: Decimal
    quantity: int
    taxes_included: bool
    allocations: list[Allocation] = field(default_factory=list)
    group: LineGroup | None = None
    attributes: Sequence[tuple[str, str]] = ()
    duties: list[Duty] = field(default_factory=list)
    removed: int = 0
    fulfilled: int = 0

    @property
    def current_quantity(self) -> int:
        """Units that are still bought."""
        return self.quantity - self.removed

    @property
    def discount(self) -> Decimal:
        """All that was taken off, removed units included."""
        return sum((each.amount for each in self.allocations), NOTHING)

    def amount(self, units: int) -> Decimal:
        """What `units` of this line cost after discounts."""
        return self.price * units - share(self.discount, units, self.quantity)

    def duty(self, units: int) -> Decimal:
        """What customs want for `units` of this line."""
        return share(sum((each.price for each in self.duties), NOTHING), units, self.quantity)

    def taxes(self, units: int) -> list[TaxLine]:
        """The taxes of `units` of this line."""
        return _taxes(self.amount(units), self.item.tax_rate, self.taxes_included)

    def tax(self, units: int) -> Decimal:
        """The tax of `units` of this line."""
        return sum((each.amount for each in self.taxes(units)), NOTHING)


@dataclass(slots=True, eq=False)
class ShippingLine:
    """A delivery charge. Taken back in parts by refunds."""

    number: int
    title: str
    price: Decimal
    tax_rate: Decimal
    taxes_included: bool
    allocations: list[Allocation] = field(default_factory=list)
    refunded: Decimal = NOTHING

    @property
    def discount(self) -> Decimal:
        """What was taken off the charge."""
        return sum((each.amount for each in self.allocations), NOTHING)

    @property
    def discounted(self) -> Decimal:
        """The charge after discounts."""
        return self.price - self.discount

    @property
    def current(self) -> Decimal:
        """The charge after discounts and refunds."""
        return self.discounted - self.refunded

    def taxes(self, amount: Decimal) -> list[TaxLine]:
        """The taxes of a part of this charge."""
        return _taxes(amount, self.tax_rate, self.taxes_included)

    def tax(self, amount: Decimal) -> Decimal:
        """The tax of a part of this charge."""
        return sum((each.amount for each in self.taxes(amount)), NOTHING)


def _taxes(amount: Decimal, rate: Decimal, included: bool) -> list[TaxLine]:
    return [TaxLine("VAT", rate, tax_on(amount, rate, included=included))] if rate else []


@dataclass(slots=True, eq=False)
class Transaction:
    """One movement of money, or the attempt of one."""

    number: int
    order: "Order"
    kind: str
    status: str
    amount: Decimal
    gateway: str
    created_at: datetime
    parent: "Transaction | None" = None
    rounding: Decimal = NOTHING


@dataclass(slots=True, eq=False)
class RefundLine:
    """Units taken back. The subtotal is after discounts; with taxes included it contains the tax."""

    number: int
    line: Line
    quantity: int
    subtotal: Decimal
    tax: Decimal
    restock_type: str
    location: Location | None


@dataclass(slots=True, eq=False)
class RefundShipping:
    """A delivery charge given back. With taxes included the subtotal contains the tax."""

    number: int
    shipping_line: ShippingLine
    subtotal: Decimal
    tax: Decimal


@dataclass(slots=True, eq=False)
class Adjustment:
    """The difference between what was given back and what the lines say; negative is more than they say."""

    number: int
    amount: Decimal
    reason: str


@dataclass(slots=True, eq=False)
class Refund:
    """Units, charges and money given back; the money may differ from the rest, or be none."""

    number: int
    order: "Order"
    created_at: datetime
    note: str | None = None
    lines: list[RefundLine] = field(default_factory=list)
    shipping: list[RefundShipping] = field(default_factory=list)
    adjustments: list[Adjustment] = field(default_factory=list)
    transactions: list[Transaction] = field(default_factory=list)

    @property
    def paid_back(self) -> Decimal:
        """The money that really went back."""
        return sum((each.amount for each in self.transactions if each.status == "SUCCESS"), NOTHING)


@dataclass(slots=True, eq=False)
class Order:
    """One order with everything that happened to it."""

    number: int
    position: int
    created_at: datetime
    updated_at: datetime
    currency: str
    taxes_included: bool
    customer: Customer | None
    shipping_address: Address | None
    billing_address: Address | None
    company: CompanyRecord | None = None
    test: bool = False
    note: str | None = None
    po_number: str | None = None
    attributes: Sequence[tuple[str, str]] = ()
    lines: list[Line] = field(default_factory=list)
    shipping_lines: list[ShippingLine] = field(default_factory=list)
    applications: list[DiscountApplication] = field(default_factory=list)
    transactions: list[Transaction] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)
    fulfilment_orders: list[FulfilmentOrder] = field(default_factory=list)
    fulfilments: list[Fulfilment] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    tip: Decimal = NOTHING
    fees: list[Fee] = field(default_factory=list)
    rounding: Decimal = NOTHING
    exchange: Exchange | None = None
    delivery_method: str = "SHIPPING"
    net_days: int | None = None
    risk: str = "ACCEPT"
    edited: bool = False
    cancelled_at: datetime | None = None
    cancel_reason: str | None = None
    staff_note: str | None = None
    closed_at: datetime | None = None
    original_total: Decimal = NOTHING

    @property
    def name(self) -> str:
        """The number that people see."""
        return f"#{self.position}"

    @property
    def risk_level(self) -> str:
        """The RiskAssessmentResult behind the recommendation."""
        return {"CANCEL": "HIGH", "INVESTIGATE": "MEDIUM", "ACCEPT": "LOW"}.get(self.risk, "NONE")

    @property
    def email(self) -> str | None:
        """Where the shop writes to."""
        return self.customer.person.email if self.customer else None


@dataclass(frozen=True, slots=True)
class Assessment:
    """The risk of an order was judged."""

    order: Order
    at: datetime


def unit_price(line: Line) -> Decimal:
    """The approximate price of one unit after discounts, as Shopify shows it."""
    return pence(line.amount(line.quantity) / line.quantity) if line.quantity else line.price
