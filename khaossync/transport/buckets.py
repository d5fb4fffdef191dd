"""How many calls one API takes: a fixed number per period, or a bucket of tokens that the server counts as well."""

import asyncio
from dataclasses import dataclass
from typing import Protocol

from aiolimiter import AsyncLimiter


@dataclass(frozen=True, slots=True)
class Call:
    """A call whose tokens were taken at an instant of the event loop; `landed` had come back by then, in tokens."""

    cost: float
    at: float
    landed: float = 0.0


@dataclass(frozen=True, slots=True)
class Charge:
    """What an answer says: what its call has cost, and the server's bucket then (`restore_rate` is per second)."""

    spent: float
    available: float
    maximum: float
    restore_rate: float


class Bucket(Protocol):
    """Tokens of one API."""

    @property
    def maximum(self) -> float:
        """How many it holds when it is full."""

    def wait(self, tokens: float) -> float:
        """Seconds after which it is worth looking whether it holds so many; 0 when it does."""

    async def take(self, cost: float) -> Call:
        """Take what `wait` has just found there, at once; of a call dearer than a full bucket, all there is."""

    def landed(self, call: Call) -> None:
        """A call has come back, answered or not."""

    def told(self, call: Call, charge: Charge) -> None:
        """Believe what the answer to a call says."""


class Budget:
    """A fixed number of calls per period, for APIs that publish a rate and tell nothing more."""

    def __init__(self, calls: float, seconds: float) -> None:
        self._bucket = AsyncLimiter(calls, seconds)
        self._pause = seconds / calls / 4  # aiolimiter does not tell how long; four looks in the time of one call

    @property
    def maximum(self) -> float:
        return self._bucket.max_rate

    def wait(self, tokens: float) -> float:
        return 0.0 if self._bucket.has_capacity(min(tokens, self.maximum)) else self._pause

    async def take(self, cost: float) -> Call:
        await self._bucket.acquire(min(cost, self.maximum))
        return Call(cost, asyncio.get_running_loop().time())

    def landed(self, call: Call) -> None:
        """A fixed budget counts calls that were made, not those under way."""

    def told(self, call: Call, charge: Charge) -> None:
        """A fixed budget has nothing to learn."""


class CostBucket:
    """A bucket that another app may drain too: it reckons for itself, within what the server's own count allows.

    Starts with what it is told until the first answer. A figure may be older than it looks, for answers overtake each
    other: calls that were under way while it travelled may be counted in it or not. So a reckoning that agrees with
    the figure in one of both ways stands; any other gives way to the figure less all of those calls.
    """

    def __init__(self, available: float, maximum: float, restore_rate: float) -> None:
        self._tokens = available
        self._maximum = maximum
        self._rate = restore_rate
        self._at: float | None = None
        self._taken = 0.0
        self._landed = 0.0

    @property
    def maximum(self) -> float:
        return self._maximum

    @property
    def tokens(self) -> float:
        """Tokens that could be spent now."""
        now = asyncio.get_running_loop().time()
        if self._at is not None:
            self._tokens = min(self._most, self._tokens + (now - self._at) * self._rate)
        self._at = now
        return self._tokens

    @property
    def _most(self) -> float:
        """A full bucket less what is under way: the server may not have counted it, and restores nothing over full."""
        return self._maximum - (self._taken - self._landed)

    def wait(self, tokens: float) -> float:
        return max(0.0, (min(tokens, self._maximum) - self.tokens) / self._rate)

    async def take(self, cost: float) -> Call:
        call = Call(min(cost, self._maximum), asyncio.get_running_loop().time(), self._landed)
        self._tokens = self.tokens - call.cost
        self._taken += call.cost
        return call

    def landed(self, call: Call) -> None:
        self._tokens = self.tokens  # what was restored up to now, before there is room for more
        self._landed += call.cost

    def told(self, call: Call, charge: Charge) -> None:
        reckoned = self.tokens + call.cost - charge.spent
        least = charge.available - (self._taken - call.landed - call.cost)
        restored = (asyncio.get_running_loop().time() - call.at) * charge.restore_rate
        most = charge.available + restored + 1  # it is told in whole tokens
        self._maximum, self._rate = charge.maximum, charge.restore_rate
        self._tokens = min(reckoned if least <= reckoned <= most else least, self._most)
