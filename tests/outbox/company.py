"""A shop, an ERP and every loop between them, each of which runs only when it is told to."""

import random
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from outbox.stories import HandClock

from khaossync.app import connectors
from khaossync.config import Config
from khaossync.domain.documents import Kind
from khaossync.domain.rules import Peak
from khaossync.domain.stock import ChannelLevel
from khaossync.loops.named import Named
from khaossync.loops.outage import Outage
from khaossync.loops.pull import Pull
from khaossync.loops.push import Push
from khaossync.loops.relevel import Relevel
from khaossync.ops.metrics import Metrics
from khaossync.outbox import PostgresOutbox
from khaossync.ports import Kit
from khaossync.sandbox.khaosws import KhaosServer
from khaossync.sandbox.shopify import OutOfStock, ShopifyShop

CODES = ("MUG", "CUP", "TEE")
PARTS = {"MUG": 1, "CUP": 2}
SKUS = (*CODES, "SET")
BUFFER = 1
SITES = (("1", "Main"), ("2", "Overflow"), ("3", "Store"))
Tick = Callable[[], Awaitable[Any]]


@dataclass(frozen=True)
class World:
    """Which sites feed which location, how much of everything stands on each, and what is never shown."""

    places: Mapping[str, tuple[str, ...]]
    stock: Mapping[str, int]
    buffers: Mapping[str, int] = field(default_factory=dict)
    peak: Peak | None = None

    def __str__(self) -> str:
        return f"{len(self.places)} places"

    def buffer(self, sku: str, now: datetime) -> int:
        """Units that each location keeps back at this moment."""
        lasts = self.peak is not None and self.peak.begins_at <= now < self.peak.ends_at
        return max(self.buffers.get(sku, BUFFER), self.peak.buffer if self.peak and lasts else 0)


ONE = World({"Warehouse": ("1",)}, {"1": 30})
SEVERAL = World(
    {"Warehouse": ("1", "2"), "Shop floor": ("3",)},
    {"1": 12, "2": 8, "3": 14},
    buffers={"CUP": 3},
    peak=Peak(datetime(2026, 11, 2, 12, 1, 30, tzinfo=UTC), datetime(2026, 11, 2, 12, 4, 30, tzinfo=UTC), 2),
)


class Company:
    """People who buy, sell and carry; what they may be offered; and the loops that see to it."""

    def __init__(self, outbox: PostgresOutbox, clock: HandClock, world: World, seed: int) -> None:
        self.outbox, self.clock, self.world, self.dice = outbox, clock, world, random.Random(seed)
        dice, now = self.dice, clock.now
        places = tuple(world.places)
        self.shop = ShopifyShop(now=now, dice=dice, name="demo", maximum=20_000, restore_rate=2000, locations=places)
        self.khaos = KhaosServer(now=now, dice=dice, sites=SITES, couriers=(("RM48", "Royal Mail"),))
        self.ticks: dict[str, Tick] = {}
        self.orders: list[str] = []
        self.read: tuple[str, ...] = ()
        self.untold = dict.fromkeys(CODES, 0)
        self.named: Named
        self.config: Config
        self.sold: tuple[str, ...] = CODES
        self.sites = tuple(world.stock)

    def open(self) -> None:
        shown = dict.fromkeys(self.world.places, 5)
        for sku in CODES:
            stock = {site: Decimal(units) for site, units in self.world.stock.items()}
            self.khaos.add_stock(sku, sku.title(), stock, price=Decimal("10.00"))
            self.shop.list_product(sku, sku.title(), Decimal("12.00"), shown)
        self.shop.list_product("SET", "Set", Decimal("30.00"), shown)

    # What people do

    def buy(self) -> None:
        """One customer; what is sold out is not sold."""
        basket = [(sku, self.dice.randint(1, 3)) for sku in self.dice.sample(self.sold, self.dice.randint(1, 2))]
        payment = self.dice.choice(("paid", "paid", "authorized", "pending"))
        place = self.dice.choice((None, *self.world.places))
        with suppress(OutOfStock):
            self.orders.append(self.shop.place_order(basket, payment=payment, location=place))

    def call_off(self) -> None:
        """Cancel an order that the ERP does not have yet; the shop puts the goods back, or forgets to.

        Not one that nobody has read yet: bought and called off between two readings, it may hide a unit until the next.
        """
        waiting = [order for order in self.read if not self._posted(order) and not self._gone(order)]
        if waiting:
            self.shop.cancel(self.dice.choice(waiting), restock=self.dice.random() < 0.8, refund=True)

    def receive(self) -> None:
        """Goods arrive at a site."""
        self.khaos.receive(self.dice.choice(CODES), self.dice.randint(1, 9), self.dice.choice(self.sites))

    def telephone(self) -> None:
        """Somebody buys by telephone; the desk sells from any site, and below none if it must."""
        code, units = self.dice.choice(CODES), self.dice.randint(1, 4)
        self.khaos.adjust(code, -units, self.dice.choice(self.sites))
        self.untold[code] += units

    def carry(self) -> None:
        """Goods go from one site to another."""
        code, units = self.dice.choice(CODES), self.dice.randint(1, 4)
        source, target = self.dice.sample(self.sites, 2) if len(self.sites) > 1 else self.sites * 2
        self.khaos.adjust(code, -units, source)
        self.khaos.adjust(code, units, target)

    def look(self, _channel: str, level: ChannelLevel) -> None:
        """What the daemon wants to see by its name is read when the turn of that loop comes."""
        self.named.add(level.listing_id)

    # What is true

    def excess(self) -> dict[str, int]:
        """`beyond` of every code."""
        return {code: self.beyond(code) for code in CODES}

    def beyond(self, code: str) -> int:
        """How many units the shop offers, at all its locations together, beyond those that it may sell.

        What was sold by telephone and not read since nobody can know of.
        """
        offering = [there for place in self.world.places if (there := self.shop.available(code, place)) > 0]
        kept = len(offering) * self.world.buffer(code, self.clock.now())
        sites = {site for fed in self.world.places.values() for site in fed}
        there = sum(self._on(code, site) for site in sites) - self._unposted(code) + self.untold[code]
        return max(0, sum(offering) + kept - max(0, there)) if offering else 0

    def wrong(self) -> dict[str, tuple[int, int]]:
        """SKU@location → (shown, to be shown) wherever they differ once everything has come to rest."""
        found = {}
        for place, sites in self.world.places.items():
            for sku in SKUS:
                shown, due = self.shop.available(sku, place), self.due(sku, place)
                too_few = shown < due and not (sku == "SET" and len(sites) > 1)  # no set is made of two sites' parts
                if shown > due or shown < 0 or too_few:
                    found[f"{sku}@{place}"] = (shown, due)
        return found

    def due(self, sku: str, place: str) -> int:
        """What a location should show."""
        buffer = self.world.buffer(sku, self.clock.now())
        if sku == "SET":
            return max(0, min(self._left(code, place) // each for code, each in PARTS.items()) - buffer)
        return max(0, self._left(sku, place) - buffer)

    def _left(self, code: str, place: str) -> int:
        """Free at the location's own sites, less what other locations lack and what is sold and not in the ERP."""
        free = {one: sum(self._on(code, site) for site in sites) for one, sites in self.world.places.items()}
        lacking = sum(max(0, -units) for one, units in free.items() if one != place)
        return free[place] - lacking - self._unposted(code)

    def _on(self, code: str, site: str) -> int:
        return int(self.khaos.available(code, site))

    def _unposted(self, code: str) -> int:
        in_set, held = PARTS.get(code, 0), 0
        for order in self.orders:
            if self._posted(order) or self._gone(order):
                continue
            for line in self.shop.order(order).lines:
                held += line.quantity * ((line.sku == code) + in_set * (line.sku == "SET"))
        return held

    def _posted(self, order: str) -> bool:
        return self.khaos.order("S" + order.rsplit("/", 1)[-1]) is not None

    def _gone(self, order: str) -> bool:
        return self.shop.order(order).cancelled_at is not None

    # What runs

    async def turn(self, name: str) -> None:
        """One turn of one loop."""
        await self.outbox.turn()
        await self.ticks[name]()
        if name == "khaos stock":
            self.untold = dict.fromkeys(CODES, 0)
        if name == "shop orders":
            self.read = tuple(self.orders)

    async def settle(self) -> None:
        """Let everything come to rest."""
        right = 0
        for _ in range(20):
            self.clock.forward(seconds=6)
            for name in self.ticks:
                await self.turn(name)
            right = 0 if self.wrong() else right + 1
            if right == 3:
                return

    async def connect(self, stack: AsyncExitStack) -> None:
        """Open both doors and build every loop, to run when its turn comes."""
        self.open()
        stack.push_async_callback(self.shop.stop)
        stack.push_async_callback(self.khaos.stop)
        config = self.config = self.configuration(await self.shop.start(), await self.khaos.start())
        systems = await connectors(config, Kit(self.clock, self.dice, Metrics(), self.outbox, stack))
        outages = {name: Outage(system, self.clock) for name, system in systems.items()}
        rules, clock, outbox = config.rules(), self.clock, self.outbox

        def silent() -> None: ...

        for name, outage in outages.items():
            for source in outage.connector.sources:
                pull = Pull(source, outage, outbox, rules, clock, Metrics(), silent, self.look)
                self.ticks[f"{name} {source.name}"] = pull.tick
        self.named = Named("catalogue", systems["shop"].readers["catalogue"])
        by_name = Pull(self.named, outages["shop"], outbox, rules, clock, Metrics(), silent, self.look)
        self.ticks["shop catalogue by name"] = by_name.tick
        for name, kind in (("khaos", Kind.ORDER), ("khaos", Kind.CANCELLATION), ("shop", Kind.STOCK_LEVEL)):
            push = Push(kind, outages[name], outages, outbox, rules, clock, Metrics(), self.dice, silent, self.look)
            self.ticks[f"push {kind}"] = push.tick
        self.ticks["levels"] = Relevel("shop", outbox, rules, clock, silent).tick

    def configuration(self, shop_url: str, khaos_url: str) -> Config:
        catalogue, peak = self.shop.state.catalogue, self.world.peak
        channel = {
            "kind": "shopify",
            "shop": "demo.myshopify.com",
            "url": shop_url,
            "access_token": "shpat_test",
            "erp": "khaos",
            "prefix": "S",
            "go_live_at": "2026-01-01T00:00:00Z",
            "currencies": ["GBP"],
            "default_courier": "RM48",
            "buffer": BUFFER,
            "buffers": self.world.buffers,
            "peaks": {"friday": {key: getattr(peak, key) for key in ("begins_at", "ends_at", "buffer")}}
            if peak
            else {},
            "catalogue_full_interval": 5,
            "overlap": 60,
            "order_page": 1,
            "tax_codes": {"0.20": 1},
            "site": self.dice.choice([name for site, name in SITES if site in self.sites]),
            "sites": {catalogue.location(place).id: sites for place, sites in self.world.places.items()},
            "bundles": {"SET": PARTS},
            "restore_rate": 5000,
            "bucket": 50000,
        }
        sites = [int(site) for site in self.sites]
        erp = {"kind": "khaosws", "url": khaos_url, "sites": sites, "calls_per_minute": 1200}
        return Config.model_validate({"erp": {"khaos": erp}, "channel": {"shop": channel}})
