"""A simulated Shopware shop and a connector that calls it, for tests of the whole connector."""

import random
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from examples import rules, stock_item

from khaossync.channels.shopware import build
from khaossync.channels.shopware.config import Settings
from khaossync.domain.composition import compose
from khaossync.domain.documents import Document, Kind, Page, Unreadable
from khaossync.domain.orders import Order
from khaossync.domain.refunds import Refund
from khaossync.domain.sales_order import SalesOrder
from khaossync.ports import Connector, Kit
from khaossync.sandbox.shopware import ShopwareShop

D = Decimal

CODES = {"cash_rounding": "ROUNDING", "Goodwill": "GOODWILL"}


@dataclass
class Ticking:
    """Time that passes a second at every look, so that no two events are at once and no test waits."""

    time: datetime = datetime(2026, 11, 2, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.time += timedelta(seconds=1)
        return self.time

    def now(self) -> datetime:
        return self()

    def monotonic(self) -> float:
        return self().timestamp()


@dataclass
class Counting:
    """Counts the calls by their names."""

    calls: Counter[str] = field(default_factory=Counter)

    def count(self, name: str, amount: float = 1, **labels: str) -> None:
        self.calls[labels.get("operation", "")] += 1

    def gauge(self, name: str, value: float, **labels: str) -> None: ...
    def observe(self, name: str, seconds: float, **labels: str) -> None: ...


@dataclass
class Notebook:
    """What was told before."""

    stored: dict[str, str] = field(default_factory=dict)

    async def open_references(self, erp: str) -> list[str]:
        raise AssertionError(f"{erp} is no business of a shop")

    async def versions(self, source: str, kind: Kind, keys: Iterable[str]) -> Mapping[str, str]:
        assert (source, kind) == ("shop", Kind.REFUND)
        return {key: self.stored[key] for key in keys if key in self.stored}


class World:
    """A shop, its time, and a connector that calls it."""

    def __init__(self, shop: ShopwareShop, ticks: Ticking, url: str, stack: AsyncExitStack) -> None:
        self.shop, self.ticks, self.url, self.stack = shop, ticks, url, stack
        self.memory, self.meter = Notebook(), Counting()

    async def connect(self, **changes: Any) -> Connector:
        kit = Kit(self.ticks, random.Random(1), self.meter, self.memory, self.stack)
        return await build("shop", settings(url=self.url, **changes), kit)

    async def order(self, order: str, **changes: Any) -> Order:
        """One order as the last look shows it."""
        connector = await self.connect(**changes)
        assert connector.rereader
        document = await connector.rereader.reread(f"shop:{order}")
        assert document
        assert isinstance(document.body, Order)
        return document.body

    async def refunds(self, cursor: str | None = None, **changes: Any) -> tuple[dict[str, Refund], list[Unreadable]]:
        """What the stream of refunds tells, and what it says nobody can tell apart."""
        found = await pages(await self.connect(**changes), "refunds", cursor)
        told = documents(found)
        self.memory.stored |= {key: each.version for key, each in told.items()}
        bodies = {key: each.body for key, each in told.items() if isinstance(each.body, Refund)}
        return bodies, list({each.key: each for page in found for each in page.unreadable}.values())


def settings(**changes: Any) -> Settings:
    chosen = {"url": "https://shop.example.com", "client_id": "SWIATEST", "client_secret": "client-secret"}
    return Settings.model_validate(chosen | {"calls_per_second": 1000, "timeout": 5} | changes)


def posted(order: Order, **changes: Any) -> SalesOrder:
    """The sales order that the ERP is sent, with its figures proved; every code that is asked for is there."""
    mapped = rules(
        money_codes=CODES,
        tax_codes={D("0.20"): 1, D("0.05"): 5, D("0.2"): 1, D(0): 3},
        default_courier="RM48",
        currencies=frozenset({"GBP", "EUR"}),
        **changes,
    )
    return compose(order, mapped, {line.sku: stock_item(line.sku) for line in order.lines})


async def pages(connector: Connector, stream: str, cursor: str | None = None) -> list[Page]:
    (source,) = [each for each in connector.sources if each.name == stream]
    return [page async for page in source.changes(cursor)]


def documents(found: Iterable[Page]) -> dict[str, Document]:
    return {document.key: document for page in found for document in page.documents}
