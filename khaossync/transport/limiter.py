"""Paces the calls to one API: one queue of all who wait, in front of one bucket."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from math import inf

from khaossync.transport.buckets import Bucket, Call, Charge
from khaossync.transport.priority import Priority
from khaossync.transport.shares import Caller, Shares

_INSTANT = 1e-6
"""Seconds not worth sleeping: below a clock's resolution a wait would never come to its end."""

_LONGEST_REST = 60.0
"""Seconds; a call that was lost after minutes must not silence the loops behind it for minutes more."""


@dataclass(frozen=True, slots=True, eq=False)
class _Waiter(Caller):
    door: str
    bell: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(frozen=True, slots=True)
class Turn:
    """A call that may be made now."""

    priority: Priority
    door: str
    call: Call


class Limiter:
    """Lets calls through when there are tokens for them, the most urgent first (`Shares` tells who is next).

    `places` says how many calls may be under way at once through a door; a door that is not named has no bounds.
    `rest` says how long background calls rest after one of them, as a multiple of the time it took: 1 leaves a
    system at least half of its time, however slow it is.
    """

    def __init__(self, bucket: Bucket, *, places: Mapping[str, int] | None = None, rest: float = 0.0) -> None:
        self._bucket = bucket
        self._places = places or {}
        self._rest = rest
        self._shares = Shares()
        self._waiting: list[_Waiter] = []
        self._under_way: Counter[str] = Counter()
        self._open_at = -inf
        self._rested_at = -inf
        self._timer: asyncio.TimerHandle | None = None

    @asynccontextmanager
    async def turn(self, priority: Priority, cost: float, door: str = "") -> AsyncIterator[Turn]:
        """Wait for this call's turn and take its tokens; the call is under way while the block lasts.

        Who is cancelled while he waits has taken nothing.
        """
        turn = await self._admitted(_Waiter(priority, cost, _now(), door))
        try:
            yield turn
        finally:
            self._landed(turn)

    def told(self, turn: Turn, charge: Charge) -> None:
        """Believe what the answer to a call says of the server's bucket."""
        self._bucket.told(turn.call, charge)
        # A second's tokens more: what is put aside may run ahead of what is restored by so much.
        self._shares.cut(charge.available + charge.restore_rate)
        self._stir()

    def pause(self, seconds: float) -> None:
        """Let no call through for this long (a 429 or its equivalent)."""
        self._open_at = max(self._open_at, _now() + seconds)

    async def _admitted(self, waiter: _Waiter) -> Turn:
        self._waiting.append(waiter)
        try:
            while self._next() != (waiter, 0.0):
                self._stir()
                await waiter.bell.wait()
                waiter.bell.clear()
            call = await self._bucket.take(waiter.cost)
            others = [one for one in self._waiting if one is not waiter]
            self._shares.spent(waiter, others, self._bucket.maximum, _now())
            self._under_way[waiter.door] += 1
            return Turn(waiter.priority, waiter.door, call)
        finally:
            self._waiting.remove(waiter)
            self._shares.keep(one.priority for one in self._waiting)
            self._stir()

    def _landed(self, turn: Turn) -> None:
        self._bucket.landed(turn.call)
        self._under_way[turn.door] -= 1
        if turn.priority.is_background:
            now = _now()
            rested_at = now + min(self._rest * (now - turn.call.at), _LONGEST_REST)
            self._rested_at = max(self._rested_at, rested_at)  # a short call must not end the rest after a long one
        self._stir()

    def _stir(self) -> None:
        """Call who may go now, or look again when somebody may."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        waiter, wait = self._next()
        if waiter is not None and not wait:
            waiter.bell.set()
        elif wait < inf:
            self._timer = asyncio.get_running_loop().call_later(wait, self._stir)

    def _next(self) -> tuple[_Waiter | None, float]:
        """Who goes next and in how many seconds; nobody yet where all who could go are resting."""
        now = _now()
        rest = self._rested_at - now
        placed = [one for one in self._waiting if self._under_way[one.door] < self._places.get(one.door, inf)]
        awake = [one for one in placed if rest <= _INSTANT or not one.priority.is_background]
        chosen = self._shares.choose(awake, self._bucket.maximum)
        if chosen is None:
            return None, rest if placed else inf
        wait = max(self._open_at - now, self._bucket.wait(chosen.need))
        return chosen.caller, wait if wait > _INSTANT else 0.0


def _now() -> float:
    return asyncio.get_running_loop().time()
