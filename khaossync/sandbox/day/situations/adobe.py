"""What only Adobe Commerce knows: payments under review, orders on hold, edits that make another order."""

from decimal import Decimal

from khaossync.sandbox.day.faces.adobe import AdobeFace
from khaossync.sandbox.day.till import Till

HIDDEN = 3.5
"""Seconds for which an order is not to be found: less than a reading reaches back."""


def late_in_search(till: Till[AdobeFace]) -> None:
    """It is saved under the time at which its long transaction began."""
    till.face.shop.index_lag(HIDDEN)
    till.sell()


def edited(till: Till[AdobeFace]) -> None:
    """What is not paid yet can be edited: the order is cancelled, and another takes its place."""
    sku = till.article()
    order = till.sell([(sku, 2)], payment="authorised")
    till.agenda.later(till.dice.uniform(0.005, 0.1), lambda: _edit_unless_gone(till, order, sku))


def _edit_unless_gone(till: Till[AdobeFace], order: str, sku: str) -> None:
    if not till.face.parcels(order):
        till.face.shop.edit(order, {sku: 1})


def reviewed(till: Till[AdobeFace]) -> None:
    """The payment's screening takes its time, and is content."""
    order = till.face.sell(till.purchase(), risk="INVESTIGATE")
    till.notes.released.append(order)
    till.agenda.later(0.1, lambda: till.face.shop.review(order))


def denied(till: Till[AdobeFace]) -> None:
    """The payment's screening takes its time, and cancels."""
    order = till.face.sell(till.purchase(), risk="CANCEL")
    till.agenda.later(0.1, lambda: till.face.shop.review(order, accept=False))


def stopped(till: Till[AdobeFace]) -> None:
    """Staff stop an order at once, and let it go on later."""
    order = till.sell()
    till.notes.released.append(order)
    till.face.shop.hold(order)
    till.agenda.later(0.1, lambda: till.face.shop.release(order))


def forgotten_fee(till: Till[AdobeFace]) -> None:
    order = till.face.sell(till.purchase(), fees=[("Cash on delivery", Decimal("2.50"))])
    till.notes.kept[order] = "unknown_money"


SITUATIONS = (
    (edited, 3),
    (reviewed, 2),
    (denied, 1),
    (stopped, 1),
    (late_in_search, 2),
    (forgotten_fee, 1),
)
