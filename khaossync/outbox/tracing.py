"""Tracing: an order's whole life, in the order in which it happened."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from khaossync.outbox.codec import storable
from khaossync.outbox.database import Database

# The names under which records of this order are stored: its key, and the ERP's references for it. A person may ask by
# key, by the number that the customer knows (with or without #), by reference, by sales order code or by channel id.
NAMES = """
with keys as (
    select $1::text as name
    union select key from khaossync.links where ref = $1
    union select key from khaossync.links where order_id = $1
    union select key from khaossync.links where sales_order_code = $1 and sales_order_code <> ''
    union select about from khaossync.documents where number in ($1, '#' || $1)
)
select name from keys
union
select l.ref from khaossync.links l join keys on l.key = keys.name"""

# Law 8: all that is kept about these names, oldest first.
EVENTS = """
with effects as (select * from khaossync.ledger where key = any($1::text[]))
select r.received_at as at, 'told' as what, concat_ws(' ', r.source, r.kind, r.key),
    concat_ws(' ', 'version', r.version, nullif(d.body ->> 'tracking_number', ''))
from khaossync.documents d join khaossync.raws r using (source, kind, key)
where d.about = any($1::text[])
union all
select accepted_at, 'accepted', concat_ws(' ', kind, 'for', destination), 'message ' || id from effects
union all
select finished_at, outcome, concat_ws(' ', kind, 'for', destination), concat_ws(' ', 'message', id, reference)
from effects where finished_at is not null
union all
select h.at, h.event, concat_ws(' ', h.kind, 'for', h.destination), concat_ws(': ', h.who, h.why)
from khaossync.history h where h.key = any($1::text[]) and h.case_id is null
union all
select l.intended_at, 'linked', l.erp, 'reference ' || l.ref from khaossync.links l where l.key = any($1::text[])
union all
select l.sent_at, 'sent', l.erp, concat_ws(' ', 'reference', l.ref, 'is', l.sales_order_code)
from khaossync.links l where l.key = any($1::text[]) and l.sent_at is not null
union all
select moment.at, moment.what, concat_ws(' ', 'case', c.id, c.class), moment.detail
from khaossync.cases c cross join lateral (
    values (c.opened_at, 'opened', c.detail), (c.closed_at, 'closed', concat_ws(': ', c.closed_by, c.why))
) as moment (at, what, detail)
where moment.at is not null and c.id in (
    select named.id from khaossync.cases named where named.subject = any($1::text[])
    union
    select a.case_id from khaossync.case_messages a join effects on effects.id = a.message_id
)
order by at, what"""

# What is still on its way, and why it has not gone.
UNFINISHED = """
select m.id, m.destination, m.kind, m.state, m.not_before, m.attempts, m.failures, m.doubt or exists (
    select from khaossync.intents i where i.destination = m.destination and m.id = any(i.message_ids)
), (
    select min(b.id) from khaossync.ledger b
    where b.key = m.key and b.destination = m.destination and b.outcome = 'open' and b.id < m.id
)
from khaossync.ledger l join khaossync.messages m using (id)
where l.key = any($1::text[]) order by m.id"""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened: when, what, to which record, and its particulars."""

    at: datetime
    what: str
    record: str
    detail: str


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A message on its way; `blocked_by` is the older message of its key that it waits for."""

    message_id: int
    destination: str
    kind: str
    state: str
    not_before: datetime | None
    attempts: int
    failures: int
    doubt: bool
    blocked_by: int | None


@dataclass(frozen=True, slots=True)
class Trace:
    """What is known about an order; both empty when nothing is."""

    events: Sequence[Event]
    unfinished: Sequence[Unfinished]


async def names_of(database: Database, name: str) -> Sequence[str]:
    """Under which the records of an order are stored; what is no name of an order stands for itself."""
    async with database.connection() as connection:
        return [row["name"] for row in await connection.fetch(NAMES, storable(name))]


async def trace(database: Database, name: str) -> Trace:
    """The life of the order with this key, number, reference, sales order code or channel id."""
    names = await names_of(database, name)
    async with database.connection() as connection:
        events = [Event(*row) for row in await connection.fetch(EVENTS, names)]
        unfinished = [Unfinished(*row) for row in await connection.fetch(UNFINISHED, names)]
    return Trace(events, unfinished)
