"""Notices when something holds up the event loop, and for how long."""

import asyncio
from collections import deque
from datetime import timedelta

import structlog

from khaossync.clock import Clock
from khaossync.ports import Meter

log = structlog.get_logger()

_NAP = 0.02
_WINDOW = 15


class LagMonitor:
    """Naps briefly and sees how late it wakes up: that is how long everything else was kept waiting too.

    Once a second it sets `event_loop_lag_seconds` to the longest delay of the last 15 seconds, and warns of a
    delay over `threshold` in that second.
    """

    def __init__(self, clock: Clock, meter: Meter, threshold: timedelta = timedelta(milliseconds=50)) -> None:
        self._clock = clock
        self._meter = meter
        self._threshold = threshold.total_seconds()
        self._worst: deque[float] = deque(maxlen=_WINDOW)

    async def run(self, stop: asyncio.Event) -> None:
        """Watch until `stop` is set."""
        while not stop.is_set():
            self._tell(await self._watch(stop))

    async def _watch(self, stop: asyncio.Event) -> float:
        worst, now = 0.0, self._clock.monotonic()
        end = now + 1.0
        while now < end and not stop.is_set():
            slept_at = now
            await asyncio.sleep(_NAP)
            now = self._clock.monotonic()
            worst = max(worst, now - slept_at - _NAP)
        return worst

    def _tell(self, worst: float) -> None:
        self._worst.append(worst)
        self._meter.gauge("event_loop_lag_seconds", max(self._worst))
        if worst > self._threshold:
            log.warning("event_loop_blocked", milliseconds=round(worst * 1000))
