"""What happens in every shop, whatever its platform."""

from decimal import Decimal
from typing import Any

from khaossync.sandbox.day.face import Discount
from khaossync.sandbox.day.range import DUO, GHOST, GIFT_SET, MUG
from khaossync.sandbox.day.till import Till

RELEASE = "release-to-erp"
"""The word by which staff let an order go that would have to wait."""

_ENDLESS = "The Granary behind the Old Windmill at the Far End of the Long Lane, Upper Long Farm Estate, Building Seven"


def ordinary(till: Till[Any]) -> None:
    till.sell()


def several_of_one(till: Till[Any]) -> None:
    till.sell([(till.article(), 3), (till.article(), 2)])


def authorised(till: Till[Any]) -> None:
    order = till.sell(payment="authorised")
    till.agenda.later(0.2, lambda: till.face.capture(order))


def pack(till: Till[Any]) -> None:
    till.sell([(GIFT_SET.sku, till.dice.randint(1, 2))])


def bundle(till: Till[Any]) -> None:
    till.sell([(DUO.sku, till.dice.randint(1, 3))])


def one_of_the_last(till: Till[Any]) -> None:
    till.sell([(till.scarce.sku, till.dice.randint(1, 2))])


def on_account(till: Till[Any]) -> None:
    till.sell(on_account=True)


def discounted(till: Till[Any]) -> None:
    till.sell(discounts=[Discount("WELCOME", Decimal(till.dice.choice(("1.00", "2.50", "3.33"))))])


def two_discounts(till: Till[Any]) -> None:
    ours = Discount("Mugs for less", percentage=Decimal(10), sku=MUG.sku, automatic=True)
    till.sell([(MUG.sku, 2), ("TEA", 1)], discounts=[ours, Discount("WELCOME", Decimal("1.11"))])


def free_delivery(till: Till[Any]) -> None:
    free = Discount("POSTFREE", shipping=True, percentage=Decimal(100))
    till.sell(discounts=[free], delivery=("Standard", Decimal("3.95")))


def paid_late(till: Till[Any]) -> None:
    order = till.sell(payment="pending")
    till.agenda.later(0.15, lambda: till.face.pay(order))


def never_paid(till: Till[Any]) -> None:
    till.sell(payment="pending")


def in_a_hurry(till: Till[Any]) -> None:
    """Staff know the customer, and let it go at once."""
    order = till.sell()
    till.notes.released.append(order)
    till.face.label(order, RELEASE)


def unknown_article(till: Till[Any]) -> None:
    """Late in the day the office creates the article in the ERP."""
    till.notes.released.append(till.sell([(GHOST.sku, 1)]))


def odd_delivery(till: Till[Any]) -> None:
    order = till.sell(delivery=("Carrier pigeon", Decimal("1.00")))
    till.notes.kept[order] = "unmapped_delivery_method"


def endless_email(till: Till[Any]) -> None:
    order = till.sell(email="the.person.who.signs.with.every.name@department.example.com")
    till.notes.kept[order] = "address_does_not_fit"


def endless_street(till: Till[Any]) -> None:
    """Staff shorten it in the shop when they are told."""
    order = till.sell(address=till.address(_ENDLESS), billing=till.address())
    till.notes.released.append(order)
    till.agenda.once_told("address_does_not_fit", lambda: till.face.move(order, till.address()))


def changed_mind(till: Till[Any]) -> None:
    order = till.sell()
    till.agenda.later(0.003, lambda: till.face.cancel(order))


def cancelled_late(till: Till[Any]) -> None:
    order = till.sell()
    till.agenda.later(0.06, lambda: _cancel_unless_gone(till, order))


def _cancel_unless_gone(till: Till[Any], order: str) -> None:
    if not till.face.parcels(order):
        till.face.cancel(order)


def returned(till: Till[Any]) -> None:
    basket = till.basket()
    order = till.sell(basket)
    till.agenda.later(0.25, lambda: till.face.refund(order, {basket[0][0]: 1}))


def goodwill(till: Till[Any]) -> None:
    order = till.sell()
    till.agenda.later(0.2, lambda: till.face.refund(order, amount=Decimal("2.00")))


SITUATIONS = (
    # Those without which a law would have nothing to judge come first.
    (ordinary, 40),
    (bundle, 4),
    (on_account, 3),
    (returned, 5),
    (odd_delivery, 1),
    (in_a_hurry, 2),
    (several_of_one, 5),
    (pack, 4),
    (one_of_the_last, 8),
    (authorised, 9),
    (discounted, 9),
    (two_discounts, 3),
    (free_delivery, 3),
    (paid_late, 4),
    (never_paid, 2),
    (unknown_article, 2),
    (endless_email, 1),
    (endless_street, 1),
    (changed_mind, 3),
    (cancelled_late, 2),
    (goodwill, 3),
)
