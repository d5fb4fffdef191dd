"""`python -m benchmarks.outbox.peers.procrastinate_one`: Procrastinate, as fast as its options make it."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import uvloop
from procrastinate import App, PsycopgConnector

from benchmarks.outbox.stage import Contender, Tally, Work, body, play

WORKERS = 20
_AT_ONCE = 1000


class Peer(Contender):
    """Twenty jobs at a time; a lock keeps the order of its key, a queueing lock keeps a job from being told twice."""

    def __init__(self, dsn: str) -> None:
        self._app = App(connector=PsycopgConnector(conninfo=dsn, min_size=WORKERS, max_size=WORKERS + 4))
        self._handled: Callable[[str, int], None]

        @self._app.task(name="deliver")  # type: ignore[untyped-decorator]  # not installed where types are checked
        async def deliver(**told: Any) -> None:
            self._handled(told["key"], int(told["despatch_id"]))

        self._deliver = deliver

    async def install(self) -> None:
        await self._app.open_async()
        await self._app.schema_manager.apply_schema_async()
        await self._app.close_async()

    async def open(self) -> None:
        await self._app.open_async()

    async def close(self) -> None:
        await self._app.close_async()

    async def fill(self, work: Sequence[Work], deferred: bool) -> None:
        later = datetime.now(UTC) + timedelta(hours=1) if deferred else None
        for first in range(0, len(work), _AT_ONCE):
            jobs = [
                self._deliver.configure(lock=one.key, queueing_lock=str(one.number), schedule_at=later).make_new_job(
                    key=one.key, **body(one.number)
                )
                for one in work[first : first + _AT_ONCE]
            ]
            await self._app.job_manager.batch_defer_jobs_async(jobs=jobs)

    async def tell(self, work: Work) -> None:
        job = self._deliver.configure(lock=work.key, queueing_lock=str(work.number))
        await job.defer_async(key=work.key, **body(work.number))

    async def drain(self, tally: Tally, stop: asyncio.Event) -> None:
        def handled(key: str, number: int) -> None:
            tally.note(key, number)
            tally.finish(1)

        await self._run(handled, stop)

    async def wake(self, started: Callable[[int], None], stop: asyncio.Event) -> None:
        await self._run(lambda _, number: started(number), stop)

    async def _run(self, handled: Callable[[str, int], None], stop: asyncio.Event) -> None:
        self._handled = handled
        running = asyncio.create_task(
            self._app.run_worker_async(concurrency=WORKERS, install_signal_handlers=False, shutdown_graceful_timeout=5)
        )
        await stop.wait()
        running.cancel()
        await asyncio.wait([running])


if __name__ == "__main__":
    logging.disable(logging.ERROR)
    uvloop.run(play(Peer))
