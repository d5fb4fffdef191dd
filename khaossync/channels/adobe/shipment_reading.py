"""Reads what the shop knows of an order's shipments, as it is this moment."""

from collections.abc import Iterable

from khaossync.channels.adobe import operations as op
from khaossync.channels.adobe.client import Client
from khaossync.channels.adobe.fields import Node
from khaossync.channels.adobe.shipping import Places, Shipment, bundles, places, read_shipment
from khaossync.channels.adobe.wire import Filter, criteria, one_of

_AT_ONCE = 100
_SEPARATELY = "1"


async def shipments(client: Client, order_id: str) -> list[Shipment]:
    """Every shipment of an order. Raises SyncError."""
    found = client.every(op.SHIPMENTS, Filter("order_id", "eq", order_id), sort="entity_id", size=_AT_ONCE)
    return [read_shipment(Node.of(each, "shipment")) async for each in found]


async def lacking(client: Client, order_id: str) -> Places | None:
    """How an order's lines are shipped, and what each lacks; None when there is no such order. Raises SyncError."""
    records, _ = await client.page(op.ORDERS, criteria(Filter("entity_id", "eq", order_id), size=1))
    if not records:
        return None
    order = Node.of(records[0], "order")
    return places(order, await _separate(client, bundles(order)))


async def _separate(client: Client, products: Iterable[str]) -> set[str]:
    """Those of the bundles (product ids) whose parts are shipped each by itself; a deleted one is taken for whole."""
    wanted = sorted(products)
    if not wanted:
        return set()
    found = client.every(op.PRODUCTS, one_of("entity_id", wanted), sort="entity_id", size=_AT_ONCE)
    return {product.ident("id") async for each in found if _is_separate(product := Node.of(each, "product"))}


def _is_separate(product: Node) -> bool:
    attributes = {
        each.text_or("attribute_code"): each.value.get("value") for each in product.items("custom_attributes")
    }
    return str(attributes.get("shipment_type")) == _SEPARATELY
