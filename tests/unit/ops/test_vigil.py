"""After a start nothing is known to be well before it was seen to be; what a run before told of may still last."""

import asyncio
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import AsyncMock, Mock

import pytest
from examples import document, stock_level
from outbox.stories import HandClock
from pydantic import SecretStr
from unit.ops.alerts.tellings import place

from khaossync.app.wiring import Wiring
from khaossync.config import Config
from khaossync.config.alerting import HeartbeatsTable
from khaossync.domain.documents import Kind, Page
from khaossync.domain.errors import ConnectorDownError, SyncError, TransientError
from khaossync.domain.rules import Rules
from khaossync.loops.loop import Loop
from khaossync.loops.outage import Outage
from khaossync.loops.pull import Pull
from khaossync.ops.alerts.matters import unsure
from khaossync.ops.beats import Beats
from khaossync.ops.health import Facts, Holding
from khaossync.ops.lookout import Lookout
from khaossync.ops.metrics import Metrics
from khaossync.ops.vigil import Vigil
from khaossync.outbox import PostgresOutbox
from khaossync.ports import Accepted, Connector, Outbox

FULL = Page((document("khaos", Kind.STOCK_LEVEL, "MUG", stock_level("7")),), "1")
EMPTY = Page((), "1")


@dataclass
class Probe:
    """Answers a ping, or not."""

    trouble: SyncError | None = None

    async def ping(self) -> None:
        if self.trouble:
            raise self.trouble


@dataclass
class Stream:
    """Tells these pages, and then breaks or waits as it is told to; `at_end` is set when it comes to that."""

    pages: Sequence[Page] = ()
    trouble: SyncError | None = None
    holds: asyncio.Event | None = None
    name: str = "stock"
    interval: timedelta = timedelta(minutes=1)
    at_end: asyncio.Event = field(default_factory=asyncio.Event)

    async def changes(self, _cursor: str | None) -> AsyncIterator[Page]:
        for page in self.pages:
            yield page
        self.at_end.set()
        if self.trouble:
            raise self.trouble
        if self.holds:
            await self.holds.wait()


@dataclass
class House:
    """One connector, the real pull of its one stream, and the facts of its vigil."""

    stream: Stream = field(default_factory=Stream)
    probe: Probe = field(default_factory=Probe)
    clock: HandClock = field(default_factory=HandClock)
    advances: int = 0
    holding: Holding = field(default_factory=lambda: Holding(frozenset({"khaos"})))

    def __post_init__(self) -> None:
        self.stop, beats, metrics = asyncio.Event(), Beats(self.clock), Metrics()
        connector = Connector("khaos", "scripted", cast(Any, self.probe))
        self.outage = Outage(connector, self.clock, patience=timedelta(0))
        pull = Pull(
            self.stream,
            self.outage,
            cast(Outbox, an_outbox()),
            Rules({}),
            self.clock,
            metrics,
            lambda: None,
            cast(Any, None),  # nothing of what these pages bring is a level
            advanced=self._advanced,
        )
        beats.register("pull khaos stock", timedelta(minutes=1))
        self.loop = Loop("pull khaos stock", pull.tick, timedelta(minutes=1), self.clock, None, self._beat, dice())
        self.beats = beats
        self.vigil = Vigil(
            self.clock, beats, {"khaos": self.outage}, (self.loop,), AsyncMock(return_value=()), _none, self.holding
        )

    async def turned(self) -> Facts:
        """The facts after one turn of the loop."""
        self.stop.clear()
        await self.loop.run(self.stop)
        return await self.vigil.facts()

    def _beat(self, name: str) -> None:
        self.beats.beat(name)
        self.stop.set()

    def _advanced(self) -> None:
        self.advances += 1


async def _none() -> Mapping[str, int]:
    return {}


def dice() -> random.Random:
    return random.Random(1)


def an_outbox() -> AsyncMock:
    """One to which nothing is news; everything is ours for ever."""
    outbox = AsyncMock()
    outbox.share_pulse = AsyncMock(side_effect=lambda _flow, ages: ages)
    outbox.owns, outbox.until = Mock(return_value=True), lambda *_, **__: asyncio.Event().wait()
    outbox.cursor.return_value, outbox.take_in.return_value = None, Accepted()
    return outbox


def doubts(facts: Facts) -> set[str]:
    return {what for _, what in unsure(facts, "here", ())}


async def test_nothing_is_called_well_before_it_was_seen_to_be() -> None:
    house = House(Stream([EMPTY]))
    assert doubts(await house.vigil.facts()) == {"down", "loops"}
    assert doubts(await house.turned()) == set()


async def test_a_reading_that_asked_for_nothing_proves_nothing_of_its_system() -> None:
    assert doubts(await House(Stream()).turned()) == {"down"}


async def test_a_system_that_is_still_down_after_a_restart_is_known_to_be_down() -> None:
    """S-40: and when it answers again, that it is up."""
    gone = ConnectorDownError("gone")
    house = House(Stream(trouble=gone), Probe(gone))
    facts = await house.turned()
    assert [state.up for state in facts.connectors] == [False]
    house.probe.trouble = None
    assert await house.outage.usable()
    assert "down" not in doubts(await house.vigil.facts())


async def test_a_system_that_answers_a_ping_is_up_whatever_one_call_says() -> None:
    house = House(Stream(trouble=ConnectorDownError("this scope is missing")))
    assert doubts(await house.turned()) == {"loops"}


async def test_a_loop_that_still_fails_after_a_restart_is_not_called_well() -> None:
    house = House(Stream([FULL], TransientError("in vain")))
    assert doubts(await house.turned()) == {"down", "loops"}
    house.stream.trouble = None
    assert doubts(await house.turned()) == set()
    house.stream.trouble = TransientError("again")
    assert doubts(await house.turned()) == set(), "from then on its failures are known"


async def test_what_belongs_to_another_process_is_left_to_it() -> None:
    """Its queues and its system are told of once, not by every daemon."""
    house = House(holding=Holding(elsewhere=frozenset({"khaos", "outlet"})))
    depths = [SimpleNamespace(destination=one, kind="order", depth=1, oldest_at=None) for one in ("outlet", "gone")]
    house.vigil.depths = AsyncMock(return_value=depths)
    facts = await house.vigil.facts()
    assert facts.connectors == ()
    assert [backlog.destination for backlog in facts.backlogs] == ["gone"], "nobody else would tell of it"


async def test_only_a_page_with_documents_is_progress() -> None:
    """An empty one may only tell that the source is still trying."""
    house = House(Stream([EMPTY, FULL, EMPTY, replace(FULL, cursor="2")]))
    await house.turned()
    assert house.advances == 2


async def test_a_flow_beats_in_the_middle_of_a_long_reading() -> None:
    """M-9: a sweep of all stock takes an hour; the loops are wired as the daemon has them."""
    clock, stream = HandClock(), Stream([FULL], holds=asyncio.Event())
    connector = Connector("khaos", "scripted", cast(Any, Probe()), sources=(stream,))
    async with place() as there:
        table = HeartbeatsTable(stock=SecretStr(f"{there.url}/stock"), allow_private=True)
        config = cast(Config, SimpleNamespace(rules=lambda: Rules({}), heartbeats=table))
        outages = {"khaos": Outage(connector, clock)}
        outbox = cast(PostgresOutbox, an_outbox())
        wiring = Wiring(config, outbox, outages, Metrics(), clock, dice(), Beats(clock))
        [pull], [heartbeat] = wiring.pulls(), wiring.heartbeats(Lookout(_well(clock), clock))
        reading = asyncio.ensure_future(pull.tick())
        await asyncio.wait_for(stream.at_end.wait(), 10)
        assert await heartbeat.tick() == {"heartbeats": 1}
        clock.forward(minutes=5)
        assert await heartbeat.tick() == {}, "no page since"
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
    assert [where for where, _, _ in there.requests] == ["GET /stock"]


def _well(clock: HandClock) -> Any:
    return AsyncMock(side_effect=lambda: Facts(clock.now(), clock.now()))
