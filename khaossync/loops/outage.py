"""Knows whether a connector may be called: logs once down and once up, and pings instead of working while down."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from khaossync.clock import Clock
from khaossync.domain.errors import SyncError
from khaossync.ports import Connector

log = structlog.get_logger()


@dataclass(slots=True)
class Outage:
    """The state of one connector, shared by all its loops.

    While it is down `usable` rests for a moment, and pings at most once in `patience`. Until it has `answered` for the
    first time since we started, that it is not known to be down does not mean that it is up.
    """

    connector: Connector
    clock: Clock
    patience: timedelta = timedelta(seconds=5)
    since: datetime | None = None
    reason: str = ""
    answered: bool = False
    _next_ping: float = 0
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def down(self, error: SyncError) -> bool:
        """Stop all calls until a ping succeeds, unless one succeeds at once.

        Then the connector is well and only this one call is refused (a scope that the app lacks): returns False, and
        the caller deals with its own error instead of stopping the others.
        """
        async with self._turn:
            if self.since is None and await self._answers() is None:
                return False
            self._stop(error)
            return True

    def _stop(self, error: SyncError) -> None:
        self._next_ping = self.clock.monotonic() + self.patience.total_seconds()
        self.reason = str(error)
        if self.since is None:
            self.since = self.clock.now()
            log.warning("connector_down", connector=self.connector.name, reason=self.reason)

    async def usable(self) -> bool:
        """Whether the connector may be called now; while it is down this takes about a second."""
        if self.since is None:
            return True
        await asyncio.sleep(min(1.0, self.patience.total_seconds()))
        async with self._turn:
            if self.since is not None and self.clock.monotonic() >= self._next_ping:
                await self._ping()
        return self.since is None

    async def _answers(self) -> SyncError | None:
        try:
            await self.connector.probe.ping()
        except SyncError as error:
            return error
        self.answered = True
        return None

    async def _ping(self) -> None:
        if error := await self._answers():
            self._stop(error)
            return
        began, self.since, self.reason = self.since, None, ""
        away = (self.clock.now() - began).total_seconds() if began else 0
        log.info("connector_up", connector=self.connector.name, away_seconds=round(away, 1))
