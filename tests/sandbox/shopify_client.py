"""A small GraphQL client and a stocked shop for the tests of the Shopify simulator; it knows nothing of the product."""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import aiohttp

from khaossync.sandbox.shopify import ShopifyShop

BEGIN = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
LATEST = "2026-10"


@dataclass
class Wall:
    """A clock that stands still until somebody moves it."""

    at: datetime = BEGIN

    def __call__(self) -> datetime:
        return self.at

    def wait(self, **duration: float) -> None:
        self.at += timedelta(**duration)


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    told: dict[str, Any]

    @property
    def data(self) -> Any:
        """The data; fails where there are errors."""
        assert "errors" not in self.told, self.told["errors"]
        return self.told["data"]

    @property
    def error(self) -> dict[str, Any]:
        """The first top-level error."""
        first: dict[str, Any] = self.told["errors"][0]
        return first

    @property
    def code(self) -> str | None:
        """The code of the first top-level error."""
        found: str | None = self.error.get("extensions", {}).get("code")
        return found

    @property
    def cost(self) -> Any:
        """The price of the call."""
        return self.told["extensions"]["cost"]


@dataclass
class Client:
    """Asks one shop."""

    base: str
    session: aiohttp.ClientSession
    token: str = "shpat_test"
    version: str = LATEST

    async def ask(self, query: str, /, *, version: str | None = None, **variables: Any) -> Answer:
        return await self.send({"query": query, "variables": variables}, version=version)

    async def send(self, body: Any, *, version: str | None = None) -> Answer:
        url = f"{self.base}/admin/api/{version or self.version}/graphql.json"
        async with self.session.post(url, json=body, headers={"X-Shopify-Access-Token": self.token}) as response:
            told = await response.json(content_type=None)
            return Answer(response.status, dict(response.headers), told)

    async def data(self, query: str, /, **variables: Any) -> Any:
        return (await self.ask(query, **variables)).data


@dataclass(frozen=True)
class Scene:
    """A shop that is open, its clock, and somebody who asks."""

    shop: ShopifyShop
    client: Client
    wall: Wall


@asynccontextmanager
async def opened(**habits: Any) -> AsyncIterator[Scene]:
    """A shop with two locations and a few products."""
    wall = Wall()
    habits.setdefault("locations", ("Warehouse", "High Street"))
    shop = ShopifyShop(now=wall, dice=random.Random(7), **habits)
    shop.list_product("MUG", "Mug", Decimal("10.00"), {"Warehouse": 10, "High Street": 2})
    shop.list_product("POT", "Tea pot", Decimal("33.33"), {"Warehouse": 5})
    shop.list_product("BOOK", "Book of tea", Decimal("7.77"), {"Warehouse": 8}, tax_rate=Decimal(0))
    shop.list_product("SET", "Tea set", Decimal("50.00"), bundle_of={"POT": 1, "MUG": 2})
    async with aiohttp.ClientSession() as session:
        try:
            yield Scene(shop, Client(await shop.start(), session), wall)
        finally:
            await shop.stop()


def gid(scene: Scene, sku: str) -> str:
    """The inventory item id of a SKU."""
    return scene.shop.state.catalogue.sold_as(sku).id


def place(scene: Scene, name: str = "Warehouse") -> str:
    """The id of a location."""
    return scene.shop.state.catalogue.location(name).id
