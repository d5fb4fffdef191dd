"""The script of a trading day: who does what when, the same for the same seed."""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import Any

from khaossync.sandbox.day.agenda import Agenda
from khaossync.sandbox.day.face import SoldOut
from khaossync.sandbox.day.mischief import of_a_shop, of_the_erp
from khaossync.sandbox.day.notes import Notes
from khaossync.sandbox.day.office import Office
from khaossync.sandbox.day.outlets import Outlet, Situation
from khaossync.sandbox.day.people import People
from khaossync.sandbox.day.till import Till
from khaossync.sandbox.day.warehouse import Warehouse
from khaossync.sandbox.khaosws import KhaosServer

ROUNDS = 60
"""How often in a day the warehouse looks at its list."""


class Day:
    """Plays a day with so many orders between simulated shops and one simulated ERP; `people` react to being told.

    Call `open` once, then `play`; afterwards `close` lets everybody finish what they have begun. `notes` are by the
    channel of the shop.
    """

    def __init__(
        self, outlets: Sequence[Outlet], khaos: KhaosServer, people: People, *, orders: int, seed: int
    ) -> None:
        self._outlets, self._khaos, self._count = outlets, khaos, orders
        self._dice = random.Random(seed)
        self._agenda = Agenda(people)
        common = Notes()
        self.notes = {outlet.channel: common.of_another() for outlet in outlets}
        noted = [(outlet, self.notes[outlet.channel]) for outlet in outlets]
        self._tills = [
            Till(outlet.channel, outlet.face, outlet.own[0], self._dice, self._agenda, notes) for outlet, notes in noted
        ]
        self._office = Office(noted, khaos, self._dice, self._agenda, common)
        self._warehouse = Warehouse(khaos, self._dice, common)
        self.told: Counter[str] = Counter()
        """How often each situation was played."""

    def open(self) -> None:
        """Put the range on sale, and write the script."""
        self._office.open(self._count)
        for outlet, till, customers in zip(self._outlets, self._tills, self._shares(), strict=True):
            for situation in self._chosen(outlet, customers):
                self._agenda.at(0.9 * self._dice.betavariate(2, 2), partial(self._buy, situation, till))
        for n in range(ROUNDS):
            self._agenda.at((n + 1) / ROUNDS, self._round)
        if self._count:
            self._office.plan()
        troubles = (trouble for outlet in self._outlets for trouble in (*of_a_shop(outlet.face), *outlet.troubles))
        for at, begin in (*of_the_erp(self._khaos), *troubles):
            self._agenda.at(at, begin)

    async def play(self, seconds: float) -> None:
        """Live through the day in so many seconds of real time."""
        await self._agenda.play(seconds)

    async def close(self) -> None:
        """One more round of everybody, with nobody causing mischief any more."""
        for outlet in self._outlets:
            outlet.face.faults.clear()
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

    def _buy(self, situation: Situation, till: Till[Any]) -> None:
        """One customer comes; an article that is sold out sends the customer away."""
        try:
            situation(till)
        except SoldOut:
            self.told["sold_out"] += 1
        else:
            self.told[situation.__name__] += 1

    def _shares(self) -> list[int]:
        """How many customers come to each shop: to the first also those that are left over."""
        whole = sum(outlet.share for outlet in self._outlets)
        shares = [self._count * outlet.share // whole for outlet in self._outlets]
        return [shares[0] + self._count - sum(shares), *shares[1:]]

    def _chosen(self, outlet: Outlet, customers: int) -> list[Situation]:
        every = [situation for situation, _ in outlet.situations]
        weights = [weight for _, weight in outlet.situations]
        more = self._dice.choices(every, weights, k=max(0, customers - len(every)))
        chosen = [*every[:customers], *more]
        self._dice.shuffle(chosen)
        return chosen
