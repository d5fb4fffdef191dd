"""Purchases that cannot go to the ERP as they are: some wait for a person, some for ever."""

from decimal import Decimal

from khaossync.sandbox.day.range import GHOST
from khaossync.sandbox.day.till import Till
from khaossync.sandbox.shopify import Person

RELEASE = "release-to-erp"
"""The tag by which staff let an order go that the fraud screening advises against."""

_ENDLESS = "The Granary behind the Old Windmill at the Far End of the Long Lane, Upper Long Farm Estate, Building Seven"


def paid_late(till: Till) -> None:
    order = till.sell(payment="pending")
    till.agenda.later(0.15, lambda: till.shop.pay(order))


def never_paid(till: Till) -> None:
    till.sell(payment="pending")


def unknown_article(till: Till) -> None:
    """Late in the day the office creates the article in the ERP."""
    till.notes.released.append(till.sell([(GHOST.sku, 1)]))


def odd_delivery(till: Till) -> None:
    order = till.sell(delivery=("Carrier pigeon", Decimal("1.00")))
    till.notes.kept[order] = "unmapped_delivery_method"


def forgotten_fee(till: Till) -> None:
    order = till.sell(fees=[("Cash on delivery", Decimal("2.50"))])
    till.notes.kept[order] = "unknown_money"


def endless_email(till: Till) -> None:
    order = till.sell(customer=Person(email="the.person.who.signs.with.every.name@department.example.com"))
    till.notes.kept[order] = "address_does_not_fit"


def endless_street(till: Till) -> None:
    """Staff shorten it in the shop when they are told."""
    order = till.sell(address=till.address(_ENDLESS), billing=till.address())
    till.notes.released.append(order)
    till.agenda.once_told("address_does_not_fit", lambda: till.shop.edit(order, address=till.address()))


def mistrusted(till: Till) -> None:
    """Staff look at it when they are told, and let it go."""
    order = till.sell(risk="CANCEL")
    till.notes.released.append(order)
    till.agenda.once_told("order_held", lambda: till.shop.tag(order, RELEASE))


def mistrusted_for_good(till: Till) -> None:
    """Staff look at it when they are told, and cancel it."""
    order = till.sell(risk="CANCEL")
    till.agenda.once_told("order_held", lambda: till.shop.cancel(order))


def in_a_hurry(till: Till) -> None:
    """Staff know the customer, and let it go at once."""
    order = till.sell()
    till.notes.released.append(order)
    till.shop.tag(order, RELEASE)


SITUATIONS = (
    (paid_late, 4),
    (never_paid, 2),
    (unknown_article, 2),
    (odd_delivery, 1),
    (forgotten_fee, 1),
    (endless_email, 1),
    (endless_street, 1),
    (mistrusted, 2),
    (mistrusted_for_good, 1),
    (in_a_hurry, 2),
)
