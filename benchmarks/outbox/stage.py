"""What every contender is asked to do, in a process of its own; knows nothing but the standard library."""

import asyncio
import gc
import json
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

PRODUCERS = 64
"""How many tasks tell messages at the same time."""
GC_THRESHOLDS = (50_000, 20, 100)
WAKE_PAUSE = 0.02
"""Seconds between two messages whose way is timed."""
WARMING = 20
"""How many messages go their way before it is timed, so that nobody pays for statements that are new to a session."""


@dataclass(frozen=True, slots=True)
class Work:
    """A message as every contender is given it: its number, and the key under which order is to be kept."""

    number: int
    key: str


@dataclass(slots=True)
class Tally:
    """Counts what handlers were given, up to `wanted` or until the time is up, and whether each key kept its order."""

    wanted: int
    done: int = 0
    disorder: int = 0
    last_at: float = 0
    full: asyncio.Event = field(default_factory=asyncio.Event)
    _newest: dict[str, int] = field(default_factory=dict)

    def note(self, key: str, number: int) -> None:
        """A handler works on this message."""
        if self._newest.get(key, -1) > number:
            self.disorder += 1
        self._newest[key] = number

    def finish(self, count: int) -> None:
        """So many messages are done."""
        self.done += count
        self.last_at = time.monotonic()
        if self.done >= self.wanted:
            self.full.set()


class Contender(Protocol):
    """A queue with what belongs to it. All is done on an open contender, except `install`."""

    async def install(self) -> None:
        """Make the tables."""

    async def open(self) -> None:
        """Connect, before the time is taken."""

    async def close(self) -> None:
        """Let go."""

    async def fill(self, work: Sequence[Work], deferred: bool) -> None:
        """Tell these together, as fast as it can be done; `deferred` to be done in an hour."""

    async def tell(self, work: Work) -> None:
        """Tell one, deduplicated; committed on return."""

    async def drain(self, tally: Tally, stop: asyncio.Event) -> None:
        """Work until told to stop."""

    async def wake(self, started: Callable[[int], None], stop: asyncio.Event) -> None:
        """Work on what comes, one at a time or more; `started` hears of each number at the moment it is begun."""


def works(count: int, keys: int, first: int = 0) -> list[Work]:
    """So many messages on so many keys; 0 keys: each on a key of its own."""
    return [Work(number, f"shop:{number % keys if keys else number}") for number in range(first, first + count)]


def body(number: int) -> dict[str, Any]:
    """What a message carries: a consignment of one line, 250 bytes as JSON."""
    return {
        "ref": f"S{number}",
        "sales_order_code": f"SO{number}",
        "despatch_id": f"{number}",
        "despatched_at": "2026-11-02T12:00:00Z",
        "courier": "Royal Mail",
        "tracking_number": f"RM{number}GB",
        "tracking_url": f"https://example.com/track/RM{number}GB",
        "lines": [{"stock_code": "MUG-BLUE-12", "quantity": "1"}],
    }


async def ingest(contender: Contender, order: Mapping[str, Any]) -> dict[str, Any]:
    """Producers that each tell one message after the other for some seconds."""
    waits: list[float] = []
    end = time.monotonic() + order["seconds"]
    numbers = iter(range(10**9))

    async def produce() -> None:
        while (began := time.monotonic()) < end:
            number = next(numbers)
            await contender.tell(Work(number, f"shop:{number}"))
            waits.append(time.monotonic() - began)

    began = time.monotonic()
    await asyncio.gather(*(produce() for _ in range(PRODUCERS)))
    return {"done": len(waits), "seconds": time.monotonic() - began, "waits": _parts(waits)}


async def drain(contender: Contender, order: Mapping[str, Any]) -> dict[str, Any]:
    """Work off what is there, at most so many seconds long."""
    tally, stop = Tally(order["count"]), asyncio.Event()
    began = time.monotonic()
    working = asyncio.create_task(contender.drain(tally, stop))
    waiting = asyncio.create_task(asyncio.wait_for(tally.full.wait(), order["seconds"]))
    await asyncio.wait([working, waiting], return_when=asyncio.FIRST_COMPLETED)
    seconds = time.monotonic() - began
    done = tally.done
    if tally.full.is_set():
        done, seconds = tally.done, tally.last_at - began
    stop.set()
    waiting.cancel()
    await working
    return {"done": done, "finished": tally.done, "seconds": seconds, "disorder": tally.disorder}


async def wake(contender: Contender, order: Mapping[str, Any]) -> dict[str, Any]:
    """How long after it is told a message is begun, when there is nothing else to do."""
    told: dict[int, float] = {}
    waits: list[float] = []
    begun, stop = asyncio.Event(), asyncio.Event()

    def started(number: int) -> None:
        if number >= order["first"] + WARMING:
            waits.append(time.monotonic() - told[number])
        begun.set()

    working = asyncio.create_task(contender.wake(started, stop))
    await asyncio.sleep(1.0)
    first, end = order["first"], time.monotonic() + order["seconds"]
    for number in range(first, first + order["count"]):
        if time.monotonic() > end:
            break
        begun.clear()
        told[number] = time.monotonic()
        await contender.tell(Work(number, f"shop:{number}"))
        await asyncio.wait_for(begun.wait(), 120)
        await asyncio.sleep(WAKE_PAUSE)
    stop.set()
    await working
    return {"done": len(waits), "waits": _parts(waits)}


async def fill(contender: Contender, order: Mapping[str, Any]) -> dict[str, Any]:
    """Tell a backlog."""
    began, step = time.monotonic(), 20_000
    for first in range(0, order["count"], step):
        count = min(step, order["count"] - first)
        await contender.fill(works(count, order.get("keys", 0), first), order.get("deferred", False))
    return {"done": order["count"], "seconds": time.monotonic() - began}


async def play(make: Callable[[str], Contender]) -> None:
    """Do what the command line says, as soon as a line comes in; tell what came of it as JSON."""
    order = json.loads(sys.argv[1])
    contender = make(order["dsn"])
    if order["do"] == "install":
        await contender.install()
        return
    await contender.open()
    # As khaossync's daemon does; whoever runs Python is given the same.
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
    print('"ready"', flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    tasks: Mapping[str, Callable[[Contender, Mapping[str, Any]], Awaitable[dict[str, Any]]]]
    tasks = {"ingest": ingest, "drain": drain, "wake": wake, "fill": fill}
    worked = time.process_time()
    told = await tasks[order["do"]](contender, order)
    print(json.dumps({**told, "cpu": time.process_time() - worked}), flush=True)
    await contender.close()


def _parts(waits: Sequence[float]) -> list[float]:
    """Median and 99 % in milliseconds."""
    ordered = sorted(waits)
    return [1000 * ordered[min(len(ordered) - 1, int(part * len(ordered)))] for part in (0.5, 0.99)]
