"""Between Python's objects and the table's columns."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import asyncpg

from khaossync.domain.documents import Document, Kind
from khaossync.domain.links import Link, LinkState
from khaossync.domain.messages import Message, NewMessage
from khaossync.domain.stock import ChannelLevel
from khaossync.outbox.codec import load_lines, load_message, storable

Identity = tuple[str, str, str]
"""(source, kind, key) of a document."""
Effect = tuple[str, str, str, str]
"""(destination, kind, key, version) of a message."""

# Every statement that hands out messages returns these columns of `khaossync.messages m`.
MESSAGE_COLUMNS = """
    m.id, m.destination, m.kind, m.key, m.version, m.source, m.body, m.created_at, m.expires_at, m.attempts,
    m.failures, m.revision, m.doubt,
    case when m.kind = 'stock_level' then (
        select row(l.shown, l.seen_at) from khaossync.levels l where l.destination = m.destination and l.key = m.key
    ) end as shown"""


_KINDS = {kind.value: kind for kind in Kind}


def columns(rows: Iterable[Sequence[Any]], width: int) -> list[list[Any]]:
    """Rows turned into arrays for `unnest`, every text storable."""
    return [_storable_column(column) for column in zip(*rows, strict=True)] or [[] for _ in range(width)]


def _storable_column(column: Sequence[Any]) -> list[Any]:
    texts = "".join(value for value in column if isinstance(value, str))
    if texts == storable(texts):
        return list(column)
    return [storable(value) if isinstance(value, str) else value for value in column]


def identity(document: Document) -> Identity:
    """By which a record is recognised, as it is stored."""
    return (storable(document.source), document.kind.value, storable(document.key))


def effect(message: NewMessage | Message) -> Effect:
    """By which an effect is recognised, as it is stored."""
    return (storable(message.destination), message.kind.value, storable(message.key), storable(message.version))


def message_of(row: asyncpg.Record) -> Message:
    """The message of a row; raises ValueError when its body is not of this release's shape."""
    # In the order of MESSAGE_COLUMNS, taken apart at once: a backlog is read by the hundred thousand.
    message_id, destination, name, key, version, source, text, created_at, expires_at, *rest = row
    attempts, failures, revision, doubt, shown, *_ = rest
    kind = _KINDS.get(name) or Kind(name)
    body = load_message(kind, text)
    if isinstance(body, ChannelLevel):
        body = expecting(body, *(shown or (None, None)))
    return Message(
        message_id,
        destination,
        kind,
        key,
        version,
        source,
        body,
        created_at,
        expires_at,
        attempts,
        failures,
        doubt,
        revision,
    )


def expecting(level: ChannelLevel, shown: int | None, seen_at: datetime | None) -> ChannelLevel:
    """The level with what its channel was last made to show, or was seen to show at that instant."""
    return replace(level, expected=shown, seen_at=seen_at)


def link_of(row: asyncpg.Record) -> Link:
    """The link of a row; one that was sent is closed while the ERP has no more work to do on it."""
    closed = row["state"] == LinkState.SENT and row["finished"]
    return Link(
        channel=row["channel"],
        order_id=row["order_id"],
        erp=row["erp"],
        ref=row["ref"],
        state=LinkState.CLOSED if closed else LinkState(row["state"]),
        sales_order_code=row["sales_order_code"],
        fingerprint=row["fingerprint"],
        refund_ids=tuple(json.loads(row["refund_ids"])),
        lines=load_lines(row["lines"]),
        sent_at=row["sent_at"],
    )
