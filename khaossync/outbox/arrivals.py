"""What a page tells, stored: documents, raw texts, cursors and completely read catalogues."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from khaossync.domain.documents import Document, Kind, Unreadable
from khaossync.domain.orders import Order
from khaossync.outbox.codec import about, dump_document
from khaossync.outbox.database import Connection
from khaossync.outbox.rows import Identity, columns, identity
from khaossync.ports import Acceptance

# How long the raw text of a version is kept; stock changes all day and nobody asks about last week's.
STOCK_KEPT = timedelta(days=3)
KEPT = timedelta(days=90)
STOCK_KINDS = frozenset({Kind.STOCK_LEVEL, Kind.STOCK_ITEM, Kind.LISTING})
# An unreadable record has no moment of its own, and must not be a new version at each reading.
NO_MOMENT = datetime.fromtimestamp(0, UTC)

# The newest state of each record. An older moment never replaces a newer one, the same version changes nothing.
KEEP_DOCUMENTS = """
insert into khaossync.documents as d (source, kind, key, version, moment, about, number, body, received_at)
select source, kind, key, version, moment, about, number, body::jsonb, $9
from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::text[], $7::text[], $8::text[])
    as told (source, kind, key, version, moment, about, number, body)
on conflict (source, kind, key) do update
set version = excluded.version, moment = excluded.moment, about = excluded.about, number = excluded.number,
    body = excluded.body, received_at = excluded.received_at
where d.version <> excluded.version and d.moment <= excluded.moment
returning source, kind, key"""

# Each version's raw text once; returns those that were not known.
KEEP_RAWS = """
insert into khaossync.raws (source, kind, key, version, moment, raw, received_at, expires_at)
select source, kind, key, version, moment, raw, $8, expires_at
from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::text[], $7::timestamptz[])
    as told (source, kind, key, version, moment, raw, expires_at)
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


async def keep_documents(connection: Connection, documents: Iterable[Document], now: datetime) -> set[Identity]:
    """Store the newest version of each record; returns the records that changed."""
    told = sorted(documents, key=lambda document: document.moment)
    if not told:
        return set()
    newest = {identity(document): document for document in told}
    table = columns((_document_row(newest[key]) for key in sorted(newest)), 8)
    changed = {tuple(row) for row in await connection.fetch(KEEP_DOCUMENTS, *table, now)}
    await keep_raws(connection, [document for document in told if identity(document) in changed], now)
    return changed


async def keep_raws(connection: Connection, documents: Sequence[Document], now: datetime) -> None:
    """Store the raw text that each of these was read from, once."""
    if documents:
        await connection.fetch(KEEP_RAWS, *columns((_raw_row(document, now) for document in documents), 7), now)


async def keep_unreadables(connection: Connection, told: Sequence[Unreadable], now: datetime) -> list[Unreadable]:
    """Keep the raw text of records that could not be read; returns those whose text was not known."""
    if not told:
        return []
    versions = {_unreadable_version(unreadable): unreadable for unreadable in told}
    table = columns((_unreadable_row(unreadable, now) for unreadable in told), 7)
    return [versions[row["version"]] for row in await connection.fetch(KEEP_RAWS, *table, now)]


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


def _document_row(document: Document) -> tuple[object, ...]:
    number = document.body.number if isinstance(document.body, Order) else None
    body = dump_document(document.kind, document.body)
    return (*identity(document), document.version, document.moment, about(document), number, body)


def _raw_row(document: Document, now: datetime) -> tuple[object, ...]:
    expires_at = now + (STOCK_KEPT if document.kind in STOCK_KINDS else KEPT)
    return (*identity(document), document.version, document.moment, document.raw, expires_at)


def _unreadable_row(unreadable: Unreadable, now: datetime) -> tuple[object, ...]:
    version = _unreadable_version(unreadable)
    record = (unreadable.source, unreadable.kind.value, unreadable.key)
    return (*record, version, NO_MOMENT, unreadable.raw, now + KEPT)


def _unreadable_version(unreadable: Unreadable) -> str:
    told = repr((unreadable.source, unreadable.kind.value, unreadable.key, unreadable.raw))
    return "unreadable-" + hashlib.sha256(told.encode()).hexdigest()[:16]
