"""What the simulated server keeps; plain records that a story may look at and should not touch."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from khaossync.sandbox.khaosws.totals import Totals

STAGES = {
    1: "Cancelled",
    9: "Released",
    10: "Staging",
    11: "Authorise Payment",
    12: "Print Picking",
    13: "Pack Boxes",
    14: "Ship",
    15: "Print Invoices",
    16: "Issue Invoices",
    17: "Awaiting Date",
    18: "Awaiting Stock",
    19: "Manual Hold",
    20: "Processing",
    21: "Terms Hold",
    70: "Issued",
    71: "Issued Archived",
}
FINISHED = frozenset({1, 16, 70, 71})


@dataclass(frozen=True, slots=True)
class Customer:
    """One company record; `code` is the URN. `terms_days` and `credit_limit` are those of an account."""

    code: str
    other_ref: str
    web_user: str
    company_class: str
    currency: str
    name: str
    created_at: datetime
    price_lists: tuple[str, ...] = ()
    terms_days: int = 0
    credit_limit: Decimal = Decimal(0)
    credit_stop: bool = False


@dataclass(frozen=True, slots=True)
class Payment:
    """One payment as imported; `kind` is 0 cash, 1 cheque, 2 card, 3 account, 4 voucher."""

    amount: Decimal
    kind: int
    auth_code: str
    preauth: bool
    tags: dict[str, str]

    @property
    def paid(self) -> bool:
        """Whether the server counts the money as taken: an authorisation code, unless it is only a hold."""
        return bool(self.auth_code) and not self.preauth


@dataclass(slots=True)
class OrderLine:
    """One line; `added` marks a pack's child that the server put in, `controlled` what stands on a shelf."""

    stock_code: str
    quantity: Decimal
    price: Decimal
    gross_price: bool
    discount: Decimal
    tax_code: int
    totals: Totals
    site: str
    description: str = ""
    import_ref: str = ""
    pack_sort_order: str = ""
    added: bool = False
    controlled: bool = True

    @property
    def net(self) -> Decimal:
        """The line without tax, in the order's currency."""
        return self.totals.net

    @property
    def tax(self) -> Decimal:
        """The line's tax."""
        return self.totals.tax

    @property
    def gross(self) -> Decimal:
        """The line with tax."""
        return self.totals.gross


@dataclass(slots=True)
class Portion:
    """So much of one order line; despatches tell no more than this."""

    stock_code: str
    quantity: Decimal
    site: str


@dataclass(slots=True)
class Box:
    """One parcel of an invoice."""

    courier: str
    consignment: str
    tracking_url: str
    items: list[Portion]


@dataclass(slots=True)
class Invoice:
    """One piece of an order on its way through the stages; part despatches make more of them."""

    code: str
    created_at: datetime
    stage: int
    items: list[Portion]
    shipped_at: datetime | None = None
    issued_at: datetime | None = None
    courier: str = ""
    consignment: str = ""
    tracking_url: str = ""
    boxes: list[Box] = field(default_factory=list)
    moved: bool = True


@dataclass(frozen=True, slots=True)
class Cancellation:
    """Who cancelled an order, when and why."""

    at: datetime
    reason: str
    user: str


@dataclass(slots=True)
class Order:
    """A sales order, or a credit note (`credit` is then the order's code it belongs to).

    Addresses hold the imported tags without their I/D prefix, e.g. `{"ADDRESS1": ..., "POSTCODE": ...}`.
    """

    sorder_code: str
    ref: str
    created_at: datetime
    currency: str
    customer: Customer
    lines: list[OrderLine]
    delivery: Totals
    payments: list[Payment]
    site: str
    courier: str
    sales_source: str
    invoice_address: dict[str, str]
    delivery_address: dict[str, str]
    header: dict[str, str]
    invoices: list[Invoice] = field(default_factory=list)
    complete: bool = False
    cancelled: Cancellation | None = None
    credit: str = ""
    restocked: bool = False
    web: bool = True

    @property
    def items(self) -> Totals:
        """All lines without the delivery charge."""
        return sum((line.totals for line in self.lines), Totals())

    @property
    def totals(self) -> Totals:
        """The whole order."""
        return self.items + self.delivery

    @property
    def net(self) -> Decimal:
        """The whole order without tax."""
        return self.totals.net

    @property
    def tax(self) -> Decimal:
        """The whole order's tax."""
        return self.totals.tax

    @property
    def gross(self) -> Decimal:
        """The whole order with tax."""
        return self.totals.gross

    @property
    def goods(self) -> list[OrderLine]:
        """The lines that can be picked and packed: no pack headers, no services, no discounts."""
        return [line for line in self.lines if line.controlled]

    @property
    def paid(self) -> Decimal:
        """The money that the server counts as taken."""
        return sum((payment.amount for payment in self.payments if payment.paid), Decimal(0))

    @property
    def stage(self) -> int:
        """The stage id of the newest invoice."""
        return self.invoices[-1].stage
