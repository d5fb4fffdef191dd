"""Token buckets: how fast one platform's API may be called."""

import asyncio
import contextlib
from typing import Protocol

from aiolimiter import AsyncLimiter

_INSTANT = 1e-6
"""Seconds not worth sleeping: below a clock's resolution a wait would never come to its end."""


class Limiter(Protocol):
    """Paces the calls to one API."""

    async def acquire(self, cost: float) -> None:
        """Wait until a call of this cost may be made, and take its tokens."""

    def feed(self, available: float, maximum: float, restore_rate: float) -> None:
        """Believe the server's own count: tokens available now, the bucket's size, tokens restored a second."""

    def landed(self, cost: float) -> None:
        """Tell that a call of this cost is no longer in flight, answered or not."""

    def pause(self, seconds: float) -> None:
        """Let no call through for this long (a 429 or its equivalent)."""


class Budget:
    """A fixed number of calls per period, for APIs that publish a rate and tell nothing more."""

    def __init__(self, calls: float, seconds: float) -> None:
        self._bucket = AsyncLimiter(calls, seconds)
        self._open_at = 0.0

    async def acquire(self, cost: float) -> None:
        while (wait := self._open_at - asyncio.get_running_loop().time()) > _INSTANT:
            await asyncio.sleep(wait)
        await self._bucket.acquire(cost)

    def feed(self, available: float, maximum: float, restore_rate: float) -> None:
        """A fixed budget has nothing to learn."""

    def landed(self, cost: float) -> None:
        """A fixed budget counts calls that were made, not those under way."""

    def pause(self, seconds: float) -> None:
        self._open_at = max(self._open_at, asyncio.get_running_loop().time() + seconds)


class CostBucket:
    """A bucket that another app may drain too: it follows the server's own count.

    Starts with what it is told until the first answer. The server's figure minus our calls in flight is the truth:
    its news is believed at once, also by who waits already, and tokens restore at the server's rate. Callers are
    served in order, so that a dear call is not starved by cheap ones.
    """

    def __init__(self, available: float, maximum: float, restore_rate: float) -> None:
        self._tokens = available
        self._maximum = maximum
        self._rate = restore_rate
        self._at: float | None = None
        self._open_at = 0.0
        self._in_flight = 0.0
        self._turn = asyncio.Lock()
        self._told = asyncio.Event()

    @property
    def tokens(self) -> float:
        """Tokens that could be spent now."""
        self._restore()
        return self._tokens

    async def acquire(self, cost: float) -> None:
        async with self._turn:
            while (wait := self._wait(cost)) > _INSTANT:
                self._told.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._told.wait(), wait)
            self._tokens -= cost
            self._in_flight += cost

    def feed(self, available: float, maximum: float, restore_rate: float) -> None:
        self._maximum, self._rate = maximum, restore_rate
        self._at = asyncio.get_running_loop().time()
        self._tokens = min(available - self._in_flight, maximum)
        self._told.set()

    def landed(self, cost: float) -> None:
        self._in_flight = max(0.0, self._in_flight - cost)

    def pause(self, seconds: float) -> None:
        self._open_at = max(self._open_at, asyncio.get_running_loop().time() + seconds)

    def _wait(self, cost: float) -> float:
        self._restore()
        now = asyncio.get_running_loop().time()
        affordable = min(cost, self._maximum)
        return max(self._open_at - now, (affordable - self._tokens) / self._rate)

    def _restore(self) -> None:
        now = asyncio.get_running_loop().time()
        if self._at is not None:
            self._tokens = min(self._maximum, self._tokens + (now - self._at) * self._rate)
        self._at = now
