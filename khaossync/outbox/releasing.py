"""Releasing: parked messages go again, because a person says so or because what they waited for was mended."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg

from khaossync.domain.curing import CURED_BY_CATALOGUE, CURED_BY_CONFIGURATION
from khaossync.domain.documents import Document, Kind
from khaossync.domain.messages import LIFETIMES
from khaossync.outbox.codec import storable
from khaossync.outbox.database import Connection, Database
from khaossync.outbox.history import Change, record
from khaossync.outbox.rows import columns

# Wakes the owners of these queues in whichever process, when the transaction commits.
NOTIFY = "select pg_notify('khaossync', destination) from unnest($1::text[]) as told (destination)"

# Due at once and with its whole time before it; the owner makes it ready. Only a person gives back spent attempts.
GO = """
update khaossync.messages m
set state = 'waiting', not_before = $2::timestamptz, failures = 0, attempts = case when $3 then 0 else m.attempts end,
    expires_at = greatest(m.expires_at, $2::timestamptz + life.span)
from unnest($4::text[], $5::interval[]) as life (kind, span)
where m.id = any($1::bigint[]) and m.state = 'parked' and m.kind = life.kind
returning m.id, m.destination, m.kind, m.key"""

# The parked messages of open cases of these classes.
BY_CLASS = """
select distinct a.message_id
from khaossync.cases c join khaossync.case_messages a on a.case_id = c.id
where c.state = 'open' and c.class = any($1::text[])"""

# Those whose case names a stock code that its ERP has just told. Open cases of a few classes, found by their index;
# index; each code that they name is looked up in a hash of the told ones, however many cases the planner expects.
BY_STOCK_CODE = """
with told as materialized (select * from unnest($2::text[], $3::text[]) as told (erp, code))
select distinct a.message_id
from khaossync.cases c
    cross join lateral unnest(string_to_array(c.evidence ->> 'stock codes', ', ')) as named (code)
    join khaossync.case_messages a on a.case_id = c.id
    join khaossync.messages m on m.id = a.message_id and m.state = 'parked'
where c.state = 'open' and c.class = any($1::text[])
    and ((m.destination, named.code) in (select * from told) or (m.source, named.code) in (select * from told))"""

# By which configuration parked messages were judged last, kept like the cursor of a stream that nobody tells; true when
# it has changed.
JUDGED_BY = """
insert into khaossync.cursors as c (source, stream, cursor, read_at) values ('', 'configuration', $1, $2)
on conflict (source, stream) do update set cursor = excluded.cursor, read_at = excluded.read_at
where c.cursor <> excluded.cursor
returning true"""


async def release_after_change(database: Database, configuration: str, now: datetime) -> int:
    """Let what another configuration may cure go again, once after each change of it; returns how many messages.

    `configuration` is a fingerprint of whatever the rules depend on.
    """
    return await database.transact(_release_after_change, configuration, now)


async def release_cured(connection: Connection, told: Sequence[Document], now: datetime) -> set[str]:
    """Let orders go again that waited for these stock items; returns the destinations of what goes."""
    codes = sorted((one.source, one.key) for one in told if one.kind is Kind.STOCK_ITEM)
    if not codes:
        return set()
    classes = [one.value for one in CURED_BY_CATALOGUE]
    rows = await connection.fetch(BY_STOCK_CODE, classes, *columns(codes, 2))
    return await _release(connection, rows, "the ERP tells the stock code", now)


async def go(
    connection: Connection, message_ids: Sequence[int], now: datetime, *, afresh: bool = False
) -> Sequence[asyncpg.Record]:
    """Make parked messages due now; `afresh` gives their attempts back. Returns those that were parked."""
    lives = [(kind.value, span) for kind, span in LIFETIMES.items()]
    return await connection.fetch(GO, message_ids, now, afresh, *columns(lives, 2))


async def _release_after_change(connection: Connection, configuration: str, now: datetime) -> int:
    if not await connection.fetchval(JUDGED_BY, storable(configuration), now):
        return 0
    rows = await connection.fetch(BY_CLASS, [one.value for one in CURED_BY_CONFIGURATION])
    await connection.execute(NOTIFY, sorted(await _release(connection, rows, "the configuration changed", now)))
    return len(rows)


async def _release(connection: Connection, rows: Sequence[asyncpg.Record], why: str, now: datetime) -> set[str]:
    gone = await go(connection, [row["message_id"] for row in rows], now) if rows else []
    changes = [(row["id"], row["destination"], row["kind"], row["key"]) for row in gone]
    await record(connection, [Change(*change, "released", "khaossync", why) for change in changes], now)
    return {row["destination"] for row in gone}
