"""A sales order as the ERP will book it, with the totals that Khaos Control computes from it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from khaossync.domain.links import SentLine, SentPart
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

    @property
    def negated(self) -> "Totals":
        """What takes it away again."""
        return Totals(-self.net, -self.tax, -self.gross)


NOTHING = Totals(ZERO, ZERO, ZERO)


@dataclass(frozen=True, slots=True)
class SalesLine:
    """One line of a sales order.

    `unit_price` includes tax when `gross`; a discount is a line of its own with a negative price on a mapped
    non-stock code. `line_id` is the channel's line, empty for lines that stand for money only. The lines of one bundle
    share it, and `bundles` is how many of the bundle were sold; it is 0 for what is no part of one.
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
    bundles: int = 0

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

    `ref` is the idempotency key on the ERP's side. `delivery` is its price before the discounts on it, which are lines.
    `customer_code` is the ERP's own code of a business, "" for anybody else. `on_terms` tells that what no payment
    covers is agreed to be paid later.
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
    customer_code: str = ""
    on_terms: bool = False
    refund_ids: tuple[str, ...] = ()
    note: str = ""
    purchase_order: str = ""

    @property
    def totals(self) -> Totals:
        """What the ERP will make of it: every line by the ERP's formula, plus delivery."""
        return sum((line.totals(self.currency) for line in self.lines), NOTHING) + self.delivery

    @property
    def sent_lines(self) -> tuple[SentLine, ...]:
        """The customer's lines that stand for goods, as a despatch will refer to them."""
        sold: dict[str, list[SalesLine]] = defaultdict(list)
        for line in self.lines:
            if line.line_id:
                sold[line.line_id].append(line)
        return tuple(_sent(lines) for lines in sold.values())


def _sent(lines: Sequence[SalesLine]) -> SentLine:
    first = lines[0]
    if not first.bundles:
        return SentLine(first.line_id, first.sku, first.stock_code, first.quantity)
    parts: dict[str, list[SalesLine]] = defaultdict(list)
    for line in lines:
        parts[line.stock_code].append(line)
    return SentLine(first.line_id, first.sku, first.sku, first.bundles, tuple(map(_part, parts.values())))


def _part(lines: Sequence[SalesLine]) -> SentPart:
    amount = sum((line.unit_price * line.quantity for line in lines), ZERO)
    return SentPart(lines[0].stock_code, sum(line.quantity for line in lines), amount)
