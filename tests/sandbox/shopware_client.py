"""A small client of the Admin API and a stocked shop for the simulator's tests; it knows nothing of the product."""

import random
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import aiohttp

from khaossync.sandbox.shopware import ShopwareShop
from khaossync.sandbox.shopware.published import Published

SECRET = "client-secret"
BEGIN = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
DOCUMENT = Path(__file__).resolve().parents[2] / "../shared/schemas/shopware/admin-6.7.10.1.json"
PUBLISHED = Published(DOCUMENT) if DOCUMENT.exists() else None


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
    """What came back; JSON where it is JSON."""

    status: int
    headers: Mapping[str, str]
    told: Any

    @property
    def error(self) -> dict[str, Any]:
        """The first error."""
        first: dict[str, Any] = self.told["errors"][0]
        return first

    @property
    def data(self) -> Any:
        """The data of a good answer."""
        assert self.status == 200, self.told
        return self.told["data"]


@dataclass
class Client:
    """Asks one shop, as an integration does. Answers of the newest version are held against the published schema."""

    base: str
    session: aiohttp.ClientSession
    token: str = ""
    held: bool = True
    misfits: list[str] = field(default_factory=list)

    async def sign_in(self, secret: str = SECRET, client_id: str = "SWIATEST") -> Answer:
        body = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
        answer = await self.call("POST", "/oauth/token", body)
        self.token = answer.told["access_token"] if answer.status == 200 else self.token
        return answer

    async def call(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        sent = {"Accept": "application/json", **{name.replace("_", "-"): told for name, told in headers.items()}}
        if self.token:
            sent.setdefault("Authorization", f"Bearer {self.token}")
        async with self.session.request(method, f"{self.base}/api{path}", json=body, headers=sent) as response:
            told = await response.json(content_type=None) if "json" in response.content_type else await response.text()
            if PUBLISHED is not None and self.held and response.content_type == "application/json":
                partial = isinstance(body, dict) and "includes" in body
                self.misfits += PUBLISHED.about_answer(method, path, response.status, told, partial=partial)
            return Answer(response.status, dict(response.headers), told)

    async def search(self, entity: str, headers: Mapping[str, str] | None = None, /, **criteria: Any) -> Answer:
        body = {name.replace("_", "-"): told for name, told in criteria.items()}
        return await self.call("POST", f"/search/{entity}", body, **(headers or {}))

    async def found(self, entity: str, **criteria: Any) -> list[Any]:
        listed: list[Any] = (await self.search(entity, **criteria)).data
        return listed

    async def order(self, order: str, **associations: Any) -> Any:
        """One order with its associations; those of the tests' own needs when none are named."""
        wanted = associations or {"lineItems": by_position(), "deliveries": {}, "transactions": {}}
        (found,) = await self.found("order", ids=[order], associations=wanted)
        return found


def by_position() -> dict[str, Any]:
    return {"sort": [{"field": "position", "order": "ASC"}]}


@dataclass
class Scene:
    """A shop with a few articles, and who asks it."""

    shop: ShopwareShop
    client: Client
    wall: Wall

    async def move(self, entity: str, key: str, action: str, body: Any = None, **headers: str) -> Answer:
        return await self.client.call("POST", f"/_action/{entity}/{key}/state/{action}", body or {}, **headers)


@asynccontextmanager
async def opened(**chosen: Any) -> AsyncIterator[Scene]:
    """An open shop, signed in to; at the end no answer may have been against the published schema."""
    wall = Wall()
    shop = ShopwareShop(now=wall, dice=random.Random(7), **chosen)
    shop.list_product("MUG", "Mug", Decimal("9.99"), 20)
    shop.list_product("LAMP", "Lamp", Decimal("34.95"), 5)
    shop.list_product("BOOK", "Book", Decimal("8.99"), 10, tax_rate=Decimal(0))
    base = await shop.start()
    try:
        async with aiohttp.ClientSession() as session:
            newest = chosen.get("version", "6.7.10.1") == "6.7.10.1"
            client = Client(base, session, held=newest)
            await client.sign_in()
            yield Scene(shop, client, wall)
            assert not client.misfits, sorted(set(client.misfits))
    finally:
        await shop.stop()
