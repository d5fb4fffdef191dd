"""Reaching PostgreSQL: what is verified, what is refused, and how its absence is told."""

import asyncio
import ssl
from pathlib import Path

import asyncpg
import pytest
from outbox.conftest import at_database
from outbox.stories import HandClock

from khaossync.domain.errors import ConfigError, TransientError
from khaossync.outbox import Database, DatabaseSettings, open_database, open_outbox
from khaossync.outbox.database import Connection, is_local, tls


@pytest.mark.parametrize(
    ("dsn", "local"),
    [
        ("postgresql://u:p@localhost/db", True),
        ("postgresql://u:p@127.0.0.1:5433/db", True),
        ("postgresql://u:p@[::1]:5432/db", True),
        ("postgresql://u:p@/db?host=/run/postgresql", True),
        ("postgresql:///db", True),
        ("postgresql://u:p@db.example.com/db", False),
        ("postgresql://u:p@10.0.0.7/db", False),
        ("postgresql://u:p@[2001:db8::1]:5432/db", False),
        ("postgresql://u:p@localhost,db.example.com/db", False),
        ("postgresql://u:p@/db?host=db.example.com", False),
    ],
)
def test_only_loopback_and_sockets_count_as_local(dsn: str, local: bool) -> None:
    assert is_local(dsn) is local


def test_another_host_is_verified_to_its_name_unless_told_otherwise() -> None:
    """ADB-12."""
    far = "postgresql://u:p@db.example.com/db"
    verified = tls(far, DatabaseSettings(far))
    assert isinstance(verified, ssl.SSLContext)
    assert verified.check_hostname
    assert verified.verify_mode is ssl.CERT_REQUIRED
    unverified = tls(far, DatabaseSettings(far, tls="require"))
    assert isinstance(unverified, ssl.SSLContext)
    assert unverified.verify_mode is ssl.CERT_NONE
    assert tls(far, DatabaseSettings(far, tls="disable")) is False
    near = "postgresql://u:p@localhost/db"
    assert tls(near, DatabaseSettings(near)) is False
    assert isinstance(tls(near, DatabaseSettings(near, tls="verify-full")), ssl.SSLContext)


def test_a_missing_ca_file_is_the_configurations_fault() -> None:
    far = "postgresql://u:p@db.example.com/db"
    with pytest.raises(ConfigError, match="ca_file"):
        tls(far, DatabaseSettings(far, ca_file=Path("/nowhere/ca.pem")))


def test_a_dsn_of_another_sort_is_refused() -> None:
    with pytest.raises(ConfigError, match="postgresql://"):
        is_local("mysql://localhost/db")


def test_a_pooler_needs_a_way_past_it() -> None:
    with pytest.raises(ConfigError, match="direct_dsn"):
        DatabaseSettings("postgresql://localhost/db", pooler="transaction")


async def test_a_pooler_meets_no_prepared_statement(dsn: str) -> None:
    settings = DatabaseSettings(dsn, direct_dsn=dsn, pooler="transaction")
    async with open_database(settings) as database, database.connection() as connection:
        assert await connection.fetchval("select 7") == 7
        assert await connection.fetchval("select count(*) from pg_prepared_statements") == 0


async def test_a_database_that_is_not_there_is_the_configurations_fault(postgres_server: str) -> None:
    with pytest.raises(ConfigError, match="InvalidCatalogName"):
        async with open_outbox(DatabaseSettings(at_database(postgres_server, "nowhere")), HandClock()):
            pass


async def test_a_server_that_does_not_answer_is_tried_again(tmp_path: Path) -> None:
    with pytest.raises(TransientError, match="nothing was lost"):
        async with open_outbox(DatabaseSettings(f"postgresql:///db?host={tmp_path}"), HandClock()):
            pass


async def test_transactions_that_collide_are_done_again(database: Database) -> None:
    async with database.connection() as connection:
        await connection.execute("create table t (id int primary key, n int); insert into t values (1, 0), (2, 0)")
    barrier = asyncio.Barrier(2)
    tries: list[int] = []

    async def update(connection: Connection, first: int, second: int) -> None:
        tries.append(first)
        await connection.execute("update t set n = n + 1 where id = $1", first)
        if len(tries) <= 2:
            await barrier.wait()
        await connection.execute("update t set n = n + 1 where id = $1", second)

    await asyncio.gather(database.transact(update, 1, 2), database.transact(update, 2, 1))
    assert len(tries) > 2
    async with database.connection() as connection:
        assert await connection.fetchval("select sum(n) from t") == 4


async def test_a_mistake_of_ours_is_not_taken_for_an_absence(database: Database) -> None:
    async with database.connection() as connection:
        with pytest.raises(asyncpg.UndefinedTableError):
            await connection.fetch("select * from nothing")
    with pytest.raises(asyncpg.DataError):
        async with database.connection() as connection:
            await connection.fetch("select $1::int", "seven")
