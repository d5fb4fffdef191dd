"""Samples: how large each table is with its indexes, and how many rows of it live and are dead."""

from collections.abc import Mapping
from dataclasses import dataclass

from khaossync.outbox import Database

TABLES = """
select relname as name, pg_total_relation_size(relid) as size, n_live_tup as live, n_dead_tup as dead
from pg_stat_user_tables where schemaname = 'khaossync'"""


@dataclass(frozen=True, slots=True)
class TableSize:
    """Bytes with indexes, and rows."""

    size: int
    live: int
    dead: int


@dataclass(frozen=True, slots=True)
class Sample:
    """All tables of note at one moment."""

    minute: float
    settled: int
    tables: Mapping[str, TableSize]


async def sample(database: Database, minute: float, settled: int) -> Sample:
    """Look at all tables of the schema."""
    async with database.connection() as connection:
        rows = await connection.fetch(TABLES)
    return Sample(minute, settled, {row["name"]: TableSize(row["size"], row["live"], row["dead"]) for row in rows})
