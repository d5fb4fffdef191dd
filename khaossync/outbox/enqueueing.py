"""New messages: one effect per key for ever, in the order of commits."""

from collections.abc import Iterable
from datetime import datetime

from khaossync.domain.messages import LIFETIMES, NewMessage
from khaossync.outbox.codec import dump_message
from khaossync.outbox.database import Connection
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
select fresh.id, destination, kind, key, version, told.source, told.body::jsonb, $9,
    coalesce(told.not_before, $9), told.expires_at,
    case when told.not_before is null then 'ready' else 'waiting' end, told.not_before
from fresh join told using (destination, kind, key, version)
order by fresh.id
returning destination, kind, key, version"""


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
