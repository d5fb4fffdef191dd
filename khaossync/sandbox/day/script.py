"""The script of a trading day: who does what when, the same for the same seed."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from khaossync.sandbox.day.customers import SITUATIONS, Customers
from khaossync.sandbox.day.mischief import MISCHIEF
from khaossync.sandbox.day.range import GHOST, GIFT_SET, RANGE
from khaossync.sandbox.day.warehouse import Warehouse
from khaossync.sandbox.khaosws import KhaosServer
from khaossync.sandbox.shopify import ShopifyShop

ROUNDS = 60
"""How often in a day the warehouse looks at its list."""


@dataclass(order=True)
class Event:
    """Something that happens at a moment of the day (0 morning, 1 evening)."""

    at: float
    order: int
    act: Callable[[], None] = field(compare=False)


class Day:
    """Plays a day with so many orders between a simulated shop and a simulated ERP.

    Call `open` once, then `play`; afterwards `close` lets the warehouse finish what is on its list.
    """

    def __init__(self, shop: ShopifyShop, khaos: KhaosServer, *, orders: int, seed: int) -> None:
        self._dice = random.Random(seed)
        self.customers = Customers(shop, self._dice, self._later)
        self.warehouse = Warehouse(khaos, self._dice)
        self._shop, self._khaos = shop, khaos
        self._count = orders
        self._events: list[Event] = []
        self.now = 0.0
        self.played = 0

    def open(self) -> None:
        """Put the range on sale: the same stock on both sides."""
        self.warehouse.money_code("DISCOUNT")
        for product in (*RANGE, GIFT_SET, GHOST):
            shown = sum(product.stock.values())
            if product.stock_code:
                self.warehouse.stock(product)
            self._shop.list_product(
                product.sku, product.title, product.price, {"Warehouse": shown}, tax_rate=product.vat
            )
        self._write()

    async def play(self, seconds: float) -> None:
        """Live through the day in so many seconds of real time."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        while self._events:
            event = min(self._events)
            self._events.remove(event)
            await asyncio.sleep(max(0.0, began + event.at * seconds - loop.time()))
            self.now = event.at
            event.act()
            self.played += 1
        self.now = 1.0

    async def close(self) -> None:
        """One more round of the warehouse, with nobody causing mischief any more."""
        self._shop.faults.clear()
        self._khaos.faults.clear()
        self.warehouse.round()
        await asyncio.sleep(0)

    @property
    def told(self) -> Counter[str]:
        """How often each situation was played."""
        return self.customers.told

    def _write(self) -> None:
        names = [name for name, _ in SITUATIONS]
        weights = [weight for _, weight in SITUATIONS]
        chosen = names[: self._count] + self._dice.choices(names, weights, k=max(0, self._count - len(names)))
        self._dice.shuffle(chosen)
        for name in chosen:
            self._at(0.9 * self._dice.betavariate(2, 2), partial(self.customers.buy, name))
        for n in range(ROUNDS):
            self._at((n + 1) / ROUNDS, self.warehouse.round)
        for _ in range(6):
            self._at(self._dice.random(), self.warehouse.goods_in)
        for at, plan in MISCHIEF:
            self._at(at, partial(plan, self._shop, self._khaos))

    def _at(self, at: float, act: Callable[[], None]) -> None:
        self._events.append(Event(at, len(self._events) + self.played, act))

    def _later(self, wait: float, act: Callable[[], None]) -> None:
        self._at(min(0.98, self.now + wait), act)
