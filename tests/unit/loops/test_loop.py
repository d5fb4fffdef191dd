"""The runner: turns its tick whatever happens, rests no longer than it must, and ends when told to."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from khaossync.domain.errors import OwnershipLostError, TransientError
from khaossync.loops.loop import Loop, Wake, pause

NEVER = timedelta(days=1)
AT_ONCE = timedelta(0)


class StillClock:
    def now(self) -> datetime:
        return datetime(2026, 11, 20, tzinfo=UTC)

    def monotonic(self) -> float:
        return 0.0


class Highest(random.Random):
    """Dice without luck: the longest rest every time, shortened to almost nothing."""

    def uniform(self, a: float, b: float) -> float:
        return 1e-6


@dataclass
class Script:
    """A tick that does one thing after another, and stops its loop after the last."""

    turns: list[Exception | Mapping[str, int]]
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    taken: int = 0

    async def tick(self) -> Mapping[str, int]:
        turn = self.turns[self.taken]
        self.taken += 1
        if self.taken == len(self.turns):
            self.stop.set()
        if isinstance(turn, Exception):
            raise turn
        return turn


@dataclass
class Counted:
    """A meter that remembers what was recorded."""

    ticks: list[str] = field(default_factory=list)
    succeeded_at: list[float] = field(default_factory=list)

    def count(self, name: str, amount: float = 1, **labels: str) -> None:
        assert (name, labels["loop"]) == ("loop_ticks", "pull")
        self.ticks.append(labels["outcome"])

    def gauge(self, name: str, value: float, **labels: str) -> None:
        assert name == "loop_last_success_timestamp_seconds"
        self.succeeded_at.append(value)

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        raise AssertionError("nothing is timed")


def loop_of(
    tick: Callable[[], Awaitable[Mapping[str, int]]],
    *,
    interval: timedelta = AT_ONCE,
    wake: Wake | None = None,
    beats: list[str] | None = None,
    meter: Counted | None = None,
) -> Loop:
    beat = (beats if beats is not None else []).append
    return Loop("pull", tick, interval, StillClock(), wake, beat, Highest(), meter)


async def ran(loop: Loop, stop: asyncio.Event) -> None:
    async with asyncio.timeout(5):
        await loop.run(stop)


async def test_failing_ticks_never_stop_the_loop_and_it_beats_all_the_same() -> None:
    """G9: a loop is alive while it turns; that its ticks fail is told apart."""
    errors = [
        TransientError("gone"),
        OwnershipLostError("taken"),
        KeyError("bug"),
        TimeoutError(),
        ExceptionGroup("x", [OSError()]),
    ]
    script, beats, meter = Script([*errors, {"documents": 1}]), list[str](), Counted()
    await ran(loop_of(script.tick, beats=beats, meter=meter), script.stop)
    assert script.taken == 6
    assert beats == ["pull"] * 6
    assert meter.ticks == [*(type(error).__name__ for error in errors), "ok"]
    assert meter.succeeded_at == [StillClock().now().timestamp()]


async def test_since_when_it_fails_is_known_until_it_succeeds() -> None:
    script = Script([TransientError("a"), TransientError("b")])
    loop = loop_of(script.tick)
    await ran(loop, script.stop)
    assert (loop.failures, loop.failing_since) == (2, StillClock().now())
    script = Script([{}])
    loop.tick = script.tick
    await ran(loop, script.stop)
    assert (loop.failures, loop.failing_since) == (0, None)


async def test_our_own_errors_are_a_line_and_a_surprise_shows_once_where_it_came_from() -> None:
    bug = KeyError("colour")
    script = Script([TransientError("shop: gone"), bug, bug, ValueError("other"), {}])
    with capture_logs() as logs:
        await ran(loop_of(script.tick), script.stop)
    told = [(line["event"], line["log_level"], line.get("error"), bool(line.get("exc_info"))) for line in logs]
    assert told == [
        ("tick_failed", "warning", "TransientError", False),
        ("tick_failed", "error", "KeyError", True),
        ("tick_failed", "error", "KeyError", False),
        ("tick_failed", "error", "ValueError", True),
        ("tick_recovered", "info", None, False),
        ("tick", "debug", None, False),
    ]
    assert logs[0] == {
        **{"event": "tick_failed", "log_level": "warning", "loop": "pull", "failures": 1},
        **{"error": "TransientError", "text": "shop: gone"},
    }
    assert logs[4]["failures"] == 4


async def test_what_a_tick_did_is_told_and_an_idle_tick_is_a_whisper() -> None:
    script = Script([{"documents": 0}, {"documents": 2, "cases": 0}])
    with capture_logs() as logs:
        await ran(loop_of(script.tick), script.stop)
    assert logs == [
        {"event": "tick", "log_level": "debug", "loop": "pull", "seconds": 0.0, "documents": 0},
        {"event": "tick", "log_level": "info", "loop": "pull", "seconds": 0.0, "documents": 2, "cases": 0},
    ]


async def test_a_hint_beats_the_interval() -> None:
    wake, script = Wake(), Script([{}, {}])
    running = asyncio.create_task(ran(loop_of(script.tick, interval=NEVER, wake=wake), script.stop))
    await _until(lambda: script.taken == 1)
    wake.hint()
    await running
    assert script.taken == 2


async def test_a_hint_during_a_tick_is_not_lost_and_many_are_one() -> None:
    wake, stop = Wake(), asyncio.Event()
    turns = 0

    async def tick() -> Mapping[str, int]:
        nonlocal turns
        turns += 1
        if turns == 1:
            for _ in range(10):
                wake.hint()
        return {}

    running = asyncio.create_task(ran(loop_of(tick, interval=NEVER, wake=wake), stop))
    await _until(lambda: turns == 2)
    for _ in range(10):
        await asyncio.sleep(0)
    stop.set()
    await running
    assert turns == 2


async def test_a_storm_of_hints_does_not_hurry_a_loop_that_fails() -> None:
    wake, stop, turns = Wake(), asyncio.Event(), 0

    async def tick() -> Mapping[str, int]:
        nonlocal turns
        turns += 1
        raise TransientError("gone")

    loop = loop_of(tick, wake=wake)
    loop.dice = random.Random(1)  # rests for at least half a second
    running = asyncio.create_task(ran(loop, stop))
    for _ in range(50):
        wake.hint()
        await asyncio.sleep(0)
    stop.set()
    await running
    assert turns == 1


@pytest.mark.parametrize("failing", [False, True], ids=["resting", "backing off"])
async def test_stopping_is_prompt(failing: bool) -> None:
    script = Script([TransientError("gone") if failing else {}] * 2)
    loop, stop = loop_of(script.tick, interval=NEVER), asyncio.Event()
    loop.dice = random.Random(1)
    running = asyncio.create_task(loop.run(stop))
    await _until(lambda: script.taken == 1)
    stop.set()
    async with asyncio.timeout(0.4):
        await running
    assert script.taken == 1


async def test_a_loop_that_is_told_to_stop_first_never_turns() -> None:
    script = Script([{}])
    script.stop.set()
    await ran(loop_of(script.tick), script.stop)
    assert script.taken == 0


async def test_the_tick_under_way_is_finished_before_stopping() -> None:
    entered, leave, stop = asyncio.Event(), asyncio.Event(), asyncio.Event()
    finished = False

    async def tick() -> Mapping[str, int]:
        nonlocal finished
        entered.set()
        await leave.wait()
        finished = True
        return {}

    running = asyncio.create_task(ran(loop_of(tick, interval=NEVER), stop))
    await entered.wait()
    stop.set()
    leave.set()
    await running
    assert finished


@pytest.mark.parametrize("where", ["in a tick", "at rest"])
async def test_cancellation_passes_and_leaves_nothing_behind(where: str) -> None:
    entered, beats = asyncio.Event(), list[str]()

    async def tick() -> Mapping[str, int]:
        entered.set()
        if where == "in a tick":
            await asyncio.Event().wait()
        return {}

    before = asyncio.all_tasks()
    loop = loop_of(tick, interval=NEVER, wake=Wake(), beats=beats)
    running = asyncio.create_task(loop.run(asyncio.Event()))
    await entered.wait()
    await _until(lambda: where == "in a tick" or bool(beats))
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == before


async def test_a_wake_waits_no_longer_than_it_is_told() -> None:
    wake = Wake()
    assert await wake.wait(AT_ONCE) is False
    wake.hint()
    wake.hint()
    assert await wake.wait() is True
    assert await wake.wait(timedelta(milliseconds=1)) is False


def test_the_rest_after_a_failure_doubles_from_a_second_and_ends_at_thirty() -> None:
    class Unlucky(random.Random):
        def uniform(self, a: float, b: float) -> float:
            return b

    rests = [pause(failures, Unlucky()).total_seconds() for failures in (1, 2, 3, 4, 5, 6, 7, 1000)]
    assert rests == [1, 2, 4, 8, 16, 30, 30, 30]
    assert all(timedelta(seconds=15) <= pause(9, random.Random(seed)) <= timedelta(seconds=30) for seed in range(99))


async def _until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not true():
            await asyncio.sleep(0)
