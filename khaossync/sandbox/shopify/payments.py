"""Money in: reserve, take, let go."""

from decimal import Decimal

from khaossync.sandbox.shopify import figures
from khaossync.sandbox.shopify.money import NOTHING
from khaossync.sandbox.shopify.orders import Order, Transaction
from khaossync.sandbox.shopify.purchase import CARD, GIFT_CARD, MANUAL, Purchase
from khaossync.sandbox.shopify.state import State


def move(
    state: State, order: Order, kind: str, amount: Decimal, gateway: str = CARD, parent: Transaction | None = None
) -> Transaction:
    """Record one successful movement of money."""
    moved = Transaction(state.numbers.next(), order, kind, "SUCCESS", amount, gateway, state.now(), parent)
    order.transactions.append(moved)
    return moved


def open_payment(state: State, order: Order, bought: Purchase) -> None:
    """What the till does first: `paid` takes, `authorized` reserves, `pending` only notes what is owed.

    A gift card is charged at once. What cash is rounded by stands beside the amount, not in it.
    """
    amount = order.original_total - bought.gift_card
    if bought.payment == "paid":
        move(state, order, "SALE", amount, bought.gateway).rounding = bought.rounding
    elif bought.payment == "authorized":
        move(state, order, "AUTHORIZATION", amount, bought.gateway)
    elif bought.payment == "pending":
        move(state, order, "SALE", amount, MANUAL).status = "PENDING"
    else:
        raise ValueError(f"payment is paid, authorized or pending, not {bought.payment}")
    if bought.gift_card:
        move(state, order, "SALE", bought.gift_card, GIFT_CARD)


def pay_back(state: State, order: Order, amount: Decimal) -> list[Transaction]:
    """Give money back the ways it came, first come first. Raises ValueError for more than is left of it."""
    taken = [each for each in order.transactions if each.kind in ("SALE", "CAPTURE") and each.status == "SUCCESS"]
    left = [(paid, paid.amount - _gone(order, paid)) for paid in taken]
    free = sum((part for _, part in left), NOTHING)
    if amount > free:
        raise ValueError(f"order {order.name} has {free} to give back, not {amount}")
    moved = []
    for paid, most in left:
        part = min(amount, most)
        if part:
            moved.append(move(state, order, "REFUND", part, paid.gateway, paid))
            amount -= part
    return moved


def _gone(order: Order, paid: Transaction) -> Decimal:
    return sum(
        (each.amount for each in order.transactions if each.parent is paid and each.status != "FAILURE"), NOTHING
    )


def capture(state: State, order: Order) -> None:
    """Take what is reserved, as far as it is still owed."""
    amount = min(figures.capturable(order), figures.outstanding(order))
    if not amount:
        raise ValueError(f"nothing is reserved for order {order.name}")
    reserved = _reservation(order)
    move(state, order, "CAPTURE", amount, reserved.gateway, reserved)
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
    reserved = _reservation(order)
    move(state, order, "VOID", reserved.amount, reserved.gateway, reserved)
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
