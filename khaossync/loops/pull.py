"""The first half of the road: read a source's pages, route them, and store all that follows in one transaction."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from khaossync.clock import Clock
from khaossync.domain.decision import Routed, Routing
from khaossync.domain.documents import Document, Page, Unreadable
from khaossync.domain.errors import ConnectorDownError, RateLimitedError
from khaossync.domain.knowledge import Knowledge, Question, union
from khaossync.domain.plan import Plan
from khaossync.domain.routing import SIGHTINGS, basis, follow_up, learnt, question
from khaossync.domain.rules import Rules
from khaossync.domain.stock import ChannelLevel
from khaossync.loops.judging import routed
from khaossync.loops.outage import Outage
from khaossync.ports import Acceptance, Meter, Outbox, Source, Stored

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Pull:
    """Keeps one stream of one connector read up to the present.

    `beat` is called after every page: the first reading of a catalogue takes longer than a loop may be silent.
    `look` is given the levels of which nobody knows what the channel shows now.
    `advanced` is called after every page with documents: others may only tell that the source is at work.
    """

    source: Source
    outage: Outage
    outbox: Outbox
    rules: Rules
    clock: Clock
    meter: Meter
    beat: Callable[[], None]
    look: Callable[[str, ChannelLevel], None]
    advanced: Callable[[], None] = lambda: None

    async def tick(self) -> Mapping[str, int]:
        """Read from the stored cursor to the present; counts of what was new."""
        if not await self.outage.usable():
            return {}
        counts: Counter[str] = Counter()
        began_at = self.clock.now()
        cursor = await self.outbox.cursor(self._connector, self.source.name)
        page: Page | None = None
        try:
            async for page in self.source.changes(cursor):
                counts.update(await self._store(page))
                self.beat()
                if page.documents:
                    self.advanced()
            self.outage.answered |= page is not None  # a reading without a page asked for nothing
            await self.outbox.read_up_to(self._connector, self.source.name, began_at)
        except RateLimitedError as error:
            log.info(
                "rate_limited", connector=self._connector, stream=self.source.name, seconds=error.wait.total_seconds()
            )
        except ConnectorDownError as error:
            if not await self.outage.down(error):
                raise
        return {name: count for name, count in counts.items() if count}

    @property
    def _connector(self) -> str:
        return self.outage.connector.name

    async def _store(self, page: Page) -> Mapping[str, int]:
        acceptance = Acceptance(self._connector, self.source.name, page)

        async def judge(stored: Stored) -> Acceptance:
            nonlocal acceptance
            acceptance = await self._judged(page, stored)
            return acceptance

        accepted = await self.outbox.take_in(self._connector, judge)
        for told in acceptance.levels:
            if told.sold is None:
                self.look(told.destination, told.level)
        counts = {
            "documents": accepted.documents,
            "messages": accepted.messages,
            "levels": accepted.levels,
            "cases": accepted.cases,
            "unreadable": len(page.unreadable),
        }
        for name in ("documents", "messages", "levels"):
            self.meter.count("accepted", counts[name], connector=self._connector, stream=self.source.name, what=name)
        if any(counts.values()):
            log.info("page_accepted", connector=self._connector, stream=self.source.name, **counts)
        return counts

    async def _judged(self, page: Page, stored: Stored) -> Acceptance:
        now = self.clock.now()
        news, rules = await stored.news(page.documents), self.rules.at(now)
        sighted = {(one.kind, one.key): one for one in page.documents if one.kind in SIGHTINGS}
        judged = tuple((sighted | {(one.kind, one.key): one for one in news}).values())
        known = await _known(judged, rules, stored)
        made = tuple(zip(judged, routed(judged, rules, known, self._connector), strict=True))
        fresh = {id(one) for one in news}
        told = [(document, one) for document, one in made if id(document) in fresh]
        return replace(self._acceptance(page, news, made), decision=self._decision(told, judged, rules, known, now))

    def _decision(
        self,
        told: Sequence[tuple[Document, Routed]],
        judged: Sequence[Document],
        rules: Rules,
        known: Knowledge,
        now: datetime,
    ) -> Routing | None:
        """What is kept of the judgement: the news of the page, and what they were judged by."""
        documents = tuple(document for document, _ in told)
        if not documents:
            return None
        if len(documents) < len(judged):
            known = basis(documents, rules, learnt(judged, known))
        return Routing(self._connector, self.source.name, now, documents, known, tuple(made for _, made in told))

    def _acceptance(
        self, page: Page, news: Sequence[Document], judged: Iterable[tuple[Document, Routed]]
    ) -> Acceptance:
        plan, standing = Plan(), Plan()
        unreadable = list(page.unreadable)
        fresh = {(one.kind, one.key) for one in news}
        for document, made in judged:
            if isinstance(made, Unreadable):
                unreadable.append(made)
            elif (document.kind, document.key) in fresh:
                plan += made
            else:
                plan += replace(made, cases=())
                standing += Plan(cases=made.cases)
        broken = {(one.kind, one.key) for one in unreadable}
        readable = tuple(one for one in news if (one.kind, one.key) not in broken)
        kept = replace(page, documents=readable, unreadable=tuple(unreadable))
        return Acceptance(
            self._connector,
            self.source.name,
            kept,
            plan.messages,
            plan.levels,
            plan.cases,
            standing.cases,
            plan.closed,
            plan.refs,
            holds=plan.holds,
        )


async def _known(documents: Collection[Document], rules: Rules, stored: Stored) -> Knowledge:
    """Everything that these documents are judged by; what an answer makes necessary is asked for in turn."""
    known, asked = Knowledge(), Question()
    more = union(question(document, rules) for document in documents)
    while more:
        known, asked = known | await stored.look_up(more), asked | more
        more = union(follow_up(document, known, rules) for document in documents) - asked
    return known
