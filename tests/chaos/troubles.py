"""What else goes wrong while a daemon dies."""

import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from chaos.company import Company
from chaos.database import Ground
from chaos.shops import Shop

from khaossync.sandbox.faults import Fault
from khaossync.sandbox.khaosws import KhaosServer

LATE = 27.0
"""Seconds that a late answer takes; the daemon of the stories waits for 25 at most."""


class Systems(Protocol):
    """The two systems that the daemon stands between."""

    @property
    def shop(self) -> Shop: ...

    @property
    def khaos(self) -> KhaosServer: ...


Begin = Callable[[Systems, Ground, random.Random], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Trouble:
    """Begins at a moment of a round and lasts for so many steps.

    `prepare` is done before the daemon starts for the first time. `hasty` tells that calls are waited for in vain,
    `hooks` that it is one of webhooks.
    """

    name: str
    text: str
    begin: Begin
    steps: int = 3
    prepare: Callable[[Ground], Awaitable[None]] = Ground.as_it_is
    hasty: bool = False
    hooks: bool = False


def _calls(*faults: Fault) -> Begin:
    """The next calls of both systems go wrong, or the next writing one."""

    async def begin(it: Systems, _: Ground, dice: random.Random) -> None:
        fault, writes = dice.choice(faults), dice.random() < 0.5
        for system, write in ((it.khaos.faults, "ImportOrders"), (it.shop.face.faults, dice.choice(it.shop.WRITES))):
            system.plan(fault, write if writes else "*", times=dice.randint(1, 3), seconds=LATE)

    return begin


def _hooks(mischief: str) -> Begin:
    async def begin(it: Systems, _: Ground, __: random.Random) -> None:
        assert it.shop.hooks, "a shop without webhooks has no trouble with them"
        it.shop.hooks.misbehave(mischief, times=4)

    return begin


async def _nothing(_: Systems, __: Ground, ___: random.Random) -> None:
    """Dying is enough."""


async def _killed(_: Systems, ground: Ground, __: random.Random) -> None:
    await ground.kill()


async def _away(_: Systems, ground: Ground, __: random.Random) -> None:
    await ground.go()


async def _full(_: Systems, ground: Ground, __: random.Random) -> None:
    await ground.fill_the_disk()


async def _clock(it: Systems, _: Ground, dice: random.Random) -> None:
    assert isinstance(it, Company), "only a clock that is handed to the daemon can be set wrong"
    it.clock.wrong_by = timedelta(hours=dice.choice((-5, -2, 2, 5)))


async def _slow(it: Systems, _: Ground, __: random.Random) -> None:
    """A call that nobody waits for any more is still worked on: what is looked for meanwhile is not there."""
    it.khaos.habits.delay = (3.0, 24.0)


TROUBLES = (
    Trouble("none", "nothing else", _nothing),
    Trouble("lost", "the answer is lost after the work was done", _calls(Fault.DROP_AFTER, Fault.TRUNCATE)),
    Trouble("late", "the answer comes after the caller's patience", _calls(Fault.STALL), hasty=True),
    Trouble("429", "too many requests", _calls(Fault.THROTTLE), hasty=True),
    Trouble("5xx", "503, or a page for people", _calls(Fault.UNAVAILABLE, Fault.HTML)),
    Trouble("reset", "the connection breaks before anything is done", _calls(Fault.DROP_BEFORE)),
    Trouble("hook2", "webhooks come twice", _hooks("double"), hooks=True),
    Trouble("hook~", "webhooks come late and in another order", _hooks("reorder"), hooks=True),
    Trouble("hook-", "webhooks never come", _hooks("lose"), hooks=True),
    Trouble("pg -9", "PostgreSQL's sessions are killed", _killed),
    Trouble("pg r", "PostgreSQL is restarted", _away, steps=1, prepare=Ground.behind_a_door),
    Trouble("pg -", "PostgreSQL is gone for a minute", _away, steps=6, prepare=Ground.behind_a_door),
    Trouble("disk", "PostgreSQL's disk is full", _full, steps=4, prepare=Ground.on_a_small_disk),
    Trouble("clock", "the daemon's clock is hours wrong, then right", _clock, steps=6),
    Trouble("slow", "the ERP takes 3 to 24 s for a call", _slow, steps=4, hasty=True),
)


def possible(shop: type[Shop]) -> Sequence[Trouble]:
    """The troubles that a shop of this platform can have."""
    return [trouble for trouble in TROUBLES if shop.HOOKED or not trouble.hooks]


async def calm(it: Company, ground: Ground) -> None:
    """All is well again; an ERP that was slow has the last calls still to work on."""
    it.khaos.faults.clear()
    it.face.faults.clear()
    it.clock.wrong_by = timedelta(0)
    it.khaos.habits.delay = None
    await ground.come_back()
