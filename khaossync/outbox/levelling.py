"""Law 4: of stock levels only the newest unsent one per destination and key exists."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import asyncpg

from khaossync.domain.documents import Kind
from khaossync.domain.levels import ORDERS_FIRST
from khaossync.domain.messages import LIFETIMES, NewMessage
from khaossync.domain.stock import ChannelLevel, Sale, Wanted
from khaossync.outbox.codec import dump_message, storable
from khaossync.outbox.database import Connection
from khaossync.outbox.rows import columns, expecting

SKEW = timedelta(seconds=5)
"""How far a channel's clock may be ahead of ours. A sale that is wrongly taken to be in what was seen already keeps its
units back until the next reading; one that is wrongly taken off once more lets them be sold twice."""

Lane = tuple[str, str]
"""(destination, key) of a level."""

# Whoever changes an unfinished level holds its row here first, always in this order, so that nobody waits in a circle.
LOCK_LEVELS = """
select l.destination, l.key, l.desired, l.shown, l.serial, l.shown_at, l.seen_at, l.sold_at
from khaossync.levels l join unnest($1::text[], $2::text[]) as told (destination, key) using (destination, key)
order by l.destination, l.key
for update of l"""

# Which of these levels are still on their way, and what those that correct what was seen had left there.
UNFINISHED = """
select m.destination, m.key, (m.body ->> 'left')::int as left
from khaossync.messages m join unnest($1::text[], $2::text[]) as told (destination, key) using (destination, key)
where m.kind = 'stock_level'"""

# What each channel should show now, and what it was seen to show. What a clock that was ahead has noted was so by now:
# until its time had come, no reading would be believed.
KEEP_LEVELS = """
insert into khaossync.levels as l (destination, key, desired, shown, serial, shown_at, seen_at, sold_at, desired_at)
select destination, key, desired, shown, serial, shown_at, seen_at, sold_at, $9
from unnest(
    $1::text[], $2::text[], $3::int[], $4::int[], $5::bigint[], $6::timestamptz[], $7::timestamptz[], $8::timestamptz[]
) as told (destination, key, desired, shown, serial, shown_at, seen_at, sold_at)
on conflict (destination, key) do update
set desired = excluded.desired, shown = excluded.shown, serial = excluded.serial,
    shown_at = coalesce(excluded.shown_at, case when l.shown_at > $9 then $9 else l.shown_at end),
    seen_at = coalesce(excluded.seen_at, case when l.seen_at > $9 then $9 else l.seen_at end),
    sold_at = coalesce(excluded.sold_at, case when l.sold_at > $9 then $9 else l.sold_at end),
    desired_at = case when l.desired = excluded.desired then l.desired_at else excluded.desired_at end
where (l.desired, l.shown, l.serial) is distinct from (excluded.desired, excluded.shown, excluded.serial)
    or excluded.seen_at is not null or excluded.sold_at is not null or greatest(l.shown_at, l.sold_at) > $9"""

# An unfinished level takes the newer quantity. What waits for time goes on waiting; what waited for a person or for an
# acknowledgement goes again, for it speaks of another quantity now.
REPLACE = """
update khaossync.messages m
set body = told.body::json, source = told.source, expires_at = $6, revision = m.revision + 1,
    state = case when m.state in ('parked', 'pending') then 'waiting' else m.state end,
    not_before = case when m.state in ('parked', 'pending') then $5 else m.not_before end,
    attempts = case when m.state = 'parked' then 0 else m.attempts end
from unnest($1::text[], $2::text[], $3::text[], $4::text[]) as told (destination, key, source, body)
where m.kind = 'stock_level' and m.destination = told.destination and m.key = told.key
returning m.id, m.destination, m.key, m.revision"""

# What a channel was made to show. Where a sale overtook us it was seen as well: of that sale nobody has told us yet.
DELIVERED = """
update khaossync.levels l
set shown = told.quantity, shown_at = $5, delivered_at = $5, seen_at = case when told.overtaken then $5::timestamptz end
from unnest($1::text[], $2::text[], $3::int[], $4::boolean[]) as told (destination, key, quantity, overtaken)
where l.destination = told.destination and l.key = told.key"""


# A channel that has no such item any more neither shows a level of it nor sells it; a later reading may tell it anew.
FORGET_LISTING = """
delete from khaossync.documents d
using unnest($1::text[], $2::text[]) as gone (channel, sku)
where d.source = gone.channel and d.kind = 'listing' and d.key = gone.sku"""

FORGET_LEVELS = """
delete from khaossync.levels l
using unnest($1::text[], $2::text[]) as gone (destination, key)
where l.destination = gone.destination and l.key = gone.key"""


@dataclass(frozen=True, slots=True)
class Known:
    """What is stored about a level."""

    desired: int
    shown: int | None
    serial: int
    shown_at: datetime | None = None
    seen_at: datetime | None = None
    sold_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Replaced:
    """An unfinished level that carries a newer quantity now."""

    message_id: int
    destination: str
    revision: int
    body: ChannelLevel


def lane_of(told: Wanted) -> Lane:
    """The lane of a level, as it is stored."""
    return (storable(told.destination), storable(told.level.key))


def must_go(told: Wanted, known: Known | None, unfinished: bool) -> bool:
    """Whether the channel must be told: it should show something else than before, or than it does.

    A level that nobody asked for before goes unless the channel shows it already. What is on its way already need
    not be sent because the channel does not show it yet. What the channel took off its own count by selling it need
    not be told.
    """
    wanted = told.level.quantity
    if known is None:
        return told.level.expected != wanted
    if told.sold is None:  # it will be looked at, and what is seen then decides
        return unfinished and wanted != known.desired
    if unfinished:
        return wanted != known.desired
    if told.seen is None and told.sold == ():
        return wanted != known.desired
    return wanted != shown_now(told, known)


def shown_now(told: Wanted, known: Known | None) -> int | None:
    """What the channel shows now, as far as can be told."""
    if told.seen is not None or known is None:
        return told.level.expected if known is None else told.seen
    if told.sold is None or known.shown is None:
        return known.shown
    return known.shown - sum(sale.units for sale in told.sold if _is_since(sale, known))


def _is_since(sale: Sale, known: Known) -> bool:
    """Whether a sale is not in what was shown; where that cannot be told, what makes the channel show more counts.

    What was seen was so at some moment between the beginning of its reading and the storing of it.
    """
    if sale.units < 0:
        return known.shown_at is None or sale.at > known.shown_at - SKEW
    return known.shown_at is not None and sale.at > max(known.shown_at, known.seen_at or known.shown_at) + SKEW


async def level(
    connection: Connection, told: Sequence[Wanted], now: datetime
) -> tuple[list[NewMessage], list[Replaced]]:
    """Store what channels should show; returns the messages that this asks for and those it changed in place."""
    lanes: dict[Lane, Wanted] = {}
    for one in told:
        lanes[lane_of(one)] = _merged(lanes.get(lane_of(one)), one)
    if not lanes:
        return [], []
    addresses = columns(sorted(lanes), 2)
    rows = await connection.fetch(LOCK_LEVELS, *addresses)
    known = {(row[0], row[1]): Known(*row[2:]) for row in rows}
    lanes = {lane: _in_time(item, known.get(lane)) for lane, item in lanes.items()}
    unfinished = {
        (row["destination"], row["key"]): row["left"] for row in await connection.fetch(UNFINISHED, *addresses)
    }
    going = {lane for lane, item in lanes.items() if must_go(item, known.get(lane), lane in unfinished)}
    newer = {
        lane: _still_told(lanes[lane], known.get(lane), left)
        for lane, left in unfinished.items()
        if lane in going or (left is not None and lanes[lane].sold)
    }
    replaced = await _replace(connection, newer, known, now)
    kept = (_row(lanes[lane], known.get(lane), lane in going, now) for lane in sorted(lanes))
    await connection.execute(KEEP_LEVELS, *columns(kept, 8), now)
    return [_message(lane, lanes[lane], known.get(lane), now) for lane in sorted(going - {*unfinished})], replaced


async def lock_levels(connection: Connection, lanes: Iterable[Lane]) -> None:
    """Hold the rows of these levels until the transaction ends."""
    await connection.fetch(LOCK_LEVELS, *columns(sorted(set(lanes)), 2))


async def deliver_levels(connection: Connection, delivered: Mapping[Lane, tuple[int, bool]], now: datetime) -> None:
    """Note what channels were made to show, and whether that is less than was asked for."""
    table = columns(((*lane, *made) for lane, made in sorted(delivered.items())), 4)
    await connection.execute(DELIVERED, *table, now)


async def forget_levels(connection: Connection, levels: Sequence[tuple[str, ChannelLevel]]) -> None:
    """Forget what channels were to show of items that they do not have any more."""
    await connection.execute(FORGET_LEVELS, *columns(((to, level.key) for to, level in levels), 2))
    await connection.execute(FORGET_LISTING, *columns(sorted({(to, level.sku) for to, level in levels}), 2))


async def _replace(
    connection: Connection, lanes: Mapping[Lane, Wanted], known: Mapping[Lane, Known], now: datetime
) -> list[Replaced]:
    if not lanes:
        return []
    table = columns(
        ((*lane, told.source, dump_message(Kind.STOCK_LEVEL, told.level)) for lane, told in sorted(lanes.items())), 4
    )
    rows = await connection.fetch(REPLACE, *table, now, now + LIFETIMES[Kind.STOCK_LEVEL])
    return [_replaced(row, lanes, known, now) for row in rows]


def _still_told(told: Wanted, known: Known | None, left: int | None) -> Wanted:
    """The newer level of a correction: what the channel's own sales explain is no change that nobody knows of."""
    if left is None or told.sold is None or known is None:
        return replace(told, level=replace(told.level, left=None))
    expected = left - sum(sale.units for sale in told.sold)
    found = known.shown if told.seen is None else told.seen
    return replace(told, level=replace(told.level, left=None if found == expected else expected))


def _in_time(told: Wanted, known: Known | None) -> Wanted:
    """A reading that began before our last write, or before a sale that we noted since, has not seen either."""
    if told.seen is None or told.seen_at is None or known is None:
        return told
    since = [at for at in (known.shown_at, known.sold_at) if at is not None]
    return replace(told, seen=None, seen_at=None) if since and told.seen_at <= max(since) else told


def _merged(earlier: Wanted | None, told: Wanted) -> Wanted:
    """The newest level, with all that was sold and seen since the last transaction."""
    if earlier is None:
        return told
    sold = None if earlier.sold is None or told.sold is None else (*earlier.sold, *told.sold)
    newest = earlier if told.seen is None else told
    return replace(told, sold=sold, seen=newest.seen, seen_at=newest.seen_at)


def _replaced(
    row: asyncpg.Record, lanes: Mapping[Lane, Wanted], known: Mapping[Lane, Known], now: datetime
) -> Replaced:
    lane = (row["destination"], row["key"])
    told, before = lanes[lane], known.get(lane)
    seen_at = now if told.seen is not None else (before.seen_at if before else None)
    return Replaced(row["id"], lane[0], row["revision"], expecting(told.level, shown_now(told, before), seen_at))


def _row(told: Wanted, known: Known | None, going: bool, now: datetime) -> tuple[object, ...]:
    """What a listing showed when its first level was asked for was seen too, at a time that nobody knows."""
    serial = (known.serial if known else 0) + going
    seen = told.seen if known else told.level.expected
    seen_at, sold_at = (now if seen is not None else None), (now if told.sold else None)
    shown_at = seen_at and (told.seen_at or now)
    return (*lane_of(told), told.level.quantity, shown_now(told, known), serial, shown_at, seen_at, sold_at)


def _message(lane: Lane, told: Wanted, known: Known | None, now: datetime) -> NewMessage:
    """A level that corrects what was seen gives the channel's orders a moment to be read first."""
    version = str((known.serial if known else 0) + 1)
    level, not_before = told.level, None
    if known is not None and told.seen is not None:
        level, not_before = replace(level, left=known.shown), now + ORDERS_FIRST
    return NewMessage(lane[0], Kind.STOCK_LEVEL, lane[1], version, told.source, level, not_before)
