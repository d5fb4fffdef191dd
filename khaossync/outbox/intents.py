"""Intents: what is about to be sent, so that after a crash it is known what may have been (law 7)."""

from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime

from khaossync.domain.errors import OwnershipLostError
from khaossync.domain.messages import Message, MessageBody
from khaossync.outbox.codec import dump_message
from khaossync.outbox.database import Connection
from khaossync.outbox.rows import columns, numbers

# "About to be sent", one row for a whole call. Fenced as settling is, in the one statement: no row, no ownership.
# The rows of messages that are gone ($5) tell nothing any more, so they may go with the next that comes. What changed
# since it was accepted ($6, $7) is kept as it is sent: when it is looked for, that is what may be there.
INTEND = """
with held as materialized (
    select o.connector from khaossync.owners o where o.connector = $1 and o.epoch = $2 for share
), spent as (
    delete from khaossync.intents where id = any($5::bigint[])
), anew as (
    update khaossync.messages m set body = told.body::json
    from unnest($6::bigint[], $7::text[]) as told (id, body)
    where m.id = told.id and exists (select from held)
)
insert into khaossync.intents (destination, at, message_ids)
select held.connector, $3, $4::text::bigint[] from held
returning id"""

# These messages have their verdict. Rows of which all have are gone ($1), of the others ($2) they are taken out.
RESOLVE = """
with resolved as (delete from khaossync.intents where id = any($1::bigint[]))
update khaossync.intents i
set message_ids = array(select unnest(i.message_ids) except select unnest($3::bigint[]))
where i.id = any($2::bigint[])"""

# What a predecessor was about to send may have been sent. While its call may be under way it rests: looking for it at
# once would find nothing. A call may have begun long after its intent, so the rest is counted from now.
DOUBT = """
with left_behind as (
    delete from khaossync.intents where destination = $1 returning message_ids
), doubted as (
    select distinct unnest(message_ids) as message_id from left_behind
)
update khaossync.messages m
set doubt = true,
    state = case when m.state = 'ready' and $3::interval > '0' then 'waiting' else m.state end,
    not_before = case when m.state = 'ready' and $3::interval > '0' then $2::timestamptz + $3 else m.not_before end
from doubted where m.id = doubted.message_id"""


@dataclass(slots=True)
class Intents:
    """The rows that tell what this process is about to send, and which messages of each have no verdict yet."""

    _open: dict[int, set[int]] = field(default_factory=dict)  # few: one for each call under way
    _of: dict[int, str] = field(default_factory=dict)
    _spent: list[int] = field(default_factory=list)

    def noted(self, row: int, destination: str, message_ids: Sequence[int]) -> None:
        """A row was committed for these messages."""
        self._open[row], self._of[row] = set(message_ids), destination

    def lost(self, destination: str) -> None:
        """Another process owned this queue: its rows are doubts now, and no longer ours to tell of."""
        for row in [row for row, of in self._of.items() if of == destination]:
            del self._open[row], self._of[row]

    def among(self, message_ids: AbstractSet[int]) -> AbstractSet[int]:
        """Those of these messages that are about to be sent, or were."""
        return set[int]().union(*(message_ids & told for told in self._open.values()))

    def rows(self, message_ids: AbstractSet[int]) -> tuple[list[int], list[int]]:
        """The rows that are resolved with these messages, and those that tell of others as well."""
        touched = self._touched(message_ids)
        whole = [row for row in touched if self._open[row] <= message_ids]
        return whole, [row for row in touched if row not in whole]

    def forget(self, message_ids: AbstractSet[int]) -> None:
        """These have their verdict."""
        for row in self._touched(message_ids):
            self._open[row] -= message_ids
            if not self._open[row]:
                del self._open[row], self._of[row]
                self._spent.append(row)

    def spent(self) -> list[int]:
        """The rows that can go, each told once; one that goes with nothing else goes with its destination's owner."""
        spent, self._spent = self._spent, []
        return spent

    def _touched(self, message_ids: AbstractSet[int]) -> list[int]:
        return [row for row, told in self._open.items() if not told.isdisjoint(message_ids)]


async def intend(
    connection: Connection,
    intents: Intents,
    sent: Sequence[tuple[Message, MessageBody]],
    epochs: Mapping[str, int],
    now: datetime,
) -> None:
    """Note that these are about to be sent, and as what, committed per destination; raises OwnershipLostError."""
    for destination, epoch in epochs.items():
        ours = [(message, body) for message, body in sent if message.destination == destination]
        message_ids = [message.id for message, _ in ours]
        anew = columns(
            ((one.id, dump_message(one.kind, body)) for one, body in ours if body is not one.body and body != one.body),
            2,
        )
        row = await connection.fetchval(INTEND, destination, epoch, now, numbers(message_ids), intents.spent(), *anew)
        if row is None:
            raise OwnershipLostError(f"{destination}: another process owns this queue now; nothing may be sent.")
        intents.noted(row, destination, message_ids)


async def resolve(connection: Connection, intents: Intents, message_ids: Collection[int]) -> Collection[int]:
    """Take these out of what is about to be sent, within the caller's transaction; returns which of them were."""
    intended = intents.among(set(message_ids))
    if intended:
        whole, others = intents.rows(intended)
        await connection.execute(RESOLVE, whole, others, sorted(intended) if others else [])
    return intended
