"""Purchases that somebody thinks better of: cancelled, edited, given back."""

from decimal import Decimal

from khaossync.sandbox.day.till import Till


def changed_mind(till: Till) -> None:
    order = till.sell()
    till.agenda.later(0.003, lambda: till.shop.cancel(order))


def cancelled_late(till: Till) -> None:
    order = till.sell()
    till.agenda.later(0.06, lambda: _cancel_unless_gone(till, order))


def _cancel_unless_gone(till: Till, order: str) -> None:
    if not till.shop.fulfilments(order):
        till.shop.cancel(order)


def returned(till: Till) -> None:
    basket = till.basket()
    order = till.sell(basket)
    till.agenda.later(0.25, lambda: till.shop.refund(order, {basket[0][0]: 1}))


def goodwill(till: Till) -> None:
    order = till.sell()
    till.agenda.later(0.2, lambda: till.shop.refund(order, amount=Decimal("2.00")))


def edited(till: Till) -> None:
    """Before the order has left the shop, or afterwards."""
    sku = till.article()
    order = till.sell([(sku, 2)])
    till.agenda.later(till.dice.uniform(0.005, 0.1), lambda: till.shop.edit(order, {sku: 1}))


SITUATIONS = (
    (changed_mind, 3),
    (cancelled_late, 2),
    (returned, 5),
    (goodwill, 3),
    (edited, 3),
)
