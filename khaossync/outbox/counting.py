"""Counting: how deep the queues are, what blocks them, and what awaits people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from khaossync.outbox.database import Connection, Database

EXACT = 2000
"""Up to so many messages in one state a queue is counted; a deeper one is estimated."""
SAMPLED_PAGES = 1000

_EVENT, _LEVEL = "m.state = 'ready' and m.kind <> 'stock_level'", "m.state = 'ready' and m.kind = 'stock_level'"
_RESTING = "m.state <> 'ready'"
_JUMPS = """
select destination from (
    with recursive found as (
        (select m.destination from khaossync.messages m where {state} order by m.destination limit 1)
        union all
        select (
            select m.destination from khaossync.messages m
            where {state} and m.destination > found.destination order by m.destination limit 1
        ) from found where found.destination is not null
    ) select destination from found where destination is not null
) as jumps"""

# The destinations that have messages, by a jump through each state's index from one to the next.
DESTINATIONS = f"{' union '.join(_JUMPS.format(state=state) for state in (_EVENT, _LEVEL, _RESTING))} order by 1"

# A destination's first unfinished messages, and since when the oldest of them could have gone: what waits, is parked or
# stands behind such a message could not. However many there are, $2 of each state are looked at; `more` tells that
# there may be others behind them.
DEPTHS = f"""
with events as (
    select m.kind, m.ready_at, not exists (
        select from khaossync.messages b
        where b.destination = $1 and b.key = m.key and b.id < m.id and b.state <> 'ready'
    ) as free
    from (select * from khaossync.messages m where m.destination = $1 and {_EVENT} order by m.id + 0 limit $2) as m
), levels as (
    select m.kind, m.ready_at from khaossync.messages m
    where m.destination = $1 and {_LEVEL} order by m.id + 0 limit $2
), resting as (
    select m.kind from khaossync.messages m where m.destination = $1 and {_RESTING} order by m.key, m.id limit $2
), parts as (
    select kind, count(*) as count, min(ready_at) filter (where free) as oldest_at, 1 as part from events group by kind
    union all select kind, count(*), min(ready_at), 2 from levels group by kind
    union all select kind, count(*), null, 3 from resting group by kind
)
select kind, sum(count)::int as depth, min(oldest_at) as oldest_at, bool_or(more) as more
from (select *, sum(count) over (partition by part) >= $2 as more from parts) as parts
group by kind order by kind"""  # noqa: S608  static text

# So many pages picked by chance, and what the messages on them stand for.
PAGES = "select pg_relation_size('khaossync.messages') / current_setting('block_size')::int"
SAMPLE = """
select destination, kind, round(count(*) * 100 / $1::real)::int as depth
from khaossync.messages tablesample system ($1::real) group by destination, kind"""

# Every state of every queue.
STATES = """
select destination, kind, state, count(*) as count, min(created_at) as oldest_at
from khaossync.messages group by destination, kind, state order by destination, kind, state"""

# Law 3 says so: which messages hold up others of their key. The ledger knows all that was asked for of a key.
BLOCKERS = """
select b.id, b.destination, b.kind, b.key, b.state, b.created_at, count(*) as behind
from khaossync.messages b join khaossync.ledger l
    on l.key = b.key and l.destination = b.destination and l.outcome = 'open' and l.id > b.id
where b.state <> 'ready' and b.kind <> 'stock_level'
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
    """A queue's unfinished messages, estimated above a few thousand.

    `oldest_at` is since when one of its first could have gone, None when none can, or when the first thousands of the
    destination are all of another kind.
    """

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
    names = [row["destination"] for row in await connection.fetch(DESTINATIONS)]
    found = {name: await connection.fetch(DEPTHS, name, EXACT) for name in names}
    deep = any(row["more"] for rows in found.values() for row in rows)
    sampled = await _sample(connection) if deep else {}
    seen = [_depth(name, row, sampled) for name, rows in found.items() for row in rows]
    behind = sampled.keys() - {(one.destination, one.kind) for one in seen}
    return [*seen, *(Depth(*queue, sampled[queue], None) for queue in sorted(behind))]


async def _sample(connection: Connection) -> Mapping[tuple[str, str], int]:
    share = min(100.0, 100 * SAMPLED_PAGES / max(1, await connection.fetchval(PAGES)))
    rows = await connection.fetch(SAMPLE, share)
    return {(row["destination"], row["kind"]): row["depth"] for row in rows}


def _depth(destination: str, row: asyncpg.Record, sampled: Mapping[tuple[str, str], int]) -> Depth:
    about = sampled.get((destination, row["kind"]), 0) if row["more"] else 0
    return Depth(destination, row["kind"], max(row["depth"], about), row["oldest_at"])


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
