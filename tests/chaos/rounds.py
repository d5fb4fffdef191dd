"""One round: three stories of a day, one death of the daemon, one trouble; then calm, and the laws."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count

import asyncpg
from chaos.company import Company, Steps
from chaos.database import Ground, at
from chaos.death import Crash, Moment, Points
from chaos.fragile import until_death
from chaos.hurry import BRISK, HASTY, hurry
from chaos.life import Life, Make
from chaos.points import pings, points
from chaos.shops import SHOPS
from chaos.stories import STORIES, Story
from chaos.troubles import TROUBLES, Trouble, calm
from chaos.verdict import complaints, forged

from khaossync.clock import SystemClock
from khaossync.domain.errors import SyncError
from khaossync.loops.loop import Loop
from khaossync.outbox import DatabaseSettings, migrate

TOLD_AT_ONCE = 3
MOMENT = timedelta(seconds=1)
STEP = timedelta(seconds=3)
EVENING = (*[timedelta(seconds=20)] * 8, *[timedelta(minutes=2)] * 6, *[timedelta(minutes=11)] * 6)
"""How much time passes between two turns of everything until the laws must hold: longer than the longest back-off."""

_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Plan:
    """What happens in a round; the same plan and script is the same round.

    `shop` is the platform. The daemon dies at the first `point` from the `since`-th passing of any point on, and once
    more at the first point `then` (any, where it is empty) `again` points later (0: lives on). The trouble begins
    `lead` points before. Without `stories` the script chooses them.
    """

    script: str
    shop: str = "shopify"
    trouble: Trouble = TROUBLES[0]
    point: str = ""
    since: int = 0
    lead: int = 0
    again: int = 0
    then: str = ""
    stories: tuple[Story, ...] = ()


@dataclass(slots=True)
class Played:
    """How a round went: every point that was passed, at which the daemon died, and every law that was broken.

    `felt` is what the daemon and its callers had to bear.
    """

    trace: list[str]
    died_at: list[str]
    broken: list[str] = field(default_factory=list)
    felt: list[str] = field(default_factory=list, compare=False)


class Round:
    """Plays one plan on a database of its own."""

    def __init__(self, plan: Plan, ground: Ground, admin: "asyncpg.Connection[asyncpg.Record]", make: Make) -> None:
        self._plan, self._ground, self._admin, self._make = plan, ground, admin, make
        self._dice = random.Random(plan.script)
        self._trouble_dice = random.Random(f"{plan.script} {plan.trouble.name} {plan.since}")
        self.company = Company(self._dice, plan.shop)
        self.points = Points()
        self.surprises: list[str] = []
        self.felt: list[str] = []
        self._life: Life | None = None
        self._lives = count(1)
        self._calm_in = -1

    async def play(self) -> Played:
        hurry(HASTY if self._plan.trouble.hasty else BRISK)
        await self.company.open()
        self._foretell()
        try:
            await self._day()
            broken = await self._evening()
        finally:
            await self._bury()
            await self.company.close()
        happened = (*self.company.khaos.faults.happened, *self.company.face.faults.happened)
        felt = [*self.felt, *(fault.value for _, fault in happened)]
        shop = SHOPS[self._plan.shop]
        unknown = {*self.points.trace} - points(shop) - pings(shop)
        nameless = [f"every point has a name: {name}" for name in sorted(unknown)]
        return Played(self.points.trace, self.points.died_at, [*self.surprises, *nameless, *broken], felt)

    def _foretell(self) -> None:
        plan, points = self._plan, self.points
        if plan.since:
            points.omens.append((max(1, plan.since - plan.lead), self._begin_trouble))
            points.deaths.append(Moment(plan.point, plan.since))
            if plan.again:
                points.deaths.append(Moment(plan.then, plan.since + plan.again))

    async def _begin_trouble(self) -> None:
        self._calm_in = self._plan.trouble.steps
        await self._plan.trouble.begin(self.company, self._ground, self._trouble_dice)

    async def _day(self) -> None:
        await self._turn_all()
        waiting = [story(self.company) for story in self._plan.stories or self._dice.sample(STORIES, TOLD_AT_ONCE)]
        while waiting:
            self.company.time.true += MOMENT  # what people do now comes after what the daemon did last
            for story in list(waiting):
                if self._dice.random() < 0.6 and _is_over(story):
                    waiting.remove(story)
            await self._pass(STEP * self._dice.randint(1, 4))
            await self._turn_some()

    async def _evening(self) -> list[str]:
        """Calm, and as much time as the longest back-off needs."""
        self.points.omens.clear()
        broken: list[str] = []
        for wait in EVENING:
            await self._end_trouble()
            await self._pass(wait)
            await self._turn_all()
            broken = await complaints(self.company, self._admin)
            if not broken:
                break
        return [*broken, *await forged(self._ground.dsn)]

    async def _end_trouble(self) -> None:
        self._calm_in = -1
        await calm(self.company, self._ground)

    async def _pass(self, time: timedelta) -> None:
        """Time passes: at once, unless a call is still at work, which would then be quicker than it is."""
        await self._rest(time)
        self.company.time.true += time
        if hooks := self.company.shop.hooks:
            await hooks.post()
        if self._calm_in >= 0:
            self._calm_in -= 1
            if self._calm_in < 0:
                await self._end_trouble()

    async def _rest(self, time: timedelta) -> None:
        if self.company.khaos.habits.delay or self.company.khaos.writing:
            await asyncio.sleep(time.total_seconds())

    # --- the daemon's turns -------------------------------------------------------------------------------------------

    async def _turn_some(self) -> None:
        """Some of the loops take a turn, in any order."""
        if life := await self._alive():
            loops = self._dice.sample(life.loops, len(life.loops) // 2)
            await self._turn(life, loops)

    async def _turn_all(self) -> None:
        if life := await self._alive():
            await self._turn(life, life.loops)

    async def _turn(self, life: Life, loops: Sequence[Loop]) -> None:
        """The keeper of the outbox looks twice meanwhile: at the start, and before something is sent."""
        sending = next((loop for loop in loops if loop.name.startswith("push")), None)
        try:
            for loop in loops:
                if loop in (loops[0], sending):
                    await until_death(self._tick("keep", life.keep), life.death)
                await until_death(self._tick(loop.name, loop.tick), life.death)
        except Crash:
            await self._bury()

    async def _tick(self, name: str, tick: Callable[[], Awaitable[object]]) -> None:
        try:
            await tick()
        except SyncError as error:
            self.felt.append(str(error))  # the loop's runner says so and turns it again
        except (
            OSError,
            asyncpg.PostgresError,
            asyncpg.InterfaceError,
            ArithmeticError,
            LookupError,
            TypeError,
        ) as error:
            self.surprises.append(f"no turn ends in a surprise: {name}: {type(error).__name__}: {error}")

    async def _alive(self) -> Life | None:
        """The daemon, started again where it is dead; None while PostgreSQL keeps it from starting."""
        if self._life is None:
            life = Life(self.company, self.points, self._ground.dsn, self._make)
            try:
                self._life = await until_death(life.begin(f"{self._plan.script} {next(self._lives)}"), life.death)
            except (Crash, SyncError):
                await self._end(life)
        return self._life

    async def _bury(self) -> None:
        if self._life:
            await self._end(self._life)
            self._life = None

    async def _end(self, life: Life) -> None:
        """Its sessions end with it: when PostgreSQL notices must not decide what the next life finds."""
        await life.end()
        await self._ground.kill()


def _is_over(story: Steps) -> bool:
    return next(story, story) is story


class Field:
    """Where rounds are played: a server with a template, from which each round has its own database."""

    def __init__(self, dsn: str, template: str, admin: "asyncpg.Connection[asyncpg.Record]") -> None:
        self._dsn, self._template, self._admin = dsn, template, admin

    async def play(self, plan: Plan, make: Make | None = None) -> Played:
        name = f"chaos_{next(_numbers)}"
        await self._admin.execute(f"create database {name} template {self._template}")
        inside = await asyncpg.connect(at(self._dsn, name))
        ground = Ground(at(self._dsn, name))
        try:
            await plan.trouble.prepare(ground)
            return await Round(plan, ground, inside, make or Make()).play()
        finally:
            await ground.close()
            await inside.close()
            await self._admin.execute(f"drop database {name} with (force)")


@asynccontextmanager
async def open_field(dsn: str) -> AsyncIterator[Field]:
    """A field on this server; its template is made at the first time."""
    admin = await asyncpg.connect(dsn)
    try:
        if not await admin.fetchval("select true from pg_database where datname = 'chaos_template'"):
            await admin.execute("create database chaos_template")
            await migrate(DatabaseSettings(at(dsn, "chaos_template")), SystemClock())
        yield Field(dsn, "chaos_template", admin)
    finally:
        await admin.close()
