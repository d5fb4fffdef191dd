"""Copying: the whole outbox to another PostgreSQL, in binary, all or nothing."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence

import asyncpg

from khaossync.clock import Clock
from khaossync.domain.errors import ConfigError
from khaossync.outbox.database import DatabaseSettings, connect, translated
from khaossync.outbox.migrate import ensure_current, migrate

# Every table but the one that the migrations themselves keep; cases before the messages that refer to them.
TABLES = """
select tablename as name from pg_tables where schemaname = 'khaossync' and tablename <> 'migrations'
order by tablename = 'case_messages', tablename"""

# The columns in the source's order, by name, for the other side may have them in another.
COLUMNS = """
select column_name as name from information_schema.columns
where table_schema = 'khaossync' and table_name = $1 order by ordinal_position"""

# Every queue without an owner: a daemon that went on working would be left behind by the copy.
OWNED = """
select connector from khaossync.owners
where not pg_try_advisory_lock(hashtextextended('khaossync/owner/' || connector, 0)) order by connector"""

# Numbers go on where they stood, for history still speaks of messages that are gone.
SEQUENCES = """
select table_name as name from information_schema.columns
where table_schema = 'khaossync' and column_name = 'id' and is_identity = 'YES'"""
HIGHEST = "select pg_sequence_last_value(pg_get_serial_sequence('khaossync.' || $1, 'id')::regclass)"
ADVANCE = "select setval(pg_get_serial_sequence('khaossync.' || $1, 'id'), $2)"

Table = str
_QUEUED = 16


async def copy(source: DatabaseSettings, target: DatabaseSettings, clock: Clock) -> Mapping[Table, int]:
    """Copy everything to an empty database, which is migrated first; returns the rows per table.

    Raises ConfigError when a daemon still owns a queue, when the schemas differ or when the target is not empty; then,
    and whenever something fails half-way, the target is left without a row.
    """
    await migrate(target, clock)
    old, new = await connect(source), await connect(target)
    try:
        with translated():
            await ensure_current(old)
            await _insist_on_rest(old)
            async with old.transaction(isolation="repeatable_read", readonly=True), new.transaction():
                return await _copy_all(old, new)
    finally:
        await old.close()
        await new.close()


async def _copy_all(
    old: "asyncpg.Connection[asyncpg.Record]", new: "asyncpg.Connection[asyncpg.Record]"
) -> Mapping[Table, int]:
    tables = [row["name"] for row in await old.fetch(TABLES)]
    for table in tables:
        if await _count(new, table):
            raise ConfigError(f"The target's table khaossync.{table} is not empty; copy to a fresh database.")
    counts = {table: await _copy_table(old, new, table) for table in tables}
    for row in await old.fetch(SEQUENCES):
        if highest := await old.fetchval(HIGHEST, row["name"]):
            await new.fetchval(ADVANCE, row["name"], highest)
    return counts


async def _copy_table(
    old: "asyncpg.Connection[asyncpg.Record]", new: "asyncpg.Connection[asyncpg.Record]", table: Table
) -> int:
    columns: Sequence[str] = [row["name"] for row in await old.fetch(COLUMNS, table)]
    queue: asyncio.Queue[bytes | None] = asyncio.Queue(_QUEUED)

    async def read() -> None:
        await old.copy_from_table(
            table, schema_name="khaossync", columns=columns, output=queue.put, format="binary", timeout=None
        )
        await queue.put(None)

    async def written() -> AsyncIterator[bytes]:
        while (part := await queue.get()) is not None:
            yield part

    async with asyncio.TaskGroup() as group:
        group.create_task(read())
        await new.copy_to_table(table, schema_name="khaossync", columns=columns, source=written(), format="binary")
    there, here = await _count(old, table), await _count(new, table)
    if there != here:
        raise ConfigError(
            f"khaossync.{table} has {there} rows at the source and {here} at the target; nothing was kept."
        )
    return here


async def _insist_on_rest(old: "asyncpg.Connection[asyncpg.Record]") -> None:
    if owned := [row["connector"] for row in await old.fetch(OWNED)]:
        raise ConfigError(f"A daemon still works on {', '.join(owned)}; stop it before copying.")


async def _count(connection: "asyncpg.Connection[asyncpg.Record]", table: Table) -> int:
    return int(await connection.fetchval(f"select count(*) from khaossync.{table}"))  # noqa: S608  from the catalogue
