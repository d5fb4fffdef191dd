"""Lines and deliveries as they stand now, with tax, so that they add up to the order's total to the penny.

Everything is told with tax, whichever way the shop keeps its prices: the gross of a row is exact in every one of
Magento's ways to tax, and what follows from it cannot miss the total, while net times rate often does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from khaossync.channels.adobe.fields import Node
from khaossync.channels.adobe.rows import GIFT_CARD, Money, Row, by_item, charged, given_back, units
from khaossync.domain.money import ZERO, minor_unit, rounded
from khaossync.domain.orders import Delivery, Discount, OrderLine, Tax

ROUNDING = "rounding"
"""The name of a discount that is none: what the price of a unit, times the units, is above what the row came to."""


@dataclass(slots=True)
class Charge:
    """What is left of a line or a delivery: gross and tax in minor units once they are settled."""

    gross: Decimal
    tax: Decimal
    rate: Decimal
    keeps: bool = True

    def taxes(self) -> tuple[Tax, ...]:
        """Its tax; one of nothing is kept, for its rate says which tax code the line has."""
        return (Tax(self.rate, self.tax),)


@dataclass(frozen=True, slots=True)
class Line:
    """A row while its money is being settled; `untaxed` is a discount beside it that lowers no tax."""

    row: Row
    quantity: int
    ordered: int
    charge: Charge
    untaxed: Decimal = ZERO

    def told(self, sku: str, title: str, name: str, currency: str) -> OrderLine:
        """The line in the words of all channels; `name` is what its discount is called."""
        price = unit_price(self.row, self.quantity, self.charge.gross, currency)
        off = price * self.quantity - self.charge.gross
        label = name if self.row.payer.number_or("discount_amount") and not self.untaxed else ROUNDING
        return OrderLine(
            line_id=self.row.line_id,
            sku=sku,
            title=title,
            quantity=self.quantity,
            ordered=self.ordered,
            unit_price=price,
            discounts=(Discount(label, off),) if off else (),
            taxes=self.charge.taxes(),
            gift_card=self.row.item.text_or("product_type") == GIFT_CARD,
        )


@dataclass(frozen=True, slots=True)
class Shipping:
    """The delivery while its money is being settled; `price` is what it costs with tax, before what was taken off."""

    method: str
    price: Decimal
    charge: Charge

    def told(self, name: str, currency: str) -> Delivery:
        """The delivery in the words of all channels."""
        price = max(rounded(self.price, currency), self.charge.gross)
        off = price - self.charge.gross
        return Delivery(self.method, price, (Discount(name, off),) if off else (), self.charge.taxes())


def read_line(row: Row, memos: Sequence[Node], called_off: bool, currency: str) -> Line:
    """A row at what is left of it: without the units that were cancelled in part, and without those given back.

    Of an order that was called off altogether the lines stay as they were.
    """
    cancelled = 0 if called_off else min(row.ordered, units(row.item, "qty_canceled"))
    ordered = row.ordered - cancelled
    money = row.shared(charged(row.payer), currency)
    if cancelled:
        money = money.part([Decimal(ordered), Decimal(cancelled)], 0, currency)
    quantity = ordered - sum(returned_units(row, memo) for memo in memos)
    left = money - sum((returned_money(row, memo, currency) for memo in memos), Money())
    quantity = max(0, quantity)
    keeps = quantity > 0
    rate = effective_rate(row.rate, money)
    if not keeps:
        return Line(row, quantity, ordered, Charge(ZERO, ZERO, rate, keeps=False))
    untaxed = rounded(_untaxed(row, memos, ordered, currency), currency)
    return Line(row, quantity, ordered, Charge(left.gross + untaxed, left.tax, rate), untaxed)


def _untaxed(row: Row, memos: Sequence[Node], ordered: int, currency: str) -> Decimal:
    """What is left of a discount that was taken off after the tax: the tax is that of the full price."""
    if not is_taxed_in_full(row):
        return ZERO
    items = [item for memo in memos if (item := by_item(memo).get(row.payer.ident("item_id")))]
    back = sum((item.number_or("discount_amount") for item in items), ZERO)
    kept = row.payer.number_or("discount_amount") * ordered / row.ordered - back
    return row.shared(Money(kept), currency).net


def is_taxed_in_full(row: Row) -> bool:
    """Whether the tax of a row is that of its price before the discount, which a shop may choose to charge."""
    money, off = charged(row.payer), row.payer.number_or("discount_amount")
    full = money.net + off - row.payer.number_or("discount_tax_compensation_amount")
    rate = effective_rate(row.rate, money)
    return bool(off) and not is_near(money.net * rate, money, row) and is_near(full * rate, money, row)


def is_near(tax: Decimal, money: Money, row: Row) -> bool:
    """Whether a tax is what was charged, give or take Magento's roundings.

    The unit algorithm rounds each unit, and the total algorithm moves what it rounded onto a later row.
    """
    return abs(tax - money.tax) <= Decimal("0.02") + row.ordered * Decimal("0.005")


def read_shipping(order: Node, memos: Sequence[Node]) -> Shipping | None:
    """The delivery at what is left of it; None for an order that has none."""
    method = order.node_or_empty("extension_attributes").items("shipping_assignments")
    told = method[0].node_or_empty("shipping").text_or("method") if method else ""
    told = told or order.text_or("shipping_description")
    money = shipped(order)
    if not told and not money.gross:
        return None
    left = money - sum((returned_shipping(memo) for memo in memos), Money())
    price = order.number_or("shipping_incl_tax") if left == money else left.gross
    return Shipping(told, price, Charge(left.gross, left.tax, _shipping_rate(order, money)))


def shipped(order: Node) -> Money:
    """What the delivery comes to, without what was taken off."""
    off = order.number_or("shipping_discount_amount")
    compensation = order.number_or("shipping_discount_tax_compensation_amount")
    return Money(order.number_or("shipping_amount") - off + compensation, order.number_or("shipping_tax_amount"))


def returned_units(row: Row, memo: Node) -> int:
    """Units of a row that a credit memo gives back."""
    item = by_item(memo).get(row.line_id)
    return units(item, "qty") if item else 0


def returned_money(row: Row, memo: Node, currency: str) -> Money:
    """What a credit memo gives back for a row."""
    item = by_item(memo).get(row.payer.ident("item_id"))
    return row.shared(given_back(item), currency) if item else Money()


def returned_shipping(memo: Node) -> Money:
    """What a credit memo gives back of the delivery: its discount is what the items leave of the memo's."""
    off = -memo.number_or("discount_amount") - sum(
        (item.number_or("discount_amount") for item in memo.items("items")), ZERO
    )
    compensation = memo.number_or("shipping_discount_tax_compensation_amount")
    amount = memo.number_or("shipping_amount") - off + compensation
    return Money(amount, memo.number_or("shipping_tax_amount"))


def effective_rate(rate: Decimal, money: Money) -> Decimal:
    """The rate that was charged: none where the amount would have been taxed and was not (an exempt customer)."""
    return rate if money.tax or abs(money.net * rate) < Decimal("0.01") else ZERO


def unit_price(row: Row, quantity: int, gross: Decimal, currency: str) -> Decimal:
    """What a unit costs with tax: as the shop shows it, or a penny more where so many of them would be too little."""
    shown = rounded(row.payer.number_or("price_incl_tax"), currency) if row.payer is row.item else ZERO
    if not quantity or shown * quantity >= gross:
        return shown
    penny = minor_unit(currency)
    return (gross / quantity / penny).to_integral_value(ROUND_CEILING) * penny


def settle(charges: Sequence[Charge], total: Decimal, tax: Decimal, currency: str) -> None:
    """Round all charges so that they add up to the rounded total and tax, if they did before.

    A difference that rounding cannot explain stays: it is somebody's mistake, and the proof of the order shows it.
    """
    kept = [charge for charge in charges if charge.keeps]
    grosses = _rounded([charge.gross for charge in kept], total, currency)
    taxes = _rounded([charge.tax for charge in kept], tax, currency)
    for charge, gross, its_tax in zip(kept, grosses, taxes, strict=True):
        charge.gross, charge.tax = gross, its_tax


def _rounded(amounts: Sequence[Decimal], total: Decimal, currency: str) -> list[Decimal]:
    unit = minor_unit(currency)
    found = [rounded(amount, currency) for amount in amounts]
    missing = rounded(total, currency) - sum(found, ZERO)
    if not missing or abs(missing) > unit * len(found) or abs(sum(amounts, ZERO) - total) >= unit * len(found):
        return found
    # A penny each on the largest: there it weighs least.
    for place in sorted(range(len(found)), key=lambda place: -abs(found[place]))[: int(abs(missing) / unit)]:
        found[place] += unit if missing > 0 else -unit
    return found


def _shipping_rate(order: Node, money: Money) -> Decimal:
    """The rate of the delivery, which is told among the applied taxes, or follows from its amounts."""
    applied = order.node_or_empty("extension_attributes").items("item_applied_taxes")
    taxes = [tax for each in applied if each.text_or("type") == "shipping" for tax in each.items("applied_taxes")]
    if not money.tax:
        return ZERO
    if taxes:
        return sum((tax.number_or("percent") for tax in taxes), ZERO) / 100
    rates = {item.number_or("tax_percent") / 100 for item in order.items("items")}
    return min(sorted(rates), key=lambda rate: abs(money.net * rate - money.tax), default=ZERO)
