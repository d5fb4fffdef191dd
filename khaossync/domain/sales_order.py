"""A sales order as the ERP will book it, with the totals that Khaos Control computes from it."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from khaossync.domain.links import SentLine
from khaossync.domain.money import ZERO, rounded
from khaossync.domain.orders import Address, Customer, Payment


@dataclass(frozen=True, slots=True)
class Totals:
    """What one line, or a whole sales order, comes to."""

    net: Decimal
    tax: Decimal
    gross: Decimal

    def __add__(self, other: "Totals") -> "Totals":
        return Totals(self.net + other.net, self.tax + other.tax, self.gross + other.gross)


NOTHING = Totals(ZERO, ZERO, ZERO)


@dataclass(frozen=True, slots=True)
class SalesLine:
    """One line of a sales order.

    `unit_price` includes tax when `gross`; a discount is a line of its own with a negative price on a mapped
    non-stock code. `line_id` is the channel's line, empty for lines that stand for money only.
    """

    line_id: str
    stock_code: str
    description: str
    quantity: int
    unit_price: Decimal
    gross: bool
    tax_rate: Decimal
    tax_code: int
    sku: str = ""

    def totals(self, currency: str) -> Totals:
        """Khaos Control's own arithmetic (its Sales Order Calc v1.2: half up, per line).

        Gross lines: net = r(gross / (1 + rate)), tax = gross − net. Net lines: tax = r(net · rate).
        """
        amount = rounded(self.unit_price * self.quantity, currency)
        if self.gross:
            net = rounded(amount / (1 + self.tax_rate), currency)
            return Totals(net, amount - net, amount)
        tax = rounded(amount * self.tax_rate, currency)
        return Totals(amount, tax, amount + tax)


@dataclass(frozen=True, slots=True)
class SalesOrder:
    """One order, one packet: who, where to, what, and the money, ready for any ERP interface.

    `ref` is the idempotency key on the ERP's side. `delivery` has its discounts already taken off.
    """

    channel: str
    order_id: str
    number: str
    ref: str
    placed_at: datetime
    currency: str
    customer: Customer
    invoice_address: Address
    delivery_address: Address
    courier: str
    lines: tuple[SalesLine, ...]
    delivery: Totals
    payments: tuple[Payment, ...]
    site: str
    sales_source: str
    company_class: str
    fingerprint: str
    refund_ids: tuple[str, ...] = ()
    note: str = ""
    purchase_order: str = ""

    @property
    def totals(self) -> Totals:
        """What the ERP will make of it: every line by the ERP's formula, plus delivery."""
        return sum((line.totals(self.currency) for line in self.lines), NOTHING) + self.delivery

    @property
    def sent_lines(self) -> tuple[SentLine, ...]:
        """The lines that stand for goods, as a despatch will refer to them."""
        return tuple(
            SentLine(line.line_id, line.sku, line.stock_code, line.quantity) for line in self.lines if line.line_id
        )
