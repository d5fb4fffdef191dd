"""A feed: one queue as its owner sees it, read ahead from the table into lanes."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress

import asyncpg
import structlog

from khaossync.domain.documents import Kind
from khaossync.outbox.database import Database
from khaossync.outbox.lanes import Lanes
from khaossync.outbox.rows import MESSAGE_COLUMNS, message_of

log = structlog.get_logger()

# The next ready events of a queue, each with the older messages of its key that are unfinished and not ready. Law 3.
# Mostly nothing in the queue is so: that is found out once and not for every key, by an index that is nearly empty.
READ_EVENTS = f"""
select {MESSAGE_COLUMNS},
    case when (
        select b.id from khaossync.messages b where b.destination = $1 and b.state <> 'ready' order by b.key limit 1
    ) is not null then array(
        select b.id from khaossync.messages b
        where b.destination = m.destination and b.key = m.key and b.id < m.id and b.state <> 'ready'
    ) end as blockers
from khaossync.messages m
where m.destination = $1 and m.id + 0 > $2 and m.state = 'ready' and m.kind <> 'stock_level'
order by m.id + 0 limit $3"""  # noqa: S608  static text

# The next ready levels of a queue; there is one per key, so nothing blocks it.
READ_LEVELS = f"""
select {MESSAGE_COLUMNS}, null::bigint[] as blockers
from khaossync.messages m
where m.destination = $1 and m.id + 0 > $2 and m.state = 'ready' and m.kind = 'stock_level'
order by m.id + 0 limit $3"""  # noqa: S608  static text

# Those of the levels that we read ahead which another process has replaced since.
NEWER = f"""
select {MESSAGE_COLUMNS}
from khaossync.messages m join unnest($1::bigint[], $2::int[]) as held (id, revision) on held.id = m.id
where m.revision > held.revision"""  # noqa: S608  static text

WINDOW = 1000
"""How many rows are read at once: with more, what was decoded has left the processor's caches when it is claimed."""
BREATH = 100
"""How many bodies are decoded before the others have a turn: an order with its lines takes up to 0.2 ms."""


class Feed:
    """Messages of one destination: its levels, or its events.

    `behind` tells that the table may hold more ready rows beyond the cursor. `broken` collects the ids of rows whose
    body this release cannot read: they block their keys until they are parked.
    """

    def __init__(self, destination: str, *, levels: bool) -> None:
        self.destination = destination
        self.lanes = Lanes()
        self.behind = True
        self.bell = asyncio.Event()
        self.broken: list[asyncpg.Record] = []
        self._levels = levels
        self._statement = READ_LEVELS if levels else READ_EVENTS
        self._cursor = 0
        self._reading = asyncio.Lock()

    async def fill(self, database: Database, kind: Kind, wanted: int) -> None:
        """Read ahead until so many of this kind may be claimed, or there are no more."""
        async with self._reading:
            while self.behind and self.lanes.claimable(kind) < wanted:
                await self._read(database)

    async def ready(self, kind: Kind) -> None:
        """Return when something of this kind may be claimable."""
        while not self.behind and not self.lanes.claimable(kind):
            self.bell.clear()
            await self.bell.wait()

    def more(self) -> None:
        """The table has something new."""
        self.behind = True
        self.bell.set()

    async def refresh(self, database: Database) -> None:
        """Put newer levels, which another process accepted, into the messages that were not claimed yet."""
        if not self._levels or not (known := self.lanes.revisions()):
            return
        async with database.connection() as connection:
            rows = await connection.fetch(NEWER, list(known), list(known.values()))
        for row in rows:
            with suppress(ValueError):  # of a newer release: the older quantity goes, and then this row is read again
                message = message_of(row)
                self.lanes.swap(message.id, message.revision, message.body)

    def carries(self, row: asyncpg.Record) -> bool:
        """Whether a row belongs to this feed."""
        return bool(row["destination"] == self.destination and (row["kind"] == Kind.STOCK_LEVEL) == self._levels)

    def blocked(self) -> Mapping[int, str]:
        """The ids, with their keys, that hold up their lanes until something changes in the table."""
        unread = {row["id"] for row in self.broken}
        return {message_id: key for message_id, key in self.lanes.blocked().items() if message_id not in unread}

    async def promoted(self, rows: Sequence[asyncpg.Record]) -> None:
        """Take in rows that became ready; those beyond the cursor will be read in their turn, and only then."""
        async with self._reading:
            for row in rows:
                if row["id"] <= self._cursor:
                    self._offer(row, ())
        self.more()

    async def _read(self, database: Database) -> None:
        ended = False
        self.behind = False  # before reading, so that news during the reading sets it again
        try:
            async with database.connection() as connection:
                rows = await connection.fetch(self._statement, self.destination, self._cursor, WINDOW)
            for first in range(0, len(rows), BREATH):
                for row in rows[first : first + BREATH]:
                    self._offer(row, row["blockers"] or ())
                    self._cursor = row["id"]
                await asyncio.sleep(0)
            ended = len(rows) < WINDOW
        finally:
            self.behind = self.behind or not ended

    def _offer(self, row: asyncpg.Record, blockers: Sequence[int]) -> None:
        try:
            message = message_of(row)
        except ValueError as error:
            log.error("stored_message_unreadable", message_id=row["id"], kind=row["kind"], reason=type(error).__name__)
            self.lanes.block(row["id"], row["key"])
            self.broken.append(row)
        else:
            self.lanes.offer(message, blockers)
