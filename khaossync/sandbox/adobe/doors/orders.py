"""Calls about orders: reading, holding, cancelling, commenting."""

from typing import Any

from khaossync.sandbox.adobe import staffwork
from khaossync.sandbox.adobe.bodies import STATUS_HISTORY
from khaossync.sandbox.adobe.doors.calls import Call, Route
from khaossync.sandbox.adobe.errors import Refusal
from khaossync.sandbox.adobe.state import Mail
from khaossync.sandbox.adobe.wire import items, orders
from khaossync.sandbox.adobe.wire.addresses import comment

_VIEW = "Magento_Sales::actions_view"


def _list(call: Call) -> dict[str, Any]:
    state = call.state
    return call.found(
        state.committed(),
        lambda told, field: orders.column(state, told, field),
        lambda told: orders.order(state, told),
    )


def _one(call: Call) -> dict[str, Any]:
    return orders.order(call.state, call.order)


def _rows(call: Call) -> dict[str, Any]:
    pairs = [(order, row) for order in call.state.committed() for row in order.items]
    return call.found(pairs, lambda pair, field: items.item(*pair)[field], lambda pair: items.item(*pair))


def _status(call: Call) -> str:
    return call.order.status


def _cancel(call: Call) -> bool:
    return staffwork.cancel(call.state, call.order)


def _hold(call: Call) -> bool:
    staffwork.hold(call.state, call.order)
    return True


def _unhold(call: Call) -> bool:
    staffwork.release(call.state, call.order)
    return True


def _comments(call: Call) -> dict[str, Any]:
    order = call.order
    shown = [comment(note, order.number) for note in order.comments]
    return {"items": shown, "search_criteria": {"filter_groups": []}, "total_count": len(shown)}


def _comment(call: Call) -> bool:
    """A status that the body names becomes the order's, if it belongs to its state."""
    state, order, told = call.state, call.order, call.body["statusHistory"]
    status = told.get("status")
    if status and status not in (order.status, order.state) and state.statuses.get(status) != order.state:
        raise Refusal(400, 'Unable to add comment: The status "%1" is not part of the order status history.', [status])
    order.status = status or order.status
    notified = bool(told["is_customer_notified"])
    state.comment(order, told["comment"], notified=notified, visible=bool(told["is_visible_on_front"]))
    state.touch(order)
    if notified:
        state.mails.append(Mail(order.name, order.email, "comment"))
    return True


ROUTES = (
    Route("GET", "orders", _VIEW, _list),
    Route("GET", "orders/items", _VIEW, _rows),
    Route("GET", "orders/{id}", _VIEW, _one),
    Route("GET", "orders/{id}/statuses", _VIEW, _status),
    Route("GET", "orders/{id}/comments", _VIEW, _comments),
    Route("POST", "orders/{id}/comments", "Magento_Sales::comment", _comment, STATUS_HISTORY, bulk=True),
    Route("POST", "orders/{id}/cancel", "Magento_Sales::cancel", _cancel),
    Route("POST", "orders/{id}/hold", "Magento_Sales::hold", _hold),
    Route("POST", "orders/{id}/unhold", "Magento_Sales::unhold", _unhold),
)
