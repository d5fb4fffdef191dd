"""`python -m benchmarks.outbox.peers.pgqueuer_one`: PgQueuer, as fast as its options make it."""

import asyncio
import json
from collections.abc import Callable, Sequence
from datetime import timedelta

import asyncpg
import uvloop
from pgqueuer import PgQueuer
from pgqueuer.models import Job
from pgqueuer.queries import Queries

from benchmarks.outbox.stage import Contender, Tally, Work, body, play

BATCH = 500
POOL = 16
_AT_ONCE = 1000


class Peer(Contender):
    """A pool, a batch of 500; it keeps no order per key, so keys are only noted."""

    def __init__(self, dsn: str, batch: int = BATCH) -> None:
        self._dsn = dsn
        self._batch = batch
        self._pool: asyncpg.Pool

    async def install(self) -> None:
        connection = await asyncpg.connect(self._dsn)
        await Queries.from_asyncpg_connection(connection).install()
        await connection.close()

    async def open(self) -> None:
        self._pool = await asyncpg.create_pool(self._dsn, min_size=POOL, max_size=POOL)
        self._queries = Queries.from_asyncpg_pool(self._pool)

    async def close(self) -> None:
        await self._pool.close()

    async def fill(self, work: Sequence[Work], deferred: bool) -> None:
        later = timedelta(hours=1) if deferred else None
        for first in range(0, len(work), _AT_ONCE):
            part = work[first : first + _AT_ONCE]
            await self._queries.enqueue(
                ["deliver"] * len(part),
                [_payload(one) for one in part],
                [0] * len(part),
                [later] * len(part),
                [str(one.number) for one in part],
            )

    async def tell(self, work: Work) -> None:
        await self._queries.enqueue("deliver", _payload(work), dedupe_key=str(work.number))

    async def drain(self, tally: Tally, stop: asyncio.Event) -> None:
        def handled(_number: int) -> None:
            tally.finish(1)

        await self._run(handled, stop)

    async def wake(self, started: Callable[[int], None], stop: asyncio.Event) -> None:
        await self._run(started, stop)

    async def _run(self, handled: Callable[[int], None], stop: asyncio.Event) -> None:
        queue = PgQueuer.from_asyncpg_pool(self._pool)

        @queue.entrypoint("deliver")  # type: ignore[untyped-decorator]  # not installed where types are checked
        async def deliver(job: Job) -> None:
            assert job.payload is not None  # noqa: S101
            handled(int(json.loads(job.payload)["despatch_id"]))

        running = asyncio.create_task(queue.qm.run(batch_size=self._batch))
        await stop.wait()
        queue.shutdown.set()
        await running


def _payload(work: Work) -> bytes:
    return json.dumps(body(work.number)).encode()


if __name__ == "__main__":
    uvloop.run(play(Peer))
