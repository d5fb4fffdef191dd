"""Heartbeats for a watcher outside: one per flow, and only as long as that flow really goes from end to end."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from itertools import chain
from typing import Protocol

import structlog

from khaossync.clock import Clock
from khaossync.domain.documents import Kind
from khaossync.loops.loop import Tick
from khaossync.loops.outage import Outage
from khaossync.ops.health import Facts, Status, report
from khaossync.ops.outward import Outward
from khaossync.outbox import CHORES, Ages

log = structlog.get_logger()


class Flow(StrEnum):
    """The ways that goods and money go through us. A stream of the same name begins one."""

    ORDERS = "orders"
    STOCK = "stock"
    DESPATCHES = "despatches"
    REFUNDS = "refunds"


FLOWS: Mapping[Kind, Flow] = {
    Kind.ORDER: Flow.ORDERS,
    Kind.CANCELLATION: Flow.ORDERS,
    Kind.AMENDMENT: Flow.ORDERS,
    Kind.STOCK_LEVEL: Flow.STOCK,
    Kind.DESPATCH: Flow.DESPATCHES,
    Kind.REFUND: Flow.REFUNDS,
}
"""Which flow a message belongs to."""


@dataclass(slots=True)
class Strand:
    """One loop of a flow, and when it last did its work; `queue` is what it empties, as health names it."""

    name: str
    outage: Outage
    queue: str = ""
    good_at: float | None = None
    vain: bool = False
    """Whether its last deliveries all have to be tried again: it turns, and brings nothing about."""


@dataclass(slots=True)
class Pulse:
    """Watches the loops of all flows at their work."""

    clock: Clock
    strands: dict[Flow, list[Strand]] = field(default_factory=lambda: {flow: [] for flow in Flow})

    def reading(self, name: str, tick: Tick, outage: Outage, stream: str) -> Tick:
        """The tick of a loop that reads a stream, watched if the stream begins a flow."""
        return self._watched(Flow(stream), Strand(name, outage), tick) if stream in set(Flow) else tick

    def writing(self, name: str, tick: Tick, outage: Outage, kind: Kind) -> Tick:
        """The tick of a loop that delivers messages, watched if they belong to a flow."""
        flow = FLOWS.get(kind)
        return self._watched(flow, Strand(name, outage, f"{outage.connector.name}/{kind}"), tick) if flow else tick

    def advance(self, name: str) -> None:
        """A piece of a long tick is done: a reading of everything goes well for an hour before it ends."""
        for strand in chain(*self.strands.values()):
            if strand.name == name and strand.outage.since is None:
                strand.good_at = self.clock.monotonic()

    def _watched(self, flow: Flow, strand: Strand, tick: Tick) -> Tick:
        self.strands[flow].append(strand)

        async def watched() -> Mapping[str, int]:
            good = False
            try:
                counts = await tick()
                good = strand.outage.since is None
            finally:
                strand.good_at = self.clock.monotonic() if good else None
            if counts:
                strand.vain = set(counts) == {"retry"}
            return counts

        return watched


class Install(Protocol):
    """All processes that share the work, as the outbox knows them."""

    def owns(self, connector: str) -> bool: ...
    async def share_pulse(self, flow: str, ours: Ages) -> Ages: ...


@dataclass(slots=True)
class Heartbeat:
    """One flow's heartbeat, sent at most every `interval` by the process that has the chores of the install.

    It is owed only when since the last one each loop of the flow took a turn to its end (or, in a long reading, stored
    a page), its systems are up, and nothing that could have gone has been left lying. Of its own connectors each
    process tells that to the others.
    """

    flow: Flow
    pulse: Pulse
    outward: Outward
    interval: timedelta
    facts: Callable[[], Awaitable[Facts | None]]
    clock: Clock
    install: Install
    sent_at: float | None = None

    async def tick(self) -> Mapping[str, int]:
        """Tell how our part goes, and send when it is due and earned. Raises SyncError when the watcher refuses."""
        facts = await self.facts()
        if facts is None or not facts.database_ok:
            log.debug("heartbeat_withheld", flow=self.flow, reason="PostgreSQL does not answer")
            return {}
        now = self.clock.monotonic()
        ages = await self.install.share_pulse(self.flow, self._ours(facts, now))
        if not self.install.owns(CHORES):
            self.sent_at = None
            return {}
        since = self.interval.total_seconds() if self.sent_at is None else now - self.sent_at
        if since < self.interval.total_seconds():
            return {}
        if late := self._late(ages, since):
            log.debug("heartbeat_withheld", flow=self.flow, reason=f"{', '.join(late)} has not gone well since")
            return {}
        await self.outward.call("GET")
        self.sent_at = now
        return {"heartbeats": 1}

    def _ours(self, facts: Facts, now: float) -> Ages:
        return {name: self._age(strands, facts, now) for name, strands in self._parts() if self.install.owns(name)}

    def _age(self, strands: Sequence[Strand], facts: Facts, now: float) -> float | None:
        if why := hindrance(strands, facts):
            log.debug("heartbeat_withheld", flow=self.flow, reason=why)
            return None
        return now - min(strand.good_at or 0.0 for strand in strands)

    def _late(self, ages: Ages, since: float) -> list[str]:
        """The connectors, or the flow itself if it has none, that did not do their part within so many seconds."""
        told = {name: ages.get(name) for name, _ in self._parts()}
        late = [name for name, age in told.items() if age is None or age > since or (age == since and self.sent_at)]
        return late if told else [self.flow]

    def _parts(self) -> Iterator[tuple[str, list[Strand]]]:
        strands = self.pulse.strands[self.flow]
        for name in dict.fromkeys(strand.outage.connector.name for strand in strands):
            yield name, [strand for strand in strands if strand.outage.connector.name == name]


def hindrance(strands: Sequence[Strand], facts: Facts) -> str:
    """What keeps these parts of a flow from going well, although they may turn; empty when nothing does."""
    failing = {beat.name for beat in facts.beats if beat.failing_since}
    stalled = {check.subject for check in report(facts).checks if check.status is Status.FAIL}
    waiting = {f"{one.destination}/{one.kind}" for one in facts.backlogs}
    for strand in strands:
        if strand.outage.since is not None:
            return f"{strand.outage.connector.name} is down"
        if strand.good_at is None:
            return f"{strand.name} has not turned"
        if strand.name in failing:
            return f"{strand.name} fails"
        if strand.queue in stalled:
            return f"{strand.queue} stalls"
        if strand.vain and strand.queue in waiting:
            return f"{strand.name} delivers in vain"
    return ""
