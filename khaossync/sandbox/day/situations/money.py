"""Purchases with money in them that is neither a price nor a tax."""

from decimal import Decimal

from khaossync.sandbox.day.range import GIFT_CARD, MUG
from khaossync.sandbox.day.till import Till
from khaossync.sandbox.shopify import Discount


def discounted(till: Till) -> None:
    till.sell(None, Discount("WELCOME", Decimal(till.dice.choice(("1.00", "2.50", "3.33")))))


def two_discounts(till: Till) -> None:
    basket = [(MUG.sku, 2), ("TEA", 1)]
    ours = Discount("Mugs for less", kind="automatic", sku=MUG.sku, percentage=Decimal(10))
    till.sell(basket, ours, Discount("WELCOME", Decimal("1.11")))


def free_delivery(till: Till) -> None:
    free = Discount("POSTFREE", shipping=True, percentage=Decimal(100))
    till.sell(None, free, delivery=("Standard", Decimal("3.95")))


def tipped(till: Till) -> None:
    till.sell(tip=Decimal("2.00"))


def gift_card_bought(till: Till) -> None:
    till.sell([(GIFT_CARD.sku, 1), (till.article(), 1)])


def gift_card_used(till: Till) -> None:
    till.sell([(MUG.sku, 2)], gift_card=Decimal("10.00"))


def rounded(till: Till) -> None:
    till.sell(gateway="cash", rounding=Decimal("-0.02"))


def with_duties(till: Till) -> None:
    till.sell(duties=Decimal("4.20"))


SITUATIONS = (
    (discounted, 9),
    (two_discounts, 3),
    (free_delivery, 3),
    (tipped, 2),
    (gift_card_bought, 2),
    (gift_card_used, 2),
    (rounded, 1),
    (with_duties, 1),
)
