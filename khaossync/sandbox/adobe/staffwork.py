"""What staff do to an order in the Admin: call it off, stop it, and edit it by making a new one of it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from khaossync.sandbox.adobe import checkout, payments
from khaossync.sandbox.adobe.catalogue import Choice
from khaossync.sandbox.adobe.errors import Refusal
from khaossync.sandbox.adobe.money import NOTHING
from khaossync.sandbox.adobe.orders import ENDED, Item, Order
from khaossync.sandbox.adobe.purchase import Purchase
from khaossync.sandbox.adobe.refunds import Wish, refund
from khaossync.sandbox.adobe.state import State


def can_cancel(order: Order) -> bool:
    """Whether Magento would cancel it: not once all is paid, nor while it is held or reviewed."""
    if order.state in ("holded", "payment_review", *ENDED):
        return False
    return any(item.to_invoice > 0 for item in order.items)


def cancel(state: State, order: Order) -> bool:
    """Call an order off; False (and nothing done) where that cannot be."""
    if not can_cancel(order):
        return False
    payments.end(state, order)
    return True


def call_off(state: State, order: Order, *, restock: bool) -> None:
    """Cancel, deny the payment under review, or give all the money back where it was taken.

    Raises ValueError while it is held, once a part was sent, or when it is over.
    """
    if order.shipments or order.state in ENDED:
        raise ValueError(f"order {order.name} cannot be cancelled: it is {order.state}")
    if order.state == "payment_review":
        payments.review(state, order, accept=False)
        return
    if cancel(state, order):
        return
    if order.state == "holded" or not order.invoices:
        raise ValueError(f"order {order.name} cannot be cancelled: it is {order.state}")
    units = {item.number: item.invoiced - item.refunded for item in order.items if item.parent is None}
    shipping = order.delivery.taxed.row_total - order.delivery.refunded if order.delivery else NOTHING
    made = refund(
        state, order, Wish(units, shipping, restock=restock, invoice=order.invoices[0], positive=_rest(order))
    )
    order.cancelled_at = made.created_at


def _rest(order: Order) -> Decimal:
    """What is left to give back besides rows and delivery: fees, less what was paid by other means."""
    return max(sum((each.extra for each in order.invoices), NOTHING), NOTHING)


def hold(state: State, order: Order) -> None:
    """Stop an order. Raises Refusal."""
    if order.state in ("holded", "payment_review", *ENDED):
        raise Refusal(400, "A hold action is not available.")
    order.held = (order.state, order.status)
    order.state = order.status = "holded"
    state.touch(order)


def release(state: State, order: Order) -> None:
    """Let it go on. Raises Refusal."""
    if order.held is None:
        raise Refusal(400, "You cannot remove the hold.")
    (order.state, order.status), order.held = order.held, None
    state.touch(order)


def edit(state: State, order: Order, quantities: Mapping[str, int], bought: Purchase) -> Order:
    """Make a new order with other units per SKU, and cancel the old one. Raises ValueError where it cannot be.

    https://experienceleague.adobe.com/en/docs/commerce-admin/stores-sales/order-management/orders/order-update
    """
    if order.invoices or order.shipments or order.state in ("holded", "payment_review", *ENDED):
        raise ValueError(f"order {order.name} is {order.state} and cannot be edited")
    basket = _basket(bought.basket, quantities)
    if not basket:
        raise ValueError(f"nothing would be left of order {order.name}; cancel it")
    payments.end(state, order)
    child = checkout.place(state, replace(bought, basket=basket, payment=_payment(order)))
    child.original_name = order.original_name or order.name
    child.edits = order.edits + 1
    state.give_name_back("order")
    child.name = f"{child.original_name}-{child.edits}"
    child.parent, order.child = order, child
    return child


def _payment(order: Order) -> str:
    return "authorized" if order.authorised else "pending"


def _basket(
    basket: Sequence[tuple[str, int] | Choice], quantities: Mapping[str, int]
) -> list[tuple[str, int] | Choice]:
    left = dict(quantities)
    kept: list[tuple[str, int] | Choice] = []
    for one in basket:
        sku, units = (one.sku, one.units) if isinstance(one, Choice) else one
        units = left.pop(sku, units)
        if units:
            kept.append(replace(one, units=units) if isinstance(one, Choice) else (sku, units))
    return kept + [(sku, units) for sku, units in left.items() if units]


def rows(order: Order, wanted: Mapping[str, int]) -> dict[int, Decimal]:
    """Rows to take units of, for units per SKU. Raises ValueError if there are fewer that could be given back."""
    units: dict[int, Decimal] = {}
    for sku, count in wanted.items():
        left = Decimal(count)
        for item in _named(order, sku):
            some = min(left, item.invoiced - item.refunded)
            if some > 0:
                units[item.number] = some
                left -= some
        if left:
            raise ValueError(f"order {order.name} has {left} fewer of {sku} than {count}")
    return units


def _named(order: Order, sku: str) -> list[Item]:
    """The rows that are given back by a SKU: of a configurable its parent's row, of a bundle's part the part's."""
    found = [item for item in order.items if sku in (item.sku, item.product.sku)]
    return [item for item in found if item.parent is None or item.parent.hollow]
