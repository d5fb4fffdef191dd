"""Every order proves its own arithmetic: do its parts add up to what the customer owes?

The total is price times quantity over all lines, less what was taken off them, plus delivery less what was taken
off that, plus extras such as tips, plus the tax unless the prices include it; the tax is the sum of the taxes of lines
and deliveries. Tried on Shopify's published sample orders and on captured ones, it held to the penny
(https://shopify.dev/docs/api/admin-rest/latest/resources/order); few of them had tax and none a reduced delivery, so
an order that fails it is looked at by a person and never bent.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from khaossync.domain.money import ZERO
from khaossync.domain.orders import Delivery, Order, OrderLine


def prove(order: Order) -> Decimal:
    """How much the total exceeds the sum of the order's parts; zero for an order that adds up."""
    return order.total - sum(parts(order).values(), ZERO)


def prove_tax(order: Order) -> Decimal:
    """How much the order's tax exceeds the sum of its lines' and deliveries' taxes."""
    return order.tax - _taxes(order.lines) - _taxes(order.deliveries)


def parts(order: Order) -> Mapping[str, Decimal]:
    """What the total is made of, by name and with its sign; tax counts only where prices do not include it."""
    return {
        "goods": sum((line.unit_price * line.quantity for line in order.lines), ZERO),
        "discounts": -_discounts(order.lines),
        "delivery": sum((delivery.amount for delivery in order.deliveries), ZERO),
        "delivery discounts": -_discounts(order.deliveries),
        "extras": sum((extra.amount for extra in order.extras), ZERO),
        "tax on top": ZERO if order.gross else order.tax,
    }


def figures(order: Order) -> dict[str, str]:
    """The order's arithmetic as evidence: every part, the total, the tax, and what they miss each other by."""
    amounts = {
        **parts(order),
        "total": order.total,
        "total minus parts": prove(order),
        "tax": order.tax,
        "tax minus parts": prove_tax(order),
    }
    odd = {"oddities": "; ".join(order.oddities)} if order.oddities else {}
    return {"currency": order.currency, **{name: f"{amount:f}" for name, amount in amounts.items()}, **odd}


def _discounts(charges: Iterable[OrderLine | Delivery]) -> Decimal:
    return sum((discount.amount for charge in charges for discount in charge.discounts), ZERO)


def _taxes(charges: Iterable[OrderLine | Delivery]) -> Decimal:
    return sum((tax.amount for charge in charges for tax in charge.taxes), ZERO)
