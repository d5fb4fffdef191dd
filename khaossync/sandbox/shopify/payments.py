"""Money in: reserve, take, let go."""

from decimal import Decimal

from khaossync.sandbox.shopify import figures
from khaossync.sandbox.shopify.orders import Order, Transaction
from khaossync.sandbox.shopify.state import State

CARD = "shopify_payments"
MANUAL = "manual"


def move(
    state: State, order: Order, kind: str, amount: Decimal, gateway: str = CARD, parent: Transaction | None = None
) -> Transaction:
    """Record one successful movement of money."""
    moved = Transaction(state.numbers.next(), order, kind, "SUCCESS", amount, gateway, state.now(), parent)
    order.transactions.append(moved)
    return moved


def open_payment(state: State, order: Order, payment: str) -> None:
    """What the till does first: `paid` takes, `authorized` reserves, `pending` only notes what is owed."""
    amount = order.original_total
    if payment == "paid":
        move(state, order, "SALE", amount)
    elif payment == "authorized":
        move(state, order, "AUTHORIZATION", amount)
    elif payment == "pending":
        move(state, order, "SALE", amount, MANUAL).status = "PENDING"
    else:
        raise ValueError(f"payment is paid, authorized or pending, not {payment}")


def capture(state: State, order: Order) -> None:
    """Take what is reserved, as far as it is still owed."""
    amount = min(figures.capturable(order), figures.outstanding(order))
    if not amount:
        raise ValueError(f"nothing is reserved for order {order.name}")
    move(state, order, "CAPTURE", amount, parent=_reservation(order))
    state.touch(order)


def pay(state: State, order: Order) -> None:
    """The customer pays what is owed by other means; the shop marks it as paid."""
    amount = figures.outstanding(order)
    if not amount:
        raise ValueError(f"nothing is owed on order {order.name}")
    move(state, order, "SALE", amount, MANUAL)
    state.touch(order)


def void(state: State, order: Order) -> None:
    """Let go of what is reserved."""
    move(state, order, "VOID", _reservation(order).amount, parent=_reservation(order))
    state.touch(order)


def expire(state: State, order: Order) -> None:
    """The bank lets go of what is reserved."""
    _reservation(order).status = "FAILURE"
    state.touch(order)


def _reservation(order: Order) -> Transaction:
    for each in order.transactions:
        if each.kind == "AUTHORIZATION":
            return each
    raise ValueError(f"nothing is reserved for order {order.name}")
