"""Looks at the PostgreSQL that remembers everything."""

from collections.abc import Sequence
from dataclasses import dataclass

from khaossync.clock import Clock
from khaossync.domain.errors import ConfigError, SyncError
from khaossync.domain.findings import Finding
from khaossync.ops.checking.postgres import postgres
from khaossync.outbox import Database, DatabaseSettings, ensure_current, examine
from khaossync.outbox.database import is_local
from khaossync.transport.clocks import clock_finding


@dataclass(frozen=True, slots=True)
class Store:
    """What was found; `usable` tells that what is stored can be read by this release."""

    findings: Sequence[Finding]
    usable: bool = False


async def look(database: Database, settings: DatabaseSettings, clock: Clock, *, private: bool) -> Store:
    """The server, the role, the clock and the schema; `private` says that the server is our own."""
    try:
        found = await examine(database)
        skew = found.now - clock.now()
        schema = await _schema(database)
    except SyncError as error:
        return Store([Finding.fail("answers", str(error), "start PostgreSQL, or mend [database]")])
    pooled, local = settings.pooler == "transaction", is_local(settings.dsn)
    judged = postgres(found, pool_size=settings.pool_size, local=local, pooled=pooled, private=private)
    told = schema or Finding.ok("schema", "is the one of this release")
    return Store([*judged, clock_finding(skew), told], usable=schema is None)


async def _schema(database: Database) -> Finding | None:
    """What is wrong with the schema."""
    async with database.connection() as connection:
        try:
            await ensure_current(connection)
        except ConfigError as error:
            return Finding.fail("schema", str(error), "run: khaossync migrate")
    return None
