"""Running: when daemons started and stopped, so that an unclean end is known at the next start."""

from dataclasses import dataclass
from datetime import datetime

from khaossync.outbox.database import Connection, Database

# The start of the previous run of this name that has no end. Older ones were told at an earlier start.
PREVIOUS = """
select started_at from (
    select started_at, stopped_at from khaossync.runs where holder = $1 order by id desc limit 1
) as last where stopped_at is null"""

BEGIN = "insert into khaossync.runs (holder, started_at) values ($1, $2) returning id"
END = "update khaossync.runs set stopped_at = $2 where id = $1 and stopped_at is null"


@dataclass(frozen=True, slots=True)
class Run:
    """A daemon's run; `unclean_since` is when the previous run started if it did not end in good order."""

    run_id: int
    unclean_since: datetime | None


async def begin_run(database: Database, name: str, now: datetime) -> Run:
    """Note the start of a daemon whose name stays the same from run to run."""
    return await database.transact(_begin, name, now)


async def end_run(database: Database, run: Run, now: datetime) -> None:
    """Note that a daemon ends in good order."""
    async with database.connection() as connection:
        await connection.execute(END, run.run_id, now)


async def _begin(connection: Connection, name: str, now: datetime) -> Run:
    unclean_since = await connection.fetchval(PREVIOUS, name)
    return Run(await connection.fetchval(BEGIN, name, now), unclean_since)
