"""Shortening: what was stored under a longer retention than today's goes by today's."""

from datetime import datetime

from khaossync.outbox.database import Connection, Database
from khaossync.outbox.retention import STOCK_KINDS, Retention

PIECE = 5000

# By which retention everything stored expires, kept like the cursor of a stream that nobody tells.
KNOWN = "select cursor from khaossync.cursors where source = '' and stream = 'retention'"
KEEP = """
insert into khaossync.cursors as c (source, stream, cursor, read_at) values ('', 'retention', $1, $2)
on conflict (source, stream) do update set cursor = excluded.cursor, read_at = excluded.read_at"""

# The next rows by the moment at which they would go, those of one moment together. What moves, moves to before them.
# Only whole days matter: the two moments of a row were not taken in the same instant. Returns how far this came.
_PIECE = f"fetch first {PIECE} rows with ties"
RAWS = f"""
with piece as materialized (
    select ctid as place, expires_at from khaossync.raws where expires_at > $1 order by expires_at {_PIECE}
), shortened as (
    update khaossync.raws r set expires_at = r.received_at + case when kind = any($4::text[]) then $3 else $2 end
    where r.ctid = any(array(select place from piece)) and r.expires_at - interval '1 hour'
        > r.received_at + case when kind = any($4::text[]) then $3::interval else $2::interval end
)
select max(expires_at) from piece"""  # noqa: S608  static text
DECISIONS = f"""
with piece as materialized (
    select ctid as place, expires_at from khaossync.decisions where expires_at > $1 order by expires_at {_PIECE}
), shortened as (
    update khaossync.decisions d set expires_at = d.decided_at + $2
    where d.ctid = any(array(select place from piece))
        and d.expires_at - interval '1 hour' > d.decided_at + $2::interval
)
select max(expires_at) from piece"""  # noqa: S608  static text


async def shorten(database: Database, now: datetime, retention: Retention) -> None:
    """Once after each change of the retention: nothing stored is kept for longer than that."""
    today = f"{retention.personal.days} {retention.stock.days}"
    async with database.connection() as connection:
        if await connection.fetchval(KNOWN) == today:
            return
    stock = sorted(kind.value for kind in STOCK_KINDS)
    await _walk(database, now, RAWS, retention.personal, retention.stock, stock)
    await _walk(database, now, DECISIONS, retention.personal)
    async with database.connection() as connection:
        await connection.execute(KEEP, today, now)


async def _walk(database: Database, after: datetime | None, statement: str, *arguments: object) -> None:
    while after is not None:
        after = await database.transact(_step, statement, after, *arguments)


async def _step(connection: Connection, statement: str, *arguments: object) -> datetime | None:
    reached: datetime | None = await connection.fetchval(statement, *arguments)
    return reached
