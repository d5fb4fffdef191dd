"""What an order adds up to: as it was bought and as it stands after refunds and edits."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from khaossync.sandbox.shopify.money import NOTHING
from khaossync.sandbox.shopify.orders import Line, Order, TaxLine


@dataclass(frozen=True, slots=True)
class Figures:
    """total = subtotal + shipping + duties + fees + tip (+ tax where prices exclude it); all after discounts."""

    subtotal: Decimal
    discounts: Decimal
    shipping: Decimal
    duties: Decimal
    fees: Decimal
    tax: Decimal
    total: Decimal
    tax_lines: list[TaxLine]


def whole(order: Order) -> Figures:
    """With every unit ever on the order: what Shopify calls the price before returns."""
    lines = [(line, line.quantity) for line in order.lines]
    discounts = sum((line.discount for line in order.lines), NOTHING)
    discounts += sum((charge.discount for charge in order.shipping_lines), NOTHING)
    shipping = sum((each.discounted for each in order.shipping_lines), NOTHING)
    taxes = [tax for line, units in lines for tax in line.taxes(units)]
    taxes += [tax for each in order.shipping_lines for tax in each.taxes(each.discounted)]
    return _added_up(order, lines, discounts, shipping, taxes)


def current(order: Order) -> Figures:
    """With the units and charges that still stand."""
    lines = [(line, line.current_quantity) for line in order.lines]
    discounts = sum((line.price * units - line.amount(units) for line, units in lines), NOTHING)
    discounts += sum((each.discount for each in order.shipping_lines if each.current), NOTHING)
    shipping = sum((each.current for each in order.shipping_lines), NOTHING)
    taxes = [tax for line, units in lines for tax in line.taxes(units)]
    taxes += [tax for each in order.shipping_lines for tax in each.taxes(each.current)]
    return _added_up(order, lines, discounts, shipping, taxes)


def _added_up(
    order: Order, lines: Sequence[tuple[Line, int]], discounts: Decimal, shipping: Decimal, taxes: Iterable[TaxLine]
) -> Figures:
    grouped = _by_rate(taxes)
    tax = sum((each.amount for each in grouped), NOTHING)
    subtotal = sum((line.amount(units) for line, units in lines), NOTHING)
    duties = sum((line.duty(units) for line, units in lines), NOTHING)
    fees = sum((each.price for each in order.fees), NOTHING)
    total = subtotal + shipping + duties + fees + order.tip + (NOTHING if order.taxes_included else tax)
    return Figures(subtotal, discounts, shipping, duties, fees, tax, total, grouped)


def _by_rate(taxes: Iterable[TaxLine]) -> list[TaxLine]:
    sums: dict[tuple[str, Decimal], Decimal] = {}
    for tax in taxes:
        key = (tax.title, tax.rate)
        sums[key] = sums.get(key, NOTHING) + tax.amount
    return [TaxLine(title, rate, amount) for (title, rate), amount in sums.items()]


def received(order: Order) -> Decimal:
    """Money taken."""
    return _moved(order, "SALE", "CAPTURE")


def refunded(order: Order) -> Decimal:
    """Money given back."""
    return _moved(order, "REFUND")


def capturable(order: Order) -> Decimal:
    """Money reserved and not yet taken."""
    if _moved(order, "VOID"):
        return NOTHING
    return max(_moved(order, "AUTHORIZATION") - _moved(order, "CAPTURE"), NOTHING)


def outstanding(order: Order) -> Decimal:
    """What the customer still owes; never negative, as in Shopify."""
    return max(current(order).total - received(order) + refunded(order), NOTHING)


def _moved(order: Order, *kinds: str) -> Decimal:
    done = (each.amount for each in order.transactions if each.status == "SUCCESS" and each.kind in kinds)
    return sum(done, NOTHING)


def financial_status(order: Order) -> str:
    """Shopify's OrderDisplayFinancialStatus, from the transactions."""
    taken, back = received(order), refunded(order)
    if taken:
        if back:
            return "REFUNDED" if back >= taken else "PARTIALLY_REFUNDED"
        return "PARTIALLY_PAID" if outstanding(order) else "PAID"
    if order.cancelled_at is not None:
        return "VOIDED"
    kinds = {each.kind: each.status for each in order.transactions}
    if kinds.get("VOID") == "SUCCESS":
        return "VOIDED"
    if "AUTHORIZATION" in kinds:
        return "AUTHORIZED" if kinds["AUTHORIZATION"] == "SUCCESS" else "EXPIRED"
    return "PENDING" if current(order).total else "PAID"


def fulfilment_status(order: Order) -> str:
    """Shopify's OrderDisplayFulfillmentStatus, from what was shipped."""
    bought = sum(line.current_quantity for line in order.lines if line.item.requires_shipping)
    shipped = sum(line.fulfilled for line in order.lines)
    if shipped:
        return "FULFILLED" if shipped >= bought else "PARTIALLY_FULFILLED"
    states = {each.status for each in order.fulfilment_orders}
    for name in ("ON_HOLD", "SCHEDULED", "IN_PROGRESS"):
        if name in states:
            return name
    return "UNFULFILLED"
