"""The first half of the road: read a source's pages, route them, and store all that follows in one transaction."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import structlog

from khaossync.clock import Clock
from khaossync.domain.documents import Document, Page, Unreadable
from khaossync.domain.errors import ConnectorDownError, RateLimitedError
from khaossync.domain.knowledge import Knowledge, Question, union
from khaossync.domain.plan import Plan
from khaossync.domain.routing import SIGHTINGS, follow_up, learnt, question, route
from khaossync.domain.rules import Rules
from khaossync.domain.stock import ChannelLevel
from khaossync.loops.isolate import isolated
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
        news = await stored.news(page.documents)
        judged = {(one.kind, one.key): one for one in page.documents if one.kind in SIGHTINGS}
        judged |= {(one.kind, one.key): one for one in news}
        rules = self.rules.at(self.clock.now())
        known = await _known(judged.values(), rules, stored)
        return self._acceptance(page, news, judged.values(), learnt(judged.values(), known), rules)

    def _acceptance(
        self, page: Page, news: Sequence[Document], judged: Iterable[Document], known: Knowledge, rules: Rules
    ) -> Acceptance:
        plan, standing = Plan(), Plan()
        unreadable = list(page.unreadable)
        fresh = {(one.kind, one.key) for one in news}
        for document in judged:
            made = self._plan(document, rules, known)
            if isinstance(made, Unreadable):
                unreadable.append(made)
                continue
            for order, (_, held) in made.holds.items():
                known = known.holding(order, self._connector, held)
            if (document.kind, document.key) in fresh:
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

    def _plan(self, document: Document, rules: Rules, known: Knowledge) -> Plan | Unreadable:
        with isolated(f"{document.kind} {document.key}") as trouble:
            return route(document, rules, known)
        reason = f"no rule could judge it: {trouble.text}"
        return Unreadable(document.source, document.kind, document.key, reason, document.raw)


async def _known(documents: Collection[Document], rules: Rules, stored: Stored) -> Knowledge:
    """Everything that these documents are judged by; what an answer makes necessary is asked for in turn."""
    known, asked = Knowledge(), Question()
    more = union(question(document, rules) for document in documents)
    while more:
        known, asked = known | await stored.look_up(more), asked | more
        more = union(follow_up(document, known, rules) for document in documents) - asked
    return known
