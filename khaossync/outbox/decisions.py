"""Decisions kept: written with what they led to, read back piece by piece, gone with the raw texts they rest on."""

import json
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg

from khaossync.domain.decision import Decision, Routing
from khaossync.domain.documents import Document, Kind, Unreadable
from khaossync.outbox.arrivals import NO_MOMENT
from khaossync.outbox.codec import storable, storable_json
from khaossync.outbox.database import Connection, Database
from khaossync.outbox.decision_codec import Plain, dump, load
from khaossync.outbox.retention import STOCK_KINDS, Retention
from khaossync.outbox.rows import columns, identity

Row = tuple[Any, ...]
"""A decision as a row of its table."""

_AT_ONCE = 50
"""Decisions that are read together; each may be a page of hundreds of documents."""

# A decision stands or falls with the transaction of what it led to. None is kept about a person who was erased.
KEEP = """
insert into khaossync.decisions (sort, connector, decided_at, expires_at, orders, configuration, content)
select $1, $2, $3, $4, $5, $6, $7
where not exists (select from khaossync.erased e where e.about = any($5::text[]))"""

# By which tables was decided, told once.
KEEP_CONFIGURATION = """
insert into khaossync.configurations (hash, release, settings, first_at) values ($1, $2, $3, $4)
on conflict (hash) do nothing"""

# Where a span of time begins and ends in the order of ids, which is nearly that of time.
BOUNDS = """
select min(id) as first, max(id) as last
from khaossync.decisions where decided_at >= $1 and decided_at < $2"""

# The next piece; about these orders, or about goods, where only some records are asked for.
NEXT = """
select id, sort, connector, configuration, content from khaossync.decisions
where id > $1 and id <= $2 and decided_at >= $3 and decided_at < $4
    and ($5::text[] is null or orders && $5 or orders = '{}')
order by id limit $6"""

CONFIGURATIONS = """
select hash, release, settings from khaossync.configurations where hash = any($1::text[])"""

# The raw text of exactly this telling.
RAWS = """
select r.source, r.kind, r.key, r.version, r.moment, r.raw
from khaossync.raws r
join unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[])
    as asked (source, kind, key, version, moment) using (source, kind, key, version, moment)"""

# What could not be read and still waits for a person.
UNREADABLE = """
select r.source, r.kind, r.key, r.raw, c.evidence ->> 'reason' as reason
from khaossync.cases c
join khaossync.raws r on r.source = c.source and r.kind = c.evidence ->> 'kind' and r.key = c.evidence ->> 'key'
    and r.version = c.evidence ->> 'version' and r.moment = $3
where c.class = 'unreadable_document' and c.state = 'open' and r.received_at >= $1 and r.received_at < $2
order by c.id"""

# The decisions about a person's orders go as a whole: what else they tell of is only not judged again.
FORGET = """
delete from khaossync.decisions where orders && $1::text[]"""


@dataclass(frozen=True, slots=True)
class Configuration:
    """The tables by which was decided, without secrets, and the release that read them."""

    hash: str
    release: str
    settings: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Span:
    """Which decisions are asked for: from `since` up to `until`, about these orders or goods only where `orders`."""

    since: datetime
    until: datetime
    orders: Collection[str] | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """A decision with nothing made of it, and what was `made` of it then; the texts that are kept of its documents.

    `decision` is None where another release wrote it in a shape that this one cannot read.
    """

    number: int
    configuration: str
    decision: Decision | None
    made: Sequence[Plain]
    trouble: str = ""


def rows_of(decisions: Iterable[Decision], configuration: str, now: datetime, retention: Retention) -> list[Row]:
    """Decisions as they are stored; made before the transaction, for it takes some milliseconds for a large page."""
    return [_row(decision, configuration, now, retention) for decision in decisions]


async def keep_decisions(connection: Connection, rows: Sequence[Row]) -> None:
    """Store decisions within the caller's transaction."""
    if rows:
        await connection.executemany(KEEP, rows)


async def keep_configuration(database: Database, configuration: Configuration, now: datetime) -> None:
    """Remember by which tables is decided from now on."""
    settings = storable_json(configuration.settings)
    async with database.connection() as connection:
        await connection.execute(KEEP_CONFIGURATION, configuration.hash, configuration.release, settings, now)


async def configurations(database: Database, hashes: Collection[str]) -> Mapping[str, Configuration]:
    """Those of these configurations that are known, by their hash."""
    async with database.connection() as connection:
        rows = await connection.fetch(CONFIGURATIONS, sorted(hashes))
    return {row["hash"]: Configuration(row["hash"], row["release"], json.loads(row["settings"])) for row in rows}


async def decided(database: Database, span: Span) -> AsyncIterator[Kept]:
    """Every decision of a span in the order of their ids; nothing is held or locked between two pieces."""
    async with database.connection() as connection:
        [bounds] = await connection.fetch(BOUNDS, span.since, span.until)
    after, last = (bounds["first"] or 1) - 1, bounds["last"] or 0
    orders = None if span.orders is None else sorted(span.orders)
    while True:
        async with database.connection() as connection:
            rows = await connection.fetch(NEXT, after, last, span.since, span.until, orders, _AT_ONCE)
        for row in rows:
            yield _kept(row)
        if len(rows) < _AT_ONCE:
            return
        after = rows[-1]["id"]


async def raws_of(database: Database, documents: Sequence[Document]) -> Sequence[str | None]:
    """The raw text that each of these was read from; None where it is no longer kept."""
    asked = [(*identity(one), storable(one.version), one.moment) for one in documents]
    async with database.connection() as connection:
        rows = await connection.fetch(RAWS, *columns(asked, 5))
    found = {tuple(row[:5]): row["raw"] for row in rows}
    return [found.get(one) for one in asked]


async def unreadables(database: Database, since: datetime, until: datetime) -> Sequence[Unreadable]:
    """Records that could not be read in this time, and whose case is still open."""
    async with database.connection() as connection:
        rows = await connection.fetch(UNREADABLE, since, until, NO_MOMENT)
    return [Unreadable(row["source"], Kind(row["kind"]), row["key"], row["reason"], row["raw"]) for row in rows]


async def forget(connection: Connection, orders: Collection[str]) -> int:
    """Delete every decision that tells of one of these orders (by key); returns how many went."""
    keys = sorted(storable(key) for key in orders)
    return int((await connection.execute(FORGET, keys)).split()[-1])


def _row(decision: Decision, configuration: str, now: datetime, retention: Retention) -> Row:
    orders = sorted(map(storable, decision.orders))
    if isinstance(decision, Routing):
        sort, connector = "routing", decision.connector
        goods = all(document.kind in STOCK_KINDS for document in decision.documents)
    else:
        sort, connector, goods = "preparation", decision.destination, False
    expires_at = now + (retention.stock if goods and not orders else retention.personal)
    return (sort, storable(connector), decision.at, expires_at, orders, configuration, dump(decision))


def _kept(row: asyncpg.Record) -> Kept:
    try:
        decision, made = load(row["sort"], row["connector"], row["content"])
    except ValueError as error:
        return Kept(row["id"], row["configuration"], None, (), str(error))
    return Kept(row["id"], row["configuration"], decision, made)
