"""Money and goods back: refunds, cancellations, units edited off an order."""

from collections.abc import Mapping
from decimal import Decimal

from khaossync.sandbox.shopify import figures, stock
from khaossync.sandbox.shopify.catalogue import Location
from khaossync.sandbox.shopify.fulfilments import Mail
from khaossync.sandbox.shopify.money import NOTHING
from khaossync.sandbox.shopify.orders import Adjustment, Line, Order, Refund, RefundLine, RefundShipping
from khaossync.sandbox.shopify.payments import move, pay_back
from khaossync.sandbox.shopify.state import State


def refund(
    state: State,
    order: Order,
    units: Mapping[Line, int],
    *,
    shipping: Decimal = NOTHING,
    restock: bool = True,
    amount: Decimal | None = None,
    note: str | None = None,
) -> Refund:
    """Give back units, a part of the delivery charge, and money: `amount`, or what the rest is worth."""
    given = Refund(state.numbers.next(), order, state.now(), note)
    for line, count in units.items():
        take_off(state, given, line, count, restock=restock)
    if shipping:
        _give_back_delivery(state, given, shipping)
    money = worth(given) if amount is None else amount
    given.transactions += pay_back(state, order, money)
    if worth(given) != money:
        given.adjustments.append(Adjustment(state.numbers.next(), worth(given) - money, "REFUND_DISCREPANCY"))
    return _file(state, given)


def worth(given: Refund) -> Decimal:
    """What the units and charges of a refund are worth, tax included."""
    included = given.order.taxes_included
    parts: list[RefundLine | RefundShipping] = [*given.lines, *given.shipping]
    return sum((each.subtotal + (NOTHING if included else each.tax) for each in parts), NOTHING)


def take_off(state: State, given: Refund, line: Line, count: int, *, restock: bool) -> None:
    """Take units off a line: unshipped ones first, then shipped ones."""
    if not 0 < count <= line.current_quantity:
        raise ValueError(f"{count} × {line.item.sku} cannot be given back, {line.current_quantity} are left")
    before, after = line.current_quantity, line.current_quantity - count
    subtotal = line.amount(before) - line.amount(after)
    tax = line.tax(before) - line.tax(after)
    location, unshipped = _unship(state, given.order, line, count, restock)
    for_return = max(count - unshipped, 0)
    if for_return and restock and location is not None:
        stock.take_back(state, line.item, location, for_return)
    kind = ("CANCEL" if unshipped else "RETURN") if restock else "NO_RESTOCK"
    line.removed += count
    given.lines.append(RefundLine(state.numbers.next(), line, count, subtotal, tax, kind, location))


def _unship(state: State, order: Order, line: Line, count: int, restock: bool) -> tuple[Location | None, int]:
    """Take units out of what is still to be shipped; tells where from and how many."""
    location, done = None, 0
    for asked in order.fulfilment_orders:
        for part in asked.lines:
            if part.line is not line:
                continue
            location = location or asked.location
            units = min(part.remaining, count - done)
            if units:
                part.remaining -= units
                part.total -= units
                done += units
                (stock.release if restock else stock.remove)(state, line.item, asked.location, units)
        asked.settle()
    return location, done


def _give_back_delivery(state: State, given: Refund, amount: Decimal) -> None:
    for charge in given.order.shipping_lines:
        part = min(amount, charge.current)
        if part:
            before = charge.tax(charge.current)
            charge.refunded += part
            tax = before - charge.tax(charge.current)
            given.shipping.append(RefundShipping(state.numbers.next(), charge, part, tax))
            amount -= part
    if amount:
        raise ValueError(f"order {given.order.name} has {amount} less delivery to give back than asked for")


def set_money(state: State, given: Refund, status: str) -> None:
    """What became of the money of a refund: PENDING, SUCCESS or FAILURE."""
    for moved in given.transactions:
        moved.status = status
    state.touch(given.order)


def _file(state: State, given: Refund) -> Refund:
    given.order.refunds.append(given)
    state.refunds[given.number] = given
    state.tell("refunds/create", given)
    state.touch(given.order)
    return given


def take_off_edited(state: State, order: Order, units: Mapping[Line, int]) -> Refund:
    """Units edited off an order are kept as a refund without money; money back is a matter of its own."""
    given = Refund(state.numbers.next(), order, state.now())
    for line, count in units.items():
        take_off(state, given, line, count, restock=True)
    return _file(state, given)


def cancel(
    state: State,
    order: Order,
    *,
    restock: bool = True,
    give_back: bool = True,
    reason: str = "CUSTOMER",
    notify: bool = False,
    staff_note: str | None = None,
) -> None:
    """Call an order off. Raises ValueError once it is called off or a part has been shipped."""
    if order.cancelled_at is not None:
        raise ValueError(f"order {order.name} has already been cancelled")
    if any(each.status == "SUCCESS" for each in order.fulfilments):
        raise ValueError(f"order {order.name} has been shipped and cannot be cancelled")
    units = {line: line.current_quantity for line in order.lines if line.current_quantity}
    charge = sum((each.current for each in order.shipping_lines), NOTHING)
    free = figures.received(order) - figures.refunded(order) if give_back else NOTHING
    order.cancelled_at, order.cancel_reason, order.staff_note = state.now(), reason, staff_note
    if figures.capturable(order) and not figures.received(order):
        move(state, order, "VOID", figures.capturable(order))
    for asked in order.fulfilment_orders:
        asked.holds.clear()
    if units:
        _call_off(state, order, units, charge, free, restock)
    for asked in order.fulfilment_orders:
        asked.status = "CLOSED"
    if notify:
        state.mails.append(Mail(order.name, order.email, "order_cancelled", ()))
    state.tell("orders/cancelled", order)
    state.touch(order)


def _call_off(
    state: State, order: Order, units: Mapping[Line, int], charge: Decimal, free: Decimal, restock: bool
) -> None:
    """A cancelled order keeps a refund of all its lines; the money in it is what was really given back."""
    given = Refund(state.numbers.next(), order, state.now())
    for line, count in units.items():
        take_off(state, given, line, count, restock=restock)
    if charge:
        _give_back_delivery(state, given, charge)
    given.transactions += pay_back(state, order, free)
    _file(state, given)
