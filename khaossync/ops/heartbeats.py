"""Heartbeats for a watcher outside: one per flow, and only as long as that flow really goes from end to end."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from itertools import chain

import structlog

from khaossync.clock import Clock
from khaossync.domain.documents import Kind
from khaossync.loops.loop import Tick
from khaossync.loops.outage import Outage
from khaossync.ops.health import Facts, Status, report
from khaossync.ops.outward import Outward

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


@dataclass(slots=True)
class Heartbeat:
    """One flow's heartbeat, sent at most every `interval`.

    It is owed only when since the last one each loop of the flow took a turn to its end (or, in a long reading, stored
    a page), its systems are up, and nothing that could have gone has been left lying.
    """

    flow: Flow
    pulse: Pulse
    outward: Outward
    interval: timedelta
    facts: Callable[[], Awaitable[Facts | None]]
    clock: Clock
    sent_at: float | None = None

    async def tick(self) -> Mapping[str, int]:
        """Send it when it is due and earned. Raises SyncError when the watcher does not take it."""
        now = self.clock.monotonic()
        if self.sent_at is not None and now - self.sent_at < self.interval.total_seconds():
            return {}
        strands = self.pulse.strands[self.flow]
        if why := idleness(strands, self.sent_at) or hindrance(strands, await self.facts()):
            log.debug("heartbeat_withheld", flow=self.flow, reason=why)
            return {}
        await self.outward.call("GET")
        self.sent_at = now
        return {"heartbeats": 1}


def idleness(strands: Sequence[Strand], sent_at: float | None) -> str:
    """Which part of a flow has not done its work since its last heartbeat; empty when all have."""
    if not strands:
        return "nothing takes part in it"
    for strand in strands:
        if strand.outage.since is not None:
            return f"{strand.outage.connector.name} is down"
        if strand.good_at is None or (sent_at is not None and strand.good_at <= sent_at):
            return f"{strand.name} has not turned since"
    return ""


def hindrance(strands: Sequence[Strand], facts: Facts | None) -> str:
    """What the state of the daemon says against a flow, although it turns; empty when nothing does."""
    if facts is None or not facts.database_ok:
        return "PostgreSQL does not answer"
    failing = {beat.name for beat in facts.beats if beat.failing_since}
    stalled = {check.subject for check in report(facts).checks if check.status is Status.FAIL}
    waiting = {f"{one.destination}/{one.kind}" for one in facts.backlogs}
    for strand in strands:
        if strand.name in failing:
            return f"{strand.name} fails"
        if strand.queue in stalled:
            return f"{strand.queue} stalls"
        if strand.vain and strand.queue in waiting:
            return f"{strand.name} delivers in vain"
    return ""
