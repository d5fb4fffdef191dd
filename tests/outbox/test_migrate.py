"""Migrations: forward only, checksummed, applied once however many start together."""

import asyncio
from collections.abc import Sequence

import pytest
from outbox.stories import HandClock, query, value

from khaossync.domain.errors import ConfigError
from khaossync.outbox import Database, DatabaseSettings, ensure_current, migrate, open_database, open_outbox
from khaossync.outbox.migrate import Migration, shipped

ONE = Migration(1, "0001_one.sql", "create table khaossync.one (id int);")
TWO = Migration(2, "0002_two.sql", "create table khaossync.two (id int); select 1;")


async def up(dsn: str, migrations: Sequence[Migration] | None = None) -> int:
    return await migrate(DatabaseSettings(dsn), HandClock(), migrations)


async def tables(dsn: str) -> set[str]:
    async with open_database(DatabaseSettings(dsn)) as database:
        rows = await query(database, "select tablename from pg_tables where schemaname = 'khaossync'")
    return {row["tablename"] for row in rows}


async def test_of_many_starters_one_applies_and_the_others_wait(empty_dsn: str) -> None:
    applied = await asyncio.gather(*(up(empty_dsn) for _ in range(4)))
    assert sorted(applied) == [0, 0, 0, len(shipped())]


async def test_a_file_that_fails_leaves_nothing_and_keeps_those_before_it(empty_dsn: str) -> None:
    broken = Migration(2, "0002_broken.sql", "create table khaossync.half (id int); create nonsense;")
    with pytest.raises(Exception, match="nonsense"):
        await up(empty_dsn, [ONE, broken])
    assert await tables(empty_dsn) == {"migrations", "one"}
    assert await up(empty_dsn, [ONE, TWO]) == 1
    assert await tables(empty_dsn) == {"migrations", "one", "two"}


async def test_an_applied_file_that_was_edited_is_refused(empty_dsn: str) -> None:
    await up(empty_dsn, [ONE])
    with pytest.raises(ConfigError, match=r"0001_one\.sql was applied with another text"):
        await up(empty_dsn, [Migration(1, "0001_one.sql", ONE.sql + " -- better"), TWO])
    assert await tables(empty_dsn) == {"migrations", "one"}


async def test_a_schema_newer_than_this_release_is_refused(empty_dsn: str) -> None:
    await up(empty_dsn, [ONE, TWO])
    with pytest.raises(ConfigError, match="newer than this release"):
        await up(empty_dsn, [ONE])


async def test_the_daemon_refuses_a_schema_that_is_behind_unless_asked_to_migrate(empty_dsn: str) -> None:
    settings = DatabaseSettings(empty_dsn)
    with pytest.raises(ConfigError, match="run `khaossync migrate`"):
        async with open_outbox(settings, HandClock()):
            pass
    async with open_outbox(settings, HandClock(), migrating=True) as outbox:
        assert await outbox.depths() == []


async def test_the_shipped_files_are_numbered_without_a_gap(database: Database) -> None:
    assert [migration.version for migration in shipped()] == list(range(1, len(shipped()) + 1))
    assert await value(database, "select count(*) from khaossync.migrations") == len(shipped())
    async with database.connection() as connection:
        await ensure_current(connection)
