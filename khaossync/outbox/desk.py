"""The desk: what a person does with cases."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from khaossync.domain.cases import Case, CaseClass
from khaossync.domain.documents import Kind
from khaossync.domain.errors import ConfigError
from khaossync.outbox.casework import close_left, note_closed
from khaossync.outbox.codec import storable
from khaossync.outbox.database import Connection, Database
from khaossync.outbox.history import Change, record
from khaossync.outbox.holding import released
from khaossync.outbox.linking import WITHDRAWN
from khaossync.outbox.releasing import NOTIFY, go
from khaossync.outbox.rows import columns
from khaossync.outbox.settling import FINISH

# Open cases, the longest open first, each with how many messages wait with it.
LIST = """
select c.*, (
    select count(*) from khaossync.case_messages a join khaossync.messages m on m.id = a.message_id
    where a.case_id = c.id
) as waiting
from khaossync.cases c where c.state = $1 order by c.opened_at, c.id limit $2"""

SHOW = "select c.*, 0 as waiting from khaossync.cases c where c.id = $1"

# The unfinished messages that wait with a case, and how many of their key stand behind each.
WAITING = """
select m.id, m.destination, m.kind, m.key, m.state, m.attempts, m.created_at, (
    select count(*) from khaossync.ledger l
    where l.key = m.key and l.destination = m.destination and l.outcome = 'open' and l.id > m.id
) as behind
from khaossync.case_messages a join khaossync.messages m on m.id = a.message_id
where a.case_id = $1 order by m.id"""

# The raw text of a record that could not be read.
RAW = """
select raw from khaossync.raws where source = $1 and kind = $2 and key = $3 and version = $4 limit 1"""

# What a person retries.
HELD = "select message_id from khaossync.case_messages where case_id = $1"

# What a person ignores, also what has just been released, must not be touched by anyone else meanwhile.
PARKED = """
select m.id, m.revision, m.destination, m.kind, m.key
from khaossync.messages m
where m.state in ('parked', 'waiting') and m.id in (select message_id from khaossync.case_messages where case_id = $1)
order by m.id for update"""

CLOSE = """
update khaossync.cases set state = 'closed', closed_at = $2, closed_by = $3, why = $4
where id = $1 and state = 'open' returning id, source, subject"""


@dataclass(frozen=True, slots=True)
class FiledCase:
    """A case with its number and its life; `waiting` counts its unfinished messages."""

    case_id: int
    case: Case
    state: str
    opened_at: datetime
    told_at: datetime
    closed_at: datetime | None
    closed_by: str
    why: str
    waiting: int


@dataclass(frozen=True, slots=True)
class WaitingMessage:
    """An unfinished message of a case; `behind` counts the messages of its key that it blocks."""

    message_id: int
    destination: str
    kind: str
    key: str
    state: str
    attempts: int
    created_at: datetime
    behind: int


@dataclass(frozen=True, slots=True)
class CaseFile:
    """All there is to a case; `raw` is the text of a record that could not be read, while it is kept."""

    filed: FiledCase
    waiting: Sequence[WaitingMessage]
    raw: str | None


async def list_cases(database: Database, *, state: str = "open", limit: int = 500) -> Sequence[FiledCase]:
    """Cases, the longest open first."""
    async with database.connection() as connection:
        return [_filed(row) for row in await connection.fetch(LIST, state, limit)]


async def show_case(database: Database, case_id: int) -> CaseFile:
    """One case; raises ConfigError when there is none of this number."""
    async with database.connection() as connection:
        row = await connection.fetchrow(SHOW, case_id)
        if row is None:
            raise ConfigError(f"There is no case {case_id}; `khaossync cases list` shows those that are open.")
        waiting = [WaitingMessage(*found) for found in await connection.fetch(WAITING, case_id)]
        filed = _filed(row)
        return CaseFile(filed, waiting, await _raw(connection, filed.case))


async def retry_case(database: Database, case_id: int, by: str, now: datetime) -> int:
    """Let the parked messages of a case go again; returns how many. The case closes when they are through."""
    return await database.transact(_retry, case_id, by, now)


async def ignore_case(database: Database, case_id: int, by: str, reason: str, now: datetime) -> int:
    """Close a case for good and withdraw the messages that wait; returns how many. Their keys are free again.

    Raises ConfigError when no case of this number is open.
    """
    return await database.transact(_ignore, case_id, by, reason, now)


async def _retry(connection: Connection, case_id: int, by: str, now: datetime) -> int:
    held = [row["message_id"] for row in await connection.fetch(HELD, case_id)]
    rows = await go(connection, held, now, afresh=True)
    await record(connection, [_change(row, "retried", by, f"case {case_id}") for row in rows], now)
    await connection.execute(NOTIFY, sorted({row["destination"] for row in rows}))
    return len(rows)


async def _ignore(connection: Connection, case_id: int, by: str, reason: str, now: datetime) -> int:
    rows = await connection.fetch(PARKED, case_id)
    ids = [row["id"] for row in rows]
    await withdraw(connection, rows, now)
    closed = await connection.fetch(CLOSE, case_id, now, storable(by), storable(reason))
    if not closed:
        raise ConfigError(f"No case {case_id} is open; `khaossync cases list` shows those that are.")
    await note_closed(connection, closed, reason, now, by)
    await close_left(connection, ids, now, "its messages were ignored")
    await record(connection, [_change(row, "ignored", by, f"case {case_id}: {reason}") for row in rows], now)
    return len(rows)


async def withdraw(connection: Connection, rows: Sequence[asyncpg.Record], now: datetime) -> None:
    """Finish messages that wait: nothing is sent, their orders hold no goods back, and their keys are free again."""
    await connection.fetch(FINISH, *columns(((row["id"], row["revision"], "withdrawn", "") for row in rows), 4), now)
    orders = [(row["key"], row["destination"]) for row in rows if row["kind"] == Kind.ORDER]
    await connection.execute(WITHDRAWN, *columns(orders, 2))
    await released(connection, sorted(key for key, _ in orders))
    await connection.execute(NOTIFY, sorted({row["destination"] for row in rows}))


async def _raw(connection: Connection, case: Case) -> str | None:
    evidence: Mapping[str, str] = case.evidence
    if case.case_class is not CaseClass.UNREADABLE_DOCUMENT or "version" not in evidence:
        return None
    record_key = (case.source, evidence["kind"], evidence["key"], evidence["version"])
    found = await connection.fetchval(RAW, *map(storable, record_key))
    return None if found is None else str(found)


def _filed(row: asyncpg.Record) -> FiledCase:
    evidence = json.loads(row["evidence"])
    case = Case(CaseClass(row["class"]), row["source"], row["subject"], row["detail"], evidence)
    life = (row["opened_at"], row["told_at"], row["closed_at"], row["closed_by"], row["why"])
    return FiledCase(row["id"], case, row["state"], *life, row["waiting"])


def _change(row: asyncpg.Record, event: str, by: str, why: str) -> Change:
    return Change(row["id"], row["destination"], row["kind"], row["key"], event, by, why)
