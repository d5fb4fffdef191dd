"""The one runner: turns a tick until told to stop, and no failure of a tick ends it."""

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from khaossync.clock import Clock
from khaossync.domain.errors import SyncError
from khaossync.ports import Meter

log = structlog.get_logger()

Tick = Callable[[], Awaitable[Mapping[str, int]]]
"""One turn of a loop; returns what it did as counts."""

_FIRST_PAUSE = timedelta(seconds=1)
_LONGEST_PAUSE = timedelta(seconds=30)  # well below the time after which a silent loop counts as dead (`app.SILENCE`)


class Waker(Protocol):
    """Ends a loop's rest early."""

    async def wait(self) -> object:
        """Return as soon as there may be work."""


class Wake:
    """A hint that there is work: any number of hints before the next look are one."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def hint(self) -> None:
        """Wake the loop, or let its next rest end at once."""
        self._event.set()

    async def wait(self, timeout: timedelta | None = None) -> bool:
        """Return True and take the hint as soon as there is one, False after `timeout`."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(None if timeout is None else timeout.total_seconds()):
                await self._event.wait()
                self._event.clear()
                return True
        return False


@dataclass(slots=True)
class Loop:
    """A named tick, turned every `interval`, sooner when woken, later while it fails.

    `beat` is called after every tick, also a failed one: it means "alive and turning". What a failing loop
    needs is told by `failing_since`, None as long as its last tick succeeded; `proved` tells that one ever did.
    """

    name: str
    tick: Tick
    interval: timedelta
    clock: Clock
    wake: Waker | None
    beat: Callable[[str], None]
    dice: random.Random
    meter: Meter | None = None
    failing_since: datetime | None = field(default=None, init=False)
    failures: int = field(default=0, init=False)
    proved: bool = field(default=False, init=False)
    _told: str | None = field(default=None, init=False)

    async def run(self, stop: asyncio.Event) -> None:
        """Turn until `stop` is set; the tick under way is finished first. Cancellation ends it at once."""
        while not stop.is_set():
            good = await self._turn()
            self.beat(self.name)
            if good:
                await self._rest(self.interval, stop, self.wake)
            else:  # a storm of hints must not hurry a loop that fails
                await self._rest(pause(self.failures, self.dice), stop, None)

    async def _turn(self) -> bool:
        began = self.clock.monotonic()
        try:
            counts = await self.tick()
        except Exception as error:  # noqa: BLE001 -- one tick must not stop its loop, whatever went wrong in it
            self._failed(error)
            return False
        self._succeeded(counts, self.clock.monotonic() - began)
        return True

    def _succeeded(self, counts: Mapping[str, int], seconds: float) -> None:
        if self.failures:
            log.info("tick_recovered", loop=self.name, failures=self.failures)
        self.failures, self.failing_since, self._told, self.proved = 0, None, None, True
        note = log.info if any(counts.values()) else log.debug
        note("tick", loop=self.name, seconds=round(seconds, 3), **counts)
        if self.meter:
            self.meter.count("loop_ticks", loop=self.name, outcome="ok")
            self.meter.gauge("loop_last_success_timestamp_seconds", self.clock.now().timestamp(), loop=self.name)

    def _failed(self, error: Exception) -> None:
        self.failures += 1
        self.failing_since = self.failing_since or self.clock.now()
        what = {"loop": self.name, "failures": self.failures, "error": type(error).__name__, "text": str(error)}
        if isinstance(error, SyncError):
            log.warning("tick_failed", **what)
        else:  # a surprise: our own errors say what happened, of this one must be seen where it comes from
            log.error("tick_failed", **what, exc_info=error if what["text"] != self._told else None)
        self._told = str(error)
        if self.meter:
            self.meter.count("loop_ticks", loop=self.name, outcome=type(error).__name__)

    async def _rest(self, length: timedelta, stop: asyncio.Event, wake: Waker | None) -> None:
        waits: list[asyncio.Future[object]] = [asyncio.ensure_future(event.wait()) for event in (stop, wake) if event]
        try:
            await asyncio.wait(waits, timeout=length.total_seconds(), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()


def pause(failures: int, dice: random.Random) -> timedelta:
    """How long to rest after so many failed ticks in a row: doubling from 1 s to 30 s, minus up to half by dice."""
    full = min(_FIRST_PAUSE * (1 << min(failures - 1, 16)), _LONGEST_PAUSE)
    return full * dice.uniform(0.5, 1.0)
