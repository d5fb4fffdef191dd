"""What a page tells, stored: documents, raw texts, cursors and completely read catalogues."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

import asyncpg

from khaossync.domain.documents import Document, Unreadable
from khaossync.domain.orders import Order
from khaossync.outbox.codec import about, dump_document
from khaossync.outbox.database import Connection
from khaossync.outbox.forgetting import FORGET_PERSON
from khaossync.outbox.retention import Retention
from khaossync.outbox.rows import Identity, columns, identity
from khaossync.ports import Acceptance

# An unreadable record has no moment of its own, and must not be a new version at each reading.
NO_MOMENT = datetime.fromtimestamp(0, UTC)

# The newest state of each record. An older moment never replaces a newer one, unless that was told later than now: then
# a clock that was ahead has named it. The same version changes nothing. Tells which are about a person who was erased.
KEEP_DOCUMENTS = """
insert into khaossync.documents as d (source, kind, key, version, moment, about, number, body, received_at)
select source, kind, key, version, moment, about, number, body::jsonb, $9
from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::text[], $7::text[], $8::text[])
    as told (source, kind, key, version, moment, about, number, body)
on conflict (source, kind, key) do update
set version = excluded.version, moment = excluded.moment, about = excluded.about, number = excluded.number,
    body = excluded.body, received_at = excluded.received_at
where d.version <> excluded.version and (
    d.moment <= excluded.moment or (excluded.moment <= $9 and $9 < least(d.moment, d.received_at)))
returning source, kind, key, exists (select from khaossync.erased e where e.about = d.about) as erased"""

# Each version's raw text once; returns those that were not known. Of a person who was erased only that it was told.
KEEP_RAWS = """
insert into khaossync.raws (source, kind, key, version, moment, raw, received_at, expires_at)
select source, kind, key, version, moment,
    case when exists (select from khaossync.erased e where e.about in (told.about, told.key)) then '' else raw end,
    $8, expires_at
from unnest(
    $1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::text[], $7::timestamptz[], $9::text[]
) as told (source, kind, key, version, moment, raw, expires_at, about)
on conflict do nothing
returning source, kind, key, version"""

# Where each stream goes on, in the same transaction as what it told.
KEEP_CURSORS = """
insert into khaossync.cursors as c (source, stream, cursor, read_at)
select source, stream, cursor, $4 from unnest($1::text[], $2::text[], $3::text[]) as told (source, stream, cursor)
on conflict (source, stream) do update set cursor = excluded.cursor, read_at = excluded.read_at"""

# Which kinds a stream tells, known from its pages.
KEEP_KINDS = """
insert into khaossync.catalogues (source, stream, kind)
select source, stream, kind from unnest($1::text[], $2::text[], $3::text[]) as told (source, stream, kind)
on conflict do nothing"""

# A stream that was read to its end has told all of its kinds.
KEEP_COMPLETE = """
update khaossync.catalogues c set read_at = $3
from unnest($1::text[], $2::text[]) as told (source, stream)
where c.source = told.source and c.stream = told.stream"""


async def keep_documents(
    connection: Connection, documents: Iterable[Document], now: datetime, retention: Retention
) -> set[Identity]:
    """Store the newest version of each record; returns the records that changed."""
    told = sorted(documents, key=lambda document: document.moment)
    if not told:
        return set()
    newest = {identity(document): document for document in told}
    table = columns((_document_row(newest[key]) for key in sorted(newest)), 8)
    rows = await connection.fetch(KEEP_DOCUMENTS, *table, now)
    changed = {(row["source"], row["kind"], row["key"]) for row in rows}
    if fresh := [document for document in told if identity(document) in changed]:
        await keep_raws(connection, fresh, now, retention)
    if erased := [tuple(row)[:3] for row in rows if row["erased"]]:
        await connection.execute(FORGET_PERSON, *columns(erased, 3))
    return changed


async def keep_raws(connection: Connection, documents: Sequence[Document], now: datetime, retention: Retention) -> None:
    """Store the raw text that each of these was read from, once."""
    if documents:
        await _keep_raws(connection, [_raw_row(document, now, retention) for document in documents], now)


async def keep_unreadables(
    connection: Connection, told: Sequence[Unreadable], now: datetime, retention: Retention
) -> list[Unreadable]:
    """Keep the raw text of records that could not be read; returns those whose text was not known."""
    if not told:
        return []
    versions = {_unreadable_version(unreadable): unreadable for unreadable in told}
    rows = [_unreadable_row(unreadable, now, retention) for unreadable in told]
    return [versions[row["version"]] for row in await _keep_raws(connection, rows, now)]


async def keep_progress(connection: Connection, acceptances: Sequence[Acceptance], now: datetime) -> None:
    """Move the cursors on and note which catalogues were read to their end."""
    cursors = {(a.source, a.stream): a.page.cursor for a in acceptances}
    rows = [(source, stream, cursor) for (source, stream), cursor in sorted(cursors.items())]
    await connection.execute(KEEP_CURSORS, *columns(rows, 3), now)
    kinds = {(a.source, a.stream, document.kind.value) for a in acceptances for document in a.page.documents}
    if kinds:
        await connection.execute(KEEP_KINDS, *columns(sorted(kinds), 3))
    complete = sorted({(a.source, a.stream) for a in acceptances if a.page.complete})
    if complete:
        await connection.execute(KEEP_COMPLETE, *columns(complete, 2), now)


def unreadable_evidence(unreadable: Unreadable) -> Mapping[str, str]:
    """By which a case finds the raw text again."""
    return {
        "kind": unreadable.kind.value,
        "key": unreadable.key,
        "version": _unreadable_version(unreadable),
        "reason": unreadable.reason,
    }


async def _keep_raws(
    connection: Connection, rows: Sequence[tuple[object, ...]], now: datetime
) -> Sequence[asyncpg.Record]:
    *table, about = columns(rows, 8)
    return await connection.fetch(KEEP_RAWS, *table, now, about)


def _document_row(document: Document) -> tuple[object, ...]:
    number = document.body.number if isinstance(document.body, Order) else None
    body = dump_document(document.kind, document.body)
    return (*identity(document), document.version, document.moment, about(document), number, body)


def _raw_row(document: Document, now: datetime, retention: Retention) -> tuple[object, ...]:
    expires_at = now + retention.of(document.kind)
    return (*identity(document), document.version, document.moment, document.raw, expires_at, about(document))


def _unreadable_row(unreadable: Unreadable, now: datetime, retention: Retention) -> tuple[object, ...]:
    version = _unreadable_version(unreadable)
    record = (unreadable.source, unreadable.kind.value, unreadable.key)
    return (*record, version, NO_MOMENT, unreadable.raw, now + retention.of(unreadable.kind), unreadable.key)


def _unreadable_version(unreadable: Unreadable) -> str:
    told = repr((unreadable.source, unreadable.kind.value, unreadable.key, unreadable.raw))
    return "unreadable-" + hashlib.sha256(told.encode()).hexdigest()[:16]
