"""A flow has its heartbeat only as long as it really goes; each way of standing still silences it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from types import SimpleNamespace
from typing import cast

import pytest
from outbox.stories import HandClock

from khaossync.domain.documents import Kind
from khaossync.domain.errors import TransientError
from khaossync.domain.routing import TO_CHANNEL, TO_ERP
from khaossync.loops.outage import Outage
from khaossync.ops.health import Backlog, Facts, LoopBeat
from khaossync.ops.heartbeats import FLOWS, Flow, Heartbeat, Pulse
from khaossync.ops.outward import Outward
from khaossync.outbox import CHORES, Ages
from khaossync.ports import Connector

MINUTE = timedelta(minutes=1)


@dataclass
class Way:
    """Counts the heartbeats; takes none while it is `closed`."""

    sent: int = 0
    closed: bool = False

    async def call(self, method: str) -> None:
        assert method == "GET"
        if self.closed:
            raise TransientError("nobody there")
        self.sent += 1


@dataclass
class Install:
    """The processes that share the work: this one, which may own all, and what the others told."""

    owned: frozenset[str] = frozenset({"shop", "khaos", CHORES})
    told: dict[str, float | None] = field(default_factory=dict)

    def owns(self, connector: str) -> bool:
        return connector in self.owned

    async def share_pulse(self, _flow: str, ours: Ages) -> Ages:
        return self.told | dict(ours)


@dataclass
class Body:
    """A shop and an ERP between which orders go, turned by hand."""

    clock: HandClock = field(default_factory=HandClock)
    way: Way = field(default_factory=Way)
    counts: Mapping[str, int] = field(default_factory=dict)
    breaks: bool = False
    install: Install = field(default_factory=Install)

    def __post_init__(self) -> None:
        self.pulse = Pulse(self.clock)
        self.outages = {
            name: Outage(cast(Connector, SimpleNamespace(name=name)), self.clock) for name in ("shop", "khaos")
        }
        shop, khaos = self.outages["shop"], self.outages["khaos"]
        self.pull = self.pulse.reading("pull shop orders", self._read, shop, "orders")
        self.other = self.pulse.reading("pull shop catalogue", self._read, shop, "catalogue")
        self.push = self.pulse.writing("push khaos order", self._write, khaos, Kind.ORDER)
        self.facts: Facts | None = Facts(self.clock.now(), self.clock.now())
        outward = cast(Outward, self.way)
        self.heart = Heartbeat(Flow.ORDERS, self.pulse, outward, MINUTE, self._facts, self.clock, self.install)

    async def turn(self) -> None:
        await self.pull()
        await self.push()

    async def beats(self, **passed: float) -> bool:
        """Whether a heartbeat is sent after this time."""
        before = self.way.sent
        self.clock.forward(**passed)
        await self.heart.tick()
        return self.way.sent > before

    async def _facts(self) -> Facts | None:
        return self.facts

    async def _read(self) -> Mapping[str, int]:
        return {"documents": 1}

    async def _write(self) -> Mapping[str, int]:
        if self.breaks:
            raise TransientError("no")
        return self.counts


async def going() -> Body:
    """A body whose first heartbeat was sent, and that has turned since."""
    body = Body()
    await body.turn()
    assert await body.beats()
    body.clock.forward(seconds=1)
    await body.turn()
    return body


async def test_a_flow_that_goes_beats_once_in_its_interval() -> None:
    """M-9."""
    body = await going()
    assert not await body.beats(seconds=58)
    assert await body.beats(seconds=1)
    assert not await body.beats(seconds=60), "it has not turned since"


async def test_nothing_beats_before_every_loop_has_turned() -> None:
    body = Body()
    assert not await body.beats()
    await body.pull()
    assert not await body.beats()
    await body.push()
    assert await body.beats()


async def test_a_loop_that_turns_no_more_silences_its_flow() -> None:
    """S-24: also when it is only one of them; a timer alone never beats."""
    body = await going()
    assert await body.beats(minutes=1)
    for _ in range(5):
        await body.pull()
        assert not await body.beats(minutes=1)


async def test_a_page_of_a_long_reading_is_as_good_as_its_end() -> None:
    """M-9: an hour may pass until it ends. A page that came while the system was down is none."""
    body = await going()
    assert await body.beats(minutes=1)
    await body.push()
    body.pulse.advance("pull shop orders")
    assert not await body.beats(minutes=1), "it came in the same moment as the last heartbeat"
    body.pulse.advance("pull shop orders")
    await body.push()
    assert await body.beats()
    body.clock.forward(minutes=1)
    await body.push()
    body.outages["shop"].since = body.clock.now()
    body.pulse.advance("pull shop orders")
    body.outages["shop"].since = None
    assert not await body.beats()


async def test_a_tick_that_fails_is_no_turn() -> None:
    body = await going()
    assert await body.beats(minutes=1)
    body.breaks = True
    with pytest.raises(TransientError):
        await body.turn()
    assert not await body.beats(minutes=1)


@pytest.mark.parametrize("name", ["shop", "khaos"])
async def test_a_system_that_is_down_silences_its_flows(name: str) -> None:
    body = await going()
    body.outages[name].since = body.clock.now()
    assert not await body.beats(minutes=1)
    await body.turn()
    body.outages[name].since = None
    assert not await body.beats(minutes=1), "a turn while it was down is no turn"
    await body.turn()
    assert await body.beats()


async def test_a_turn_before_a_failure_counts_no_more() -> None:
    body = await going()
    body.breaks = True
    with pytest.raises(TransientError):
        await body.push()
    assert not await body.beats(minutes=1)


async def test_a_loop_that_fails_or_a_queue_that_stalls_silences_it() -> None:
    body = await going()
    well = cast(Facts, body.facts)
    now = body.clock.now()
    body.facts = replace(well, beats=(LoopBeat("push khaos order", now, MINUTE, failing_since=now),))
    assert not await body.beats(minutes=1)
    body.facts = replace(well, now=now + MINUTE, backlogs=(Backlog("khaos", "order", 1, now, timedelta(0)),))
    assert not await body.beats()
    body.facts = replace(well, now=now + MINUTE, backlogs=(Backlog("shop", "despatch", 1, now, timedelta(0)),))
    assert await body.beats(), "another flow's queue is not its business"


async def test_without_the_database_nothing_beats() -> None:
    body = await going()
    well, body.facts = cast(Facts, body.facts), None
    assert not await body.beats(minutes=1)
    body.facts = replace(well, database_ok=False)
    assert not await body.beats()


async def test_deliveries_that_all_have_to_be_tried_again_are_in_vain() -> None:
    """The loop turns and its system answers a ping; still no order goes."""
    body = await going()
    body.counts = {"retry": 3}
    await body.push()
    waiting = (Backlog("khaos", "order", 3, None, timedelta(minutes=15)),)
    well, body.facts = cast(Facts, body.facts), replace(cast(Facts, body.facts), backlogs=waiting)
    assert not await body.beats(minutes=1)
    body.counts = {}
    await body.push()
    assert not await body.beats(), "idle while they wait for their next try"
    body.counts = {"retry": 1, "complete": 1}
    await body.push()
    assert await body.beats()
    body.clock.forward(seconds=1)
    body.counts = {"retry": 1}
    await body.turn()
    body.facts = well
    assert await body.beats(minutes=1), "nothing waits any more: a person has seen to it"


async def test_a_watcher_that_takes_nothing_is_tried_again() -> None:
    body = await going()
    body.way.closed = True
    with pytest.raises(TransientError):
        await body.beats(minutes=1)
    body.way.closed = False
    assert await body.beats()


async def test_a_flow_in_which_nothing_takes_part_never_beats() -> None:
    body = await going()
    body.heart.flow = Flow.REFUNDS
    assert not await body.beats(minutes=5)


async def test_the_catalogue_belongs_to_no_flow() -> None:
    """It is read so rarely that a heartbeat could not wait for it."""
    body = await going()
    await body.other()
    assert [strand.name for strand in body.pulse.strands[Flow.ORDERS]] == ["pull shop orders", "push khaos order"]


def test_every_kind_of_message_that_is_sent_belongs_to_a_flow() -> None:
    assert {*TO_ERP, *TO_CHANNEL} <= FLOWS.keys()
    assert set(FLOWS.values()) == set(Flow)


async def test_one_process_speaks_for_the_parts_of_all() -> None:
    """M-9: a flow goes through a shop of one process and the ERP of another; each tells of its own part only."""
    body = Body(install=Install(frozenset({"shop", CHORES})))
    await body.pull()
    assert not await body.beats(), "nobody has told of the ERP"
    body.install.told["khaos"] = 3.0
    assert await body.beats()
    body.clock.forward(minutes=1)
    await body.pull()
    body.install.told["khaos"] = 61.0
    assert not await body.beats(), "the other process is silent"
    body.install.told["khaos"] = None
    assert not await body.beats(), "the ERP's part does not go well"
    body.install.told["khaos"] = 0.5
    assert await body.beats()


async def test_a_process_without_the_chores_sends_nothing() -> None:
    body = Body(install=Install(frozenset({"shop", "khaos"})))
    await body.turn()
    assert not await body.beats()
