"""Gathering: calls that arrive while a transaction is under way share the next one."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from khaossync.domain.errors import TransientError

T = TypeVar("T")
R = TypeVar("R")


class Gathering(Generic[T, R]):
    """Does items together: at most `width` groups at a time, of at most `limit` items each.

    A group that fails for another reason than PostgreSQL's absence is done again item by item, so that one bad
    item fails alone; the work must therefore bear being done twice.
    """

    def __init__(self, work: Callable[[Sequence[T]], Awaitable[Sequence[R]]], *, width: int, limit: int) -> None:
        self._work = work
        self._width = width
        self._limit = limit
        self._waiting: list[tuple[T, asyncio.Future[R]]] = []
        self._working = 0
        self._runners: set[asyncio.Task[None]] = set()

    async def do(self, item: T) -> R:
        """The item's own result. A caller that is cancelled does not stop the work on its item."""
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._working < self._width:
            self._working += 1
            runner = asyncio.create_task(self._run())
            self._runners.add(runner)
            runner.add_done_callback(self._runners.discard)
        return await future

    async def close(self) -> None:
        """Return when everything under way is done."""
        while self._runners:
            await asyncio.wait(self._runners)

    async def _run(self) -> None:
        try:
            while self._waiting:
                group, self._waiting = self._waiting[: self._limit], self._waiting[self._limit :]
                await self._attempt(group)
        finally:
            self._working -= 1  # in the same step as seeing that nothing waits, or the next call would wait for ever

    async def _attempt(self, group: Sequence[tuple[T, "asyncio.Future[R]"]]) -> None:
        [outcome] = await asyncio.gather(self._work([item for item, _ in group]), return_exceptions=True)
        lonely = len(group) == 1 or isinstance(outcome, TransientError)
        if isinstance(outcome, BaseException) and not lonely:
            for single in group:
                await self._attempt([single])
            return
        for place, (_, future) in enumerate(group):
            if future.done():  # its caller was cancelled
                continue
            if isinstance(outcome, BaseException):
                future.set_exception(outcome)
            else:
                future.set_result(outcome[place])
