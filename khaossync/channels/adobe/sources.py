"""What the shop tells about sales: orders and credit memos, each by what was saved since the last reading."""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from khaossync.channels.adobe import operations as op
from khaossync.channels.adobe.client import Client
from khaossync.channels.adobe.config import Settings
from khaossync.channels.adobe.documents import Harvest, refund_document
from khaossync.channels.adobe.order_reading import OrderReader
from khaossync.channels.adobe.windows import begun, dump, read
from khaossync.channels.adobe.wire import Filter, criteria, one_of
from khaossync.domain.cases import CaseClass
from khaossync.domain.documents import Document, Kind, Page
from khaossync.domain.errors import RejectedError
from khaossync.transport.priority import Priority


@dataclass(frozen=True, slots=True)
class Orders:
    """Every order that was saved, whatever its state."""

    channel: str
    client: Client
    settings: Settings
    name: str = "orders"

    @property
    def interval(self) -> timedelta:
        return timedelta(seconds=self.settings.orders_interval)

    async def changes(self, cursor: str | None) -> AsyncIterator[Page]:
        position = begun(cursor, self.settings.orders_since, self.settings.overlap)
        client = self.client.at(Priority.BACKFILL) if position.first else self.client
        reader = OrderReader(self.channel, client, self.settings)
        async for records, reached in read(client, op.ORDERS, position, self.settings.order_page):
            yield (await reader.read(records)).page(dump(reached))


@dataclass(frozen=True, slots=True)
class Refunds:
    """Every credit memo that was saved."""

    channel: str
    client: Client
    settings: Settings
    name: str = "refunds"

    @property
    def interval(self) -> timedelta:
        return timedelta(seconds=self.settings.refunds_interval)

    async def changes(self, cursor: str | None) -> AsyncIterator[Page]:
        position = begun(cursor, self.settings.orders_since, self.settings.overlap)
        client = self.client.at(Priority.BACKFILL if position.first else Priority.REFUNDS)
        async for records, reached in read(client, op.CREDITMEMOS, position, self.settings.order_page):
            orders = await self._orders(client, records)
            gathered = [{"creditmemo": each, "order": orders.get(_order_of(each))} for each in records]
            yield Harvest.of(gathered, self.channel, Kind.REFUND, self._document).page(dump(reached))

    async def _orders(self, client: Client, memos: Iterable[Any]) -> dict[str, Any]:
        """The orders of credit memos, as far as a refund needs them: which goods they sold."""
        wanted = sorted({_order_of(memo) for memo in memos} - {""})
        if not wanted:
            return {}
        size = self.settings.order_page
        found = client.every(op.ORDERS, one_of("entity_id", wanted), sort="entity_id", size=size)
        return {str(each.get("entity_id")): _sold(each) async for each in found if isinstance(each, dict)}

    def _document(self, record: object) -> Iterable[Document]:
        return [refund_document(record, self.channel)]


@dataclass(frozen=True, slots=True)
class LastLook:
    """Reads one order as it is this moment."""

    channel: str
    client: Client
    settings: Settings

    async def reread(self, key: str) -> Document | None:
        """Raises RejectedError (UNREADABLE_DOCUMENT) for an order that cannot be mapped, SyncError otherwise."""
        number = key.removeprefix(f"{self.channel}:")
        records, _ = await self.client.page(op.ORDERS, criteria(Filter("entity_id", "eq", number), size=1))
        harvest = await OrderReader(self.channel, self.client, self.settings).read(records)
        for each in harvest.unreadable:
            raise RejectedError(f"{key} cannot be read: {each.reason}", CaseClass.UNREADABLE_DOCUMENT)
        return next((each for each in harvest.documents if each.key == key), None)


def _order_of(memo: Any) -> str:
    number = memo.get("order_id") if isinstance(memo, dict) else None
    return str(number) if isinstance(number, str | int) else ""


_OF_ORDER = ("entity_id", "increment_id", "created_at")
_OF_ITEM = ("item_id", "parent_item_id", "product_type", "sku", "price", "qty_ordered", "row_total", "discount_amount")


def _sold(order: dict[str, Any]) -> dict[str, Any]:
    """What a refund needs of its order: no more, so that a change of anything else makes no new version of it."""
    items = order.get("items")
    kept = (
        [_only(item, (*_OF_ITEM, "product_option")) for item in items if isinstance(item, dict)]
        if isinstance(items, list)
        else items
    )
    return {**_only(order, _OF_ORDER), "items": kept}


def _only(record: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: record[name] for name in names if name in record}
