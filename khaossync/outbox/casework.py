"""Cases as the outbox opens and closes them: one per exception while it is open, closed when its messages are gone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from khaossync.domain.cases import Case, CaseClass
from khaossync.domain.documents import Document, Kind, Unreadable
from khaossync.domain.plan import Closing
from khaossync.outbox.arrivals import unreadable_evidence
from khaossync.outbox.codec import storable, storable_json
from khaossync.outbox.database import Connection
from khaossync.outbox.forgetting import WORDLESS
from khaossync.outbox.history import CASE, Change, record
from khaossync.outbox.rows import columns

CaseKey = tuple[str, str, str]
"""(class, source, subject): by which an open case is recognised."""

# The same exception told twice is one case while it is open; the newest words win. `news` tells that they are others.
OPEN = """
with told as materialized (
    select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[])
        as told (class, source, subject, detail, evidence)
), before as materialized (
    select c.id from khaossync.cases c join told using (class, source, subject)
    where c.state = 'open' and c.detail = told.detail and c.evidence = told.evidence::jsonb
)
insert into khaossync.cases as c (class, source, subject, detail, evidence, opened_at, told_at)
select class, source, subject, detail, evidence::jsonb, $6, $6 from told
on conflict (class, source, subject) where state = 'open' do update
set detail = excluded.detail, evidence = excluded.evidence, told_at = excluded.told_at
returning id, class, source, subject, xmax = 0 as fresh, id not in (select before.id from before) as news"""

# Which messages wait with a case; returns those that did not already.
ATTACH = """
insert into khaossync.case_messages (case_id, message_id)
select case_id, message_id from unnest($1::bigint[], $2::bigint[]) as told (case_id, message_id)
on conflict do nothing
returning message_id"""

# What was read well is no longer unreadable.
CLOSE_READ = """
update khaossync.cases c set state = 'closed', closed_at = $3, closed_by = 'khaossync', why = 'read well'
from unnest($1::text[], $2::text[]) as told (source, subject)
where c.state = 'open' and c.class = 'unreadable_document' and c.source = told.source and c.subject = told.subject
returning c.id, c.class, c.source, c.subject"""

# What people closed before is told again only when the record has changed.
DISMISSED = """
select c.class, c.source, c.subject
from khaossync.cases c join unnest($1::text[], $2::text[], $3::text[]) as told (class, source, subject)
    using (class, source, subject)
where c.state = 'closed' and c.closed_by <> 'khaossync'"""

# The condition was looked at again and is false. What messages wait with closes with them.
CLOSE_CURED = """
update khaossync.cases c set state = 'closed', closed_at = $4, closed_by = 'khaossync', why = 'cured'
from unnest($1::text[], $2::text[], $3::text[]) as told (class, source, subject)
where c.state = 'open' and c.class = told.class and c.source = told.source and c.subject = told.subject
    and not exists (select from khaossync.case_messages a where a.case_id = c.id)
returning c.id, c.class, c.source, c.subject"""

# A case closes by itself when none of its messages is left. Messages that were just parked again wait with another case
# now ($4 are the cases that stay) and no longer hold this one.
CLOSE_LEFT = """
update khaossync.cases c set state = 'closed', closed_at = $2, closed_by = 'khaossync', why = $3
where c.state = 'open' and c.id <> all($4::bigint[])
    and c.id in (select case_id from khaossync.case_messages where message_id = any($1::bigint[]))
    and not exists (
        select from khaossync.case_messages a join khaossync.messages m on m.id = a.message_id
        where a.case_id = c.id and m.id <> all($1::bigint[])
    )
returning c.id, c.class, c.source, c.subject"""

# What a person had to read while the case was open, of an order whose customer was erased meanwhile or before.
SCRUB = f"""
update khaossync.cases c set {WORDLESS}
where c.id = any($1::bigint[]) and c.detail <> ''
    and exists (select from khaossync.erased e where e.about = any(string_to_array(c.subject, ' ')))"""  # noqa: S608  static


@dataclass(frozen=True, slots=True)
class Opened:
    """An open case; `fresh` tells that it was not open before, `news` that it says something new."""

    case_id: int
    fresh: bool
    news: bool


async def open_cases(connection: Connection, cases: Sequence[Case], now: datetime) -> Mapping[CaseKey, Opened]:
    """Open what is not open yet; returns all of them."""
    told = {case_key(case): case for case in cases}
    if not told:
        return {}
    table = columns(((*key, told[key].detail, storable_json(told[key].evidence)) for key in sorted(told)), 5)
    rows = await connection.fetch(OPEN, *table, now)
    opened = {
        (row["class"], row["source"], row["subject"]): Opened(row["id"], row["fresh"], row["news"]) for row in rows
    }
    fresh = [_opening(told[key], one.case_id) for key, one in opened.items() if one.fresh]
    await record(connection, fresh, now)
    return opened


async def stand_cases(connection: Connection, cases: Sequence[Case], now: datetime) -> None:
    """Open the cases of records that are no news, but for those that a person has closed before."""
    if not cases:
        return
    rows = await connection.fetch(DISMISSED, *columns(sorted(map(case_key, cases)), 3))
    dismissed = {tuple(row) for row in rows}
    await open_cases(connection, [case for case in cases if case_key(case) not in dismissed], now)


async def close_cured(connection: Connection, closings: Sequence[Closing], now: datetime) -> None:
    """Close the cases whose condition is false now."""
    told = sorted({(one.value, storable(source), storable(subject)) for one, source, subject in closings})
    if told:
        await note_closed(connection, await connection.fetch(CLOSE_CURED, *columns(told, 3), now), "cured", now)


async def attach(connection: Connection, pairs: Sequence[tuple[int, int]]) -> set[int]:
    """Let messages wait with cases, as (case id, message id); returns the messages that did not already."""
    if not pairs:
        return set()
    return {row["message_id"] for row in await connection.fetch(ATTACH, *columns(sorted(pairs), 2))}


async def close_read(connection: Connection, documents: Sequence[Document], now: datetime) -> None:
    """Close the cases of records that could not be read before."""
    told = {(document.source, _subject(document.kind, document.key)) for document in documents}
    if told:
        rows = await connection.fetch(CLOSE_READ, *columns(sorted(told), 2), now)
        await note_closed(connection, rows, "read well", now)


async def close_left(
    connection: Connection, message_ids: Sequence[int], now: datetime, why: str, stay: Sequence[int] = ()
) -> None:
    """Close the cases that held only these messages."""
    if message_ids:
        await note_closed(connection, await connection.fetch(CLOSE_LEFT, message_ids, now, why, list(stay)), why, now)


async def note_closed(
    connection: Connection, rows: Sequence[asyncpg.Record], why: str, now: datetime, who: str = "khaossync"
) -> None:
    """Add to the trail that these cases were closed; of those of an erased customer the words go with that."""
    if rows:
        await connection.execute(SCRUB, [row["id"] for row in rows])
    closed = ((row["source"], CASE, row["subject"], "closed", who, why, row["id"]) for row in rows)
    await record(connection, [Change(None, *one) for one in closed], now)


def unreadable_case(unreadable: Unreadable) -> Case:
    """The case of a record that could not be read; its subject is told in the same words when it is read well."""
    return Case(
        CaseClass.UNREADABLE_DOCUMENT,
        unreadable.source,
        _subject(unreadable.kind, unreadable.key),
        f"{unreadable.source}: {_subject(unreadable.kind, unreadable.key)} could not be read: {unreadable.reason}",
        unreadable_evidence(unreadable),
    )


def case_key(case: Case) -> CaseKey:
    """By which an open case is recognised, as it is stored."""
    return (case.case_class.value, storable(case.source), storable(case.subject))


def _opening(case: Case, case_id: int) -> Change:
    why = f"{case.case_class.value}: {case.detail}"
    return Change(None, case.source, CASE, case.subject, "opened", "khaossync", why, case_id)


def _subject(kind: Kind, key: str) -> str:
    return f"{kind.value} {key}"
