"""How PostgreSQL is reached: verified TLS by default, poolers, and its absence told as an error that time cures."""

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Concatenate, Literal, ParamSpec, TypeAlias, TypeVar
from urllib.parse import parse_qs, urlsplit

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from khaossync.domain.errors import ConfigError, TransientError

Tls = Literal["verify-full", "require", "disable"]
# asyncpg's classes are generic for the type checker only.
Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"
T = TypeVar("T")
P = ParamSpec("P")

_COLLISIONS = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError)
_COLLISION_TRIES = 4
_MISCONFIGURED = (
    ssl.SSLCertVerificationError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.InsufficientPrivilegeError,
    asyncpg.ClientConfigurationError,
)
_AWAY = (
    OSError,
    EOFError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InternalClientError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    *_COLLISIONS,
)


@dataclass(frozen=True, slots=True)
class DatabaseSettings:
    """Where the outbox lives.

    `tls` None means verify-full, except on loopback and on a socket, which need none. Where a pooler in transaction
    mode stands before `dsn`, `direct_dsn` must lead past it, for session locks and migrations.
    """

    dsn: str
    direct_dsn: str | None = None
    tls: Tls | None = None
    ca_file: Path | None = None
    pooler: Literal["none", "transaction"] = "none"
    pool_size: int = 8

    def __post_init__(self) -> None:
        if self.pooler == "transaction" and not self.direct_dsn:
            raise ConfigError(
                "[database] pooler is set without direct_dsn: ownership and migrations need a session of their own; "
                "set direct_dsn to the address of PostgreSQL itself."
            )


class Database:
    """An open pool, and the way to a connection of one's own."""

    def __init__(self, settings: DatabaseSettings, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        self._settings = settings
        self.pool = pool

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection of the pool; raises TransientError while PostgreSQL is away."""
        with translated():
            async with self.pool.acquire() as connection:
                yield connection

    async def transact(
        self, work: Callable[Concatenate[Connection, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Do `work(connection, …)` in one transaction, again when it collided with another; raises TransientError."""
        for left in reversed(range(_COLLISION_TRIES)):
            try:
                async with self.pool.acquire() as connection, connection.transaction():
                    return await work(connection, *args, **kwargs)
            except _COLLISIONS as error:
                if not left:
                    raise TransientError(f"PostgreSQL: transactions kept colliding ({error})") from error
            except (*_MISCONFIGURED, *_AWAY, asyncpg.InterfaceError) as error:
                raise _translation(error) from error
        raise AssertionError("unreachable")

    async def connect(self) -> "asyncpg.Connection[asyncpg.Record]":
        """A connection of one's own, past any pooler; the caller closes it."""
        return await connect(self._settings)


async def connect(settings: DatabaseSettings) -> "asyncpg.Connection[asyncpg.Record]":
    """Connect past any pooler, with keep-alives so that a vanished client frees its locks within half a minute."""
    dsn = settings.direct_dsn or settings.dsn
    keepalives = {"tcp_keepalives_idle": "10", "tcp_keepalives_interval": "5", "tcp_keepalives_count": "3"}
    with translated():
        return await asyncpg.connect(
            dsn,
            ssl=tls(dsn, settings),
            timeout=15,
            command_timeout=60,
            server_settings={"application_name": "khaossync", **keepalives},
        )


@asynccontextmanager
async def open_database(settings: DatabaseSettings) -> AsyncIterator[Database]:
    """Open a pool. Raises ConfigError when PostgreSQL refuses us, TransientError when it does not answer."""
    with translated():
        pool = await asyncpg.create_pool(
            settings.dsn,
            ssl=tls(settings.dsn, settings),
            min_size=1,
            max_size=settings.pool_size,
            timeout=15,
            command_timeout=60,
            reset=_leave_as_it_is,
            # A pooler hands the next statement to another session, which knows no prepared statement of ours.
            statement_cache_size=0 if settings.pooler == "transaction" else 200,
            server_settings={"application_name": "khaossync"},
        )
    try:
        yield Database(settings, pool)
    finally:
        await _close(pool)


async def _leave_as_it_is(_connection: Connection) -> None:
    """We change nothing in a session, so nothing need be undone with a round trip; asyncpg itself ends transactions."""


async def _close(pool: "asyncpg.Pool[asyncpg.Record]") -> None:
    try:
        await pool.close()
    except _AWAY:
        pool.terminate()


@contextmanager
def translated() -> Iterator[None]:
    """Turn asyncpg's errors into ours: ConfigError for what a person must mend, TransientError for absence."""
    try:
        yield
    except (*_MISCONFIGURED, *_AWAY, asyncpg.InterfaceError) as error:
        raise _translation(error) from error


def _translation(error: BaseException) -> Exception:
    said = f"{type(error).__name__}: {error}"
    if isinstance(error, _MISCONFIGURED):
        return ConfigError(
            f"PostgreSQL refuses us ({said}); correct [database] dsn, tls, ca_file or the role's rights."
        )
    if isinstance(error, asyncpg.DataError):
        return error
    return TransientError(f"PostgreSQL cannot be used just now ({said}); nothing was lost, it is tried again.")


def tls(dsn: str, settings: DatabaseSettings) -> "ssl.SSLContext | bool":
    """How a connection is secured; raises ConfigError for a CA file that cannot be read."""
    mode = settings.tls or ("disable" if is_local(dsn) else "verify-full")
    if mode == "disable":
        return False
    try:
        context = ssl.create_default_context(cafile=settings.ca_file)
    except OSError as error:
        raise ConfigError(f"[database] ca_file {settings.ca_file} is not a readable PEM file ({error}).") from error
    if mode == "require":
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def is_local(dsn: str) -> bool:
    """Whether every host of a DSN is a socket directory or on loopback."""
    parts = urlsplit(dsn)
    if parts.scheme not in ("postgres", "postgresql"):
        raise ConfigError("[database] dsn must look like postgresql://user:password@host:5432/name")
    hosts = parse_qs(parts.query).get("host") or [parts.netloc.rpartition("@")[2]]
    return all(_is_local_host(host) for host in ",".join(hosts).split(","))


def _is_local_host(host: str) -> bool:
    if host.startswith("["):
        name = host[1:].partition("]")[0]
    else:
        name = host if host.count(":") > 1 else host.partition(":")[0]
    if not name or name.startswith("/") or name.lower().startswith("%2f") or name == "localhost":
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False
