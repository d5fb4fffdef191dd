"""Examining: what kind of PostgreSQL this is, and what the role that we are may do in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from khaossync.outbox.database import Database

# One look at the server, the role and the session. The schema's tables must be ours, for migrations alter them. In
# `others` our own connections do not count: they are within the pool's size.
FACTS = """
select
    current_setting('server_version_num')::int as version,
    current_setting('server_version') as version_name,
    current_user::text as role,
    r.rolsuper as superuser,
    clock_timestamp() as now,
    pg_is_in_recovery() as standby,
    pg_backend_pid() as backend,
    coalesce((select s.ssl from pg_stat_ssl s where s.pid = pg_backend_pid()), false) as encrypted,
    coalesce(
        (select pg_has_role(n.nspowner, 'USAGE') from pg_namespace n where n.nspname = 'khaossync'),
        has_database_privilege(current_database(), 'CREATE')
    ) as may_create,
    (
        select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = 'khaossync' and c.relkind in ('r', 'p', 'S') and not pg_has_role(c.relowner, 'USAGE')
    ) as foreign_tables,
    current_setting('max_connections')::int
        - current_setting('superuser_reserved_connections')::int
        - coalesce(current_setting('reserved_connections', true), '0')::int as connections,
    r.rolconnlimit as role_connections,
    (
        select count(*) from pg_stat_activity a
        where a.usesysid is not null and a.datid is not null and a.application_name is distinct from 'khaossync'
    ) as others
from pg_roles r where r.rolname = current_user"""

# As they are for this connection: a role or a database may have settings of its own. Times are milliseconds.
SETTINGS = "select name, setting from pg_settings where name = any($1::text[])"

WATCHED = (
    "autovacuum",
    "fsync",
    "full_page_writes",
    "synchronous_commit",
    "server_encoding",
    "statement_timeout",
    "transaction_timeout",
    "idle_in_transaction_session_timeout",
    "idle_session_timeout",
)


@dataclass(frozen=True, slots=True)
class Examination:
    """What was found.

    `version` is as 150004 for 15.4. `connections` are those that roles like ours may use, `role_connections` those of
    this role alone (-1: no limit), `others` those that are taken by somebody else. `relayed` tells that something
    stands between us and the server. `settings` lacks what this server does not know.
    """

    version: int
    version_name: str
    role: str
    superuser: bool
    now: datetime
    standby: bool
    encrypted: bool
    relayed: bool
    may_create: bool
    foreign_tables: int
    connections: int
    role_connections: int
    others: int
    settings: Mapping[str, str]


async def examine(database: Database) -> Examination:
    """Look at the server through the pool; raises TransientError while it is away."""
    async with database.connection() as connection:
        row = dict(await connection.fetchrow(FACTS) or {})
        settings = {row["name"]: row["setting"] for row in await connection.fetch(SETTINGS, WATCHED)}
        # A pooler greets its clients with a number of its own making.
        relayed = connection.get_server_pid() != row.pop("backend")
    return Examination(**row, relayed=relayed, settings=settings)
