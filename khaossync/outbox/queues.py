"""Queues: the claims of this process, and the keeping of what they rest on."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from itertools import groupby
from operator import attrgetter
from typing import Any, TypeVar

import asyncpg
import structlog

from khaossync.clock import Clock
from khaossync.domain.documents import Kind
from khaossync.domain.errors import OwnershipLostError, SyncError, TransientError
from khaossync.domain.messages import Complete, HandOver, Message, Settlement, Withdraw
from khaossync.outbox.database import Database
from khaossync.outbox.feeds import Feed
from khaossync.outbox.intents import Intents
from khaossync.outbox.levelling import Replaced
from khaossync.outbox.ownership import PROMOTED_AT_ONCE, Ownership
from khaossync.outbox.session import BEAT
from khaossync.outbox.settling import park_unreadable

log = structlog.get_logger()

_FINAL = (Complete, HandOver, Withdraw)
_ADDRESS = attrgetter("destination", "kind")
_ADDRESSED = attrgetter("message.destination", "message.kind")

_T = TypeVar("_T")

TURN = 1.0
"""Seconds between two looks at what is due, when nothing wakes us."""
TURNS_PER_SWEEP = 10
"""After so many turns the tables are read again even if no notification came."""


class Queues:
    """The queues of the connectors that this process owns, each with a feed for its events and one for its levels."""

    def __init__(self, database: Database, clock: Clock, holder: str) -> None:
        self._database = database
        self._clock = clock
        self._nudged = asyncio.Event()
        self._ownership = Ownership(database.connect, clock, holder, self._stir, self._nudged.set)
        self._feeds: dict[tuple[str, bool], Feed] = {}
        self.intents = Intents()
        self._changed = asyncio.Event()
        self._turning = asyncio.Lock()
        self._turns = 0
        self._failure: BaseException | None = None

    @property
    def owned(self) -> frozenset[str]:
        """The connectors whose queues are ours now."""
        return self._ownership.held

    @property
    def ownership(self) -> Ownership:
        """Who owns what."""
        return self._ownership

    def owns(self, connector: str) -> bool:
        """Whether a connector is ours now. Raises whatever ended the keeping: nothing will ever be ours again."""
        if self._failure is not None:
            raise self._failure
        return connector in self.owned

    async def until(self, connector: str, owned: bool) -> None:
        """Return as soon as a connector is ours, or is not."""
        while self.owns(connector) is not owned:
            await self._changed.wait()

    def epochs(self, connectors: Iterable[str]) -> Mapping[str, int]:
        """The epochs that fence what is written in the name of these connectors."""
        return self._ownership.epochs(connectors)

    async def own(self, connectors: Iterable[str], longest_calls: Mapping[str, timedelta]) -> None:
        """Take these as soon as they are free; tried once before this returns."""
        self._ownership.want(connectors, longest_calls)
        await self.turn()

    async def claim(self, destination: str, kind: Kind, limit: int) -> Sequence[Message]:
        """Up to `limit` messages, at most one per key; none of a queue that is not ours.

        Raises whatever ended the keeping: nothing will ever be ours again.
        """
        if not self.owns(destination):
            return []
        feed = self._feed(destination, kind)
        await feed.fill(self._database, kind, limit)
        if not self.owns(destination) or self._feed(destination, kind) is not feed:
            return []
        return feed.lanes.claim(kind, limit)

    async def ready(self, destination: str, kind: Kind) -> None:
        """Return as soon as something may be claimable; waits while the queue is not ours."""
        await self.until(destination, owned=True)
        await self._feed(destination, kind).ready(kind)

    def release(self, messages: Iterable[Message]) -> None:
        """Put claimed messages back untouched."""
        for feed, group in self._by_feed(messages, _ADDRESS):
            for message in group:
                feed.lanes.release(message)
            feed.bell.set()

    def insist(self, messages: Iterable[Message]) -> None:
        """Raise OwnershipLostError unless all of these are claimed and unsettled."""
        for feed, group in self._by_feed(messages, _ADDRESS):
            for message in feed.lanes.landed(group):
                raise OwnershipLostError(
                    f"message {message.id} ({message.kind} {message.key} for {message.destination}) is not claimed by "
                    "this process: it was settled before, or another process owned its queue in between."
                )

    def follow(self, settlements: Sequence[Settlement], regained: Mapping[int, Message]) -> None:
        """Let the lanes know what was settled."""
        for feed, group in self._by_feed(settlements, _ADDRESSED):
            gone = []
            for settlement in group:
                if again := regained.get(settlement.message.id):
                    feed.lanes.regain(again)
                elif isinstance(settlement.verdict, _FINAL):
                    gone.append(settlement.message)
                else:
                    feed.lanes.hold(settlement.message)
            feed.lanes.finish(*gone)
            feed.bell.set()

    def tell(self, destinations: Iterable[str], replaced: Iterable[Replaced], due: bool) -> None:
        """Let the lanes know what was accepted."""
        for item in replaced:
            lanes = self._feed(item.destination, Kind.STOCK_LEVEL).lanes
            lanes.swap(item.message_id, item.revision, item.body)
        for feed in self._feeds.values():
            if feed.destination in destinations:
                feed.more()
        if due:
            self._nudged.set()

    def lost(self, messages: Iterable[Message]) -> None:
        """Somebody else owned what we thought ours: take again what is free, and read it again."""
        lost = {message.destination for message in messages}
        self._ownership.forget(lost)
        if lost & self.owned:
            self._ownership.session.drop()

    async def keep(self) -> None:
        """Hold on to our queues for ever, through PostgreSQL's absences."""
        tasks = [asyncio.create_task(self._take_turns(), name="turns"), asyncio.create_task(self._beat(), name="beat")]
        try:
            ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            await ended.pop()  # neither ends by itself, so this raises
        finally:
            for task in tasks:
                task.cancel()

    def kept(self, keeper: "asyncio.Task[None]") -> None:
        """The keeping ended: whoever waits for a queue is told why."""
        if not keeper.cancelled():
            self._failure = keeper.exception()
            self._ownership.session.drop()
        self._stir()

    async def turn(self) -> None:
        """One round of keeping: take and give, promote, park what cannot be read, forget what no longer blocks."""
        async with self._turning:
            self._nudged.clear()
            await self._ownership.send_hints()
            for connector, continuous in (await self._ownership.take()).items():
                self._adopt(connector, continuous)
            await self._share()
            await self._promote()
            await self._park_broken()
            self._turns += 1
            heard, self._ownership.heard = self._ownership.heard, set()
            if heard or self._turns % TURNS_PER_SWEEP == 0:
                await self._sweep()

    async def close(self) -> None:
        """Give up our queues."""
        await self._ownership.session.close()

    def _feed(self, destination: str, kind: Kind) -> Feed:
        address = (destination, kind is Kind.STOCK_LEVEL)
        if address not in self._feeds:
            self._feeds[address] = Feed(destination, levels=address[1])
        return self._feeds[address]

    def _by_feed(self, told: Iterable[_T], address: Callable[[_T], Any]) -> Iterator[tuple[Feed, Iterator[_T]]]:
        """Neighbours of one feed together: what is claimed or settled at once is nearly always of one."""
        return ((self._feed(*where), group) for where, group in groupby(told, address))

    def _adopt(self, connector: str, continuous: bool) -> None:
        if not continuous:
            self.intents.lost(connector)
        for levels in (False, True):
            if old := self._feeds.get((connector, levels)):
                old.more()
            if not continuous:
                self._feeds[connector, levels] = Feed(connector, levels=levels)
        self._stir()

    async def _share(self) -> None:
        """What we give away goes when nothing of its queue is under way: not in the middle of a delivery."""
        self._ownership.share()
        busy = {feed.destination for feed in self._feeds.values() if feed.lanes.flying}
        for connector in sorted(self._ownership.giving - busy):
            await self._ownership.give(connector)

    async def _take_turns(self) -> None:
        away = False
        while True:
            try:
                await self.turn()
            except (SyncError, asyncpg.PostgresError) as error:
                self._ownership.session.drop()
                if not away:
                    log.error("outbox_away", reason=str(error))
                away = True
                await asyncio.sleep(TURN)
                continue
            if away:
                log.info("outbox_back")
            away = False
            with suppress(TimeoutError):
                await asyncio.wait_for(self._nudged.wait(), TURN)

    async def _beat(self) -> None:
        """Beside the turns, for one of them may take long; what was lost with a beat, the next turn takes again."""
        while True:
            with suppress(TransientError):
                await self._ownership.session.beat()
            await asyncio.sleep(BEAT)

    def _stir(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def _promote(self) -> None:
        full = True
        while full:
            flying = [message_id for feed in self._own_feeds() for message_id in feed.lanes.flying]
            rows = await self._ownership.promote(flying)
            for feed in list(self._feeds.values()):
                if due := [row for row in rows if feed.carries(row)]:
                    await feed.promoted(due)
            full = len(rows) == PROMOTED_AT_ONCE

    async def _park_broken(self) -> None:
        for feed in self._own_feeds():
            if broken := list(feed.broken):
                epochs = self._ownership.epochs([feed.destination])
                await self._database.transact(park_unreadable, broken, epochs, self._clock.now())
                del feed.broken[: len(broken)]

    def _own_feeds(self) -> list[Feed]:
        return [feed for feed in self._feeds.values() if feed.destination in self.owned]

    async def _sweep(self) -> None:
        for feed in self._own_feeds():
            if blocked := feed.blocked():
                for message_id in blocked.keys() - await self._ownership.still_blocking(blocked):
                    feed.lanes.forget(message_id, blocked[message_id])
            await feed.refresh(self._database)
            feed.more()
