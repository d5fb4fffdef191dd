"""How pulls of several streams store what follows from the documents of all of them."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import cast

from examples import NOON, document, listing, rules, stock_level

from khaossync.domain.documents import Document, Kind, Page
from khaossync.domain.findings import Finding
from khaossync.domain.knowledge import Knowledge, Question
from khaossync.domain.rules import Rules
from khaossync.domain.stock import Listing, StockLevel
from khaossync.loops.outage import Outage
from khaossync.loops.pull import Pull
from khaossync.ops.metrics import Metrics
from khaossync.ports import Acceptance, Accepted, Connector, Judge, Outbox, Stored


class StillClock:
    def now(self) -> datetime:
        return NOON

    def monotonic(self) -> float:
        return 0.0


class Answering:
    async def ping(self) -> None: ...

    async def check(self) -> Sequence[Finding]:
        return ()


@dataclass
class Stream:
    """A source with one page."""

    name: str
    document: Document
    interval: timedelta = timedelta(seconds=1)

    async def changes(self, cursor: str | None) -> AsyncIterator[Page]:
        yield Page((self.document,), "1")


@dataclass
class Memory:
    """What an outbox would remember; every question and every answer takes a turn of the event loop."""

    levels: dict[tuple[str, str], StockLevel] = field(default_factory=dict)
    listings: dict[tuple[str, str], Listing] = field(default_factory=dict)
    wanted: list[int] = field(default_factory=list)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def cursor(self, source: str, stream: str) -> str | None:
        return None

    async def news(self, documents: Sequence[Document]) -> Sequence[Document]:
        return documents

    async def look_up(self, question: Question) -> Knowledge:
        known = Knowledge(stock_levels=dict(self.levels), listings=dict(self.listings))
        await asyncio.sleep(0)
        return known

    async def read_up_to(self, source: str, stream: str, began_at: datetime) -> None: ...

    async def take_in(self, source: str, judge: Judge) -> Accepted:
        async with self.lock:
            return self.accept(await judge(cast("Stored", self)))

    def accept(self, acceptance: Acceptance) -> Accepted:
        for told in acceptance.page.documents:
            if isinstance(told.body, StockLevel):
                self.levels[told.source, told.body.stock_code] = told.body
            elif isinstance(told.body, Listing):
                self.listings[told.source, told.body.sku] = told.body
        self.wanted += [told.level.quantity for told in acceptance.levels]
        return Accepted()


async def test_a_level_and_its_listing_told_at_the_same_moment_do_not_miss_each_other() -> None:
    """SHO-14: judged side by side, each page would find the other's document missing, and no level would ever go."""
    memory = Memory()

    def pull(name: str, kind: Kind, body: Listing | StockLevel) -> Pull:
        outage = Outage(Connector(name, "scripted", Answering()), StillClock())
        stream = Stream(kind.value, document(name, kind, "MUG", body))
        outbox = cast("Outbox", memory)
        return Pull(
            stream,
            outage,
            outbox,
            Rules.of([rules()]),
            StillClock(),
            Metrics(),
            lambda: None,
            lambda _channel, _level: None,
        )

    told = pull("khaos", Kind.STOCK_LEVEL, stock_level("7")), pull("shop", Kind.LISTING, listing(shown=10))
    await asyncio.gather(*(one.tick() for one in told))
    assert memory.wanted == [7]
