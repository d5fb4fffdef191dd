"""`python -m benchmarks.stock.one N`: measure a catalogue of one size in a process of its own; the figures as JSON."""

import asyncio
import json
import logging
import random
import resource
import sys
import tempfile
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import structlog

from benchmarks.judged import as_it_is
from benchmarks.stock.systems import ELSEWHERE, FREE, SOLD, code
from khaossync.app import connectors
from khaossync.clock import SystemClock
from khaossync.config import Config
from khaossync.domain.documents import Document, Kind, Page
from khaossync.domain.messages import Delivery, Outcome
from khaossync.domain.stock import Listing
from khaossync.embedded import Server
from khaossync.loops.loop import Loop
from khaossync.loops.outage import Outage
from khaossync.loops.pull import Pull
from khaossync.loops.push import Claimable, Push
from khaossync.ops.metrics import Metrics
from khaossync.outbox import DatabaseSettings, PostgresOutbox, migrate, open_outbox
from khaossync.ports import ORDERS, Acceptance, Connector, Kit, Sink, Source

DELTA = 100
"""How many levels change at once in the daily case."""

_AT_ONCE = 500


@dataclass
class Figures:
    """What one size of catalogue cost; seconds of wall time, seconds of our own processor time, mebibytes."""

    codes: int
    first: float = 0
    first_cpu: float = 0
    sweep: float = 0
    sweep_cpu: float = 0
    drifted: float = 0
    drifted_cpu: float = 0
    queued: int = 0
    peak: int = 0
    delta: float = 0
    delta_cpu: float = 0
    reached: float = 0


@dataclass
class Timed:
    """A source read from its beginning, or from its cursor, that notes when its last page was seen."""

    inner: Source
    whole: bool
    seen_at: float = 0

    @property
    def name(self) -> str:
        return self.inner.name

    @property
    def interval(self) -> timedelta:
        return self.inner.interval

    async def changes(self, cursor: str | None) -> AsyncIterator[Page]:
        async for page in self.inner.changes(None if self.whole else cursor):
            if page.documents:
                self.seen_at = time.monotonic()
            yield page


@dataclass
class Awaited:
    """The stock sink, which notes how many levels the shop has taken and when the last of them."""

    inner: Sink
    kind: Kind = Kind.STOCK_LEVEL
    max_batch: int = 250
    parallel: int = 1
    blind: bool = False
    taken: int = 0
    taken_at: float = 0

    async def deliver(self, batch: Sequence[Delivery]) -> Sequence[Outcome]:
        outcomes = await self.inner.deliver(batch)
        self.taken, self.taken_at = self.taken + len(batch), time.monotonic()
        return outcomes


class Bench:
    """The daemon's own parts for stock, between its PostgreSQL and the simulators of another process."""

    def __init__(self, outbox: PostgresOutbox, outages: dict[str, Outage], config: Config, clock: SystemClock) -> None:
        self.outbox, self.outages, self.rules, self.clock = outbox, outages, config.rules(), clock

    def source(self, name: str, *, whole: bool) -> Timed:
        return Timed(next(one for one in self.outages["khaos"].connector.sources if one.name == name), whole)

    def pull(self, source: Source, connector: str = "khaos") -> Pull:
        nothing = _nothing
        outage, meter = self.outages[connector], Metrics()
        return Pull(source, outage, self.outbox, self.rules, self.clock, meter, nothing, lambda *_: None)

    async def read_orders(self) -> None:
        """There is none; but no level that was only seen is raised before that is known."""
        await self.outbox.take_in("shop", as_it_is(Acceptance("shop", ORDERS, Page((), ""))))
        await self.outbox.read_up_to("shop", ORDERS, self.clock.now())

    async def sweep(self) -> tuple[float, float, int]:
        """(seconds, processor seconds, levels queued) of reading every level and comparing it."""
        began, worked = time.monotonic(), time.process_time()
        counts = await self.pull(self.source("stock", whole=True)).tick()
        return time.monotonic() - began, time.process_time() - worked, counts.get("levels", 0)

    async def delta(self, changes: int) -> tuple[float, float, float]:
        """(seconds, processor seconds) of reading what changed, and seconds from seen to taken by the shop."""
        outage = self.outages["shop"]
        sink = Awaited(outage.connector.sinks[Kind.STOCK_LEVEL])
        outage.connector = _with(outage.connector, sink)
        stop, source = asyncio.Event(), self.source("stock", whole=False)
        pushing = asyncio.create_task(self._push().run(stop))
        began, worked = time.monotonic(), time.process_time()
        await self.pull(source).tick()
        took, cpu = time.monotonic() - began, time.process_time() - worked
        while sink.taken < changes and time.monotonic() - began < 60:
            await asyncio.sleep(0.005)
        stop.set()
        await pushing
        return took, cpu, sink.taken_at - source.seen_at

    def _push(self) -> Loop:
        dice, meter = random.Random(1), Metrics()
        push = Push(
            Kind.STOCK_LEVEL, self.outages["shop"], self.outages, self.outbox, self.rules, self.clock, meter, dice
        )
        wake = Claimable(self.outbox, "shop", Kind.STOCK_LEVEL)
        return Loop("push", push.tick, timedelta(seconds=5), self.clock, wake, lambda _: None, dice, meter)


async def measure(count: int) -> Figures:
    """All figures of one size."""
    figures = Figures(count)
    async with AsyncExitStack() as stack:
        systems = await OtherSide.start(count, stack)
        bench = await _bench(systems.told, stack)
        await _list(bench, count, systems.told)
        say(f"{count:,} codes: first reading")
        figures.first, figures.first_cpu, _ = await bench.sweep()
        say(f"{count:,} codes: {DELTA} changes")
        await bench.read_orders()
        await systems.change(DELTA, 1)
        figures.delta, figures.delta_cpu, figures.reached = await bench.delta(DELTA)
        say(f"{count:,} codes: sweep without a change")
        figures.sweep, figures.sweep_cpu, _ = await bench.sweep()
        say(f"{count:,} codes: sweep with one in a hundred changed")
        await systems.change(count // 100, 100)
        figures.drifted, figures.drifted_cpu, figures.queued = await bench.sweep()
        figures.peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return figures


@dataclass(frozen=True, slots=True)
class OtherSide:
    """The process of the simulators, and what it told of itself."""

    orders: asyncio.StreamWriter
    answers: asyncio.StreamReader
    told: dict[str, Any]

    @classmethod
    async def start(cls, count: int, stack: AsyncExitStack) -> "OtherSide":
        command = (sys.executable, "-m", "benchmarks.stock.systems", str(count))
        process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, limit=2**20)
        orders, answers = cast("asyncio.StreamWriter", process.stdin), cast("asyncio.StreamReader", process.stdout)
        stack.push_async_callback(process.wait)
        stack.callback(orders.close)
        return cls(orders, answers, json.loads(await answers.readline()))

    async def change(self, changes: int, step: int) -> None:
        """Move the levels of so many codes, one in every so many."""
        self.orders.write(f"{changes} {step}\n".encode())
        await self.answers.readline()


async def _bench(told: dict[str, Any], stack: AsyncExitStack) -> Bench:
    clock = SystemClock()
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="khaossync-bench-")))
    settings = DatabaseSettings(await stack.enter_async_context(Server(folder / "postgres")))
    await migrate(settings, clock)
    outbox = await stack.enter_async_context(open_outbox(settings, clock))
    config = _config(told)
    systems = await connectors(config, Kit(clock, random.Random(1), Metrics(), outbox, stack))
    await outbox.own(systems)
    return Bench(outbox, {name: Outage(one, clock) for name, one in systems.items()}, config, clock)


async def _list(bench: Bench, count: int, told: dict[str, Any]) -> None:
    """Make the shop's listings known; a reading of them all is the shop's pace, not ours, and not measured."""

    class Listings:
        name, interval = "catalogue", timedelta(hours=1)

        async def changes(self, _cursor: str | None) -> AsyncIterator[Page]:
            for start in range(0, count, _AT_ONCE):
                numbers = range(start, min(count, start + _AT_ONCE))
                yield Page(tuple(_listing(number, told) for number in numbers), str(start))

    await bench.pull(Listings(), "shop").tick()


def _listing(number: int, told: dict[str, Any]) -> Document:
    item = told["items"][number] if number < SOLD else f"gid://shopify/InventoryItem/9{number:07}"
    body = Listing(code(number), item, "Thing", dict(zip(told["places"], (FREE, ELSEWHERE), strict=True)))
    return Document("shop", Kind.LISTING, body.sku, "1", datetime.now(UTC), body, "{}")


def _config(told: dict[str, Any]) -> Config:
    erp = {"kind": "khaosws", "url": told["khaos"], "sites": [1, 2], "stock_chunk": 500, "calls_per_minute": 6000}
    channel = {
        "kind": "shopify",
        "shop": "bench.myshopify.com",
        "url": told["shop"],
        "access_token": "shpat_test",
        "erp": "khaos",
        "prefix": "S",
        "go_live_at": "2026-01-01T00:00:00Z",
        "currencies": ["GBP"],
        "default_courier": "RM48",
        "tax_codes": {"0.20": 1},
        "sites": dict(zip(told["places"], (["1"], ["2"]), strict=True)),
    }
    return Config.model_validate({"erp": {"khaos": erp}, "channel": {"shop": channel}})


def _with(connector: Connector, sink: Awaited) -> Connector:
    return replace(connector, sinks={**connector.sinks, Kind.STOCK_LEVEL: sink})


def _nothing() -> None: ...


def say(text: str) -> None:
    """What is being done, for who waits."""
    print(f"{text} …", file=sys.stderr, flush=True)


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    print(json.dumps(asdict(asyncio.run(measure(int(sys.argv[1]))))))
