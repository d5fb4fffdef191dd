"""The script of a trading day: who does what when, the same for the same seed."""

import asyncio
import random
from collections import Counter
from functools import partial

from khaossync.sandbox.day.agenda import Agenda
from khaossync.sandbox.day.mischief import MISCHIEF
from khaossync.sandbox.day.notes import Notes
from khaossync.sandbox.day.office import Office
from khaossync.sandbox.day.people import People
from khaossync.sandbox.day.situations import SITUATIONS, Situation
from khaossync.sandbox.day.till import Till
from khaossync.sandbox.day.warehouse import Warehouse
from khaossync.sandbox.khaosws import KhaosServer
from khaossync.sandbox.shopify import OutOfStock, ShopifyShop

ROUNDS = 60
"""How often in a day the warehouse looks at its list."""


class Day:
    """Plays a day with so many orders between a simulated shop and a simulated ERP; `people` react to being told.

    Call `open` once, then `play`; afterwards `close` lets everybody finish what they have begun.
    """

    def __init__(self, shop: ShopifyShop, khaos: KhaosServer, people: People, *, orders: int, seed: int) -> None:
        self._shop, self._khaos, self._count = shop, khaos, orders
        self._dice = random.Random(seed)
        self._agenda = Agenda(people)
        self.notes = Notes()
        self._till = Till(shop, self._dice, self._agenda, self.notes)
        self._office = Office(shop, khaos, self._dice, self._agenda, self.notes)
        self._warehouse = Warehouse(khaos, self._dice, self.notes)
        self.told: Counter[str] = Counter()
        """How often each situation was played."""

    def open(self) -> None:
        """Put the range on sale, and write the script."""
        self._office.open(self._count)
        for situation in self._chosen():
            self._agenda.at(0.9 * self._dice.betavariate(2, 2), partial(self._buy, situation))
        for n in range(ROUNDS):
            self._agenda.at((n + 1) / ROUNDS, self._round)
        if self._count:
            self._office.plan()
        for at, plan in MISCHIEF:
            self._agenda.at(at, partial(plan, self._shop, self._khaos))

    async def play(self, seconds: float) -> None:
        """Live through the day in so many seconds of real time."""
        await self._agenda.play(seconds)

    async def close(self) -> None:
        """One more round of everybody, with nobody causing mischief any more."""
        self._shop.faults.clear()
        self._khaos.faults.clear()
        self._round()
        await asyncio.sleep(0)

    @property
    def now(self) -> float:
        """How much of the day is over."""
        return self._agenda.now

    @property
    def idle(self) -> bool:
        """Whether nobody has anything left to do."""
        return self._warehouse.idle and not self.untold

    @property
    def untold(self) -> list[str]:
        """The classes of case that somebody still waits to be told of."""
        return self._agenda.untold

    def _round(self) -> None:
        self._warehouse.round()
        self._office.watch()
        self._agenda.react()

    def _buy(self, situation: Situation) -> None:
        """One customer comes; an article that is sold out sends the customer away."""
        try:
            situation(self._till)
        except OutOfStock:
            self.told["sold_out"] += 1
        else:
            self.told[situation.__name__] += 1

    def _chosen(self) -> list[Situation]:
        every = [situation for situation, _ in SITUATIONS]
        weights = [weight for _, weight in SITUATIONS]
        more = self._dice.choices(every, weights, k=max(0, self._count - len(every)))
        chosen = [*every[: self._count], *more]
        self._dice.shuffle(chosen)
        return chosen
