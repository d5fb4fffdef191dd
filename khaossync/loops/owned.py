"""Ownership of a loop: it works only while this process owns its connector, and begins as soon as it does."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog

from khaossync.loops.loop import Tick, Waker
from khaossync.ports import Owners

log = structlog.get_logger()
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Owned:
    """A tick and a waker for a loop whose connector may be worked for by another process.

    A tick under way when the connector goes is cancelled, unless it `finishes` what it began: a reading is taken up by
    the next owner where it was, but a delivery has begun to have its effect. `meanwhile` is done while it is not ours.
    """

    connector: str
    owners: Owners
    work: Tick
    waker: Waker | None = None
    finishes: bool = False
    meanwhile: Callable[[], Awaitable[object]] | None = None

    async def tick(self) -> Mapping[str, int]:
        """Work, if the connector is ours; counts of what was done."""
        if not self.owners.owns(self.connector):
            if self.meanwhile:
                await self.meanwhile()
            return {}
        return await self.work() if self.finishes else await self._as_long_as_ours()

    async def wait(self) -> None:
        """Return when there may be work here: the connector has become ours, or what wakes its loop says so."""
        if self.owners.owns(self.connector) and await self._woken():
            return
        await self.owners.until(self.connector, owned=True)

    async def _as_long_as_ours(self) -> Mapping[str, int]:
        working = asyncio.ensure_future(self.work())
        if await _first(working, self.owners.until(self.connector, owned=False)):
            return working.result()
        log.info("loop_left", connector=self.connector)
        return {}

    async def _woken(self) -> bool:
        waking = asyncio.ensure_future(self.waker.wait() if self.waker else asyncio.Event().wait())
        return await _first(waking, self.owners.until(self.connector, owned=False))


async def _first(wanted: "asyncio.Future[T]", other: Awaitable[None]) -> bool:
    """Whether this ended first, or with the other; whichever has not is cancelled, and has ended when this returns."""
    watching = asyncio.ensure_future(other)
    both: list[asyncio.Future[Any]] = [wanted, watching]
    try:
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        return wanted.done()
    finally:
        for one in both:
            one.cancel()
        await asyncio.gather(*both, return_exceptions=True)
