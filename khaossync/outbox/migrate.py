"""The schema's versions: forward only, checksummed, applied by one starter while the others wait."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources

from khaossync.clock import Clock
from khaossync.domain.errors import ConfigError
from khaossync.outbox.database import Connection, DatabaseSettings, connect, translated

# One starter at a time; the lock ends with the session, so a starter that dies leaves nothing behind.
_LOCK = "select pg_advisory_lock(hashtextextended('khaossync/migrations', 0))"
_HAS_SCHEMA = "select to_regnamespace('khaossync') is not null"
_HAS_TABLE = "select to_regclass('khaossync.migrations') is not null"
_CREATE_SCHEMA = "create schema khaossync"
_CREATE_TABLE = """
create table khaossync.migrations (
    version    integer     primary key,
    name       text        not null,
    sha256     text        not null,
    applied_at timestamptz not null
)"""
_APPLIED = "select version, name, sha256 from khaossync.migrations order by version"
_RECORD = "insert into khaossync.migrations (version, name, sha256, applied_at) values ($1, $2, $3, $4)"


@dataclass(frozen=True, slots=True)
class Migration:
    """One file: `0001_documents.sql` is version 1."""

    version: int
    name: str
    sql: str

    @property
    def sha256(self) -> str:
        """By which an edit after the fact is noticed."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


def shipped() -> Sequence[Migration]:
    """The migrations of this release, in order."""
    files = sorted(resources.files("khaossync.outbox").joinpath("migrations").iterdir(), key=lambda file: file.name)
    return [
        Migration(int(file.name[:4]), file.name, file.read_text(encoding="utf-8"))
        for file in files
        if file.name.endswith(".sql")
    ]


async def migrate(settings: DatabaseSettings, clock: Clock, migrations: Sequence[Migration] | None = None) -> int:
    """Bring the schema up to this release and return how many files that took.

    Each file is one transaction: one that fails leaves nothing. Raises ConfigError when an applied file was edited
    or when the schema is newer than this release.
    """
    known = shipped() if migrations is None else migrations
    connection = await connect(settings)
    try:
        with translated():
            await connection.execute(_LOCK, timeout=600)
            await _prepare(connection)
            behind = _behind(known, await _applied(connection))
            for migration in behind:
                await _apply(connection, migration, clock)
        return len(behind)
    finally:
        await connection.close()


async def ensure_current(connection: Connection) -> None:
    """Raise ConfigError unless the schema is exactly the one of this release."""
    behind = _behind(shipped(), await _applied(connection) if await connection.fetchval(_HAS_TABLE) else {})
    if behind:
        raise ConfigError(
            f"The database's schema is behind by {len(behind)} (next: {behind[0].name}); run `khaossync migrate` first."
        )


async def _prepare(connection: Connection) -> None:
    if not await connection.fetchval(_HAS_SCHEMA):
        await connection.execute(_CREATE_SCHEMA)
    if not await connection.fetchval(_HAS_TABLE):
        await connection.execute(_CREATE_TABLE)


async def _applied(connection: Connection) -> Mapping[int, tuple[str, str]]:
    return {row["version"]: (row["name"], row["sha256"]) for row in await connection.fetch(_APPLIED)}


async def _apply(connection: Connection, migration: Migration, clock: Clock) -> None:
    async with connection.transaction():
        await connection.execute(migration.sql, timeout=3600)
        await connection.execute(_RECORD, migration.version, migration.name, migration.sha256, clock.now())


def _behind(known: Sequence[Migration], applied: Mapping[int, tuple[str, str]]) -> Sequence[Migration]:
    shas = {migration.version: migration.sha256 for migration in known}
    for version, (name, sha256) in applied.items():
        if version not in shas:
            raise ConfigError(
                f"The database's schema is newer than this release (it has {name}); "
                "install the release that wrote it, or restore the backup taken before it."
            )
        if shas[version] != sha256:
            raise ConfigError(
                f"Migration {name} was applied with another text than this release ships; "
                "restore the original file: an applied migration is never edited, a correction is a new file."
            )
    return [migration for migration in known if migration.version not in applied]
