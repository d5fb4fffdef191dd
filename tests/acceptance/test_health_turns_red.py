"""Health is red for a loop that does not turn and for a queue that stalls, and not for a system that is down."""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import aiohttp
from outbox.stories import HandClock

from khaossync.domain.errors import ConnectorDownError
from khaossync.loops.loop import Loop, Tick
from khaossync.loops.outage import Outage
from khaossync.ops.beats import Beats
from khaossync.ops.health import Holding
from khaossync.ops.hooks import HookDoor
from khaossync.ops.lookout import Lookout
from khaossync.ops.metrics import Metrics
from khaossync.ops.server import Server
from khaossync.ops.vigil import STALLED, Vigil
from khaossync.ports import Connector

BOUND = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue as the outbox counts it."""

    oldest_at: datetime | None
    destination: str = "shop"
    kind: str = "despatch"
    depth: int = 1


class Away:
    """A probe that nobody answers."""

    async def ping(self) -> None:
        raise ConnectorDownError("maintenance")


@dataclass
class Ward:
    """A daemon's real loops, beats, vigil and pages around a tick of the test's own, on a clock turned by hand."""

    tick: Tick
    clock: HandClock = field(default_factory=HandClock)
    queues: Sequence[Queue] = ()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[str]:
        """The address of its pages while the loop runs."""
        beats, stop, metrics = Beats(self.clock), asyncio.Event(), Metrics()
        beats.register("push shop despatch", timedelta(seconds=5), bound=BOUND)
        loop = Loop(
            "push shop despatch", self.tick, timedelta(hours=1), self.clock, None, beats.beat, random.Random(1), metrics
        )
        shop = cast(Connector, SimpleNamespace(name="shop", kind="toy", probe=Away()))
        self.outage = Outage(shop, self.clock)
        vigil = Vigil(self.clock, beats, {"shop": self.outage}, (loop,), self._depths, self._cases, Holding())
        server = Server(Lookout(vigil.facts, self.clock), metrics, HookDoor(_deaf, ()), host="127.0.0.1", port=0)
        await server.start()
        running = asyncio.create_task(loop.run(stop))
        await asyncio.sleep(0)
        try:
            yield server.url
        finally:
            running.cancel()
            await asyncio.wait([running])
            await server.stop()

    async def _depths(self) -> Sequence[Queue]:
        return self.queues

    async def _cases(self) -> Mapping[str, int]:
        return {}


async def _deaf(connector: str, headers: Mapping[str, str], body: bytes) -> int:
    return 404


async def never() -> Mapping[str, int]:
    await asyncio.Event().wait()
    return {}


async def at_once() -> Mapping[str, int]:
    return {}


async def health(url: str) -> tuple[int, dict[str, Any]]:
    async with aiohttp.ClientSession() as session, session.get(f"{url}/healthz") as answer:
        return answer.status, json.loads(await answer.text())


def outputs(told: dict[str, Any]) -> str:
    checks: Callable[[str], Sequence[Mapping[str, str]]] = told["checks"].get
    return " ".join(check.get("output", "") for name in told["checks"] for check in checks(name))


async def test_a_tick_that_never_returns_turns_health_red() -> None:
    """S-24: silence within the bound is work, beyond it the loop is dead."""
    ward = Ward(never)
    async with ward.open() as url:
        assert (await health(url))[0] == 200
        ward.clock.forward(minutes=4)
        assert (await health(url))[0] == 200
        ward.clock.forward(minutes=2)
        code, told = await health(url)
        assert (code, told["status"]) == (503, "fail")
        assert "has not turned for 6 min" in outputs(told)


async def test_a_loop_that_turns_keeps_health_green() -> None:
    ward = Ward(at_once)
    ward.clock.forward(minutes=10)
    async with ward.open() as url:
        ward.clock.forward(minutes=4)
        assert (await health(url))[1]["status"] == "pass"


async def test_a_queue_that_stalls_turns_health_red() -> None:
    """S-24, SHO-23: a message that could have gone for too long."""
    ward = Ward(at_once)
    async with ward.open() as url:
        ward.queues = [Queue(ward.clock.now())]
        ward.clock.forward(seconds=240)
        assert (await health(url))[0] == 200
        ward.queues = [Queue(ward.clock.now() - STALLED - timedelta(minutes=1))]
        ward.clock.forward(minutes=12)  # only as long as we run can we be blamed
        told = (await health(url))[1]
        assert "could have gone" in outputs(told)
        assert told["status"] == "fail"


async def test_a_shop_that_is_down_is_a_warning_whatever_waits_for_it() -> None:
    """S-40: nothing here can be restarted to mend it."""
    ward = Ward(at_once)
    async with ward.open() as url:
        ward.queues = [Queue(ward.clock.now())]
        await ward.outage.down(ConnectorDownError("maintenance"))
        ward.clock.forward(minutes=4)
        code, told = await health(url)
        assert (code, told["status"]) == (200, "warn")
        assert "down for" in outputs(told)
