"""What only Shopify knows: gift cards, tips, duties, collected goods, a fraud screening, businesses with accounts."""

from decimal import Decimal

from khaossync.sandbox.day.faces.shopify import ShopifyFace, shown
from khaossync.sandbox.day.range import COMPANIES, FLOOR, GIFT_CARD, KNOWN, MUG, NEW, TEA
from khaossync.sandbox.day.situations.everywhere import RELEASE
from khaossync.sandbox.day.till import Till
from khaossync.sandbox.shopify import Company, Mischief

HIDDEN = 3.5
"""Seconds for which the shop's search does not find an order: less than a reading reaches back."""


def collected(till: Till[ShopifyFace]) -> None:
    """Only what lies on the shop floor can be had there."""
    bought = till.purchase([(till.dice.choice((MUG, TEA)).sku, 1)], delivery=("Collect in store", Decimal(0)))
    till.face.sell(bought, method="PICK_UP", location=FLOOR, address=None, billing=shown(bought.address))


def late_in_search(till: Till[ShopifyFace]) -> None:
    """Nobody is told of it, and the search finds it only later."""
    till.face.shop.webhooks.misbehave(Mischief.LOSE, "orders/create")
    till.face.shop.index_lag(HIDDEN)
    till.sell()


def test_order(till: Till[ShopifyFace]) -> None:
    till.face.sell(till.purchase(), test=True)


def tipped(till: Till[ShopifyFace]) -> None:
    till.face.sell(till.purchase(), tip=Decimal("2.00"))


def gift_card_bought(till: Till[ShopifyFace]) -> None:
    till.sell([(GIFT_CARD.sku, 1), (till.article(), 1)])


def gift_card_used(till: Till[ShopifyFace]) -> None:
    till.face.sell(till.purchase([(MUG.sku, 2)]), gift_card=Decimal("10.00"))


def rounded(till: Till[ShopifyFace]) -> None:
    till.face.sell(till.purchase(), gateway="cash", rounding=Decimal("-0.02"))


def with_duties(till: Till[ShopifyFace]) -> None:
    till.face.sell(till.purchase(), duties=Decimal("4.20"))


def forgotten_fee(till: Till[ShopifyFace]) -> None:
    order = till.face.sell(till.purchase(), fees=[("Cash on delivery", Decimal("2.50"))])
    till.notes.kept[order] = "unknown_money"


def mistrusted(till: Till[ShopifyFace]) -> None:
    """Staff look at it when they are told, and let it go."""
    order = till.face.sell(till.purchase(), risk="CANCEL")
    till.notes.released.append(order)
    till.agenda.once_told("order_held", lambda: till.face.label(order, RELEASE))


def mistrusted_for_good(till: Till[ShopifyFace]) -> None:
    """Staff look at it when they are told, and cancel it."""
    order = till.face.sell(till.purchase(), risk="CANCEL")
    till.agenda.once_told("order_held", lambda: till.face.cancel(order))


def business(till: Till[ShopifyFace]) -> None:
    till.face.sell(till.purchase(), company=Company(COMPANIES[KNOWN], KNOWN))


def business_without_code(till: Till[ShopifyFace]) -> None:
    """Staff enter its code in the shop when they are told, and note on the order that they did."""
    order = till.face.sell(till.purchase(), company=Company(COMPANIES[NEW]))
    till.notes.released.append(order)

    def enter() -> None:
        till.face.shop.enter_company_code(order, NEW)
        till.face.label(order, "code entered")

    till.agenda.once_told("unmapped_customer", enter)


def edited(till: Till[ShopifyFace]) -> None:
    """Before the order has left the shop, or afterwards."""
    sku = till.article()
    order = till.sell([(sku, 2)])
    till.agenda.later(till.dice.uniform(0.005, 0.1), lambda: till.face.shop.edit(order, {sku: 1}))


SITUATIONS = (
    (business, 3),
    (business_without_code, 1),
    (mistrusted, 2),
    (mistrusted_for_good, 1),
    (edited, 3),
    (collected, 2),
    (late_in_search, 2),
    (test_order, 1),
    (tipped, 2),
    (gift_card_bought, 2),
    (gift_card_used, 2),
    (rounded, 1),
    (with_duties, 1),
    (forgotten_fee, 1),
)
