"""A simulated shop and a connector that calls it, for tests of the whole connector."""

import random
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from channels.shopify.scripts import Notebook, settings

from khaossync.channels.shopify import build
from khaossync.clock import SystemClock
from khaossync.domain.documents import Document, Page
from khaossync.domain.money import ZERO
from khaossync.domain.orders import Order
from khaossync.domain.proof import prove, prove_tax
from khaossync.ports import Connector, Kit
from khaossync.sandbox.shopify import ShopifyShop

D = Decimal


class Silent:
    """A meter that nobody reads."""

    def count(self, name: str, amount: float = 1, **labels: str) -> None: ...
    def gauge(self, name: str, value: float, **labels: str) -> None: ...
    def observe(self, name: str, seconds: float, **labels: str) -> None: ...


class World:
    """A shop, its time, and a connector that calls it; `connect` builds another one."""

    def __init__(self, shop: ShopifyShop, url: str, stack: AsyncExitStack) -> None:
        self.shop, self.url, self.stack = shop, url, stack
        self.memory = Notebook()

    async def connect(self, **changes: Any) -> Connector:
        chosen = {"shop": "shop.myshopify.com", "url": self.url, "access_token": "shpat_test", "timeout": 2} | changes
        kit = Kit(SystemClock(), random.Random(1), Silent(), self.memory, self.stack)
        return await build("shop", settings(**chosen), kit)


class Ticking:
    """Time that passes a second at every look, so that no two events are at once and no test waits."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 2, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.time += timedelta(seconds=1)
        return self.time


async def pages(connector: Connector, stream: str, cursor: str | None = None) -> list[Page]:
    (source,) = [each for each in connector.sources if each.name == stream]
    return [page async for page in source.changes(cursor)]


async def told(connector: Connector, stream: str, cursor: str | None = None) -> dict[str, Document]:
    found = await pages(connector, stream, cursor)
    assert [page.unreadable for page in found if page.unreadable] == []
    return {document.key: document for page in found for document in page.documents}


async def order_of(connector: Connector, order: str) -> Order:
    body = (await told(connector, "orders"))[f"shop:{order}"].body
    assert isinstance(body, Order)
    assert (prove(body), prove_tax(body)) == (ZERO, ZERO)
    return body


def item_of(shop: ShopifyShop, sku: str) -> str:
    return shop.state.catalogue.sold_as(sku).id


def location_of(shop: ShopifyShop, name: str) -> str:
    return str(shop.state.catalogue.location(name).id)
