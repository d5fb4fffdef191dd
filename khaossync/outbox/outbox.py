"""The outbox: the port's promises, kept by PostgreSQL."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from types import MappingProxyType

from khaossync.clock import Clock
from khaossync.domain.decision import Preparation
from khaossync.domain.documents import Document, Kind
from khaossync.domain.errors import OwnershipLostError
from khaossync.domain.knowledge import Knowledge, Question
from khaossync.domain.messages import Message, MessageBody, Settlement
from khaossync.outbox import counting, ending, holding, intents, judging, knowing, settling
from khaossync.outbox.counting import Depth
from khaossync.outbox.database import Database, DatabaseSettings, open_database
from khaossync.outbox.decisions import keep_decisions, rows_of
from khaossync.outbox.gathering import Gathering
from khaossync.outbox.hastening import hasten
from khaossync.outbox.intents import Intents
from khaossync.outbox.migrate import ensure_current, migrate
from khaossync.outbox.ownership import Ownership
from khaossync.outbox.pulsing import Ages, share
from khaossync.outbox.queues import Queues
from khaossync.outbox.retention import USUAL, Retention
from khaossync.outbox.sealing import seal
from khaossync.outbox.tidying import tidy
from khaossync.ports import Accepted, Hint, Judge, Listed

_Batch = tuple[Sequence[Settlement], Sequence[Preparation]]
"""Verdicts that are settled together, and how their messages were made ready."""
_Page = tuple[Mapping[str, int], Judge]
"""The epoch under which a page was read, and what judges it."""


class PostgresOutbox:
    """Keeps `ports.Outbox` and `ports.Memory`; opened by `open_outbox`.

    Every method raises TransientError while PostgreSQL is away. Claims outlive that: what could not be settled is
    settled again.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        queues: Queues,
        retention: Retention = USUAL,
        configuration: str = "",
    ) -> None:
        self.database = database
        self._clock = clock
        self._queues = queues
        self._intents = Intents()
        self._keeping = judging.Keeping(retention, configuration)
        self._taking_in = Gathering(self._take_in, width=1, limit=64)
        self._settling = Gathering(self._settle, width=4, limit=64)

    @property
    def owned(self) -> frozenset[str]:
        """The connectors that are ours now."""
        return self._queues.owned

    async def own(
        self, connectors: Iterable[str], longest_calls: Mapping[str, timedelta] = MappingProxyType({})
    ) -> None:
        """Take our share of these connectors as soon as they are free; tried once before this returns.

        For so long after a takeover a message rests that a predecessor was about to send: the connector may still be at
        work on that call, and whoever looked for what it does would find nothing.
        """
        await self._queues.own(connectors, longest_calls)

    def leave(self) -> None:
        """Claim and take nothing more, and give up each connector as soon as what is under way there is settled."""
        self._queues.ownership.leave()

    def owns(self, connector: str) -> bool:
        """Whether a connector is ours now; raises what ended the keeping of it."""
        return self._queues.owns(connector)

    async def until(self, connector: str, owned: bool) -> None:
        """Return as soon as a connector is ours, or is not."""
        await self._queues.until(connector, owned)

    @property
    def ownership(self) -> Ownership:
        """Who owns what, and the way to other owners."""
        return self._queues.ownership

    async def turn(self) -> None:
        """Look now at what is due, instead of within a second."""
        await self._queues.turn()

    async def cursor(self, source: str, stream: str) -> str | None:
        """Where a stream was read up to; None before its first page."""
        async with self.database.connection() as connection:
            return await knowing.cursor(connection, source, stream)

    async def read_up_to(self, source: str, stream: str, began_at: datetime) -> None:
        """Note that a reading of this stream that began then came to its end."""
        async with self.database.connection() as connection:
            await connection.execute(knowing.READ_UP_TO, source, stream, began_at)

    async def news(self, documents: Sequence[Document]) -> Sequence[Document]:
        """Those documents that differ from what is stored and are not older than it."""
        async with self.database.connection() as connection:
            return await knowing.news(connection, documents, self._clock.now())

    async def look_up(self, question: Question) -> Knowledge:
        """Answer a question from what is stored."""
        async with self.database.connection() as connection:
            return await knowing.look_up(connection, question)

    async def open_references(self, erp: str) -> Sequence[str]:
        """The references sent to this ERP that are neither completely despatched nor cancelled, oldest first."""
        async with self.database.connection() as connection:
            return await knowing.open_references(connection, erp)

    async def versions(self, source: str, kind: Kind, keys: Iterable[str]) -> Mapping[str, str]:
        """Key → the version that is stored of it, of those that are."""
        async with self.database.connection() as connection:
            return await knowing.versions(connection, source, kind, keys)

    async def hint(self, source: str, hint: Hint) -> bool:
        """Remember a webhook's delivery; False when it was told before."""
        async with self.database.connection() as connection:
            return await knowing.remember_hint(connection, source, hint, self._clock.now())

    def pass_on(self, connector: str, stream: str, subject: str) -> None:
        """Have the owner of this connector told of a hint, soon; a hint that gets lost is no loss."""
        self._queues.ownership.pass_on(connector, stream, subject)

    async def listed(self, channel: str, after: str, limit: int) -> Listed:
        """The channel's listings by SKU, so many behind this one; what is stored and cannot be read is left out."""
        async with self.database.connection() as connection:
            return await knowing.listed(connection, channel, after, limit)

    async def counted(self, channel: str, until: datetime) -> Sequence[str]:
        """The stock codes of which the channel posted units before this moment, and which the ERP was read after."""
        return await self.database.transact(holding.counted, channel, until, self._clock.now())

    async def take_in(self, source: str, judge: Judge) -> Accepted:
        """Let `judge` see what is stored, and store what it returns, while no process stores anything else.

        Pages that come together share a transaction. What is judged is judged again after a collision, or to see what
        a page before it has stored. Raises OwnershipLostError, with nothing stored, unless the source is ours all the
        while. A level's `expected` counts as seen just now: leave it None unless this page is what told it.
        """
        return await self._taking_in.do((self._queues.epochs([source]), judge))

    async def claim(self, destination: str, kind: Kind, limit: int) -> Sequence[Message]:
        """Up to `limit` messages that may be delivered now, at most one per key; none of a queue that is not ours."""
        return await self._queues.claim(destination, kind, limit)

    async def intend(self, messages: Sequence[Message], facts: Sequence[MessageBody] | None = None) -> None:
        """Commit that these are about to be sent, and as what; raises OwnershipLostError when they are not ours."""
        self._queues.insist(messages)
        epochs = self._queues.epochs(message.destination for message in messages)
        sent = list(zip(messages, facts or [message.body for message in messages], strict=True))
        async with self.database.connection() as connection:
            await intents.intend(connection, self._intents, sent, epochs, self._clock.now())

    async def settle(self, settlements: Sequence[Settlement], decisions: Sequence[Preparation] = ()) -> None:
        """Commit the verdicts; raises OwnershipLostError, with nothing written, when another process took over."""
        if not settlements:
            return
        self._queues.insist(item.message for item in settlements)
        try:
            regained = await self._settling.do((settlements, decisions))
        except OwnershipLostError:
            self._queues.lost(item.message for item in settlements)
            raise
        self._queues.follow(settlements, regained)

    def release(self, messages: Sequence[Message]) -> None:
        """Put claimed messages back untouched: nothing was tried."""
        self._queues.release(messages)

    async def ready(self, destination: str, kind: Kind) -> None:
        """Return as soon as something may be claimable here; waits while the queue is not ours."""
        await self._queues.ready(destination, kind)

    async def depths(self) -> Sequence[Depth]:
        """The depth of each queue that is not empty, and since when its oldest message could have gone."""
        async with self.database.connection() as connection:
            return await counting.depths(connection)

    async def open_cases(self) -> Mapping[str, int]:
        """The number of open cases by class."""
        async with self.database.connection() as connection:
            return await counting.open_cases(connection)

    async def share_pulse(self, flow: str, ours: Ages) -> Ages:
        """Tell how our connectors fare in a flow; returns how all do, as far as their processes told."""
        async with self.database.connection() as connection:
            return await share(connection, flow, ours)

    async def tidy(self) -> Mapping[str, int]:
        """Prune everything whose time is up; returns how many rows of which sort went."""
        return await tidy(self.database, self._clock.now(), self._keeping.retention)

    async def hasten(self) -> Mapping[str, int]:
        """Let go what waits for a time that a wrong clock has named; returns how many messages."""
        return {"messages": await self.database.transact(hasten, self._clock.now())}

    async def seal(self) -> Mapping[str, int]:
        """Bind what was newly written into the trail to all before it; returns how many entries."""
        return {"entries": await seal(self.database, self._clock.now())}

    async def close(self) -> None:
        """Finish what is being written and give up our queues."""
        await self._taking_in.close()
        await self._settling.close()
        await self._queues.close()

    async def _take_in(self, group: Sequence[_Page]) -> Sequence[Accepted]:
        judges = [judge for _, judge in group]
        oldest: dict[str, int] = {}  # who has lost a source meanwhile, and taken it again, stores nothing for before
        for epochs, _ in group:
            oldest |= {source: min(epoch, oldest.get(source, epoch)) for source, epoch in epochs.items()}
        told = await self.database.transact(
            judging.take_in, judges, oldest, self.owned, self._clock.now(), self._keeping
        )
        self._queues.tell(told.destinations, told.replaced, told.due)
        return told.accepted

    async def _settle(self, group: Sequence[_Batch]) -> Sequence[Mapping[int, Message]]:
        now = self._clock.now()
        settled = left = [one for settlements, _ in group for one in settlements]
        decisions = [one for _, made in group for one in made]
        looks = [look for one in decisions for look in one.looks]
        decided = rows_of(decisions, self._keeping.configuration, now, self._keeping.retention)
        epochs = self._queues.epochs(item.message.destination for item in settled)
        regained: Mapping[int, Message] = {}
        if ending.is_plain(settled) and not looks:
            async with self.database.connection() as connection:
                await keep_decisions(connection, decided)  # it was so decided, whether it ends now or not
                ended = await ending.end(connection, settled, epochs, now)
            left, decided = [item for item in settled if item.message.id not in ended], []
        if left:
            told = settling.Beside(looks, decided, self._keeping.retention)
            regained = await self.database.transact(settling.settle, left, epochs, self._intents, now, told)
        self._intents.forget({item.message.id for item in settled})
        return [regained] * len(group)


@asynccontextmanager
async def open_outbox(
    settings: DatabaseSettings,
    clock: Clock,
    *,
    migrating: bool = False,
    holder: str = "",
    retention: Retention = USUAL,
    configuration: str = "",
) -> AsyncIterator[PostgresOutbox]:
    """Open the outbox on a schema of exactly this release, migrating it first when asked to.

    `holder` names this process to people. `configuration` is the hash of that by which is decided, kept with every
    decision. Raises ConfigError when the schema does not fit, TransientError when PostgreSQL does not answer.
    """
    if migrating:
        await migrate(settings, clock)
    async with open_database(settings) as database:
        async with database.connection() as connection:
            await ensure_current(connection)
        queues = Queues(database, clock, holder or f"{socket.gethostname()}:{os.getpid()}")
        outbox = PostgresOutbox(database, clock, queues, retention, configuration)
        keeper = asyncio.create_task(queues.keep(), name="outbox")
        keeper.add_done_callback(queues.kept)
        try:
            yield outbox
        finally:
            keeper.cancel()
            await asyncio.wait([keeper])
            await outbox.close()
