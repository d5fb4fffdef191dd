"""What only Shopware knows: refunds from sources of several kinds, and totals that a plugin has spoilt."""

from decimal import Decimal

from khaossync.sandbox.day.faces.shopware import ShopwareFace
from khaossync.sandbox.day.till import Till


def edited(till: Till[ShopwareFace]) -> None:
    """Before the order has left the shop, or afterwards."""
    sku = till.article()
    order = till.sell([(sku, 2)])
    till.agenda.later(till.dice.uniform(0.005, 0.1), lambda: till.face.shop.edit(order, {sku: 1}))


def returned_with_papers(till: Till[ShopwareFace]) -> None:
    """The returns of the paid plans tell of it."""
    basket = till.basket()
    order = till.sell(basket)
    till.agenda.later(0.25, lambda: till.face.shop.refund(order, {basket[0][0]: 1}, source="return"))


def credited(till: Till[ShopwareFace]) -> None:
    """Staff type a line into the order by which money goes back."""
    order = till.sell()
    till.agenda.later(0.3, lambda: till.face.shop.refund(order, amount=Decimal("1.50"), source="credit"))


def spoilt(till: Till[ShopwareFace]) -> None:
    """A plugin changes the total of an order, and nothing that it is worked out from."""
    order = till.sell(payment="pending")
    till.notes.kept[order] = "total_mismatch"
    till.face.shop.misprice(order, Decimal("1.00"))
    till.face.pay(order)


SITUATIONS = (
    (edited, 3),
    (returned_with_papers, 2),
    (credited, 1),
    (spoilt, 1),
)
