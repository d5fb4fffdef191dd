"""Settling: verdicts made permanent in batches, each batch fenced by the owner's epoch."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import asyncpg

from khaossync.domain.cases import Case, CaseClass
from khaossync.domain.documents import Document, Kind
from khaossync.domain.errors import OwnershipLostError
from khaossync.domain.messages import Await, Complete, HandOver, Message, Park, Retry, Settlement, Withdraw
from khaossync.domain.stock import ChannelLevel
from khaossync.outbox.arrivals import keep_raws
from khaossync.outbox.casework import attach, case_key, close_left, open_cases
from khaossync.outbox.codec import storable
from khaossync.outbox.database import Connection
from khaossync.outbox.decisions import Row, keep_decisions
from khaossync.outbox.history import Change, record
from khaossync.outbox.intents import Intents, resolve
from khaossync.outbox.levelling import deliver_levels, forget_levels, lock_levels
from khaossync.outbox.linking import settle_links
from khaossync.outbox.retention import USUAL, Retention
from khaossync.outbox.rows import MESSAGE_COLUMNS, columns, message_of

# Law 5. Holds off a successor until this transaction ends; an epoch that moved on gives fewer rows than asked for. Of a
# process that stands still in the middle of it PostgreSQL ends the transaction, so that no successor waits for ever.
FENCE = """
select o.connector, set_config('idle_in_transaction_session_timeout', '5s', true)
from khaossync.owners o join unnest($1::text[], $2::bigint[]) as held (connector, epoch) using (connector, epoch)
order by o.connector
for share of o"""

# What is finished leaves the live table and is told by its ledger row. A level that moved on meanwhile stays.
FINISH = """
with verdict as materialized (
    select * from unnest($1::bigint[], $2::int[], $3::text[], $4::text[]) as v (id, revision, outcome, reference)
), gone as (
    delete from khaossync.messages m using verdict v
    where m.id = v.id and m.revision = v.revision
    returning m.id, m.key, m.destination, m.kind, m.version, m.cased, v.outcome, v.reference
)
update khaossync.ledger l set outcome = gone.outcome, reference = gone.reference, finished_at = $5
from gone
where l.key = gone.key and l.destination = gone.destination and l.kind = gone.kind and l.version = gone.version
returning gone.id, gone.cased"""

# Waits for time (any revision: the back-off concerns the destination) or for the other side's acknowledgement.
DEFER = """
update khaossync.messages m
set state = v.state, not_before = v.not_before, attempts = v.attempts, failures = v.failures, doubt = v.doubt
from unnest($1::bigint[], $2::int[], $3::text[], $4::timestamptz[], $5::int[], $6::int[], $7::bool[])
    as v (id, revision, state, not_before, attempts, failures, doubt)
where m.id = v.id and (v.state = 'waiting' or m.revision = v.revision)
returning m.id"""

# What the other side calls a message that it took and has not acknowledged.
TAKEN = """
update khaossync.ledger l set reference = v.reference
from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[])
    as v (destination, kind, key, version, reference)
where l.key = v.key and l.destination = v.destination and l.kind = v.kind and l.version = v.version"""

# Waits for a person. What may have been sent keeps that doubt, for a person's retry must look first.
PARK = """
update khaossync.messages m
set state = 'parked', not_before = null, cased = true, doubt = m.doubt or v.doubt
from unnest($1::bigint[], $2::int[], $3::bool[]) as v (id, revision, doubt)
where m.id = v.id and m.revision = v.revision
returning m.id"""

# A level that moved on while it was under way goes again, as new.
REGAIN = f"""
update khaossync.messages m set attempts = 0, failures = 0
where m.id = any($1::bigint[]) and m.state = 'ready'
returning {MESSAGE_COLUMNS}"""  # noqa: S608  static text


@dataclass(frozen=True, slots=True)
class Beside:
    """What is kept beside verdicts: the orders as the last look saw them, and how all was decided."""

    looks: Sequence[Document] = ()
    decided: Sequence[Row] = ()
    retention: Retention = USUAL


NOTHING = Beside()


@dataclass(slots=True)
class _Ids:
    """Messages that the verdicts reached, and those of them that hang on cases."""

    reached: set[int] = field(default_factory=set)
    cased: set[int] = field(default_factory=set)


async def fence(connection: Connection, epochs: Mapping[str, int]) -> None:
    """Hold our ownership of these connectors until the transaction ends; raises OwnershipLostError when it is gone."""
    rows = await connection.fetch(FENCE, list(epochs), list(epochs.values()))
    if len(rows) < len(epochs):
        lost = sorted(set(epochs) - {row["connector"] for row in rows})
        raise OwnershipLostError(f"{', '.join(lost)}: another process owns this queue now; nothing was written.")


async def settle(
    connection: Connection,
    settled: Sequence[Settlement],
    epochs: Mapping[str, int],
    intents: Intents,
    now: datetime,
    beside: Beside = NOTHING,
) -> Mapping[int, Message]:
    """Make verdicts permanent; returns, by id, the levels that moved on meanwhile and go again.

    `looks` are the orders that were read again before, `decided` is how the messages were made ready.
    """
    await fence(connection, epochs)
    intended = await resolve(connection, intents, [item.message.id for item in settled])
    await keep_raws(connection, beside.looks, now, beside.retention)
    await keep_decisions(connection, beside.decided)
    if levels := [item for item in settled if item.message.kind is Kind.STOCK_LEVEL]:
        await lock_levels(connection, ((item.message.destination, item.message.key) for item in levels))
    ids = _Ids()
    completed = [item for item in settled if isinstance(item.verdict, Complete)]
    others = [item for item in settled if not isinstance(item.verdict, Complete)]  # few
    finished = completed + [item for item in others if isinstance(item.verdict, HandOver | Withdraw)]
    await _finish(connection, finished, ids, now)
    await _defer(connection, others, ids)
    await _park(connection, [item for item in others if isinstance(item.verdict, Park)], intended, ids)
    await settle_links(connection, finished, now)
    same = await _follow_cases(connection, others, [item for item in settled if item.report], ids, now)
    await record(connection, [_change(item) for item in others if item.message.id not in same], now)
    delivered = {_lane(item.message): _made_to_show(item) for item in levels if isinstance(item.verdict, Complete)}
    if delivered:
        await deliver_levels(connection, delivered, now)
    if absent := [(item.message.destination, _level(item)) for item in levels if isinstance(item.verdict, Withdraw)]:
        await forget_levels(connection, absent)
    return await _regain(connection, [item.message.id for item in levels if item.message.id not in ids.reached])


async def park_unreadable(
    connection: Connection, rows: Sequence[asyncpg.Record], epochs: Mapping[str, int], now: datetime
) -> None:
    """Park messages whose stored body this release cannot read; a person retries them with one that can."""
    await fence(connection, epochs)
    await connection.fetch(PARK, *columns(((row["id"], row["revision"], row["doubt"]) for row in rows), 3))
    cases = {row["id"]: _unreadable(row) for row in rows}
    opened = await open_cases(connection, list(cases.values()), now)
    await attach(connection, [(opened[case_key(case)].case_id, message_id) for message_id, case in cases.items()])


async def _finish(connection: Connection, settled: Sequence[Settlement], ids: _Ids, now: datetime) -> None:
    if not settled:
        return
    rows = await connection.fetch(FINISH, *columns(map(_finish_row, settled), 4), now)
    ids.reached.update(row["id"] for row in rows)
    ids.cased.update(row["id"] for row in rows if row["cased"])


async def _defer(connection: Connection, settled: Sequence[Settlement], ids: _Ids) -> None:
    deferred = [_defer_row(item.message, item.verdict) for item in settled if isinstance(item.verdict, Retry | Await)]
    if not deferred:
        return
    ids.reached.update(row["id"] for row in await connection.fetch(DEFER, *columns(deferred, 7)))
    taken = [_taken_row(item.message, item.verdict) for item in settled if isinstance(item.verdict, Await)]
    if taken:
        await connection.execute(TAKEN, *columns(taken, 5))


async def _park(connection: Connection, parks: Sequence[Settlement], intended: Collection[int], ids: _Ids) -> None:
    if not parks:
        return
    messages = [item.message for item in parks]
    rows = ((message.id, message.revision, message.doubt or message.id in intended) for message in messages)
    parked = {row["id"] for row in await connection.fetch(PARK, *columns(rows, 3))}
    ids.reached |= parked
    ids.cased |= parked


async def _follow_cases(
    connection: Connection,
    settled: Sequence[Settlement],
    reported: Sequence[Settlement],
    ids: _Ids,
    now: datetime,
) -> Collection[int]:
    """Open and close cases; returns the messages that wait again with the very case they waited with before."""
    cases = {
        item.message.id: item.verdict.case
        for item in settled
        if isinstance(item.verdict, Park | HandOver) and item.message.id in ids.reached
    }
    reports = [item.report for item in reported if item.report and item.message.id in ids.reached]
    opened = await open_cases(connection, [*cases.values(), *reports], now)
    files = {message_id: opened[case_key(case)] for message_id, case in cases.items()}
    fresh = await attach(connection, [(file.case_id, message_id) for message_id, file in files.items()])
    stay = [case.case_id for case in opened.values()]
    gone = {item.message.id for item in settled if isinstance(item.verdict, Withdraw)}
    await close_left(connection, sorted(ids.cased - gone), now, "cured", stay)
    await close_left(connection, sorted(ids.cased & gone), now, "no longer wanted", stay)
    return {message_id for message_id, file in files.items() if not file.news and message_id not in fresh}


async def _regain(connection: Connection, message_ids: Sequence[int]) -> Mapping[int, Message]:
    if not message_ids:
        return {}
    messages = [message_of(row) for row in await connection.fetch(REGAIN, message_ids)]
    return {message.id: message for message in messages}


def _finish_row(settlement: Settlement) -> tuple[object, ...]:
    message, verdict = settlement.message, settlement.verdict
    if isinstance(verdict, Complete):
        return (message.id, message.revision, "done", verdict.reference)
    return (message.id, message.revision, "handed" if isinstance(verdict, HandOver) else "withdrawn", "")


def _defer_row(message: Message, verdict: Retry | Await) -> tuple[object, ...]:
    if isinstance(verdict, Await):
        return (message.id, message.revision, "pending", verdict.until, message.attempts, 0, message.doubt)
    attempts, failures = message.attempts + verdict.spent, message.failures + verdict.failed
    doubt = message.doubt or verdict.doubt
    return (message.id, message.revision, "waiting", verdict.at, attempts, failures, doubt)


def _taken_row(message: Message, verdict: Await) -> tuple[str, ...]:
    return (message.destination, message.kind.value, message.key, message.version, verdict.reference)


def _change(settlement: Settlement) -> Change:
    message, verdict = settlement.message, settlement.verdict
    match verdict:
        case Await():
            event, why = (
                "awaits",
                f"acknowledgement until {verdict.until:%Y-%m-%d %H:%M:%SZ} {verdict.reference}".strip(),
            )
        case Retry():
            event, why = ("retry" if verdict.spent else "snooze"), f"{verdict.why} (again at {verdict.at:%H:%M:%SZ})"
        case Park():
            event, why = "parked", f"{verdict.case.case_class.value}: {verdict.case.detail}"
        case HandOver():
            event, why = "handed over", f"{verdict.case.case_class.value}: {verdict.case.detail}"
        case Withdraw():
            event, why = "withdrawn", verdict.why
        case Complete():
            raise AssertionError("the normal road is told by the ledger")
    return Change(message.id, message.destination, message.kind.value, message.key, event, "khaossync", why)


def _unreadable(row: asyncpg.Record) -> Case:
    record = f"{row['kind']} {row['key']} for {row['destination']}"
    return Case(
        CaseClass.UNREADABLE_DOCUMENT,
        row["destination"],
        record,
        f"message {row['id']} ({record}) was stored by another release in a shape that this one cannot read; "
        "install the release that wrote it, or one that reads it, and retry this case",
    )


def _lane(message: Message) -> tuple[str, str]:
    return (storable(message.destination), storable(message.key))


def _made_to_show(settlement: Settlement) -> tuple[int, bool]:
    """The quantity, and whether a sale that we do not know of made it less than was asked for."""
    asked, quantity = settlement.message.body, _level(settlement).quantity
    return quantity, isinstance(asked, ChannelLevel) and quantity < asked.quantity


def _level(settlement: Settlement) -> ChannelLevel:
    level = settlement.payload if isinstance(settlement.payload, ChannelLevel) else settlement.message.body
    if not isinstance(level, ChannelLevel):
        raise TypeError(f"message {settlement.message.id} of kind stock_level carries no level")
    return level
