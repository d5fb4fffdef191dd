"""Erasing: a person is scrubbed from all that is stored about an order; what an auditor needs of it stays."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import asyncpg

from khaossync.outbox.casework import note_closed
from khaossync.outbox.codec import storable
from khaossync.outbox.database import Connection, Database
from khaossync.outbox.decisions import forget
from khaossync.outbox.desk import CLOSE, withdraw
from khaossync.outbox.forgetting import FORGET_PERSON, REASONLESS, WORDLESS
from khaossync.outbox.history import Change, record
from khaossync.outbox.judging import SERIALISE
from khaossync.outbox.rows import columns

PIECE = 2000
"""How many orders, or raw texts, are looked at in one statement."""

# An order has no other thing to be stored under.
SOURCES = "select distinct source from khaossync.catalogues where kind = 'order' order by source"

# The next orders of a source, and which of them are this person's: by e-mail, by the channel's id of the customer or of
# the company (also its last part alone), or by the company's code in the ERP.
ORDERS = """
with piece as materialized (
    select key, about, body -> 'customer' as customer, body -> 'company' as company
    from khaossync.documents where source = $1 and kind = 'order' and key > $2 order by key limit $3
)
select max(key) as last, count(*) as count, array_agg(about) filter (
    where lower(customer ->> 'email') = lower($4)
        or $4 in (customer ->> 'customer_id', split_part(customer ->> 'customer_id', '/', -1))
        or $4 in (company ->> 'code', company ->> 'company_id', split_part(company ->> 'company_id', '/', -1))
) as found from piece"""

# What waits may have lost its document's person by age.
WAITING = """
select key from khaossync.messages
where kind = 'order' and (lower(body #>> '{customer,email}') = lower($1)
    or $1 in (body #>> '{customer,customer_id}', split_part(body #>> '{customer,customer_id}', '/', -1))
    or $1 in (body #>> '{company,code}', body #>> '{company,company_id}',
        split_part(body #>> '{company,company_id}', '/', -1)))"""

# The next raw texts, and what those are about that hold the e-mail: older versions of an order, or what nobody could
# read. The e-mail is a pattern, for another's may end or begin like it.
RAWS = """
with piece as materialized (
    select source, kind, key, version, moment, raw from khaossync.raws
    where (source, kind, key, version, moment) > ($1, $2, $3, $4, $5)
    order by source, kind, key, version, moment limit $6
), named as (
    select coalesce(d.about, p.key) as about
    from piece p left join khaossync.documents d on d.source = p.source and d.kind = p.kind and d.key = p.key
    where p.kind in ('order', 'refund', 'despatch', 'order_state') and lower(p.raw) ~ $7
)
select source, kind, key, version, moment,
    (select count(*) from piece) as count, (select array_agg(distinct about) from named) as found
from piece order by source desc, kind desc, key desc, version desc, moment desc limit 1"""

# Documents of the ERP speak of the order by its reference.
KEYS = """
select about, coalesce(min(l.key), about) as key
from unnest($1::text[]) as told (about) left join khaossync.links l on l.ref = about group by about"""

# All names of an order.
NAMES = "select $1::text as name union select ref from khaossync.links where key = $1"
NUMBER = "select min(number) from khaossync.documents where about = $1 and kind = 'order'"

UNFINISHED = """
select m.id, m.revision, m.destination, m.kind, m.key, m.state, m.doubt or exists (
    select from khaossync.intents i where i.destination = m.destination and m.id = any(i.message_ids)
) as doubt
from khaossync.ledger l join khaossync.messages m using (id)
where l.key = any($1::text[]) order by m.id for update of m"""
OPEN = """
select id, class, source, subject from khaossync.cases
where state = 'open' and string_to_array(subject, ' ') && $1::text[] order by id for update"""

DOCUMENTS = "select source, kind, key from khaossync.documents where about = any($1::text[])"
# By the primary key: also what nobody could read, which is stored under a name of its own.
SCRUB_RAWS = """
update khaossync.raws r set raw = ''
where raw <> '' and (source, kind, key) in (
    select * from unnest($1::text[], $2::text[], $3::text[])
    union
    select source, kind, name
    from (select distinct source from khaossync.cursors) as sources,
        unnest(array['order', 'refund', 'despatch', 'order_state']) as kinds (kind), unnest($4::text[]) as names (name)
)"""
SCRUB_CASES = f"""
update khaossync.cases c set {WORDLESS}
where state = 'closed' and detail <> '' and string_to_array(subject, ' ') && $1::text[]
returning subject"""  # noqa: S608  static text
SUBJECTS = "select distinct subject from khaossync.cases where string_to_array(subject, ' ') && $1::text[]"
SCRUB_REASONS = f"""
update khaossync.history h set {REASONLESS}
where why <> '' and key = any($1::text[])"""  # noqa: S608  static text
REMEMBER = """
insert into khaossync.erased (about, erased_at) select name, $2 from unnest($1::text[]) as told (name)
on conflict (about) do nothing"""


@dataclass(frozen=True, slots=True)
class Erased:
    """What became of one order: how many of which were scrubbed, or what hinders it (then nothing was done)."""

    order: str
    number: str
    counts: Mapping[str, int] = field(default_factory=dict)
    hindrances: tuple[str, ...] = ()


class _TrialError(Exception):
    """Undoes what was only tried."""

    def __init__(self, erased: Erased) -> None:
        super().__init__(erased.order)
        self.erased = erased


async def orders_of(database: Database, person: str, progress: Callable[[int], None]) -> Sequence[str]:
    """The keys of the orders of the customer with this e-mail, channel's id or code in the ERP.

    `progress` is told how many records have been looked at.
    """
    found, asked = set[str](), storable(person.strip())
    async with database.connection() as connection:
        looked = 0
        for row in await connection.fetch(SOURCES):
            last: str | None = ""
            while last is not None and (piece := await connection.fetchrow(ORDERS, row["source"], last, PIECE, asked)):
                found.update(piece["found"] or ())
                last, looked = piece["last"], looked + piece["count"]
                progress(looked)
        found.update(row["key"] for row in await connection.fetch(WAITING, asked))
        if "@" in asked:
            found |= await _in_raws(connection, _whole(asked), looked, progress)
        return sorted({row["key"] for row in await connection.fetch(KEYS, sorted(found))})


async def erase(
    database: Database, order: str, by: str, now: datetime, *, even_unfinished: bool, trial: bool = False
) -> Erased:
    """Scrub the person from all that is stored about an order.

    Unfinished work on it hinders that. `even_unfinished` withdraws what waits and closes open cases; what is being
    sent, or may have been sent, hinders all the same. A `trial` changes nothing.
    """
    try:
        return await database.transact(_erase, order, by, now, even_unfinished, trial)
    except _TrialError as undone:
        return undone.erased


async def _erase(
    connection: Connection, order: str, by: str, now: datetime, even_unfinished: bool, trial: bool
) -> Erased:
    await connection.fetchrow(SERIALISE)
    names = [row["name"] for row in await connection.fetch(NAMES, order)]
    number = str(await connection.fetchval(NUMBER, order) or "")
    messages = await connection.fetch(UNFINISHED, names)
    cases = await connection.fetch(OPEN, names)
    if hindrances := _hindrances(messages, cases, even_unfinished):
        return Erased(order, number, hindrances=hindrances)
    await _give_up(connection, messages, cases, by, now)
    counts = await _scrub(connection, names)
    counts |= {"messages withdrawn": len(messages), "cases closed": len(cases)}
    if any(counts.values()):
        await record(connection, [Change(None, "", "order", order, "erased", by, "")], now)
    await connection.execute(REMEMBER, names, now)
    erased = Erased(order, number, {what: count for what, count in counts.items() if count})
    if trial:
        raise _TrialError(erased)
    return erased


def _hindrances(
    messages: Sequence[asyncpg.Record], cases: Sequence[asyncpg.Record], even_unfinished: bool
) -> tuple[str, ...]:
    told = []
    for row in messages:
        what = f"message {row['id']} ({row['kind']} for {row['destination']})"
        if row["state"] in ("ready", "pending"):
            told.append(f"{what} is on its way just now; try again in a minute")
        elif row["doubt"]:
            told.append(f"{what} may have been sent without an answer; that is found out first")
        elif not even_unfinished:
            told.append(f"{what} is {row['state']}")
    return (*told, *(f"case {row['id']} ({row['class']}) is open" for row in cases if not even_unfinished))


async def _give_up(
    connection: Connection,
    messages: Sequence[asyncpg.Record],
    cases: Sequence[asyncpg.Record],
    by: str,
    now: datetime,
) -> None:
    why = "the customer was erased"
    await withdraw(connection, messages, now)
    await record(
        connection,
        [Change(row["id"], row["destination"], row["kind"], row["key"], "ignored", by, why) for row in messages],
        now,
    )
    for row in cases:
        await note_closed(connection, await connection.fetch(CLOSE, row["id"], now, storable(by), why), why, now, by)


async def _scrub(connection: Connection, names: Sequence[str]) -> dict[str, int]:
    documents = columns(map(tuple, await connection.fetch(DOCUMENTS, names)), 3)
    subjects = [row["subject"] for row in await connection.fetch(SUBJECTS, names)]
    return {
        "documents": _count(await connection.execute(FORGET_PERSON, *documents)),
        "raw texts": _count(await connection.execute(SCRUB_RAWS, *documents, names)),
        "decisions": await forget(connection, names),
        "cases": len(await connection.fetch(SCRUB_CASES, names)),
        "reasons": _count(await connection.execute(SCRUB_REASONS, [*names, *subjects])),
    }


async def _in_raws(connection: Connection, pattern: str, looked: int, progress: Callable[[int], None]) -> set[str]:
    found: set[str] = set()
    row = await connection.fetchrow(RAWS, "", "", "", "", datetime.fromtimestamp(0, UTC), PIECE // 10, pattern)
    while row is not None:
        found.update(row["found"] or ())
        looked += row["count"]
        progress(looked)
        row = await connection.fetchrow(RAWS, *tuple(row)[:5], PIECE // 10, pattern)
    return found


def _whole(email: str) -> str:
    """The pattern of this e-mail and of no longer one."""
    return rf"(^|[^a-z0-9._%+-]){re.escape(email.lower())}($|[^a-z0-9.-])"


def _count(tag: str) -> int:
    return int(tag.split()[-1])
