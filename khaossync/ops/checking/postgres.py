"""What kind of PostgreSQL the outbox's promises need, held against the one there is."""

from collections.abc import Iterator

from khaossync.domain.findings import Finding
from khaossync.outbox import Examination

_OLDEST = 15
_OURS_BESIDES_THE_POOL = 2
"""The session that holds the locks, and one for `check`, `status` and their like."""

_SHORTEST = 60_000
"""Milliseconds that one of our statements may take; a session that is cut sooner loses work for nothing."""

_DURABLE = {
    "fsync": "a power cut may destroy what was acknowledged",
    "synchronous_commit": "a crash may forget what was sent already, and it would be sent again",
    "full_page_writes": "a power cut may tear pages",
}
_LIMITS = (
    "statement_timeout",
    "transaction_timeout",
    "idle_in_transaction_session_timeout",
    "idle_session_timeout",
)


def postgres(found: Examination, *, pool_size: int, local: bool, pooled: bool, private: bool) -> Iterator[Finding]:
    """`local` needs no TLS, `pooled` says that a pooler is configured, `private` that the server is our own."""
    yield _version(found)
    yield _role(found, private)
    yield from _settings(found)
    yield _connections(found, pool_size)
    yield _encryption(found, local)
    yield from _pooler(found, pooled)


def _version(found: Examination) -> Finding:
    if found.version < _OLDEST * 10_000:
        return Finding.fail("version", f"PostgreSQL {found.version_name}", f"use version {_OLDEST} or newer")
    return Finding.ok("version", f"PostgreSQL {found.version_name}")


def _role(found: Examination, private: bool) -> Finding:
    if found.standby:
        return Finding.fail("role", "this is a standby, where nothing can be written", "give the primary's address")
    if not found.may_create or found.foreign_tables:
        remedy = f'run: alter schema khaossync owner to "{found.role}", and the same for its tables'
        if not found.foreign_tables:
            remedy = f'run: grant create on database … to "{found.role}"; or {remedy.removeprefix("run: ")}'
        return Finding.fail("role", f"{found.role} does not own the schema khaossync and all that is in it", remedy)
    if found.superuser and not private:
        remedy = "create a role of its own that owns the schema khaossync and may do nothing else"
        return Finding.warn("role", f"{found.role} is a superuser", remedy)
    return Finding.ok("role", f"{found.role} may do what is needed")


def _settings(found: Examination) -> Iterator[Finding]:
    for name, harm in _DURABLE.items():
        if found.settings.get(name) == "off":
            told = Finding.warn if name == "full_page_writes" else Finding.fail
            yield told(name, f"is off: {harm}", f"set {name} = on, for the server or for {found.role}")
    if found.settings.get("autovacuum") == "off":
        yield Finding.warn("autovacuum", "is off: the tables grow and become slow", "set autovacuum = on")
    if (encoding := found.settings.get("server_encoding")) != "UTF8":
        remedy = "create the database anew with encoding 'UTF8'"
        yield Finding.fail("encoding", f"is {encoding}, which cannot hold every name", remedy)
    for name in _LIMITS:
        if 0 < int(found.settings.get(name, "0")) < _SHORTEST:
            detail = f"cuts us off after {found.settings[name]} ms; a statement of ours may take a minute"
            yield Finding.warn(name, detail, f'run: alter role "{found.role}" set {name} = 0')


def _connections(found: Examination, pool_size: int) -> Finding:
    needed = pool_size + _OURS_BESIDES_THE_POOL
    free = found.connections - found.others
    if 0 <= found.role_connections < free:
        free = found.role_connections
    detail = f"{free} of {found.connections} are free for us, and up to {needed} are needed"
    if free >= needed:
        return Finding.ok("connections", detail)
    return Finding.fail("connections", detail, "raise max_connections (or the role's limit), or lower pool_size")


def _encryption(found: Examination, local: bool) -> Finding:
    if found.encrypted:
        return Finding.ok("encryption", "the connection uses TLS")
    if local:
        return Finding.ok("encryption", "the connection does not leave this machine")
    return Finding.warn("encryption", "passwords and orders travel in the clear", 'set tls = "verify-full"')


def _pooler(found: Examination, pooled: bool) -> Iterator[Finding]:
    if found.relayed and not pooled:
        detail = "something stands between us and PostgreSQL (PgBouncer or its like)"
        remedy = 'if it pools by transaction, set pooler = "transaction" and direct_dsn'
        yield Finding.warn("pooler", detail, remedy)
