"""A person changes an order after it was placed."""

from collections.abc import Mapping

from khaossync.sandbox.shopify import checkout, stock
from khaossync.sandbox.shopify.orders import Line, Order
from khaossync.sandbox.shopify.people import Address
from khaossync.sandbox.shopify.refunds import take_off_edited
from khaossync.sandbox.shopify.state import State


def edit(state: State, order: Order, quantities: Mapping[str, int], address: Address | None) -> None:
    """Set how many of each SKU the order has (a new SKU adds a line), and where it goes."""
    fewer: dict[Line, int] = {}
    for sku, wanted in quantities.items():
        held = [line for line in order.lines if line.item.sku == sku]
        change = wanted - sum(line.current_quantity for line in held)
        if change > 0:
            _add(state, order, sku, change)
        left = -change
        for line in held:
            part = min(max(left, 0), line.current_quantity)
            if part:
                fewer[line] = part
                left -= part
    if quantities:
        order.edited = True
    if fewer:
        take_off_edited(state, order, fewer)
    if address is not None:
        order.shipping_address = address
    state.touch(order)


def _add(state: State, order: Order, sku: str, units: int) -> None:
    """Added units come as lines of their own: earlier discounts do not reach them."""
    lines = checkout.lines_of(state, sku, units)
    plan = stock.assign(state, checkout.units_of(lines), None)
    order.lines += lines
    checkout.route(state, order, lines, plan)
