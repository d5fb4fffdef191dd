"""Ending: the ordinary end of messages on which nothing else hangs, in one statement and one way to the server."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from khaossync.domain.documents import Kind
from khaossync.domain.messages import Complete, Settlement
from khaossync.outbox.database import Connection
from khaossync.outbox.decisions import Row, keep_decisions
from khaossync.outbox.rows import numbers, storable_column

# Fenced as settling is: without all of our epochs nothing ends. What hangs on a case stays, for its case ends with it;
# only levels have revisions. The ids come and go as one text and one array: that is cheaper than a row for each. Where
# a transaction goes on, its process must not stand still in it.
END = """
with held as materialized (
    select o.connector
    from khaossync.owners o join unnest($1::text[], $2::bigint[]) as ours (connector, epoch) using (connector, epoch)
    order by o.connector
    for share of o
), gone as (
    delete from khaossync.messages m using unnest($3::text::bigint[], $4::text[]) as v (id, reference)
    where m.id = v.id and m.revision = 0 and not m.cased
        and (select count(*) from held) = cardinality($1::text[])
    returning m.id, m.key, m.destination, m.kind, m.version, v.reference
), ended as (
    update khaossync.ledger l set outcome = 'done', reference = gone.reference, finished_at = $5
    from gone
    where l.key = gone.key and l.destination = gone.destination and l.kind = gone.kind and l.version = gone.version
    returning gone.id
)
select coalesce(array_agg(id), '{}'), set_config('idle_in_transaction_session_timeout', '5s', true) from ended"""

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
    message_ids = numbers([item.message.id for item in settlements])
    references = storable_column([item.verdict.reference for item in settlements if isinstance(item.verdict, Complete)])
    return set(await connection.fetchval(END, list(epochs), list(epochs.values()), message_ids, references, now))


async def end_decided(
    connection: Connection,
    settlements: Sequence[Settlement],
    epochs: Mapping[str, int],
    now: datetime,
    decided: Sequence[Row],
) -> set[int]:
    """The same within the caller's transaction, with how they were decided; nothing is kept where nothing ended."""
    ended = await end(connection, settlements, epochs, now)
    if ended:
        await keep_decisions(connection, decided)
    return ended
