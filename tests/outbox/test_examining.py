"""What can be found out about a server, a role and what is stored."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import examples
from outbox.conftest import at_database, execute
from outbox.stories import HandClock, accept, acceptance, an_order

from khaossync.clock import SystemClock
from khaossync.domain.documents import Kind, Page
from khaossync.domain.findings import Severity
from khaossync.domain.orders import Delivery
from khaossync.ops.checking.store import look
from khaossync.outbox import (
    Database,
    DatabaseSettings,
    PostgresOutbox,
    delivery_methods,
    examine,
    migrate,
    open_database,
    survey,
)
from khaossync.ports import Acceptance


def as_role(dsn: str, role: str) -> str:
    """The same database, another role, whose password is its name."""
    parts = urlsplit(dsn)
    return urlunsplit(parts._replace(netloc=f"{role}:{role}@{parts.netloc.rpartition('@')[2]}"))


async def test_the_server_and_the_role_are_as_they_were_made(database: Database) -> None:
    found = await examine(database)
    assert found.version >= 150000
    assert found.version_name.split(".")[0] == str(found.version // 10_000)
    assert (found.superuser, found.standby, found.encrypted, found.relayed) == (True, False, False, False)
    assert (found.may_create, found.foreign_tables) == (True, 0)
    assert found.connections in range(90, 100)
    assert {"fsync": "off", "autovacuum": "off", "server_encoding": "UTF8"}.items() <= found.settings.items()


async def test_a_role_that_owns_nothing_and_has_limits_of_its_own_is_seen(dsn: str, empty_dsn: str) -> None:
    """ADB-12."""
    role = "onlooker"
    name = urlsplit(dsn).path.lstrip("/")
    await execute(
        dsn,
        f"create role {role} login password '{role}' connection limit 5",
        f"alter role {role} set statement_timeout = '3s'",
    )
    try:
        async with open_database(DatabaseSettings(as_role(dsn, role))) as database:
            found = await examine(database)
        assert (found.role, found.superuser, found.may_create) == (role, False, False)
        assert found.foreign_tables > 5
        assert (found.role_connections, found.settings["statement_timeout"]) == (5, "3000")
        await execute(empty_dsn, f"grant create on database {urlsplit(empty_dsn).path.lstrip('/')} to {role}")
        async with open_database(DatabaseSettings(as_role(empty_dsn, role))) as database:
            assert (await examine(database)).may_create
        own = DatabaseSettings(as_role(empty_dsn, role))
        assert await migrate(own, SystemClock()) > 0
        async with open_database(own) as database:
            found = await examine(database)
        assert (found.may_create, found.foreign_tables) == (True, 0)
    finally:
        await execute(empty_dsn, f"drop owned by {role}")
        await execute(at_database(dsn, name), f"drop owned by {role}", f"drop role {role}")


async def strangers(database: Database, count: int) -> bool:
    """Whether so many connections of others are seen, as soon as those of earlier tests have ended."""
    for _ in range(500):
        if (await examine(database)).others == count:
            return True
        await asyncio.sleep(0.01)
    return False


async def test_connections_of_ours_are_not_counted_as_somebody_elses(database: Database, dsn: str) -> None:
    async with open_database(DatabaseSettings(dsn)) as ours, ours.connection():
        assert await strangers(database, 0)
    stranger = await asyncpg.connect(dsn)
    try:
        assert await strangers(database, 1)
    finally:
        await stranger.close()


async def test_a_server_that_forgets_is_found_out(database: Database, dsn: str) -> None:
    """The server of these tests is fast and forgetful, which no real one may be."""
    store = await look(database, DatabaseSettings(dsn), SystemClock(), private=True)
    bad = {one.subject for one in store.findings if one.severity is Severity.FAIL}
    assert bad == {"fsync", "synchronous_commit"}
    assert store.usable


async def test_a_clock_that_runs_apart_from_the_servers_is_found(database: Database, dsn: str) -> None:
    store = await look(database, DatabaseSettings(dsn), HandClock(), private=True)
    (clock,) = [one for one in store.findings if one.subject == "clock"]
    assert clock.severity is Severity.FAIL


async def test_a_database_without_our_schema_is_looked_at_all_the_same(empty_dsn: str) -> None:
    settings = DatabaseSettings(empty_dsn)
    async with open_database(settings) as database:
        store = await look(database, settings, SystemClock(), private=True)
    (schema,) = [one for one in store.findings if one.subject == "schema"]
    assert (schema.severity, store.usable) == (Severity.FAIL, False)
    assert schema.remedy == "run: khaossync migrate"


def told(*skus: str, complete: bool) -> Acceptance:
    documents = tuple(examples.document("shop", Kind.LISTING, sku, examples.listing(sku)) for sku in skus)
    return replace(acceptance(), stream="catalogue", page=Page(documents, "1", complete=complete))


async def test_a_catalogue_counts_as_stored_once_it_was_read_to_its_end(
    outbox: PostgresOutbox, database: Database, clock: HandClock
) -> None:
    await accept(outbox, told("MUG", complete=False))
    assert await survey(database, "shop", Kind.LISTING) is None
    await accept(outbox, told("CUP", complete=True))
    found = await survey(database, "shop", Kind.LISTING)
    assert found is not None
    assert list(found.bodies) == [examples.listing("CUP"), examples.listing("MUG")]
    assert found.read_at == clock.now()
    assert await survey(database, "khaos", Kind.STOCK_ITEM) is None


async def test_a_record_of_another_release_spoils_no_survey(outbox: PostgresOutbox, database: Database) -> None:
    await accept(outbox, told("MUG", "CUP", complete=True))
    async with database.connection() as connection:
        await connection.execute("update khaossync.documents set body = '{}' where key = 'CUP'")
    found = await survey(database, "shop", Kind.LISTING)
    assert found is not None
    assert [examples.listing("MUG")] == list(found.bodies)


async def test_delivery_methods_are_counted_in_recent_orders(
    outbox: PostgresOutbox, database: Database, clock: HandClock
) -> None:
    """SHW-F3."""
    for number, method in enumerate(("Standard", "Next day", "Standard", "Old")):
        order = an_order(str(number), deliveries=(Delivery(method, examples.order().total),))
        moment = clock.now() - timedelta(days=200 if method == "Old" else 1)
        document = examples.document("shop", Kind.ORDER, order.key, order, moment=moment)
        await accept(outbox, acceptance(documents=[document]))
    since = clock.now() - timedelta(days=90)
    assert await delivery_methods(database, "shop", since) == {"Standard": 2, "Next day": 1}
    assert await delivery_methods(database, "other", since) == {}
