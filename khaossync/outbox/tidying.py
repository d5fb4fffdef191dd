"""Tidying: what is kept for a time goes when its time is up, a little at once."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from khaossync.outbox.database import Database

HOOKS_KEPT = timedelta(days=14)
LEVELS_KEPT = timedelta(days=30)
BATCH = 5000

# Raw texts hold personal data and have an end.
RAWS = """
delete from khaossync.raws where ctid = any(array(
    select ctid from khaossync.raws where expires_at <= $1 limit $2
))"""

# What was decided on them goes with them.
DECISIONS = """
delete from khaossync.decisions where ctid = any(array(
    select ctid from khaossync.decisions where expires_at <= $1 limit $2
))"""

# No platform sends a webhook again after so long.
HOOKS = """
delete from khaossync.hooks where ctid = any(array(
    select ctid from khaossync.hooks where received_at <= $1 limit $2
))"""

# Finished levels only: a level's version is a serial that never comes again. Orders' effects are kept for ever.
LEVELS = """
delete from khaossync.ledger where ctid = any(array(
    select ctid from khaossync.ledger
    where kind = 'stock_level' and accepted_at <= $1 and outcome <> 'open' limit $2
))"""


async def tidy(database: Database, now: datetime) -> Mapping[str, int]:
    """Prune everything whose time is up; returns how many rows of which sort went, without those of none."""
    counts = {
        "raws": await _prune(database, RAWS, now),
        "decisions": await _prune(database, DECISIONS, now),
        "hooks": await _prune(database, HOOKS, now - HOOKS_KEPT),
        "levels": await _prune(database, LEVELS, now - LEVELS_KEPT),
    }
    return {sort: count for sort, count in counts.items() if count}


async def _prune(database: Database, statement: str, until: datetime) -> int:
    pruned, full = 0, True
    while full:
        async with database.connection() as connection:
            done = int((await connection.execute(statement, until, BATCH)).split()[-1])
        pruned, full = pruned + done, done == BATCH
    return pruned
