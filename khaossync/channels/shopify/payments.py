"""What a customer paid: the transactions that stand, each pound once."""

from collections.abc import Sequence
from decimal import Decimal

from khaossync.channels.shopify.fields import Node
from khaossync.domain.orders import Payment, PaymentState

_STATES = {
    "PENDING": PaymentState.PENDING,
    "AUTHORIZED": PaymentState.AUTHORISED,
    "PARTIALLY_PAID": PaymentState.PARTIALLY_PAID,
    "PAID": PaymentState.PAID,
    "PARTIALLY_REFUNDED": PaymentState.PARTIALLY_REFUNDED,
    "REFUNDED": PaymentState.REFUNDED,
    "VOIDED": PaymentState.VOIDED,
    "EXPIRED": PaymentState.EXPIRED,
}

_RECEIVED = ("SALE", "CAPTURE")
_RESERVED = ("AUTHORIZATION", "EMV_AUTHORIZATION")


def payment_state(order: Node) -> PaymentState:
    """The payment's state; a word that a later API version adds is UNKNOWN, never an error."""
    return _STATES.get(order.text_or("displayFinancialStatus"), PaymentState.UNKNOWN)


def payments(transactions: Sequence[Node], currency: str) -> tuple[Payment, ...]:
    """Sales, captures, and the authorisations that nothing captured or voided yet.

    Only successful transactions count; cash given back as change reduces the sale it belongs to. A captured
    authorisation is spent, even when less was captured than was authorised: the rest is released.
    """
    done = [each for each in transactions if each.text_or("status") == "SUCCESS"]
    spent = {_parent(each) for each in done if each.text_or("kind") in ("CAPTURE", "VOID")}
    # A capture that does not name its authorisation spends those of its gateway.
    orphans = {each.text_or("gateway") for each in done if each.text_or("kind") == "CAPTURE" and not _parent(each)}
    found = []
    for each in done:
        kind = each.text_or("kind")
        reserved = kind in _RESERVED and each.text("id") not in spent and each.text_or("gateway") not in orphans
        if kind in _RECEIVED or reserved:
            found.append(_payment(each, _change(each, done, currency), currency, kind in _RECEIVED))
    return tuple(payment for payment in found if payment.amount)


def _payment(transaction: Node, change: Decimal, currency: str, captured: bool) -> Payment:
    return Payment(
        gateway=transaction.text_or("gateway", "unknown"),
        amount=transaction.money("amountSet", currency) - change,
        reference=transaction.text_or("paymentId") or transaction.text("id").rsplit("/", 1)[-1],
        captured=captured,
    )


def _change(sale: Node, done: Sequence[Node], currency: str) -> Decimal:
    given = (
        abs(each.money("amountSet", currency))
        for each in done
        if each.text_or("kind") == "CHANGE" and _parent(each) == sale.text("id")
    )
    return sum(given, Decimal(0))


def _parent(transaction: Node) -> str:
    parent = transaction.node_or_none("parentTransaction")
    return parent.text("id") if parent else ""
