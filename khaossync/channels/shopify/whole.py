"""Follows nested pages to their end, so that a record is judged whole or not at all."""

from collections.abc import Mapping, Sequence
from typing import Any

from khaossync.channels.shopify import operations as op
from khaossync.channels.shopify.client import Client
from khaossync.channels.shopify.fields import MalformedError, Node
from khaossync.channels.shopify.wire import Operation, TooDearError

_MORE = 50
_LONGEST_LIST = 120
_ROUNDS = 400

Json = Mapping[str, Any]


async def whole_order(client: Client, node: Node) -> Node:
    """An order with every line, delivery, refunded unit and transaction. Raises MalformedError, SyncError."""
    order_id = node.text("id")
    refunds = await whole_list(client, op.ORDER_REFUNDS, order_id, node.items("refunds"), asked=3)
    return _with(
        node,
        lineItems=await whole_page(client, op.ORDER_LINES, order_id, node.node("lineItems")),
        shippingLines=await whole_page(client, op.ORDER_SHIPPING_LINES, order_id, node.node("shippingLines")),
        refunds=[await _units(client, refund) for refund in refunds],
        transactions=_values(
            await whole_list(client, op.ORDER_TRANSACTIONS, order_id, node.items("transactions"), asked=5)
        ),
    )


async def whole_refund(client: Client, node: Node) -> Node:
    """A refund with every line, delivery and transaction. Raises MalformedError, SyncError."""
    refund_id = node.text("id")
    return _with(
        node,
        refundLineItems=await whole_page(client, op.REFUND_LINES, refund_id, node.node("refundLineItems")),
        refundShippingLines=await whole_page(
            client, op.REFUND_SHIPPING_LINES, refund_id, node.node("refundShippingLines")
        ),
        transactions=await whole_page(client, op.REFUND_TRANSACTIONS, refund_id, node.node("transactions")),
    )


async def whole_listing(client: Client, node: Node) -> Node:
    """An inventory item with its level at every location. Raises MalformedError, SyncError."""
    levels = await whole_page(client, op.LISTING_LEVELS, node.text("id"), node.node("inventoryLevels"))
    return _with(node, inventoryLevels=levels)


async def whole_page(
    client: Client, operation: Operation, owner: str, begun: Node | None, size: int = _MORE
) -> dict[str, list[Json]]:
    """A connection to its end, without its paging marks; begun=None reads it from its beginning."""
    found, after = _progress(begun) if begun else ([], "")
    for _ in range(_ROUNDS):
        if after is None:
            return {"nodes": found}
        data = await client.run(operation, id=owner, first=size, after=after or None)
        more, after = _progress(data.node("owner").node("page"))
        found += more
    raise MalformedError(f"{owner} has more pages of {operation.name} than any record of a shop")


async def whole_root(client: Client, operation: Operation, root: str, **asked: object) -> tuple[Node, ...]:
    """Every record of one of the shop's own short lists."""
    found: list[Json] = []
    after: str | None = ""
    for _ in range(_ROUNDS):
        if after is None:
            return tuple(Node(each, f"{root}[{i}]") for i, each in enumerate(found))
        data = await client.run(operation, first=_MORE, after=after or None, **asked)
        more, after = _progress(data.node(root))
        found += more
    raise MalformedError(f"{root} has more pages of {operation.name} than any shop")


async def whole_named(client: Client, operation: Operation, gids: Sequence[str], **asked: object) -> list[object]:
    """The records of these gids, but for those that are gone; in halves where the shop allows no more at once."""
    try:
        data = await client.run(operation, ids=list(gids), **asked)
    except TooDearError:
        if len(gids) == 1:
            raise
        middle = len(gids) // 2
        halves = gids[:middle], gids[middle:]
        return [found for half in halves for found in await whole_named(client, operation, half, **asked)]
    nodes = data.value.get("nodes")
    if not isinstance(nodes, list) or len(nodes) != len(gids):
        raise MalformedError(f"{data.path}.nodes is no list of {len(gids)}, as many as were asked for")
    return [each for each in nodes if each is not None]


async def whole_list(
    client: Client, operation: Operation, owner: str, begun: tuple[Node, ...], asked: int
) -> tuple[Node, ...]:
    """A list that cannot be paged (`asked` were asked for): when it was full it is read again, longer."""
    if len(begun) < asked:
        return begun
    data = await client.run(operation, id=owner, first=_LONGEST_LIST)
    found = data.node("owner").items("list")
    if len(found) >= _LONGEST_LIST:
        raise MalformedError(f"{owner} has more than {_LONGEST_LIST} entries of {operation.name}: read it by hand")
    return found


async def _units(client: Client, refund: Node) -> Json:
    """A refund with all its units; one from the longer list brings none with it."""
    begun = refund.node_or_none("refundLineItems")
    units = await whole_page(client, op.REFUND_UNITS, refund.text("id"), begun)
    moves = refund.value.get("transactions")
    return {"id": refund.text("id"), "transactions": moves, "refundLineItems": units}


def _progress(connection: Node) -> tuple[list[Json], str | None]:
    info = connection.node("pageInfo")
    after = info.text("endCursor") if info.flag("hasNextPage") else None
    return _values(connection.items("nodes")), after


def _with(node: Node, **parts: object) -> Node:
    return Node({**node.value, **parts}, node.path)


def _values(nodes: tuple[Node, ...]) -> list[Json]:
    return [node.value for node in nodes]
