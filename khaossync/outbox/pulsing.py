"""Pulsing: how well each process's part of a flow goes, told to the one that speaks for the whole install."""

from collections.abc import Mapping
from datetime import timedelta

from khaossync.outbox.database import Connection
from khaossync.outbox.rows import columns

# By PostgreSQL's clock, for the machines that share it need not agree on the time.
TELL = """
insert into khaossync.pulses as p (flow, connector, good_at)
select $1, connector, clock_timestamp() - age
from unnest($2::text[], $3::interval[]) as told (connector, age)
on conflict (flow, connector) do update set good_at = excluded.good_at"""

AGES = """
select connector, extract(epoch from clock_timestamp() - good_at)::float8 as age
from khaossync.pulses where flow = $1"""

Ages = Mapping[str, float | None]
"""Connector → for how many seconds no loop of it has been idle; None where something is wrong."""


async def share(connection: Connection, flow: str, ours: Ages) -> Ages:
    """Tell how our connectors fare in a flow; returns how all do, as far as they were told."""
    rows = [(name, None if age is None else timedelta(seconds=age)) for name, age in sorted(ours.items())]
    if rows:
        await connection.execute(TELL, flow, *columns(rows, 2))
    return {row["connector"]: row["age"] for row in await connection.fetch(AGES, flow)}
