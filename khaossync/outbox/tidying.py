"""Tidying: what is kept for a time goes when its time is up, a little at once."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta

from khaossync.outbox.database import Connection, Database
from khaossync.outbox.decisions import forget
from khaossync.outbox.forgetting import FORGET_VERSIONS, REASONLESS, WORDLESS
from khaossync.outbox.history import TRAIL, Change, record
from khaossync.outbox.retention import Retention
from khaossync.outbox.rows import columns
from khaossync.outbox.shortening import shorten

HOOKS_KEPT = timedelta(days=14)
LEVELS_KEPT = timedelta(days=30)
BATCH = 5000

# Raw texts hold personal data and have an end.
RAWS = """
delete from khaossync.raws where ctid = any(array(
    select ctid from khaossync.raws where expires_at <= $1 order by expires_at limit $2
)) returning source, kind, key, version"""

# What was decided on them goes with them.
DECISIONS = """
delete from khaossync.decisions where ctid = any(array(
    select ctid from khaossync.decisions where expires_at <= $1 order by expires_at limit $2
)) returning 1"""

# No platform sends a webhook again after so long.
HOOKS = """
delete from khaossync.hooks where ctid = any(array(
    select ctid from khaossync.hooks where received_at <= $1 order by received_at limit $2
)) returning 1"""

# Finished levels only: a level's version is a serial that never comes again. Orders' effects are kept for ever.
LEVELS = """
delete from khaossync.ledger where ctid = any(array(
    select ctid from khaossync.ledger
    where kind = 'stock_level' and accepted_at <= $1 and outcome <> 'open' order by accepted_at limit $2
)) returning 1"""

# What people closed stays: it is not told again while its record stays the same. The others have served.
CASES = """
with old as materialized (
    select id from khaossync.cases
    where state = 'closed' and closed_by = 'khaossync' and closed_at <= $1 order by closed_at limit $2 for update
), held as (
    delete from khaossync.case_messages where case_id = any(array(select id from old))
)
delete from khaossync.cases where id = any(array(select id from old)) returning 1"""

WORDS = f"""
update khaossync.cases c set {WORDLESS}
where c.id = any(array(
    select id from khaossync.cases
    where state = 'closed' and detail <> '' and closed_at <= $1 order by closed_at limit $2
)) returning 1"""  # noqa: S608  static text

# Only what is sealed: the next seals, from the oldest on, that hold old entries alone and together not too many.
_OLD_SEALS = """
select number, first_id, last_id, digest from (
    select number, first_id, last_id, digest, octet_length(marks) / 24 as size,
        sum(octet_length(marks) / 24) over (order by number) as entries,
        max(newest_at) over (order by number) as newest_at
    from (select * from khaossync.seals {where} order by number limit 500) as oldest
) as next where newest_at <= $1 and (entries <= $2 or entries = size) order by number"""

WORDED = _OLD_SEALS.format(where="where worded")

# The newest seal stays, for the next one follows it. Once a day is enough, for each time leaves an entry in the trail.
OLDEST = _OLD_SEALS.format(
    where="""
    where number < (select max(number) from khaossync.seals)
        and $1::timestamptz - interval '1 day' >= (select newest_at from khaossync.seals order by number limit 1)"""
)

REASONS = f"""
update khaossync.history set {REASONLESS}
where id between $1 and $2 and why <> '' returning 1"""  # noqa: S608  static text
WORDS_GONE = "update khaossync.seals set worded = false where number = any($1::bigint[])"

ENTRIES = "delete from khaossync.history where id <= $1 returning 1"
SEALS = "delete from khaossync.seals where number <= $1"


async def tidy(database: Database, now: datetime, retention: Retention) -> Mapping[str, int]:
    """Prune everything whose time is up; returns how many rows of which sort went, without those of none."""
    await shorten(database, now, retention)
    personal, old = now - retention.personal, now - retention.history
    counts = {
        "raws": await _repeat(database, _raws, now),
        "decisions": await _repeat(database, _plain(DECISIONS), now),
        "hooks": await _repeat(database, _plain(HOOKS), now - HOOKS_KEPT),
        "levels": await _repeat(database, _plain(LEVELS), now - LEVELS_KEPT),
        "case_words": await _repeat(database, _plain(WORDS), personal),
        "cases": await _repeat(database, _plain(CASES), old),
        "reasons": await _repeat(database, _reasons, personal),
        "entries": await _repeat(database, _entries(now), old),
    }
    return {sort: count for sort, count in counts.items() if count}


Step = Callable[[Connection, datetime], Awaitable[tuple[int, bool]]]
"""One batch, in a transaction of its own: how many rows it took, and whether there may be more."""


async def _repeat(database: Database, step: Step, until: datetime) -> int:
    pruned, more = 0, True
    while more:
        done, more = await database.transact(step, until)
        pruned += done
    return pruned


def _plain(statement: str) -> Step:
    async def step(connection: Connection, until: datetime) -> tuple[int, bool]:
        done = len(await connection.fetch(statement, until, BATCH))
        return done, done == BATCH

    return step


async def _raws(connection: Connection, until: datetime) -> tuple[int, bool]:
    """With the raw text of its newest version a record loses the person that was read from it."""
    rows = await connection.fetch(RAWS, until, BATCH)
    if rows:
        forgotten = await connection.fetch(FORGET_VERSIONS, *columns(map(tuple, rows), 4))
        await forget(connection, {row["about"] for row in forgotten})
    return len(rows), len(rows) == BATCH


async def _reasons(connection: Connection, until: datetime) -> tuple[int, bool]:
    seals = await connection.fetch(WORDED, until, BATCH)
    if not seals:
        return 0, False
    rows = await connection.fetch(REASONS, seals[0]["first_id"], seals[-1]["last_id"])
    await connection.execute(WORDS_GONE, [seal["number"] for seal in seals])
    return len(rows), True


def _entries(now: datetime) -> Step:
    async def step(connection: Connection, until: datetime) -> tuple[int, bool]:
        seals = await connection.fetch(OLDEST, until, BATCH)
        if not seals:
            return 0, False
        last = seals[-1]
        rows = await connection.fetch(ENTRIES, last["last_id"])
        await connection.execute(SEALS, last["number"])
        said = Change(None, "", TRAIL, f"{last['number']}:{last['digest'].hex()}", "pruned", "khaossync", "")
        await record(connection, [said], now)
        return len(rows), True

    return step
