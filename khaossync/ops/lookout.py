"""Facts for whoever asks: gathered at most once a second, and never waited for longer than a probe's patience."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog

from khaossync.clock import Clock
from khaossync.ops.health import Facts, Report, blind, report

log = structlog.get_logger()

Gather = Callable[[], Awaitable[Facts]]


class Lookout:
    """Stands between the probes and the facts.

    Probes that come together share one gathering. One that takes longer than `patience` is cancelled, and even
    when it resists cancellation (a driver that waits for a dead server to confirm) no probe waits any longer.
    """

    def __init__(
        self,
        gather: Gather,
        clock: Clock,
        *,
        keep: timedelta = timedelta(seconds=1),
        patience: timedelta = timedelta(milliseconds=800),
    ) -> None:
        self._gather = gather
        self._clock = clock
        self._keep = keep.total_seconds()
        self._patience = patience.total_seconds()
        self._too_slow = f"no answer within {self._patience:g} s"
        self._under_way: asyncio.Task[Facts] | None = None
        self._facts: Facts | None = None
        self._why = "nothing was gathered yet"
        self._good_until = 0.0

    async def facts(self) -> Facts | None:
        """The facts of this second; None when they cannot be had."""
        if self._under_way is None and self._clock.monotonic() >= self._good_until:
            self._under_way = asyncio.create_task(self._gathered(), name="gather the facts")
            self._under_way.add_done_callback(self._keep_result)
        if task := self._under_way:
            await asyncio.wait({task}, timeout=self._patience)
            if not task.done():
                task.cancel()
                self._facts, self._why = None, self._too_slow
        return self._facts

    async def report(self) -> Report:
        """The verdict of this second; it fails when the facts cannot be had."""
        facts = await self.facts()
        return report(facts) if facts else blind(self._why)

    async def close(self) -> None:
        """Give up a gathering under way."""
        if task := self._under_way:
            task.cancel()
            await asyncio.wait({task}, timeout=self._patience)

    async def _gathered(self) -> Facts:
        return await self._gather()

    def _keep_result(self, task: asyncio.Task[Facts]) -> None:
        self._under_way, self._facts = None, None
        self._good_until = self._clock.monotonic() + self._keep
        if task.cancelled():
            self._why = self._too_slow
        elif error := task.exception():
            self._why = type(error).__name__
            log.warning("facts_not_gathered", error=self._why, text=str(error))
        else:
            self._facts = task.result()
