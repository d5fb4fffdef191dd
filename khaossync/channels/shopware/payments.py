"""How far the payment has come: of several tries, the one that counts."""

from collections.abc import Collection, Sequence

from khaossync.channels.shopware.fields import Node
from khaossync.domain.orders import Payment, PaymentState

_STATES = {
    "open": PaymentState.PENDING,
    "unconfirmed": PaymentState.PENDING,
    "in_progress": PaymentState.PENDING,
    "reminded": PaymentState.PENDING,
    # The customer may pay once more, in another way, as long as the order stands.
    "failed": PaymentState.PENDING,
    "cancelled": PaymentState.EXPIRED,
    "authorized": PaymentState.AUTHORISED,
    "paid": PaymentState.PAID,
    "paid_partially": PaymentState.PARTIALLY_PAID,
    "refunded": PaymentState.REFUNDED,
    "refunded_partially": PaymentState.PARTIALLY_REFUNDED,
}
"""By technical name; a chargeback and what a shop has added are unknown.

https://docs.shopware.com/en/shopware-6-en/orders/overview
"""

_DEAD = ("failed", "cancelled")
_RECEIVED = ("paid", "refunded", "refunded_partially")
_RESERVED = ("authorized",)


def payment_state(transactions: Sequence[Node]) -> PaymentState:
    """The state of the payment that counts; an order without one has still to be paid."""
    counting = transaction(transactions)
    return _STATES.get(counting.state(), PaymentState.UNKNOWN) if counting else PaymentState.PENDING


def transaction(transactions: Sequence[Node]) -> Node | None:
    """The newest that did not come to nothing, else the newest: a customer who pays anew adds one."""
    newest = sorted(transactions, key=lambda one: (one.instant("createdAt"), one.text("id")))
    alive = [one for one in newest if one.state() not in _DEAD]
    return next(reversed(alive or newest), None)


def payments(transactions: Sequence[Node], digits: int) -> tuple[Payment, ...]:
    """Money that was received or is reserved; what was given back is told by refunds."""
    return tuple(_payment(one, digits) for one in transactions if one.state() in (*_RECEIVED, *_RESERVED))


def on_terms(transactions: Sequence[Node], methods: Collection[str]) -> bool:
    """Whether the way to pay is one by which it is agreed to pay later."""
    counting = transaction(transactions)
    method = counting.node_or_none("paymentMethod") if counting else None
    return method is not None and method.text_or("technicalName") in methods


def _payment(transaction: Node, digits: int) -> Payment:
    method = transaction.node_or_none("paymentMethod") or Node({})
    return Payment(
        gateway=method.text_or("technicalName") or method.text_or("name", "unknown"),
        amount=transaction.node("amount").amount("totalPrice", digits),
        reference=transaction.text("id"),
        captured=transaction.state() in _RECEIVED,
    )
