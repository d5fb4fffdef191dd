"""What else goes wrong while a daemon dies."""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from chaos.company import Company
from chaos.database import Ground

from khaossync.sandbox.faults import Fault
from khaossync.sandbox.khaosws import Verdict
from khaossync.sandbox.shopify import Mischief

LATE = 14.0
"""Seconds that a late answer takes; the daemon of the stories waits for eight."""

Begin = Callable[[Company, Ground, random.Random], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Trouble:
    """Begins at a moment of a round and lasts for so many steps.

    `door` tells that PostgreSQL needs one, `hasty` that calls are waited for in vain.
    """

    name: str
    begin: Begin
    steps: int = 3
    door: bool = False
    hasty: bool = False


def _calls(*faults: Fault) -> Begin:
    """The next calls of both systems go wrong, or the next writing one."""

    async def begin(it: Company, _: Ground, dice: random.Random) -> None:
        fault, writes = dice.choice(faults), dice.random() < 0.5
        for system, write in ((it.khaos.faults, "ImportOrders"), (it.shop.faults, dice.choice(_SHOP_WRITES))):
            system.plan(fault, write if writes else "*", times=dice.randint(1, 3), seconds=LATE)

    return begin


_SHOP_WRITES = ("fulfillmentCreate", "inventorySetQuantities", "fulfillmentTrackingInfoUpdate")


def _hooks(mischief: Mischief) -> Begin:
    async def begin(it: Company, _: Ground, __: random.Random) -> None:
        it.shop.webhooks.misbehave(mischief, times=4)

    return begin


async def _nothing(_: Company, __: Ground, ___: random.Random) -> None:
    """Dying is enough."""


async def _killed(_: Company, ground: Ground, __: random.Random) -> None:
    await ground.kill()


async def _away(_: Company, ground: Ground, __: random.Random) -> None:
    await ground.go()


async def _full(_: Company, ground: Ground, __: random.Random) -> None:
    await ground.fill_the_disk()


async def _clock(it: Company, _: Ground, dice: random.Random) -> None:
    it.clock.wrong_by = timedelta(hours=dice.choice((-5, -2, 2, 5)))


async def _slow(it: Company, _: Ground, __: random.Random) -> None:
    """A call that nobody waits for any more is still worked on; so here the ERP has to recognise what it has."""
    it.khaos.habits.delay = (3.0, 24.0)
    it.khaos.habits.duplicate = Verdict.SKIP


TROUBLES = (
    Trouble("nothing else", _nothing),
    Trouble("answer lost", _calls(Fault.DROP_AFTER, Fault.TRUNCATE)),
    Trouble("time-out", _calls(Fault.STALL), hasty=True),
    Trouble("429", _calls(Fault.THROTTLE), hasty=True),
    Trouble("5xx", _calls(Fault.UNAVAILABLE, Fault.HTML)),
    Trouble("reset", _calls(Fault.DROP_BEFORE)),
    Trouble("hook twice", _hooks(Mischief.DOUBLE)),
    Trouble("hook late", _hooks(Mischief.REORDER)),
    Trouble("hook lost", _hooks(Mischief.LOSE)),
    Trouble("pg killed", _killed),
    Trouble("pg restart", _away, steps=1, door=True),
    Trouble("pg gone", _away, steps=6, door=True),
    Trouble("disk full", _full, steps=4),
    Trouble("clock", _clock, steps=6),
    Trouble("slow erp", _slow, steps=4, hasty=True),
)


async def calm(it: Company, ground: Ground) -> None:
    """All is well again; an ERP that was slow has the last calls still to work on."""
    it.khaos.faults.clear()
    it.shop.faults.clear()
    it.clock.wrong_by = timedelta(0)
    it.khaos.habits.delay = None
    await ground.come_back()
