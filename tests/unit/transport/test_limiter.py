"""Token buckets, on a loop whose clock the test turns."""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from khaossync.transport.limiter import Budget, CostBucket


class _Jump(selectors.DefaultSelector):
    """Waits by moving the clock: a sleeping loop wakes at once, at the time it wanted."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout:
            self.now += timeout
        return super().select(0)


def on_a_virtual_clock(story: Callable[[], Coroutine[Any, Any, float]]) -> float:
    """Run a story; what it returns and how long it took are seconds of virtual time."""
    selector = _Jump()
    loop = asyncio.SelectorEventLoop(selector)
    loop.time = lambda: selector.now  # type: ignore[method-assign]  # the point of this loop
    try:
        return loop.run_until_complete(story())
    finally:
        loop.close()


async def _elapsed(work: Coroutine[Any, Any, None]) -> float:
    loop = asyncio.get_running_loop()
    began = loop.time()
    await work
    return loop.time() - began


def test_a_cost_bucket_lets_through_what_it_holds_and_then_waits_for_the_rest() -> None:
    """SHO-3, M-5: 250 points from a bucket of 200 that restores 50 a second take one second."""

    async def story() -> float:
        bucket = CostBucket(available=200, maximum=200, restore_rate=50)

        async def spend() -> None:
            for _ in range(25):
                await bucket.acquire(10)
                bucket.landed(10)

        return await _elapsed(spend())

    assert on_a_virtual_clock(story) == pytest.approx(1.0, abs=0.01)


def test_bad_news_from_the_server_is_believed_at_once() -> None:
    """SHO-10: another app drained the bucket; we wait for it to fill again."""

    async def story() -> float:
        bucket = CostBucket(available=1000, maximum=2000, restore_rate=100)
        bucket.feed(available=0, maximum=2000, restore_rate=100)
        return await _elapsed(bucket.acquire(300))

    assert on_a_virtual_clock(story) == pytest.approx(3.0, abs=0.01)


def test_good_news_reaches_those_who_wait_already() -> None:
    """A cautious start must not make the first callers wait for tokens that the server has long had."""

    async def story() -> float:
        bucket = CostBucket(available=100, maximum=100, restore_rate=1)
        await bucket.acquire(100)
        waiting = asyncio.create_task(_elapsed(bucket.acquire(80)))
        await asyncio.sleep(0.5)
        bucket.landed(100)
        bucket.feed(available=1900, maximum=2000, restore_rate=100)
        return await waiting

    assert on_a_virtual_clock(story) == pytest.approx(0.5, abs=0.01)


def test_calls_in_flight_are_not_spent_twice() -> None:
    """The server's figure may be older than the calls that are still on their way to it."""

    async def story() -> float:
        bucket = CostBucket(available=100, maximum=100, restore_rate=10)
        await bucket.acquire(60)
        bucket.feed(available=100, maximum=100, restore_rate=10)
        return await _elapsed(bucket.acquire(60))

    assert on_a_virtual_clock(story) == pytest.approx(2.0, abs=0.01)


def test_a_call_dearer_than_the_bucket_goes_when_the_bucket_is_full() -> None:
    async def story() -> float:
        bucket = CostBucket(available=0, maximum=100, restore_rate=10)
        return await _elapsed(bucket.acquire(500))

    assert on_a_virtual_clock(story) == pytest.approx(10.0, abs=0.01)


def test_a_dear_call_is_not_starved_by_cheap_ones_behind_it() -> None:
    async def story() -> float:
        bucket = CostBucket(available=0, maximum=100, restore_rate=10)
        done: list[str] = []

        async def call(name: str, cost: float) -> None:
            await bucket.acquire(cost)
            done.append(name)

        await asyncio.gather(call("dear", 90), *(call("cheap", 1) for _ in range(20)))
        return float(done.index("dear"))

    assert on_a_virtual_clock(story) == 0


@pytest.mark.parametrize("make", [lambda: CostBucket(100, 100, 10), lambda: Budget(100, 1)])
def test_a_pause_holds_every_call_back(make: Callable[[], CostBucket | Budget]) -> None:
    async def story() -> float:
        bucket = make()
        bucket.pause(4)
        return await _elapsed(bucket.acquire(1))

    assert on_a_virtual_clock(story) == pytest.approx(4.0, abs=0.01)


def test_a_fixed_budget_spreads_its_calls() -> None:
    """Two at once, then one each half second."""

    async def story() -> float:
        budget = Budget(2, 1)

        async def spend() -> None:
            for _ in range(6):
                await budget.acquire(1)

        return await _elapsed(spend())

    assert on_a_virtual_clock(story) == pytest.approx(2.0, abs=0.1)
