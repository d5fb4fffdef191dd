"""Watches over the daemon: gathers the facts for its probes, and feeds systemd's watchdog while it really turns."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from khaossync.clock import Clock
from khaossync.domain.errors import SyncError
from khaossync.loops.loop import Loop
from khaossync.loops.outage import Outage
from khaossync.ops import notify
from khaossync.ops.beats import Beats
from khaossync.ops.health import Backlog, Check, ConnectorState, Facts, Holding, Status, report

log = structlog.get_logger()

STALLED = timedelta(minutes=15)
"""A message that could have gone for so long and has not is a stalled queue."""

WATCH = timedelta(seconds=10)
"""How often the watchdog is fed; the unit file allows six times that."""


class Depth(Protocol):
    """One queue as the outbox counts it."""

    @property
    def destination(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def depth(self) -> int: ...
    @property
    def oldest_at(self) -> datetime | None: ...


class Ownership(Protocol):
    """Who works for which connectors, as `ops.health.Holding` tells it."""

    @property
    def held(self) -> frozenset[str]: ...
    @property
    def elsewhere(self) -> frozenset[str]: ...
    @property
    def idle(self) -> Mapping[str, float]: ...


@dataclass(slots=True)
class Vigil:
    """The facts of one daemon. `depths` and `cases` ask the outbox and raise SyncError while it is away.

    What belongs to connectors that another process works for is left to that process.
    """

    clock: Clock
    beats: Beats
    outages: Mapping[str, Outage]
    loops: tuple[Loop, ...]
    depths: Callable[[], Awaitable[Iterable[Depth]]]
    cases: Callable[[], Awaitable[Mapping[str, int]]]
    ownership: Ownership
    draining: bool = False
    started_at: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.started_at = self.clock.now()

    async def facts(self) -> Facts:
        """Everything that the verdict on our health rests on."""
        holding = Holding(self.ownership.held, self.ownership.elsewhere, self.ownership.idle)
        try:
            backlogs = tuple(
                Backlog(one.destination, one.kind, one.depth, one.oldest_at, STALLED)
                for one in await self.depths()
                if one.destination not in holding.elsewhere
            )
            cases, answers = await self.cases(), True
        except SyncError as error:
            log.debug("facts_without_database", reason=str(error))
            backlogs, cases, answers = (), {}, False
        return Facts(
            now=self.clock.now(),
            started_at=self.started_at,
            beats=self.beats.snapshot(
                {loop.name: loop.failing_since for loop in self.loops},
                [loop.name for loop in self.loops if not loop.proved],
            ),
            database_ok=answers,
            backlogs=backlogs,
            cases=cases,
            connectors=tuple(
                ConnectorState(name, outage.since is None, outage.since, outage.answered)
                for name, outage in self.outages.items()
                if name not in holding.elsewhere
            ),
            draining=self.draining,
            holding=holding,
        )

    async def run(self) -> None:
        """Feed systemd's watchdog as long as every loop turns; PostgreSQL being away is no reason to be killed."""
        while True:
            dead = [check.subject for check in report(await self.facts()).checks if _is_dead_loop(check)]
            if dead:
                log.error("watchdog_not_fed", loops=dead)
            else:
                notify.watchdog()
            await asyncio.sleep(WATCH.total_seconds())


def _is_dead_loop(check: Check) -> bool:
    return check.component == "loops" and check.status is Status.FAIL
