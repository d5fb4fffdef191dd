"""Sealing: a notary binds the trail's new entries to all before them, a few seconds after they were written."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg
import structlog

from khaossync.outbox.database import Connection, Database
from khaossync.outbox.marks import ENTRY_COLUMNS, GENESIS, chained, mark_of, packed

log = structlog.get_logger()

ENTRIES = 1000
"""The most entries in one seal."""
LOOKS, PAUSE = 20, 0.05
"""How often, and after how many seconds each, it is looked whether writers under way have finished."""

# The newest number that any writer was given. Writers take the table's lock before their numbers, so whoever does not
# hold it now, and had a number up to this one, has finished: then nothing can appear any more below it.
HANDED_OUT = """
select coalesce(pg_sequence_last_value(pg_get_serial_sequence('khaossync.history', 'id')::regclass), 0)"""
WRITERS = """
select virtualtransaction from pg_locks
where locktype = 'relation' and relation = 'khaossync.history'::regclass and mode = 'RowExclusiveLock' and granted
    and database = (select oid from pg_database where datname = current_database())"""

# One notary at a time in the whole database; another process's turn will do.
ALONE = "select pg_try_advisory_xact_lock(hashtextextended('khaossync/notary', 0))"

NEWEST = "select number, last_id, digest, sealed_at from khaossync.seals order by number desc limit 1"

UNSEALED = f"""
select {ENTRY_COLUMNS} from khaossync.history where id > $1 and id <= $2 order by id limit $3"""  # noqa: S608  static

SEAL = """
insert into khaossync.seals (number, first_id, last_id, newest_at, sealed_at, marks, previous, digest)
values ($1, $2, $3, $4, $5, $6, $7, $8)"""


@dataclass(frozen=True, slots=True)
class Seal:
    """The end of the chain: what is kept elsewhere proves everything up to it."""

    number: int
    last_id: int
    digest: bytes
    sealed_at: datetime | None

    def __str__(self) -> str:
        return f"{self.number}:{self.digest.hex()}"


async def seal(database: Database, now: datetime) -> int:
    """Seal what was written until now, if no writer of it is still under way; returns how many entries."""
    async with database.connection() as connection:
        final = await _final(connection)
    sealed, full = 0, final > 0
    while full:
        done = await database.transact(_seal, final, now)
        sealed, full = sealed + done, done == ENTRIES
    return sealed


async def newest(connection: Connection) -> Seal:
    """The newest seal; number 0 when there is none."""
    row = await connection.fetchrow(NEWEST)
    return Seal(*row) if row else Seal(0, 0, GENESIS, None)


async def _final(connection: Connection) -> int:
    """Up to which id nothing can appear any more; 0 when there is nothing new or writers take their time."""
    handed_out = int(await connection.fetchval(HANDED_OUT))
    if handed_out <= (await newest(connection)).last_id:
        return 0
    writers = await _writers(connection)
    for _ in range(LOOKS):
        if not writers:
            return handed_out
        await asyncio.sleep(PAUSE)
        writers &= await _writers(connection)
    return 0


async def _writers(connection: Connection) -> set[str]:
    return {row["virtualtransaction"] for row in await connection.fetch(WRITERS)}


async def _seal(connection: Connection, final: int, now: datetime) -> int:
    if not await connection.fetchval(ALONE):
        return 0
    last = await newest(connection)
    rows = await connection.fetch(UNSEALED, last.last_id, final, ENTRIES)
    if rows:
        made = await _bind(connection, last, rows, now)
        if last.sealed_at is None or last.sealed_at.date() != now.date():
            log.info("audit_anchor", anchor=str(made))
    return len(rows)


async def _bind(connection: Connection, last: Seal, rows: Sequence[asyncpg.Record], now: datetime) -> Seal:
    number, marks = last.number + 1, packed(map(mark_of, rows))
    newest_at = max(row["at"] for row in rows)
    made = Seal(number, rows[-1]["id"], chained(number, last.digest, newest_at, marks), now)
    table = (number, rows[0]["id"], made.last_id, newest_at, now, marks, last.digest, made.digest)
    await connection.execute(SEAL, *table)
    return made
