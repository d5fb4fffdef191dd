"""Gathers what belongs to the orders of a page: their credit memos, and the products of their custom options."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from khaossync.channels.adobe import operations as op
from khaossync.channels.adobe.client import Client
from khaossync.channels.adobe.config import Settings
from khaossync.channels.adobe.documents import Harvest, order_document
from khaossync.channels.adobe.fields import MalformedError, Node
from khaossync.channels.adobe.rows import chosen
from khaossync.channels.adobe.wire import Operation, one_of
from khaossync.domain.documents import Kind

_AT_ONCE = 100
"""Ids in one search: an address may not be longer than a few thousand characters."""


@dataclass(frozen=True, slots=True)
class OrderReader:
    """Orders as the search found them, made whole."""

    channel: str
    client: Client
    settings: Settings

    async def read(self, records: Sequence[Any]) -> Harvest:
        """Raises SyncError."""
        orders = [_pruned(record) for record in records]
        memos = await self._by("order_id", op.CREDITMEMOS, _ids(orders, _was_refunded))
        products = await self._by("entity_id", op.PRODUCTS, _products(orders))
        gathered = [_papers(order, memos, products) for order in orders]
        return Harvest.of(gathered, self.channel, Kind.ORDER, self._document)

    async def _by(self, field: str, operation: Operation, ids: Iterable[str]) -> list[Any]:
        wanted, found = sorted(set(ids)), list[Any]()
        for start in range(0, len(wanted), _AT_ONCE):
            some = one_of(field, wanted[start : start + _AT_ONCE])
            found += [each async for each in self.client.every(operation, some, sort="entity_id", size=_AT_ONCE)]
        return found

    def _document(self, record: object) -> Iterable[Any]:
        return [order_document(record, self.channel, self.settings)]


def _pruned(record: Any) -> Any:
    """An order without what it tells twice: each child its parent, each shipping assignment all items."""
    if not isinstance(record, dict):
        return record
    items = record.get("items")
    more = record.get("extension_attributes")
    pruned = dict(record)
    if isinstance(items, list):
        pruned["items"] = [_without(item, "parent_item") for item in items]
    if isinstance(more, dict) and isinstance(more.get("shipping_assignments"), list):
        places = [_without(place, "items") for place in more["shipping_assignments"]]
        pruned["extension_attributes"] = {**more, "shipping_assignments": places}
    return pruned


def _without(record: Any, name: str) -> Any:
    return {key: value for key, value in record.items() if key != name} if isinstance(record, dict) else record


def _ids(orders: Iterable[Any], wanted: Any) -> set[str]:
    """The ids of some orders; one that cannot be read is left to its own reading to complain."""
    found = set()
    for order in orders:
        try:
            node = Node.of(order)
            if wanted(node):
                found.add(node.ident("entity_id"))
        except MalformedError:
            continue
    return found


def _was_refunded(order: Node) -> bool:
    back = order.number_or("total_refunded") or order.number_or("subtotal_refunded")
    return bool(back) or any(item.number_or("qty_refunded") for item in order.items("items"))


def _products(orders: Iterable[Any]) -> set[str]:
    found = set()
    for order in orders:
        try:
            items = Node.of(order).items("items")
            found |= {item.ident("product_id") for item in items if chosen(item) and item.ident_or("product_id")}
        except MalformedError:
            continue
    return found


def _papers(order: Any, memos: Iterable[Any], products: Iterable[Any]) -> Mapping[str, Any]:
    """The order with its own memos, and of its own products only what its options need."""
    number = order.get("entity_id") if isinstance(order, dict) else None
    own = _products([order])
    return {
        "order": order,
        "creditmemos": [memo for memo in memos if isinstance(memo, dict) and str(memo.get("order_id")) == str(number)],
        "products": [
            {"id": each.get("id"), "sku": each.get("sku"), "options": each.get("options")}
            for each in products
            if isinstance(each, dict) and str(each.get("id")) in own
        ],
    }
