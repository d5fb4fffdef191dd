"""New messages: one effect per key for ever, in the order of commits; what is asked for again is judged again."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import asyncpg

from khaossync.domain.messages import LIFETIMES, NewMessage
from khaossync.outbox.codec import dump_message
from khaossync.outbox.database import Connection
from khaossync.outbox.history import Change, record
from khaossync.outbox.rows import Effect, columns, effect

# Law 2 and the order of law 3. The ledger decides what is new and numbers it; only that becomes a message.
ENQUEUE = """
with told as materialized (
    select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[],
        $8::timestamptz[]) with ordinality as told (destination, kind, key, version, source, body, not_before,
        expires_at, place)
), fresh as (
    insert into khaossync.ledger (key, destination, kind, version, accepted_at)
    select key, destination, kind, version, $9 from told order by place
    on conflict do nothing
    returning id, key, destination, kind, version
)
insert into khaossync.messages (
    id, destination, kind, key, version, source, body, created_at, ready_at, expires_at, state, not_before)
select fresh.id, destination, kind, key, version, told.source, told.body::json, $9,
    coalesce(told.not_before, $9), told.expires_at,
    case when told.not_before is null then 'ready' else 'waiting' end, told.not_before
from fresh join told using (destination, kind, key, version)
order by fresh.id
returning destination, kind, key, version"""

# An effect that is asked for again and still waits takes the newer facts. Parked, it is judged by them; what did not
# fail and left no doubt goes no later than is asked for now. An order in doubt stays what may have been sent: it is
# read anew before it is sent again. A level has a law of its own.
AGAIN = """
with was as materialized (
    select m.id, m.state, told.body, told.expires_at, case
        when m.state = 'parked' then coalesce(told.not_before, $7)
        when m.failures = 0 and not m.doubt then least(m.not_before, coalesce(told.not_before, $7))
        else m.not_before
    end as due
    from khaossync.messages m
        join unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $8::timestamptz[])
            as told (destination, kind, key, version, body, not_before, expires_at)
            using (destination, kind, key, version)
    where m.state in ('waiting', 'parked') and m.kind <> 'stock_level'
    order by m.id for update of m
)
update khaossync.messages m
set state = 'waiting', not_before = was.due,
    body = case when m.doubt and m.kind = 'order' then m.body else was.body::json end,
    expires_at = greatest(m.expires_at, was.expires_at),
    failures = case when was.state = 'parked' then 0 else m.failures end
from was where m.id = was.id
returning m.id, m.destination, m.kind, m.key, was.state"""


async def ask_again(connection: Connection, told: Sequence[NewMessage], fresh: set[Effect], now: datetime) -> set[str]:
    """Let what is asked for again be judged again; returns the destinations at which something may be due sooner."""
    known = {effect(message): message for message in told if effect(message) not in fresh}
    if not known:
        return set()
    destination, kind, key, version, _, body, due, expires = columns((_row(one, now) for one in known.values()), 8)
    rows = await connection.fetch(AGAIN, destination, kind, key, version, body, due, now, expires)
    parked = [row for row in rows if row["state"] == "parked"]
    await record(connection, [_released(row) for row in parked], now)
    return {row["destination"] for row in rows}


def _released(row: asyncpg.Record) -> Change:
    message = (row["id"], row["destination"], row["kind"], row["key"])
    return Change(*message, "released", "khaossync", "it was told anew")


async def enqueue(connection: Connection, told: Iterable[NewMessage], now: datetime) -> set[Effect]:
    """Store those messages whose effect was never asked for before; returns which these are."""
    messages = {effect(message): message for message in reversed(list(told))}
    if not messages:
        return set()
    table = columns((_row(message, now) for message in reversed(messages.values())), 8)
    return {tuple(row) for row in await connection.fetch(ENQUEUE, *table, now)}


def _row(message: NewMessage, now: datetime) -> tuple[object, ...]:
    body = dump_message(message.kind, message.body)
    start = max(now, message.not_before or now)
    not_before = message.not_before if start > now else None
    return (*effect(message), message.source, body, not_before, start + LIFETIMES[message.kind])
