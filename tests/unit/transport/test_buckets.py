"""What a bucket holds, what it believes, and what it does with news that came late; on a clock that is made up."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from unit.transport.virtual import now, on_a_virtual_clock

from khaossync.transport.buckets import Bucket, Budget, Call, Charge, CostBucket


async def fill(bucket: Bucket, tokens: float) -> float:
    """Seconds until so many tokens are there."""
    began = now()
    while (wait := bucket.wait(tokens)) > 1e-6:
        await asyncio.sleep(wait)
    return now() - began


def told(story: Coroutine[Any, Any, float]) -> float:
    async def run() -> float:
        return await story

    return on_a_virtual_clock(run)


def test_a_cost_bucket_restores_what_it_lacks() -> None:
    """M-5, SHO-3: 250 points from a bucket of 200 that restores 50 a second take one second."""

    async def story() -> float:
        bucket = CostBucket(available=200, maximum=200, restore_rate=50)
        bucket.landed(await bucket.take(200))
        return await fill(bucket, 50)

    assert told(story()) == pytest.approx(1.0)


def test_a_fixed_budget_spreads_its_calls() -> None:
    """M-2, M-5: two at once, then one each half second."""

    async def story() -> float:
        budget = Budget(2, 1)
        for _ in range(6):
            await fill(budget, 1)
            await budget.take(1)
        return now()

    assert told(story()) == pytest.approx(2.0, abs=0.15)


@pytest.mark.parametrize("make", [lambda: CostBucket(0, 100, 10), lambda: Budget(100, 10)])
def test_a_call_dearer_than_the_bucket_takes_a_full_one_and_no_more(make: Callable[[], Bucket]) -> None:
    """Else a single lost answer to it would keep everybody waiting for minutes."""

    async def story() -> float:
        bucket = make()
        await fill(bucket, 5000)
        bucket.landed(await bucket.take(5000))
        return await fill(bucket, 100)

    assert told(story()) == pytest.approx(10.0, abs=0.3)


async def at(bucket: CostBucket, cost: float) -> Call:
    assert bucket.wait(cost) == 0
    return await bucket.take(cost)


def test_bad_news_is_believed_at_once() -> None:
    """SHO-10: another app drained the bucket; what is under way may still reach the shop after it counted."""

    async def story() -> float:
        bucket = CostBucket(available=1000, maximum=2000, restore_rate=100)
        call, _ = await at(bucket, 10), await at(bucket, 100)
        bucket.landed(call)
        bucket.told(call, Charge(10, 40, 2000, 100))
        return bucket.tokens

    assert told(story()) == pytest.approx(-60)


def test_good_news_is_believed_as_far_as_calls_under_way_allow() -> None:
    async def story() -> float:
        bucket = CostBucket(available=100, maximum=100, restore_rate=1)
        call, _ = await at(bucket, 10), await at(bucket, 60)
        bucket.landed(call)
        bucket.told(call, Charge(10, 1990, 2000, 100))
        return bucket.tokens

    assert told(story()) == pytest.approx(1930)


def test_a_call_that_cost_less_than_expected_gives_the_rest_back() -> None:
    async def story() -> float:
        bucket = CostBucket(available=500, maximum=500, restore_rate=0.001)
        call = await at(bucket, 400)
        bucket.landed(call)
        bucket.told(call, Charge(30, 470, 500, 0.001))
        return bucket.tokens

    assert told(story()) == pytest.approx(470, abs=0.01)


def test_an_answer_that_was_overtaken_does_not_bring_back_what_was_spent_since() -> None:
    """SHO-3: the slow answer was counted before the dear call was; believed, it would make the shop throttle us."""

    async def story() -> float:
        bucket = CostBucket(available=1000, maximum=1000, restore_rate=100)
        slow, dear = await at(bucket, 10), await at(bucket, 900)
        await asyncio.sleep(0.2)
        bucket.landed(dear)
        bucket.told(dear, Charge(900, 90, 1000, 100))
        bucket.landed(slow)
        bucket.told(slow, Charge(10, 990, 1000, 100))
        return bucket.tokens

    assert told(story()) == pytest.approx(90, abs=1)  # a full bucket restored nothing while both were on their way


def test_the_size_and_the_pace_of_the_bucket_are_the_shops_to_say() -> None:
    """SHO-2: they differ from plan to plan, and from what old texts say."""

    async def story() -> float:
        bucket = CostBucket(available=1000, maximum=1000, restore_rate=50)
        call = await at(bucket, 10)
        bucket.landed(call)
        bucket.told(call, Charge(10, 30, 40, 2))
        return await fill(bucket, 5000)

    assert told(story()) == pytest.approx(5.0)
