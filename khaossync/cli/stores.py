"""The simulated shops of a day: each with its part in it, what its judge must know, and its connector's table."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from khaossync.sandbox import day
from khaossync.sandbox.adobe import AdobeShop
from khaossync.sandbox.day import BUNDLES, GIFT_SET, MONEY_CODES, PLACES, SKU_MAP, Outlet, World
from khaossync.sandbox.day.faces.shopware import ON_ACCOUNT
from khaossync.sandbox.shopify import ShopifyShop
from khaossync.sandbox.shopware import ShopwareShop

BUFFER = 2
POINTS, POINTS_A_SECOND = 20_000, 1000
"""Shopify's largest plan: a day in a minute needs the one that restores the most points a second."""

TAX_CODES = {"0.20": 1, "0.00": 2, "0.05": 4}
COURIERS = {"standard": "RM48", "express": "DPD", "free": "RM48"}
"""Delivery method, as every platform makes a code of its title → the ERP's courier."""

HURRIED = {"orders_interval": 2, "refunds_interval": 3, "catalogue_interval": 5, "overlap": 5, "timeout": 10}
"""How often a shop is read whose day lasts a minute, and how long a call may take then."""


class Doors(Protocol):
    """A simulator that listens on loopback."""

    async def start(self, port: int = 0) -> str: ...
    async def stop(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Store:
    """One shop. `table` are the settings that its kind of connector alone has; `subscribe` leads webhooks to a URL."""

    doors: Doors
    outlet: Outlet
    world: World
    table: Mapping[str, Any]
    subscribe: Callable[[str], None] | None = None

    def settings(self, url: str, world: World) -> dict[str, Any]:
        """`[channel.<name>]`, for a shop at this URL in such a world."""
        return {
            "erp": "khaos",
            "url": url,
            "prefix": world.prefix,
            "go_live_at": now() - timedelta(minutes=5),
            "currencies": ["GBP"],
            "accept_on_terms": True,
            "hold_seconds": world.hold.seconds,
            "buffer": world.buffer,
            "site": "Main",
            "sales_source": "Web",
            "company_class": "Retail",
            **HURRIED,
            "skus": world.skus,
            "bundles": world.bundles,
            "tax_codes": TAX_CODES,
            "sites": {place: list(sites) for place, sites in world.sites.items()},
            "buffers": world.buffers,
            "peaks": {
                f"peak{number}": {"begins_at": peak.begins_at, "ends_at": peak.ends_at, "buffer": peak.buffer}
                for number, peak in enumerate(world.peaks, 1)
            },
            **self.table,
        }


Maker = Callable[[random.Random], Store]
"""How a shop is made that stands beside the first."""


def now() -> datetime:
    """The simulators live in real time."""
    return datetime.now(UTC)


def _world(channel: str, prefix: str, sites: Mapping[str, Sequence[str]]) -> World:
    return World(
        channel=channel,
        prefix=prefix,
        skus=SKU_MAP,
        buffer=BUFFER,
        sites=sites,
        packs={GIFT_SET.stock_code: dict(GIFT_SET.pack)},
        bundles=BUNDLES,
        buffers={"SAUCER": 5, "SEAT": 0},
    )


WORLD = _world("shop", "S", PLACES)
"""What the judge of the first shop must know, when it is the only one."""


def shopify(shop: ShopifyShop) -> Store:
    """The first shop of every day, with two places."""
    outlet = day.shopify(WORLD.channel, shop)
    locations = {place: shop.state.catalogue.location(place).id for place in outlet.sites}
    table = {
        "kind": "shopify",
        "shop": "demo.myshopify.com",
        "access_token": "shpat_test",
        "webhook_secrets": [shop.webhook_secret],
        "sweep_interval": 60,
        "catalogue_full_interval": 10,
        "bucket": POINTS,
        "restore_rate": POINTS_A_SECOND,
        "couriers": {**{title.title(): code for title, code in COURIERS.items()}, "Collect in store": "SHOP"},
        "money_codes": MONEY_CODES,
        "sites": {locations[place]: list(sites) for place, sites in outlet.sites.items()},
    }
    return Store(shop, outlet, WORLD, table)


def adobe(dice: random.Random) -> Store:
    """A shop with two sources, asked by signed calls."""
    shop = AdobeShop(now=now, dice=dice, name="magento", locations=tuple(day.SOURCES))
    outlet = day.adobe("magento", shop)
    table = {
        "kind": "adobe",
        "consumer_key": shop.access.consumer_key,
        "consumer_secret": shop.access.consumer_secret,
        "access_token": shop.access.access_token,
        "token_secret": shop.access.token_secret,
        "locations": list(outlet.sites),
        "sweep_interval": 60,
        "calls_per_minute": 6000,
        "couriers": {f"delivery_{title}": code for title, code in COURIERS.items()},
    }
    return Store(shop, outlet, _world("magento", "M", outlet.sites), table)


def shopware(dice: random.Random) -> Store:
    """A shop with one stock, whose app tells of changes."""
    shop = ShopwareShop(now=now, dice=dice, name="ware")
    outlet = day.shopware("ware", shop)
    table = {
        "kind": "shopware",
        "client_id": "SWIATEST",
        "client_secret": "client-secret",
        "app_secret": shop.webhook_secret,
        "catalogue_full_interval": 10,
        "methods_interval": 5,
        "calls_per_second": 100,
        "terms_methods": [ON_ACCOUNT],
        "couriers": {f"shipping_{title}": code for title, code in COURIERS.items()},
    }

    def subscribe(url: str) -> None:
        shop.webhook_url = url

    return Store(shop, outlet, _world("ware", "W", outlet.sites), table, subscribe)


OTHERS: tuple[Maker, ...] = (adobe, shopware)
"""The shops beside the first."""


def worlds(stores: list[Store], **common: Any) -> dict[str, World]:
    """What the judge of each shop must know, by its channel; `common` is what holds in all of them."""
    prefixes = {store.world.channel: store.world.prefix for store in stores}
    return {
        channel: replace(store.world, others=[other for name, other in prefixes.items() if name != channel], **common)
        for channel, store in zip(prefixes, stores, strict=True)
    }
