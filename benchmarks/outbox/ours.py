"""`python -m benchmarks.outbox.ours`: khaossync's own outbox, with all that it keeps."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import structlog
import uvloop

from benchmarks.judged import as_it_is
from benchmarks.outbox.stage import Contender, Tally, Work, body, play
from khaossync.clock import SystemClock
from khaossync.domain.despatch import Despatch, DespatchLine
from khaossync.domain.documents import Kind, Page
from khaossync.domain.messages import Complete, Message, NewMessage, Settlement
from khaossync.outbox import DatabaseSettings, PostgresOutbox, migrate, open_outbox
from khaossync.ports import Acceptance

BATCH = 500
WORKERS = 4
_AT_ONCE = 1000


class Ours(Contender):
    """The intent of each message is committed before it is begun, its verdict after."""

    def __init__(self, dsn: str) -> None:
        self._settings = DatabaseSettings(dsn)
        self._stack = AsyncExitStack()
        self._outbox: PostgresOutbox

    async def install(self) -> None:
        await migrate(self._settings, SystemClock())

    async def open(self) -> None:
        self._outbox = await self._stack.enter_async_context(open_outbox(self._settings, SystemClock()))
        await self._outbox.own(["shop", "erp"])

    async def close(self) -> None:
        await self._stack.aclose()

    async def fill(self, work: Sequence[Work], deferred: bool) -> None:
        not_before = datetime.now(UTC) + timedelta(hours=1) if deferred else None
        for first in range(0, len(work), _AT_ONCE):
            messages = tuple(_message(one, not_before) for one in work[first : first + _AT_ONCE])
            await self._take_in("1", messages)

    async def tell(self, work: Work) -> None:
        await self._take_in(str(work.number), (_message(work),))

    async def _take_in(self, cursor: str, messages: tuple[NewMessage, ...]) -> None:
        """As a source's page is taken in; what it leads to was judged before."""
        await self._outbox.take_in("shop", as_it_is(Acceptance("shop", "orders", Page((), cursor), messages)))

    async def drain(self, tally: Tally, stop: asyncio.Event) -> None:
        def handle(messages: Sequence[Message]) -> None:
            for message in messages:
                tally.note(message.key, int(message.version))

        workers = [asyncio.create_task(self._work(handle, tally.finish)) for _ in range(WORKERS)]
        await stop.wait()
        await _end(workers)

    async def wake(self, started: Callable[[int], None], stop: asyncio.Event) -> None:
        def handle(messages: Sequence[Message]) -> None:
            for message in messages:
                started(int(message.version))

        worker = asyncio.create_task(self._work(handle, lambda _: None))
        await stop.wait()
        await _end([worker])

    async def _work(self, handle: Callable[[Sequence[Message]], None], finish: Callable[[int], None]) -> None:
        while True:
            await self._outbox.ready("erp", Kind.DESPATCH)
            if messages := await self._outbox.claim("erp", Kind.DESPATCH, BATCH):
                await self._outbox.intend(messages)
                handle(messages)
                await self._outbox.settle([Settlement(message, Complete(message.version)) for message in messages])
                finish(len(messages))


async def _end(workers: Sequence[asyncio.Task[None]]) -> None:
    for worker in workers:
        worker.cancel()
    await asyncio.wait(workers)


def _message(work: Work, not_before: datetime | None = None) -> NewMessage:
    told = body(work.number)
    despatch = Despatch(
        **{
            **told,
            "despatched_at": datetime.fromisoformat(told["despatched_at"]),
            "lines": tuple(DespatchLine(line["stock_code"], Decimal(line["quantity"])) for line in told["lines"]),
        }
    )
    return NewMessage("erp", Kind.DESPATCH, work.key, str(work.number), "shop", despatch, not_before)


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    uvloop.run(play(Ours))
