"""A small REST client and a stocked shop for the tests of the Adobe simulator; it knows nothing of the product."""

import base64
import hashlib
import hmac
import json
import random
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp

from khaossync.sandbox.adobe import AdobeShop, CustomOption, CustomValue

SHARED = Path(__file__).resolve().parents[2] / "../shared"
SPECIFICATION = SHARED / "schemas/adobe/admin-schema-2.4.9.json"
CLOUD_SPECIFICATION = SHARED / "schemas/adobe/accs-schema.json"
BEGIN = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


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
    headers: Mapping[str, str]
    told: Any

    @property
    def data(self) -> Any:
        """The answer; fails where it is an error."""
        assert self.status in (200, 202), (self.status, self.told)
        return self.told

    @property
    def message(self) -> str:
        """What an error says, with its parameters in their places."""
        text: str = self.told["message"]
        given = self.told.get("parameters", {})
        named = given.items() if isinstance(given, dict) else ((str(at), each) for at, each in enumerate(given, 1))
        for name, value in named:
            text = text.replace(f"%{name}", str(value))
        return text


@dataclass
class Client:
    """Asks one shop."""

    base: str
    session: aiohttp.ClientSession
    headers: dict[str, str] = field(default_factory=lambda: {"Authorization": "Bearer access-token"})
    root: str = "/rest/default/V1/"

    async def send(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Answer:
        url = path if path.startswith("http") else self.base + (path if path.startswith("/") else self.root + path)
        asked = self.session.request(method, url, json=body, headers=self.headers if headers is None else headers)
        async with asked as response:
            is_json = response.content_type == "application/json"
            told = await (response.json(loads=_exact) if is_json else response.text())
            return Answer(response.status, dict(response.headers), told)

    async def get(self, path: str) -> Any:
        return (await self.send("GET", path)).data

    async def post(self, path: str, body: Any = None) -> Any:
        return (await self.send("POST", path, body)).data

    async def search(self, what: str, *filters: tuple[str, Any, str], **criteria: Any) -> Any:
        """One page; filters are (field, value, condition), and all must hold."""
        parts = ["searchCriteria="] if not filters and not criteria else []
        for at, (name, value, condition) in enumerate(filters):
            head = f"searchCriteria[filter_groups][{at}][filters][0]"
            parts += [
                f"{head}[field]={name}",
                f"{head}[value]={quote(str(value))}",
                f"{head}[condition_type]={condition}",
            ]
        for at, told in enumerate(criteria.pop("sort", ())):
            name, _, direction = told.partition(" ")
            head = f"searchCriteria[sortOrders][{at}]"
            parts += [f"{head}[field]={name}", f"{head}[direction]={direction or 'ASC'}"]
        parts += [f"searchCriteria[{name}]={value}" for name, value in criteria.items()]
        return await self.get(f"{what}?{'&'.join(parts)}")

    async def order(self, number: str) -> Any:
        return await self.get(f"orders/{number}")


def _exact(text: str) -> Any:
    return json.loads(text, parse_float=Decimal)


def signed(method: str, url: str, *, at: datetime, nonce: str = "n1", **wrong: str) -> dict[str, str]:
    """The header of a call that is signed by OAuth 1.0a; `wrong` replaces parameters or secrets."""
    address, _, query = url.partition("?")
    told = {
        "oauth_consumer_key": "consumer-key",
        "oauth_nonce": nonce,
        "oauth_signature_method": "HMAC-SHA256",
        "oauth_timestamp": str(int(at.timestamp())),
        "oauth_token": "access-token",
        "oauth_version": "1.0",
    } | {name: value for name, value in wrong.items() if name.startswith("oauth_")}
    pairs = [tuple(part.split("=", 1)) for part in query.split("&") if part]
    every = sorted((quote(n, safe=""), quote(v, safe="")) for n, v in [*told.items(), *pairs])
    base = "&".join(quote(each, safe="") for each in (method, address, "&".join(f"{n}={v}" for n, v in every)))
    key = f"{wrong.get('consumer_secret', 'consumer-secret')}&token-secret"
    digest = base64.b64encode(hmac.new(key.encode(), base.encode(), hashlib.sha256).digest()).decode()
    named = [*told.items(), ("oauth_signature", digest)]
    return {"Authorization": "OAuth " + ", ".join(f'{name}="{quote(value, safe="")}"' for name, value in named)}


@dataclass(frozen=True)
class Scene:
    """A shop that is open, its clock, and somebody who asks."""

    shop: AdobeShop
    client: Client
    wall: Wall


def furnish(shop: AdobeShop) -> None:
    """One product of each kind."""
    first = next(iter(shop.state.inventory.sources))
    shop.list_product("MUG", "Mug", Decimal("12.00"), {first: 100})
    shop.list_product("POT", "Tea pot", Decimal("36.00"), {first: 50})
    shop.list_product("BOOK", "Book of tea", Decimal("7.77"), {first: 80}, tax_rate=Decimal(0))
    shop.list_product("TEE-RED", "T-shirt Red", Decimal("18.00"), {first: 20}, variant_of="TEE")
    shop.list_product("TEE-BLUE", "T-shirt Blue", Decimal("18.00"), {first: 20}, variant_of="TEE")
    shop.list_product("SET", "Tea set", Decimal(0), bundle_of={"POT": 1, "MUG": 2})
    shop.list_product("BOX", "Gift box", Decimal("54.00"), bundle_of={"POT": 1, "MUG": 2}, dynamic=False)
    shop.list_product("TABLE", "All for the table", Decimal(0), group_of={"MUG": 1, "POT": 1})
    shop.list_product("COURSE", "Brewing course", Decimal("60.00"), requires_shipping=False)
    colours = [CustomValue("Gold", Decimal("3.00"), "G"), CustomValue("Silver", Decimal("2.00"))]
    options = [CustomOption("Engraving", price=Decimal("6.00"), sku="ENG"), CustomOption("Colour", colours)]
    shop.list_product("RING", "Ring", Decimal("24.00"), {first: 10}, options=options)


@asynccontextmanager
async def opened(**habits: Any) -> AsyncIterator[Scene]:
    """A shop with a few products. What it answers must be as published, if the specification is there."""
    wall = Wall()
    habits.setdefault("specification", SPECIFICATION)
    shop = AdobeShop(now=wall, dice=random.Random(7), **habits)
    furnish(shop)
    async with aiohttp.ClientSession() as session:
        try:
            yield Scene(shop, Client(await shop.start(), session), wall)
        finally:
            await shop.stop()
    assert not shop.breaches, shop.breaches
