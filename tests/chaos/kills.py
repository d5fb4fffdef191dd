"""The real daemon, killed with SIGKILL at moments that a seed decides, in the same troubles.

A real process lives by the machine's clock, which nobody may set for its sake: that trouble is left to the rounds.
"""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from acceptance.playhouse import Playhouse
from chaos.database import Ground
from chaos.shops import Shop, Shopify
from chaos.troubles import TROUBLES, Trouble
from conftest import FAST_AND_FORGETFUL

from khaossync.embedded import Server
from khaossync.sandbox.day.situations import SHOPIFY
from khaossync.sandbox.khaosws import KhaosServer

POINT = "SIGKILL of the real process"
PER_DAY = 8
"""How often a daemon is killed in a day."""

LENGTH = 14.0
_ALIVE = (0.2, 1.6)
"""Seconds that a daemon lives after it is ready, from and to."""

_AWAY = (0.5, 3.0)
"""Seconds that PostgreSQL is away, from and to."""

AT_HAND = tuple(one for one in TROUBLES if one.name != "clock")


@dataclass(frozen=True, slots=True)
class Street:
    """The systems of a day, to be troubled."""

    shop: Shop
    khaos: KhaosServer


class Machine(Ground):
    """A PostgreSQL that is really stopped and started."""

    def __init__(self, dsn: str, server: Server) -> None:
        super().__init__(dsn)
        self._server = server
        self._away = False

    async def go(self) -> None:
        self._away = True
        await self._server.stop()

    async def come_back(self) -> None:
        if self._away:
            await self._server.start()
            self._away = False
        await super().come_back()


async def play_day(folder: Path, seed: int, day: int, kills: int) -> tuple[list[Trouble], list[str]]:
    """A day with so many kills: the troubles that they were crossed with, and what was broken in the evening."""
    dice = random.Random(f"{seed} day {day}")
    crossed = [dice.choice(AT_HAND) for _ in range(kills)]
    async with _house(folder, dice.randrange(10**6)) as (house, machine):
        playing = asyncio.ensure_future(house.day.play(LENGTH))
        try:
            for trouble in crossed:
                await asyncio.sleep(dice.uniform(*_ALIVE))  # the moment of death, not a hope
                await _strike(house, machine, trouble, dice)
            await playing
            await house.evening()
        except AssertionError as error:
            return crossed, [str(error)]
        finally:
            playing.cancel()
    return crossed, []


async def _strike(house: Playhouse, machine: Machine, trouble: Trouble, dice: random.Random) -> None:
    """Trouble and death come in either order; then the daemon is started, by something as stubborn as systemd."""
    before, street = dice.random() < 0.5, Street(Shopify(house.shop), house.khaos)
    if before:
        await trouble.begin(street, machine, dice)
    await house.kill()
    if not before:
        await trouble.begin(street, machine, dice)
    await house.launch()
    await asyncio.sleep(dice.uniform(*_AWAY) if trouble.prepare is not Ground.as_it_is else 0)
    await machine.come_back()
    await house.until(lambda: _stubborn(house), "the daemon is ready")
    house.khaos.habits.delay = None


async def _stubborn(house: Playhouse) -> bool:
    if not house.running:
        await house.launch()
    return (await house.get("/readyz"))[0] == 200


@asynccontextmanager
async def _house(folder: Path, seed: int) -> AsyncIterator[tuple[Playhouse, Machine]]:
    server = Server(folder / "server", settings=FAST_AND_FORGETFUL)
    dsn = await server.start()
    try:
        changes = {"database": {"data_dir": None, "dsn": dsn}}
        async with Playhouse(folder, changes=changes, orders=len(SHOPIFY), seed=seed) as house:
            house.configure({"http": {"public_url": house.url}})
            assert (await house.cli("migrate")).code == 0
            machine = Machine(dsn, server)
            await machine.on_a_small_disk()
            await house.open()
            yield house, machine
    finally:
        await server.stop()
