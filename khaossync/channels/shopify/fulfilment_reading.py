"""Reads what the shop knows of an order's despatches, as it is this moment."""

from collections.abc import Iterable

from khaossync.channels.shopify import operations as op
from khaossync.channels.shopify.client import Client
from khaossync.channels.shopify.fields import Node
from khaossync.channels.shopify.fulfilment import Fulfilment, FulfilmentOrder, OpenLine, Units
from khaossync.channels.shopify.whole import whole_list, whole_page

_AT_ONCE = 20
_UNDONE = ("CANCELLED", "ERROR", "FAILURE")


async def standing(client: Client, order_id: str) -> list[Node] | None:
    """The order's fulfilments that were not undone, as they are listed; None when there is no such order."""
    data = await client.run(op.FULFILMENTS, id=order_id, first=_AT_ONCE)
    order = data.node_or_none("owner")
    if order is None:
        return None
    found = await whole_list(client, op.FULFILMENTS, order_id, order.items("list"), _AT_ONCE)
    return [node for node in found if node.text_or("status") not in _UNDONE]


def tracking_numbers(node: Node) -> frozenset[str]:
    """The tracking numbers of a fulfilment as it is listed."""
    return frozenset(number for each in node.items("trackingInfo") if (number := each.text_or("number").strip()))


async def fulfilments(client: Client, order_id: str, number: str) -> list[Fulfilment] | None:
    """The valid fulfilments with this tracking number (or, for "", with none); None when there is no such order."""
    valid = await standing(client, order_id)
    if valid is None:
        return None
    relevant = [node for node in valid if _under(number, tracking_numbers(node))]
    return [await _fulfilment(client, node) for node in relevant]


async def fulfilment_orders(client: Client, order_id: str) -> list[FulfilmentOrder]:
    """Every fulfilment order; never kept, for staff and other apps move, split and merge them."""
    found = await whole_page(client, op.FULFILMENT_ORDERS, order_id, None, size=10)
    return [await _fulfilment_order(client, Node.of(each, "fulfillmentOrder")) for each in found["nodes"]]


async def _fulfilment(client: Client, node: Node) -> Fulfilment:
    lines = await whole_page(client, op.FULFILMENT_LINES, node.text("id"), None)
    return Fulfilment(node.text("id"), node.instant("createdAt"), tracking_numbers(node), _units(lines["nodes"]))


async def _fulfilment_order(client: Client, node: Node) -> FulfilmentOrder:
    gid = node.text("id")
    lines = await whole_page(client, op.FULFILMENT_ORDER_LINES, gid, node.node("lineItems"))
    actions = [each.text_or("action") for each in node.items("supportedActions")]
    assigned = node.node("assignedLocation")
    location, method = assigned.node_or_none("location"), node.node_or_none("deliveryMethod")
    return FulfilmentOrder(
        gid=gid,
        place=(
            location.text("id") if location else assigned.text_or("name"),
            method.text_or("methodType") if method else "",
        ),
        open="CREATE_FULFILLMENT" in actions,
        obstacle=_obstacle(node, assigned),
        lines=tuple(line for each in lines["nodes"] if (line := _open_line(Node.of(each))).remaining),
    )


def _obstacle(node: Node, assigned: Node) -> str:
    reasons = ", ".join(each.text_or("displayReason") for each in node.items("fulfillmentHolds"))
    state = node.text_or("status", "UNKNOWN").lower().replace("_", " ")
    return f"{assigned.text_or('name', 'a location')}: {state}{f' ({reasons})' if reasons else ''}"


def _open_line(node: Node) -> OpenLine:
    return OpenLine(node.text("id"), node.node("lineItem").text("id"), node.integer("remainingQuantity"))


def _under(number: str, numbers: frozenset[str]) -> bool:
    return number in numbers if number else not numbers


def _units(lines: Iterable[object]) -> Units:
    units: dict[str, int] = {}
    for each in lines:
        node = Node.of(each)
        line_id = node.node("lineItem").text("id")
        count = 0 if node.value.get("quantity") is None else node.integer("quantity")
        units[line_id] = units.get(line_id, 0) + count
    return units
