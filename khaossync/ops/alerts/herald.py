"""Tells one target what it should know: looks, judges, sends, and notes what was told."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from khaossync.clock import Clock
from khaossync.domain.cases import CaseClass
from khaossync.domain.errors import RateLimitedError, SyncError, TransientError
from khaossync.ops.alerts.discretion import Clean
from khaossync.ops.alerts.matters import Exits, Matter, of_cases, of_health, unsure, without_database
from khaossync.ops.alerts.policy import Notice, Wishes, applied, known_after, may_send, notices
from khaossync.ops.alerts.wording import Telling
from khaossync.ops.health import Facts
from khaossync.outbox import Database
from khaossync.outbox.alerting import Remembered, case_groups, remember, remembered
from khaossync.ports import Meter

log = structlog.get_logger()

_FIRST_REST = timedelta(seconds=30)
_LONGEST_REST = timedelta(minutes=15)


class Sender(Protocol):
    """The way to a target."""

    async def send(self, telling: Telling) -> None:
        """Return when the target took the message; sent twice it has the same id. Raises SyncError."""


@dataclass(frozen=True, slots=True)
class Target:
    """Somebody who wants to be told."""

    name: str
    wishes: Wishes
    sender: Sender


@dataclass(frozen=True, slots=True)
class Outlook:
    """Where the heralds of a daemon look. `me` is its host; `owned` are the connectors that it works for just now.

    `facts` is None when they cannot be had in time, which does not mean that PostgreSQL is away.
    """

    me: str
    facts: Callable[[], Awaitable[Facts | None]]
    owned: Callable[[], frozenset[str]]
    owners: Mapping[CaseClass, str]
    exits: Exits
    database: Database
    clean: Clean

    async def cases(self, owned: Iterable[str], known: Remembered, now: datetime) -> list[Matter]:
        """What the open cases of these connectors give to tell; raises TransientError while PostgreSQL is away."""
        groups = await case_groups(self.database, owned, known.told.values())
        return list(of_cases(groups, self.owners, now, self.clean))


@dataclass(slots=True)
class Herald:
    """Keeps one target up to date; a target that takes nothing is its own affair and tried again ever more rarely.

    What was told is noted in PostgreSQL after it was sent. Whatever could not be noted then is kept here and noted
    before anything else is told: lost with the process, it is told once more, under the same id.
    """

    target: Target
    outlook: Outlook
    clock: Clock
    meter: Meter
    _known: Remembered = field(default_factory=lambda: Remembered({}))
    _unnoted: list[tuple[datetime, Sequence[Notice]]] = field(default_factory=list)
    _away_since: datetime | None = None
    _failures: int = 0
    _rests_until: datetime | None = None
    _reason: str = ""

    async def tick(self) -> Mapping[str, int]:
        """Tell what is due. Raises TransientError as long as the target takes nothing."""
        facts = await self.outlook.facts()
        now = self.clock.now()
        due = await self._due(facts, now)
        if not due or not may_send(self._known.sent_at, self.target.wishes, now):
            return {}
        await self._send(due, now)
        if not self._away_since:
            await self._note()
        return {"notices": len(due)}

    async def _due(self, facts: Facts | None, now: datetime) -> Sequence[Notice]:
        if facts is None or facts.database_ok:
            try:
                return await self._in_sight(facts, now)
            except TransientError as error:
                log.debug("alert_in_the_dark", target=self.target.name, reason=str(error))
        return self._in_the_dark(now)

    async def _in_sight(self, facts: Facts | None, now: datetime) -> Sequence[Notice]:
        await self._note()
        # One look for all: what became ours since is not in the cases, nor in the facts, and must not seem to be over.
        owned = self.outlook.owned() - (facts.holding.elsewhere if facts else frozenset())
        self._known = await remembered(self.outlook.database, self.target.name, now)
        cases = await self.outlook.cases(owned, self._known, now)
        me, known = self.outlook.me, self._known.told
        health = of_health(facts, me, self.outlook.exits) if facts else ()
        self._away_since = None
        return notices([*cases, *health], known, self.target.wishes, owned | {me}, now, unsure(facts, me, known))

    def _in_the_dark(self, now: datetime) -> Sequence[Notice]:
        """Without PostgreSQL nothing is known to be over."""
        self._away_since = self._away_since or now
        me, known = self.outlook.me, self._known.told
        matters = [without_database(me, self._away_since)]
        return notices(matters, known, self.target.wishes, frozenset({me}), now, unsure=known)

    async def _send(self, due: Sequence[Notice], now: datetime) -> None:
        if self._rests_until and now < self._rests_until:
            raise TransientError(f"{self._reason}; not tried again before {self._rests_until:%H:%M:%S} UTC")
        try:
            await self.target.sender.send(Telling(self.outlook.me, now, due))
        except SyncError as error:
            self._failed(error)
            raise
        self._failures, self._rests_until = 0, None
        self._known = applied(self._known, due, now)
        self._unnoted.append((now, due))
        self.meter.count("alerts", target=self.target.name, outcome="sent")
        log.info("alert_sent", target=self.target.name, notices=len(due), what=[one.matter.what for one in due])

    def _failed(self, error: SyncError) -> None:
        self._failures += 1
        rest = min(_FIRST_REST * (1 << min(self._failures - 1, 10)), _LONGEST_REST)
        wait = max(rest, error.wait) if isinstance(error, RateLimitedError) else rest
        self._rests_until, self._reason = self.clock.now() + wait, str(error)
        self.meter.count("alerts", target=self.target.name, outcome=type(error).__name__)

    async def _note(self) -> None:
        while self._unnoted:
            at, sent = self._unnoted[0]
            told, resolved = known_after(sent, at)
            await remember(self.outlook.database, self.target.name, at, told, resolved)
            self._unnoted.pop(0)
