"""The outbox: the port's promises, kept by PostgreSQL."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from itertools import chain

from khaossync.clock import Clock
from khaossync.domain.documents import Document, Kind
from khaossync.domain.errors import OwnershipLostError
from khaossync.domain.knowledge import Knowledge, Question
from khaossync.domain.messages import Message, MessageBody, Settlement
from khaossync.outbox import accepting, counting, holding, knowing, settling
from khaossync.outbox.counting import Depth
from khaossync.outbox.database import Database, DatabaseSettings, open_database
from khaossync.outbox.gathering import Gathering
from khaossync.outbox.migrate import ensure_current, migrate
from khaossync.outbox.queues import Queues
from khaossync.outbox.tidying import tidy
from khaossync.ports import Acceptance, Accepted, Hint, Listed


class PostgresOutbox:
    """Keeps `ports.Outbox` and `ports.Memory`; opened by `open_outbox`.

    Every method raises TransientError while PostgreSQL is away. Claims outlive that: what could not be settled is
    settled again.
    """

    def __init__(self, database: Database, clock: Clock, queues: Queues) -> None:
        self.database = database
        self._clock = clock
        self._queues = queues
        self._accepting = Gathering(self._accept, width=1, limit=64)
        self._settling = Gathering(self._settle, width=4, limit=64)

    @property
    def owned(self) -> frozenset[str]:
        """The connectors whose queues are ours now."""
        return self._queues.owned

    async def own(self, connectors: Iterable[str]) -> None:
        """Take the queues of these connectors as soon as they are free; tried once before this returns."""
        await self._queues.own(connectors)

    async def turn(self) -> None:
        """Look now at what is due, instead of within a second."""
        await self._queues.turn()

    async def cursor(self, source: str, stream: str) -> str | None:
        """Where a stream was read up to; None before its first page."""
        async with self.database.connection() as connection:
            return await knowing.cursor(connection, source, stream)

    async def read_up_to(self, source: str, stream: str, began_at: datetime) -> None:
        """Note that a reading of this stream that began then came to its end."""
        async with self.database.connection() as connection:
            await connection.execute(knowing.READ_UP_TO, source, stream, began_at)

    async def news(self, documents: Sequence[Document]) -> Sequence[Document]:
        """Those documents that differ from what is stored and are not older than it."""
        async with self.database.connection() as connection:
            return await knowing.news(connection, documents)

    async def look_up(self, question: Question) -> Knowledge:
        """Answer a question from what is stored."""
        async with self.database.connection() as connection:
            return await knowing.look_up(connection, question)

    async def open_references(self, erp: str) -> Sequence[str]:
        """The references sent to this ERP that are neither completely despatched nor cancelled, oldest first."""
        async with self.database.connection() as connection:
            return await knowing.open_references(connection, erp)

    async def versions(self, source: str, kind: Kind, keys: Iterable[str]) -> Mapping[str, str]:
        """Key → the version that is stored of it, of those that are."""
        async with self.database.connection() as connection:
            return await knowing.versions(connection, source, kind, keys)

    async def hint(self, source: str, hint: Hint) -> bool:
        """Remember a webhook's delivery; False when it was told before."""
        async with self.database.connection() as connection:
            return await knowing.remember_hint(connection, source, hint, self._clock.now())

    async def listed(self, channel: str, after: str, limit: int) -> Listed:
        """The channel's listings by SKU, so many behind this one; what is stored and cannot be read is left out."""
        async with self.database.connection() as connection:
            return await knowing.listed(connection, channel, after, limit)

    async def counted(self, channel: str, until: datetime) -> Sequence[str]:
        """The stock codes of which the channel posted units before this moment, and which the ERP was read after."""
        return await self.database.transact(holding.counted, channel, until)

    async def accept(self, acceptance: Acceptance) -> Accepted:
        """Store a page, its messages and its cursor in one transaction; pages that come together share it.

        A level's `expected` counts as seen just now: leave it None unless this page is what told it.
        """
        return await self._accepting.do(acceptance)

    async def claim(self, destination: str, kind: Kind, limit: int) -> Sequence[Message]:
        """Up to `limit` messages that may be delivered now, at most one per key; none of a queue that is not ours."""
        return await self._queues.claim(destination, kind, limit)

    async def intend(self, messages: Sequence[Message], facts: Sequence[MessageBody] | None = None) -> None:
        """Commit that these are about to be sent, and as what; raises OwnershipLostError when they are not ours."""
        self._queues.insist(messages)
        epochs = self._queues.epochs(messages)
        told = facts or [message.body for message in messages]
        await self.database.transact(settling.intend, messages, told, epochs, self._clock.now())

    async def settle(self, settlements: Sequence[Settlement]) -> None:
        """Commit the verdicts; raises OwnershipLostError, with nothing written, when another process took over."""
        if not settlements:
            return
        self._queues.insist(item.message for item in settlements)
        try:
            regained = await self._settling.do(settlements)
        except OwnershipLostError:
            self._queues.lost(item.message for item in settlements)
            raise
        for item in settlements:
            self._queues.follow(item, regained)

    def release(self, messages: Sequence[Message]) -> None:
        """Put claimed messages back untouched: nothing was tried."""
        self._queues.release(messages)

    async def ready(self, destination: str, kind: Kind) -> None:
        """Return as soon as something may be claimable here; waits while the queue is not ours."""
        await self._queues.ready(destination, kind)

    async def depths(self) -> Sequence[Depth]:
        """The depth of each queue that is not empty, and since when its oldest message could have gone."""
        async with self.database.connection() as connection:
            return await counting.depths(connection)

    async def open_cases(self) -> Mapping[str, int]:
        """The number of open cases by class."""
        async with self.database.connection() as connection:
            return await counting.open_cases(connection)

    async def tidy(self) -> Mapping[str, int]:
        """Prune everything whose time is up; returns how many rows of which sort went."""
        return await tidy(self.database, self._clock.now())

    async def close(self) -> None:
        """Finish what is being written and give up our queues."""
        await self._accepting.close()
        await self._settling.close()
        await self._queues.close()

    async def _accept(self, group: Sequence[Acceptance]) -> Sequence[Accepted]:
        told = await self.database.transact(accepting.accept, group, self.owned, self._clock.now())
        self._queues.tell(told.destinations, told.replaced, told.due)
        return told.accepted

    async def _settle(self, group: Sequence[Sequence[Settlement]]) -> Sequence[Mapping[int, Message]]:
        settled = list(chain.from_iterable(group))
        epochs = self._queues.epochs(item.message for item in settled)
        regained = await self.database.transact(settling.settle, settled, epochs, self._clock.now())
        return [regained] * len(group)


@asynccontextmanager
async def open_outbox(
    settings: DatabaseSettings,
    clock: Clock,
    *,
    migrating: bool = False,
    holder: str = "",
    grace: timedelta = timedelta(0),
) -> AsyncIterator[PostgresOutbox]:
    """Open the outbox on a schema of exactly this release, migrating it first when asked to.

    `holder` names this process to people. `grace` is how long after a takeover a message rests that a predecessor was
    about to send: at least as long as a call to a blind sink may still be at work on the other side. Raises
    ConfigError when the schema does not fit, TransientError when PostgreSQL does not answer.
    """
    if migrating:
        await migrate(settings, clock)
    async with open_database(settings) as database:
        async with database.connection() as connection:
            await ensure_current(connection)
        queues = Queues(database, clock, holder or f"{socket.gethostname()}:{os.getpid()}", grace)
        outbox = PostgresOutbox(database, clock, queues)
        keeper = asyncio.create_task(queues.keep(), name="outbox")
        keeper.add_done_callback(queues.kept)
        try:
            yield outbox
        finally:
            keeper.cancel()
            await asyncio.wait([keeper])
            await outbox.close()
