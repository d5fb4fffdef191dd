"""Law 4: of stock levels only the newest unsent one per destination and key exists."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from khaossync.domain.documents import Kind
from khaossync.domain.messages import LIFETIMES, NewMessage
from khaossync.domain.stock import ChannelLevel
from khaossync.outbox.codec import dump_message, storable
from khaossync.outbox.database import Connection
from khaossync.outbox.rows import columns, expecting

Lane = tuple[str, str]
"""(destination, key) of a level."""

# Whoever changes an unfinished level holds its row here first, always in this order, so that nobody waits in a circle.
LOCK_LEVELS = """
select l.destination, l.key, l.desired, l.shown, l.serial
from khaossync.levels l join unnest($1::text[], $2::text[]) as told (destination, key) using (destination, key)
order by l.destination, l.key
for update of l"""

# Which of these levels are still on their way.
UNFINISHED = """
select m.destination, m.key
from khaossync.messages m join unnest($1::text[], $2::text[]) as told (destination, key) using (destination, key)
where m.kind = 'stock_level'"""

# What each channel should show now, and what it was seen to show.
KEEP_LEVELS = """
insert into khaossync.levels as l (destination, key, desired, shown, serial, desired_at)
select destination, key, desired, shown, serial, $6
from unnest($1::text[], $2::text[], $3::int[], $4::int[], $5::bigint[])
    as told (destination, key, desired, shown, serial)
on conflict (destination, key) do update
set desired = excluded.desired, shown = excluded.shown, serial = excluded.serial,
    desired_at = case when l.desired = excluded.desired then l.desired_at else excluded.desired_at end
where (l.desired, l.shown, l.serial) is distinct from (excluded.desired, excluded.shown, excluded.serial)"""

# An unfinished level takes the newer quantity. What waits for time goes on waiting; what waited for a person or for an
# acknowledgement goes again, for it speaks of another quantity now.
REPLACE = """
update khaossync.messages m
set body = told.body::jsonb, source = told.source, expires_at = $6, revision = m.revision + 1,
    state = case when m.state in ('parked', 'pending') then 'waiting' else m.state end,
    not_before = case when m.state in ('parked', 'pending') then $5 else m.not_before end,
    attempts = case when m.state = 'parked' then 0 else m.attempts end
from unnest($1::text[], $2::text[], $3::text[], $4::text[]) as told (destination, key, source, body)
where m.kind = 'stock_level' and m.destination = told.destination and m.key = told.key
returning m.id, m.destination, m.key, m.revision"""

# What a channel was made to show.
DELIVERED = """
update khaossync.levels l set shown = told.quantity, delivered_at = $4
from unnest($1::text[], $2::text[], $3::int[]) as told (destination, key, quantity)
where l.destination = told.destination and l.key = told.key"""


@dataclass(frozen=True, slots=True)
class Told:
    """A level that a channel should show, and the connector whose document asked for it."""

    destination: str
    source: str
    level: ChannelLevel

    @property
    def seen(self) -> int | None:
        """What the channel itself was just seen to show; what others expect of it is from hearsay and may be old."""
        return self.level.expected if self.source == self.destination else None


@dataclass(frozen=True, slots=True)
class Known:
    """What is stored about a level."""

    desired: int
    shown: int | None
    serial: int


@dataclass(frozen=True, slots=True)
class Replaced:
    """An unfinished level that carries a newer quantity now."""

    message_id: int
    destination: str
    revision: int
    body: ChannelLevel


def must_go(told: Told, known: Known | None, unfinished: bool) -> bool:
    """Whether the channel must be told: it should show something else than before, or was just seen to.

    A level that nobody asked for before goes unless the channel shows it already. What is on its way already need
    not be sent because the channel does not show it yet.
    """
    wanted = told.level.quantity
    if known is None:
        return told.level.expected != wanted
    return wanted != known.desired or (told.seen not in (None, wanted) and not unfinished)


async def level(
    connection: Connection, told: Sequence[tuple[str, str, ChannelLevel]], now: datetime
) -> tuple[list[NewMessage], list[Replaced]]:
    """Store what channels should show; returns the messages that this asks for and those it changed in place."""
    lanes = {(storable(to), storable(level.key)): Told(storable(to), source, level) for to, source, level in told}
    if not lanes:
        return [], []
    addresses = columns(sorted(lanes), 2)
    rows = await connection.fetch(LOCK_LEVELS, *addresses)
    known = {(row[0], row[1]): Known(row["desired"], row["shown"], row["serial"]) for row in rows}
    unfinished = {(row["destination"], row["key"]) for row in await connection.fetch(UNFINISHED, *addresses)}
    going = {lane for lane, item in lanes.items() if must_go(item, known.get(lane), lane in unfinished)}
    replaced = await _replace(connection, {lane: lanes[lane] for lane in going & unfinished}, known, now)
    await connection.execute(
        KEEP_LEVELS, *columns((_row(lanes[lane], known.get(lane), lane in going) for lane in sorted(lanes)), 5), now
    )
    return [_message(lane, lanes[lane], known.get(lane)) for lane in sorted(going - unfinished)], replaced


async def lock_levels(connection: Connection, lanes: Iterable[Lane]) -> None:
    """Hold the rows of these levels until the transaction ends."""
    await connection.fetch(LOCK_LEVELS, *columns(sorted(set(lanes)), 2))


async def deliver_levels(connection: Connection, quantities: Mapping[Lane, int], now: datetime) -> None:
    """Note what channels were made to show."""
    table = columns(((*lane, quantity) for lane, quantity in sorted(quantities.items())), 3)
    await connection.execute(DELIVERED, *table, now)


async def _replace(
    connection: Connection, lanes: Mapping[Lane, Told], known: Mapping[Lane, Known], now: datetime
) -> list[Replaced]:
    if not lanes:
        return []
    table = columns(
        ((*lane, told.source, dump_message(Kind.STOCK_LEVEL, told.level)) for lane, told in sorted(lanes.items())), 4
    )
    rows = await connection.fetch(REPLACE, *table, now, now + LIFETIMES[Kind.STOCK_LEVEL])
    return [_replaced(row, lanes, known) for row in rows]


def _replaced(row: asyncpg.Record, lanes: Mapping[Lane, Told], known: Mapping[Lane, Known]) -> Replaced:
    lane = (row["destination"], row["key"])
    body = expecting(lanes[lane].level, _shown(lanes[lane], known.get(lane)))
    return Replaced(row["id"], lane[0], row["revision"], body)


def _row(told: Told, known: Known | None, going: bool) -> tuple[object, ...]:
    serial = (known.serial if known else 0) + going
    return (told.destination, told.level.key, told.level.quantity, _shown(told, known), serial)


def _message(lane: Lane, told: Told, known: Known | None) -> NewMessage:
    version = str((known.serial if known else 0) + 1)
    return NewMessage(told.destination, Kind.STOCK_LEVEL, lane[1], version, told.source, told.level)


def _shown(told: Told, known: Known | None) -> int | None:
    if known is None:
        return told.level.expected
    return known.shown if told.seen is None else told.seen
