"""Shopware for the contract suite."""

import random
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar

from contract.world import NAME, Identity, Stream, Target, World

from khaossync.domain.documents import Kind
from khaossync.domain.messages import Delivery
from khaossync.domain.stock import ChannelLevel
from khaossync.sandbox.shopware import ShopwareShop

_PRICE = Decimal("12.00")
_PUBLISHED = Path(__file__).resolve().parents[3] / "../shared/schemas/shopware/admin-6.7.10.1.json"
"""Shopware's own description of its API; every call is held against it where there is a copy."""


class Simulated(World):
    """A shop with a mug to sell."""

    STRANGER: ClassVar = {"client_secret": "of somebody else"}
    MISTAKEN: ClassVar = {"terms_methods": ["payment_of_nobody"]}

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        published = _PUBLISHED if _PUBLISHED.exists() else None
        self.shop = ShopwareShop(now=self.clock, dice=random.Random(7), published=published)
        self.faults = self.shop.faults

    def furnish(self) -> None:
        self.shop.list_product("MUG", "Mug", _PRICE, 1000)

    async def start(self) -> None:
        self.url = await self.shop.start(self.port)

    async def stop(self) -> None:
        await self.shop.stop()
        assert self.shop.complaints == []

    def settings(self) -> Mapping[str, Any]:
        return {
            "url": self.url,
            "client_id": "SWIATEST",
            "client_secret": "client-secret",
            "page": 2,
            "order_page": 2,
            "overlap": 0,
            "calls_per_second": 1000,
        }


class Orders(Stream[Simulated]):
    KINDS = frozenset({Kind.ORDER})

    async def create(self) -> Identity:
        return Kind.ORDER, f"{NAME}:{self.world.shop.place_order([('MUG', 1)])}"

    async def change(self, identity: Identity) -> None:
        self.world.shop.act(identity[1].removeprefix(f"{NAME}:"), "ship", "order_delivery")


class Catalogue(Stream[Simulated]):
    KINDS = frozenset({Kind.LISTING})
    WHOLE = True

    async def create(self) -> Identity:
        sku = f"SKU{next(self.world.numbers)}"
        self.world.shop.list_product(sku, "Thing", _PRICE, 5)
        return Kind.LISTING, sku

    async def change(self, identity: Identity) -> None:
        self.world.shop.rename_product(identity[1], "Another thing")


class Levels(Target[Simulated]):
    KIND = Kind.STOCK_LEVEL
    WRITE = "sync"

    async def possible(self) -> Delivery:
        sku = f"SKU{next(self.world.numbers)}"
        product = self.world.shop.list_product(sku, "Thing", _PRICE, 5)
        return self._set(ChannelLevel(sku, product, "shop", 17, 5))

    async def impossible(self) -> Delivery:
        return self._set(ChannelLevel("MUG", "no id at all", "shop", 17, None))

    def effects(self, delivery: Delivery) -> int:
        level = delivery.payload
        assert isinstance(level, ChannelLevel)
        return int(self.world.shop.available(level.sku) == level.quantity)

    def _set(self, level: ChannelLevel) -> Delivery:
        return self.wanted(level, level)


Simulated.STREAMS = {"orders": Orders, "catalogue": Catalogue}
Simulated.TARGETS = {"stock levels": Levels}
