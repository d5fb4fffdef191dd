"""Judging: a page is read against what is stored and stored itself while nobody, in any process, stores anything."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from khaossync.domain.documents import Document
from khaossync.domain.knowledge import Knowledge, Question
from khaossync.outbox import knowing
from khaossync.outbox.accepting import SERIALISE, Told, accept
from khaossync.outbox.database import Connection
from khaossync.outbox.decisions import rows_of
from khaossync.outbox.retention import Retention
from khaossync.outbox.settling import fence
from khaossync.ports import Judge, Listed


async def take_in(
    connection: Connection,
    judge: Judge,
    epochs: Mapping[str, int],
    owned: Collection[str],
    now: datetime,
    retention: Retention,
    configuration: str,
) -> Told:
    """Judge and store within the caller's transaction; raises OwnershipLostError when the source is not ours.

    A level follows from the documents of several streams, which may be read by several processes: two pages judged at
    once would each miss what the other brings, or undo it. The fence keeps a successor waiting until we are done.
    """
    await connection.fetchrow(SERIALISE)
    await fence(connection, epochs)
    acceptance = await judge(Shelf(connection, now))
    decided = rows_of([acceptance.decision] if acceptance.decision else [], configuration, now, retention)
    return await accept(connection, [acceptance], owned, now, retention, decided)


class Shelf:
    """What is stored, as one transaction sees it."""

    def __init__(self, connection: Connection, now: datetime) -> None:
        self._connection = connection
        self._now = now

    async def news(self, documents: Sequence[Document]) -> Sequence[Document]:
        """As `ports.Stored` tells."""
        return await knowing.news(self._connection, documents, self._now)

    async def look_up(self, question: Question) -> Knowledge:
        """As `ports.Stored` tells."""
        return await knowing.look_up(self._connection, question)

    async def listed(self, channel: str, after: str, limit: int) -> Listed:
        """As `ports.Stored` tells."""
        return await knowing.listed(self._connection, channel, after, limit)
