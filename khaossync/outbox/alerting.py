"""Alerting: the open cases by their cause, and what each target was told of already."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

import asyncpg

from khaossync.domain.cases import CaseClass
from khaossync.outbox.database import Connection, Database
from khaossync.outbox.rows import columns

SAMPLES = 5
WINDOW = timedelta(hours=1)
KEPT = timedelta(days=30)

Key = tuple[str, str]
"""(about, what) of a matter."""

# The open cases of these sources ($1) by cause: how many, since when, a few of them (news first, then the longest
# open), and what their orders are worth by currency. $2 to $4 are the highest case of each cause that was told: what is
# above it is news. Only the partial index of open cases is read, however long the history is.
GROUPS = """
with cases as (
    select c.*, fresh, d.number, d.body ->> 'currency' as currency,
        case when d.about = c.subject then (d.body ->> 'total')::numeric end as total,
        row_number() over (partition by c.class, c.source order by fresh desc, c.opened_at, c.id) as place
    from khaossync.cases c
    left join unnest($2::text[], $3::text[], $4::bigint[]) as told (class, source, newest)
        on told.class = c.class and told.source = c.source
    left join khaossync.documents d on d.about = split_part(c.subject, ' ', 1) and d.kind = 'order'
    cross join lateral (select c.id > coalesce(told.newest, 0) as fresh) as news
    where c.state = 'open' and c.source = any($1::text[])
), sums as (
    select class, source, currency, sum(total) as total from cases where total is not null
    group by class, source, currency
)
select class, source, count(*) as count, count(*) filter (where fresh) as fresh, max(id) as newest,
    min(opened_at) as oldest_at,
    jsonb_agg(jsonb_build_array(id, subject, coalesce(number, ''), evidence, opened_at) order by place)
        filter (where place <= $5) as few,
    (select coalesce(jsonb_object_agg(currency, total::text), '{}') from sums
        where sums.class = cases.class and sums.source = cases.source) as worth
from cases group by class, source order by class, source"""

TOLD = """
select about, what, title, owner, since, told_at, count, newest, times
from khaossync.alerts where target = $1"""

SENT = "select sent_at from khaossync.alert_sends where target = $1 and sent_at > $2 order by sent_at"

NOTE_SENT = "insert into khaossync.alert_sends (target, sent_at) values ($1, $2)"

NOTE_TOLD = """
insert into khaossync.alerts (target, about, what, title, owner, since, told_at, count, newest, times)
select $1, * from unnest(
    $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::timestamptz[], $8::integer[], $9::bigint[],
    $10::integer[]
)
on conflict (target, about, what) do update
set title = excluded.title, owner = excluded.owner, since = excluded.since, told_at = excluded.told_at,
    count = excluded.count, newest = excluded.newest, times = excluded.times"""

FORGET = """
delete from khaossync.alerts a using unnest($2::text[], $3::text[]) as gone (about, what)
where a.target = $1 and a.about = gone.about and a.what = gone.what"""

# What lasts is told again and again, so a row of long ago belongs to a target or a connector that is no more.
FORGET_OLD = "delete from khaossync.alerts where told_at < $1"
FORGET_SENT = "delete from khaossync.alert_sends where sent_at < $1"

# The runs of this name that began lately and have no end; the present one has none either.
UNCLEAN = """
select count(*) from khaossync.runs where holder = $1 and id < $2 and started_at > $3 and stopped_at is null"""


@dataclass(frozen=True, slots=True)
class Sample:
    """One open case; `number` is what the customer calls the order, empty where it is about none."""

    case_id: int
    subject: str
    number: str
    evidence: Mapping[str, str]
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class CaseGroup:
    """All open cases of one cause; `fresh` counts those not told yet, `worth` is their orders' value by currency."""

    case_class: CaseClass
    source: str
    count: int
    fresh: int
    newest: int
    oldest_at: datetime
    samples: Sequence[Sample] = ()
    worth: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Told:
    """A matter as a target was told of it last; `times` counts the tellings."""

    about: str
    what: str
    title: str
    owner: str
    since: datetime
    told_at: datetime
    count: int
    newest: int
    times: int

    @property
    def key(self) -> Key:
        """By which the matter is recognised."""
        return (self.about, self.what)


@dataclass(frozen=True, slots=True)
class Remembered:
    """What one target knows, and when it was sent messages within the last hour."""

    told: Mapping[Key, Told]
    sent_at: Sequence[datetime] = ()


async def remembered(database: Database, target: str, now: datetime) -> Remembered:
    """What a target was told."""
    async with database.connection() as connection:
        told = [Told(*row) for row in await connection.fetch(TOLD, target)]
        sent = await connection.fetch(SENT, target, now - WINDOW)
        return Remembered({one.key: one for one in told}, [row["sent_at"] for row in sent])


async def remember(
    database: Database, target: str, sent_at: datetime, told: Sequence[Told], resolved: Sequence[Key]
) -> None:
    """Note a message that a target took: what it knows now, and what is resolved."""
    await database.transact(_remember, target, sent_at, told, resolved)


async def case_groups(database: Database, sources: Iterable[str], told: Iterable[Told]) -> Sequence[CaseGroup]:
    """The open cases of these sources by cause; `told` tells which of them are known already."""
    marks = columns(((one.what, one.about, one.newest) for one in told), 3)
    async with database.connection() as connection:
        rows = await connection.fetch(GROUPS, sorted(sources), *marks, SAMPLES)
    return [_group(row) for row in rows]


async def unclean_ends(database: Database, name: str, run_id: int, since: datetime) -> int:
    """How many runs of this name, before this one, began after an instant and ended without good-bye."""
    async with database.connection() as connection:
        return int(await connection.fetchval(UNCLEAN, name, run_id, since))


async def _remember(
    connection: Connection, target: str, sent_at: datetime, told: Sequence[Told], resolved: Sequence[Key]
) -> None:
    await connection.execute(NOTE_SENT, target, sent_at)
    rows = [(*one.key, one.title, one.owner, one.since, one.told_at, one.count, one.newest, one.times) for one in told]
    await connection.execute(NOTE_TOLD, target, *columns(rows, 9))
    await connection.execute(FORGET, target, *columns(resolved, 2))
    await connection.execute(FORGET_OLD, sent_at - KEPT)
    await connection.execute(FORGET_SENT, sent_at - KEPT)


def _group(row: asyncpg.Record) -> CaseGroup:
    samples = [_sample(*each) for each in json.loads(row["few"])]
    worth = {currency: Decimal(total) for currency, total in json.loads(row["worth"]).items()}
    figures = (row["count"], row["fresh"], row["newest"], row["oldest_at"])
    return CaseGroup(CaseClass(row["class"]), row["source"], *figures, samples, worth)


def _sample(case_id: int, subject: str, number: str, evidence: Mapping[str, str], opened_at: str) -> Sample:
    return Sample(case_id, subject, number, evidence, datetime.fromisoformat(opened_at))
