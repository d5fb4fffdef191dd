"""Ending: the ordinary end of messages on which nothing else hangs, in one statement and one way to the server."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from khaossync.domain.documents import Kind
from khaossync.domain.messages import Complete, Settlement
from khaossync.outbox.database import Connection
from khaossync.outbox.rows import columns

# Fenced as settling is: without all of our epochs nothing ends. What hangs on a case stays, for its case ends with it.
END = """
with held as materialized (
    select o.connector
    from khaossync.owners o join unnest($1::text[], $2::bigint[]) as ours (connector, epoch) using (connector, epoch)
    order by o.connector
    for share of o
), gone as (
    delete from khaossync.messages m using unnest($3::bigint[], $4::int[], $5::text[]) as v (id, revision, reference)
    where m.id = v.id and m.revision = v.revision and not m.cased
        and (select count(*) from held) = cardinality($1::text[])
    returning m.id, m.key, m.destination, m.kind, m.version, v.reference
)
update khaossync.ledger l set outcome = 'done', reference = gone.reference, finished_at = $6
from gone
where l.key = gone.key and l.destination = gone.destination and l.kind = gone.kind and l.version = gone.version
returning gone.id"""

# Of the others a level or a link has to follow.
_PLAIN = frozenset({Kind.DESPATCH, Kind.CANCELLATION, Kind.REFUND})


def is_plain(settlements: Sequence[Settlement]) -> bool:
    """Whether all of these are simply complete, with nothing to follow but what their ledger rows tell."""
    return all(
        isinstance(item.verdict, Complete) and item.message.kind in _PLAIN and item.report is None
        for item in settlements
    )


async def end(
    connection: Connection, settlements: Sequence[Settlement], epochs: Mapping[str, int], now: datetime
) -> set[int]:
    """End plain ones; returns those that ended. Of the others one has to look closer, in a transaction."""
    table = columns(map(_row, settlements), 3)
    rows = await connection.fetch(END, list(epochs), list(epochs.values()), *table, now)
    return {row["id"] for row in rows}


def _row(item: Settlement) -> tuple[int, int, str]:
    message, verdict = item.message, item.verdict
    return (message.id, message.revision, verdict.reference if isinstance(verdict, Complete) else "")
