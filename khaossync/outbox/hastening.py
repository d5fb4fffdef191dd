"""Hastening: what waits for a time that only a clock that was ahead can have named, waits no longer."""

from datetime import datetime, timedelta

from khaossync.outbox.database import Connection

LONGEST = timedelta(hours=1)
"""No back-off is longer. An order that has not been tried yet may well wait longer: the merchant keeps it back."""

# Due now; the owner makes it ready.
HASTEN = """
update khaossync.messages m set not_before = $1
where m.state = 'waiting' and m.not_before > $1::timestamptz + $2
    and (m.kind <> 'order' or m.failures > 0 or m.doubt)
returning 1"""

# A correction goes when the orders were read since its level was seen, and nothing was seen later than now.
SEEN = """
update khaossync.levels l set seen_at = $1
from khaossync.messages m
where m.kind = 'stock_level' and m.destination = l.destination and m.key = l.key and l.seen_at > $1"""


async def hasten(connection: Connection, now: datetime) -> int:
    """Let go what waits for too long, within the caller's transaction; returns how many messages."""
    await connection.execute(SEEN, now)
    return len(await connection.fetch(HASTEN, now, LONGEST))
