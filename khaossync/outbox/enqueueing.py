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
    select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[])
        with ordinality as told (destination, kind, key, version, source, body, expires_at, place)
), fresh as (
    insert into khaossync.ledger (key, destination, kind, version, accepted_at)
    select key, destination, kind, version, $8 from told order by place
    on conflict do nothing
    returning id, key, destination, kind, version
)
insert into khaossync.messages (id, destination, kind, key, version, source, body, created_at, ready_at, expires_at)
select fresh.id, destination, kind, key, version, told.source, told.body::jsonb, $8, $8, told.expires_at
from fresh join told using (destination, kind, key, version)
order by fresh.id
returning destination, kind, key, version"""


async def enqueue(connection: Connection, told: Iterable[NewMessage], now: datetime) -> set[Effect]:
    """Store those messages whose effect was never asked for before; returns which these are."""
    messages = {effect(message): message for message in reversed(list(told))}
    if not messages:
        return set()
    table = columns((_row(message, now) for message in reversed(messages.values())), 7)
    return {tuple(row) for row in await connection.fetch(ENQUEUE, *table, now)}


def _row(message: NewMessage, now: datetime) -> tuple[object, ...]:
    body = dump_message(message.kind, message.body)
    return (*effect(message), message.source, body, now + LIFETIMES[message.kind])
