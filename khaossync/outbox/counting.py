"""Counting: how deep the queues are, what blocks them, and what awaits people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from khaossync.outbox.database import Connection, Database

# Each queue's unfinished messages, and since when its oldest could have gone: what waits, is parked or stands behind
# such a message could not.
DEPTHS = """
select m.destination, m.kind, count(*) as depth, min(m.ready_at) filter (
    where m.state = 'ready' and not exists (
        select from khaossync.messages b
        where b.destination = m.destination and b.key = m.key and b.id < m.id and b.state <> 'ready'
    )
) as oldest_at
from khaossync.messages m group by m.destination, m.kind order by m.destination, m.kind"""

# Every state of every queue.
STATES = """
select destination, kind, state, count(*) as count, min(created_at) as oldest_at
from khaossync.messages group by destination, kind, state order by destination, kind, state"""

# Law 3 says so: which messages hold up others of their key.
BLOCKERS = """
select b.id, b.destination, b.kind, b.key, b.state, b.created_at, count(*) as behind
from khaossync.messages b join khaossync.messages m
    on m.destination = b.destination and m.key = b.key and m.id > b.id
where b.state <> 'ready'
group by b.id order by b.created_at, b.id limit $1"""

OPEN_CASES = "select class, count(*) as count from khaossync.cases where state = 'open' group by class"
CURSORS = "select source, stream, read_at from khaossync.cursors where source <> '' order by source, stream"
# Who owns each connector, and whether its session still holds the lock.
OWNERS = """
select o.connector, o.holder, o.epoch, o.since, exists (
    select from pg_locks l
    where l.locktype = 'advisory' and l.objsubid = 1 and l.granted
        and l.database = (select oid from pg_database where datname = current_database())
        and (l.classid::bigint << 32) | l.objid::bigint = hashtextextended('khaossync/owner/' || o.connector, 0)
) as held
from khaossync.owners o order by o.connector"""
# Counts all that was ever asked for; for a person who waits, not for a probe.
LEDGER = "select outcome, count(*) as count from khaossync.ledger group by outcome"


@dataclass(frozen=True, slots=True)
class Depth:
    """A queue's unfinished messages; `oldest_at` is since when one could have gone, None when none can."""

    destination: str
    kind: str
    depth: int
    oldest_at: datetime | None


@dataclass(frozen=True, slots=True)
class StateCount:
    """The messages of one queue in one state, and when the oldest was accepted."""

    destination: str
    kind: str
    state: str
    count: int
    oldest_at: datetime


@dataclass(frozen=True, slots=True)
class Blocker:
    """A message that holds up `behind` others of its key."""

    message_id: int
    destination: str
    kind: str
    key: str
    state: str
    created_at: datetime
    behind: int


@dataclass(frozen=True, slots=True)
class StreamRead:
    """When a stream was last read up to its present."""

    source: str
    stream: str
    read_at: datetime


@dataclass(frozen=True, slots=True)
class Owner:
    """Who owns a connector, or owned it last when it is not `held` any more."""

    connector: str
    holder: str
    epoch: int
    since: datetime
    held: bool


@dataclass(frozen=True, slots=True)
class Status:
    """The outbox at a glance; `ledger` counts every effect ever asked for by its outcome."""

    states: Sequence[StateCount]
    blockers: Sequence[Blocker]
    cases: Mapping[str, int]
    streams: Sequence[StreamRead]
    owners: Sequence[Owner]
    ledger: Mapping[str, int]


async def depths(connection: Connection) -> Sequence[Depth]:
    """The depth of each queue that is not empty."""
    return [Depth(*row) for row in await connection.fetch(DEPTHS)]


async def open_cases(connection: Connection) -> Mapping[str, int]:
    """The number of open cases by class."""
    return {row["class"]: row["count"] for row in await connection.fetch(OPEN_CASES)}


async def status(database: Database, *, blockers: int = 50) -> Status:
    """The outbox at a glance, with at most so many blockers, the oldest first."""
    async with database.connection() as connection:
        return Status(
            [StateCount(*row) for row in await connection.fetch(STATES)],
            [Blocker(*row) for row in await connection.fetch(BLOCKERS, blockers)],
            await open_cases(connection),
            [StreamRead(*row) for row in await connection.fetch(CURSORS)],
            [Owner(*row) for row in await connection.fetch(OWNERS)],
            {row["outcome"]: row["count"] for row in await connection.fetch(LEDGER)},
        )
