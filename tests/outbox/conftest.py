"""A migrated database of its own for every test, copied from a template."""

import itertools
from collections.abc import AsyncIterator
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
import pytest_asyncio
from outbox.stories import HandClock

from khaossync.clock import SystemClock
from khaossync.outbox import Database, DatabaseSettings, PostgresOutbox, migrate, open_database, open_outbox

TEMPLATE = "outbox_template"
_numbers = itertools.count(1)


def at_database(dsn: str, name: str) -> str:
    """The same server, another database."""
    return urlunsplit(urlsplit(dsn)._replace(path=f"/{name}"))


async def execute(dsn: str, *statements: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def template(postgres_server: str) -> str:
    """The name of a migrated database that nobody is connected to."""
    await execute(postgres_server, f"create database {TEMPLATE}")
    await migrate(DatabaseSettings(at_database(postgres_server, TEMPLATE)), SystemClock())
    return TEMPLATE


@pytest_asyncio.fixture
async def empty_dsn(postgres_server: str) -> AsyncIterator[str]:
    """A database without a schema."""
    name = f"outbox_{next(_numbers)}"
    await execute(postgres_server, f"create database {name}")
    yield at_database(postgres_server, name)
    await execute(postgres_server, f"drop database {name} with (force)")


@pytest_asyncio.fixture
async def dsn(postgres_server: str, template: str) -> AsyncIterator[str]:
    """A migrated database."""
    name = f"outbox_{next(_numbers)}"
    await execute(postgres_server, f"create database {name} template {template}")
    yield at_database(postgres_server, name)
    await execute(postgres_server, f"drop database {name} with (force)")


@pytest.fixture
def clock() -> HandClock:
    """Noon of a day in November, until a test turns it."""
    return HandClock()


@pytest_asyncio.fixture
async def database(dsn: str) -> AsyncIterator[Database]:
    """An open pool beside the outbox."""
    async with open_database(DatabaseSettings(dsn)) as opened:
        yield opened


@pytest_asyncio.fixture
async def outbox(dsn: str, clock: HandClock) -> AsyncIterator[PostgresOutbox]:
    """An outbox that owns the queues of `khaos` and `shop`."""
    async with open_outbox(DatabaseSettings(dsn), clock, holder="tests") as opened:
        await opened.own(["khaos", "shop"])
        yield opened
