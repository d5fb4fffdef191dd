"""Judging: pages are read against what is stored, and stored, while nobody in any process stores anything else."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from khaossync.domain.documents import Document
from khaossync.domain.knowledge import Knowledge, Question
from khaossync.outbox import knowing
from khaossync.outbox.accepting import Told, accept
from khaossync.outbox.asking import Asked, Changes
from khaossync.outbox.database import Connection
from khaossync.outbox.decisions import rows_of
from khaossync.outbox.retention import Retention
from khaossync.outbox.settling import fence
from khaossync.ports import Acceptance, Judge, Listed

# Pages are stored one after the other in the whole database: ids then grow in the order of commits (so that a reader
# with a cursor misses none), and the same page told twice at once is harmless. A process that stops dead in the middle
# of it loses its transaction rather than holding up the others.
SERIALISE = """
select set_config('idle_in_transaction_session_timeout', '5s', true),
    pg_advisory_xact_lock(hashtextextended('khaossync/accept', 0))"""


@dataclass(frozen=True, slots=True)
class Keeping:
    """How long what is stored is kept, and the hash of that by which is judged."""

    retention: Retention
    configuration: str


async def take_in(
    connection: Connection,
    judges: Sequence[Judge],
    epochs: Mapping[str, int],
    owned: Collection[str],
    now: datetime,
    keeping: Keeping,
) -> Told:
    """Judge and store within the caller's transaction, in this order; raises OwnershipLostError when a source is lost.

    A level follows from the documents of several streams, which may be read by several processes: two pages judged at
    once would each miss what the other brings, or undo it. So only pages that have nothing to do with each other are
    stored together. The fence keeps a successor waiting until we are done.
    """
    await connection.fetchrow(SERIALISE)
    await fence(connection, epochs)
    told: list[Told] = []
    while left := judges[sum(len(one.accepted) for one in told) :]:
        together = await _independent(connection, left, now)
        decisions = (one.decision for one in together if one.decision)
        decided = rows_of(decisions, keeping.configuration, now, keeping.retention)
        told.append(await accept(connection, together, owned, now, keeping.retention, decided))
    return _sum(told)


async def _independent(connection: Connection, judges: Iterable[Judge], now: datetime) -> Sequence[Acceptance]:
    """What the first of these judges make of their pages, up to the one that must see what those before it store."""
    found, changes = list[Acceptance](), Changes()
    for judge in judges:
        shelf = Shelf(connection, now)
        acceptance = await judge(shelf)
        if shelf.asked.concerns(changes):
            break
        found.append(acceptance)
        changes.add(acceptance)
    return found


def _sum(told: Sequence[Told]) -> Told:
    return Told(
        [*chain.from_iterable(one.accepted for one in told)],
        frozenset[str]().union(*(one.destinations for one in told)),
        [*chain.from_iterable(one.replaced for one in told)],
        any(one.due for one in told),
    )


class Shelf:
    """What is stored, as one transaction sees it; `asked` is what was looked at."""

    def __init__(self, connection: Connection, now: datetime) -> None:
        self._connection = connection
        self._now = now
        self.asked = Asked()

    async def news(self, documents: Sequence[Document]) -> Sequence[Document]:
        """As `ports.Stored` tells."""
        self.asked.about(documents)
        return await knowing.news(self._connection, documents, self._now)

    async def look_up(self, question: Question) -> Knowledge:
        """As `ports.Stored` tells."""
        self.asked.question(question)
        return await knowing.look_up(self._connection, question)

    async def listed(self, channel: str, after: str, limit: int) -> Listed:
        """As `ports.Stored` tells."""
        self.asked.everything()
        return await knowing.listed(self._connection, channel, after, limit)
