"""What the shop sells, read whole each time: a change of stock does not count as a change of a product."""

import json
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from khaossync.channels.adobe import operations as op
from khaossync.channels.adobe.client import Client
from khaossync.channels.adobe.config import Settings
from khaossync.channels.adobe.documents import Harvest, listing_document
from khaossync.channels.adobe.fields import MalformedError, Node
from khaossync.channels.adobe.legacy_stock import stock_item
from khaossync.channels.adobe.listing_mapping import is_sold, read_listing
from khaossync.channels.adobe.shelves import Shelves
from khaossync.channels.adobe.wire import Filter, criteria, one_of
from khaossync.clock import Clock
from khaossync.domain.documents import Document, Kind, Page
from khaossync.domain.errors import ConfigError
from khaossync.transport.priority import Priority

_FIELDS = ("fields", "items[id,sku,name,type_id,status],total_count")


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Every product whose SKU can be ordered, with what it shows, in the order of their ids."""

    channel: str
    client: Client
    settings: Settings
    clock: Clock
    shelves: Shelves
    name: str = "catalogue"

    @property
    def interval(self) -> timedelta:
        return timedelta(seconds=self.settings.catalogue_interval)

    async def changes(self, cursor: str | None) -> AsyncIterator[Page]:
        after, ended, client = _resumed(cursor), False, self.client.at(Priority.BACKFILL)
        while not ended:
            asked_at = self.clock.now()  # what a page shows was so at some moment after it was asked for
            behind = Filter("entity_id", "gt", str(after))
            query = criteria(behind, sort=("entity_id",), size=self.settings.catalogue_page)
            products, total = await client.page(op.PRODUCTS, [*query, _FIELDS])
            last = max((_number(each) for each in products), default=0)
            ended = total <= len(products) or last <= after
            after = max(after, last)
            harvest = await self._harvest(products, client, asked_at)
            yield harvest.page(json.dumps({"after": 0 if ended else after}), complete=ended)

    async def named(self, subjects: Sequence[str]) -> Page:
        """Products by their ids, with what they show. Raises SyncError."""
        client, asked_at = self.client.at(Priority.STOCK), self.clock.now()
        query = criteria(one_of("entity_id", subjects), size=len(subjects))
        products, _ = await client.page(op.PRODUCTS, [*query, _FIELDS])
        return (await self._harvest(products, client, asked_at)).page("")

    async def _harvest(self, products: Sequence[Any], client: Client, seen_at: datetime) -> Harvest:
        def document(record: object) -> Iterable[Document]:
            listing = read_listing(record, self.settings)
            return [listing_document(record, listing, self.channel, seen_at)]

        records = await self._gathered([each for each in products if _is_sold(each)], client)
        return Harvest.of(records, self.channel, Kind.LISTING, document)

    async def _gathered(self, products: Sequence[Any], client: Client) -> list[Any]:
        """Each product with what the shop tells of its stock."""
        if not self.settings.msi:
            items = [await stock_item(client, _sku(each)) if _sku(each) else None for each in products]
            return [
                {"product": product, "stock_item": item.value if item else None}
                for product, item in zip(products, items, strict=True)
            ]
        skus = [sku for each in products if (sku := _sku(each))]
        told = await self.shelves.told(skus, client) if skus else {"source_items": [], "salable": []}
        return [
            {"product": each, **{name: [row for row in rows if _sku(row) == _sku(each)] for name, rows in told.items()}}
            for each in products
        ]


def _is_sold(product: Any) -> bool:
    try:
        return is_sold(Node.of(product))
    except MalformedError:
        return True  # it has its say as an unreadable record


def _sku(record: Any) -> str:
    try:
        return Node.of(record).ident("sku")
    except MalformedError:
        return ""


def _number(product: Any) -> int:
    told = product.get("id") if isinstance(product, dict) else None
    return int(told) if isinstance(told, int | str) and str(told).isdecimal() else 0


def _resumed(cursor: str | None) -> int:
    try:
        return int(json.loads(cursor)["after"]) if cursor else 0
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"adobe: the stored cursor {cursor!r} cannot be read: reset this stream") from error
