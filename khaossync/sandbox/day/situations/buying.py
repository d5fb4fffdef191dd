"""Purchases that just go through, whatever is bought and however it is to be had."""

from decimal import Decimal

from khaossync.sandbox.day.range import DUO, FLOOR, GIFT_SET, MUG, POSTER, TEA
from khaossync.sandbox.day.till import Till
from khaossync.sandbox.shopify import Mischief

HIDDEN = 3.5
"""Seconds for which the shop's search does not find an order: less than a reading reaches back."""


def ordinary(till: Till) -> None:
    till.sell()


def authorised(till: Till) -> None:
    order = till.sell(payment="authorized")
    till.agenda.later(0.2, lambda: till.shop.capture(order))


def several_of_one(till: Till) -> None:
    till.sell([(till.article(), 3), (till.article(), 2)])


def pack(till: Till) -> None:
    till.sell([(GIFT_SET.sku, till.dice.randint(1, 2))])


def bundle(till: Till) -> None:
    till.sell([(DUO.sku, till.dice.randint(1, 3))])


def one_of_the_last(till: Till) -> None:
    till.sell([(POSTER.sku, till.dice.randint(1, 2))])


def collected(till: Till) -> None:
    """Only what lies on the shop floor can be had there."""
    store = ("Collect in store", Decimal(0))
    basket = [(till.dice.choice((MUG, TEA)).sku, 1)]
    till.sell(basket, method="PICK_UP", location=FLOOR, delivery=store, address=None, billing=till.address())


def late_in_search(till: Till) -> None:
    """Nobody is told of it, and the search finds it only later."""
    till.shop.webhooks.misbehave(Mischief.LOSE, "orders/create")
    till.shop.index_lag(HIDDEN)
    till.sell()


def test_order(till: Till) -> None:
    till.sell(test=True)


SITUATIONS = (
    (ordinary, 40),
    (authorised, 9),
    (several_of_one, 5),
    (pack, 4),
    (bundle, 4),
    (one_of_the_last, 8),
    (collected, 2),
    (late_in_search, 2),
    (test_order, 1),
)
