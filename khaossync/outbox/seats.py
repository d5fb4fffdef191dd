"""Seats: who holds which connector's lock, as PostgreSQL itself tells it, and the end of those who fell silent."""

from collections.abc import Sequence
from datetime import timedelta

import asyncpg
import structlog

from khaossync.outbox.sharing import Round, Seat

log = structlog.get_logger()

SILENCE = timedelta(seconds=5)
"""How long PostgreSQL waits for the holder of a lock to say anything, by its own clock, before others end its session.
A daemon speaks every second; one that was paused says nothing, and its connection alone would keep the lock for it."""

# The lock lives as long as its session: a dead owner is replaced at once, without a lease to wait out.
TAKE = "select pg_try_advisory_lock(hashtextextended('khaossync/owner/' || $1, 0))"

GIVE = """
select pg_advisory_unlock(hashtextextended('khaossync/owner/' || $1, 0)), pg_notify('khaossync', $1)"""

# Shared by all daemons that want the same connectors, so that each can count the others.
JOIN = "select pg_advisory_lock_shared(hashtextextended('khaossync/daemon/' || $1, 0))"
LEAVE = "select pg_advisory_unlock_shared(hashtextextended('khaossync/daemon/' || $1, 0))"

# Every connector's lock with its holder (kind 'seat'), and every daemon that wants the same (kind 'daemon'). Silent is
# a session for which PostgreSQL waits, not one that waits for it. Of another role's sessions it tells us nothing.
LOOK = """
with locks as (
    select l.pid, (l.classid::bigint << 32) | l.objid::bigint as lock
    from pg_locks l
    where l.locktype = 'advisory' and l.objsubid = 1 and l.granted
        and l.database = (select oid from pg_database where datname = current_database())
), sessions as (
    select l.pid, l.lock, coalesce(
        a.wait_event_type = 'Client' and greatest(a.state_change, a.query_start) < clock_timestamp() - $3::interval,
        false) as silent
    from locks l left join pg_stat_activity a on a.pid = l.pid
)
select 'seat' as kind, told.name, s.pid, coalesce(s.silent, false) as silent
from unnest($1::text[]) as told (name)
    left join sessions s on s.lock = hashtextextended('khaossync/owner/' || told.name, 0)
union all
select 'daemon', '', s.pid, s.silent
from sessions s where s.lock = hashtextextended('khaossync/daemon/' || $2, 0)"""

# Looked at once more, for it may have spoken meanwhile. Returns when the sessions have ended, their locks with them.
END = """
select case when a.wait_event_type = 'Client'
        and greatest(a.state_change, a.query_start) < clock_timestamp() - $2::interval
    then pg_terminate_backend(a.pid, 1000) end as ended
from pg_stat_activity a where a.pid = any($1::int[])"""


def company(connectors: Sequence[str]) -> str:
    """What the daemons have in common that share these connectors."""
    return " ".join(sorted(connectors))


async def look(connection: "asyncpg.Connection[asyncpg.Record]", connectors: Sequence[str]) -> Round:
    """Who holds what now."""
    rows = await connection.fetch(LOOK, sorted(connectors), company(connectors), SILENCE)
    seats = [Seat(row["name"], row["pid"], row["silent"]) for row in rows if row["kind"] == "seat"]
    daemons = frozenset(row["pid"] for row in rows if row["kind"] == "daemon" and not row["silent"])
    return Round(connection.get_server_pid(), seats, daemons)


async def end_silent(connection: "asyncpg.Connection[asyncpg.Record]", found: Round) -> bool:
    """End the sessions of holders that fell silent; True when any has ended. Never raises for want of the right to."""
    silent = {seat.session: seat.connector for seat in found.seats if seat.silent and seat.session != found.me}
    if not silent:
        return False
    log.warning("owner_silent", connectors=sorted(silent.values()), seconds=SILENCE.total_seconds())
    try:
        rows = await connection.fetch(END, list(silent), SILENCE)
    except asyncpg.InsufficientPrivilegeError as error:
        log.error("owner_not_ended", reason=str(error), hint="let all daemons use one role, or end the paused process")
        return False
    return any(row["ended"] for row in rows)
