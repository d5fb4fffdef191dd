"""One queue in front of one bucket: turns, places, rests and pauses, on a clock that is made up."""

import asyncio
from itertools import pairwise

import pytest
from unit.transport.virtual import now, on_a_virtual_clock

from khaossync.transport.buckets import Bucket, Budget, Charge, CostBucket
from khaossync.transport.limiter import Limiter
from khaossync.transport.priority import Priority

DESPATCH, ORDERS, REFUNDS, STOCK, BACKFILL = Priority


class Calls:
    """Makes calls through a limiter, and notes when each got its turn."""

    def __init__(self, limiter: Limiter) -> None:
        self.limiter = limiter
        self.at: dict[str, float] = {}

    async def call(self, name: str, priority: Priority, cost: float, took: float = 0, door: str = "") -> None:
        async with self.limiter.turn(priority, cost, door):
            self.at[name] = now()
            await asyncio.sleep(took)

    def start(self, name: str, priority: Priority, cost: float, took: float = 0, door: str = "") -> asyncio.Task[None]:
        return asyncio.create_task(self.call(name, priority, cost, took, door))

    @property
    def order(self) -> list[str]:
        return sorted(self.at, key=lambda name: self.at[name])


def empty(maximum: float = 100, rate: float = 10) -> Calls:
    return Calls(Limiter(CostBucket(0, maximum, rate)))


def test_a_more_urgent_call_overtakes_a_dear_one_that_is_still_waiting() -> None:
    """SHO-28: the tokens that a page of the catalogue was waiting for go to the despatch that came later."""

    async def story() -> Calls:
        calls = empty()
        dear = calls.start("page", BACKFILL, 80)
        await asyncio.sleep(5)
        await calls.call("despatch", DESPATCH, 40)
        await dear
        return calls

    calls = on_a_virtual_clock(story)
    assert calls.order == ["despatch", "page"]
    assert calls.at["despatch"] == pytest.approx(5.0)


def test_a_dear_call_is_not_starved_by_cheap_ones_of_its_class() -> None:
    async def story() -> Calls:
        calls = empty()
        await asyncio.gather(calls.call("dear", STOCK, 90), *(calls.call(f"cheap {n}", STOCK, 1) for n in range(20)))
        return calls

    assert on_a_virtual_clock(story).order[0] == "dear"


def test_low_classes_leave_tokens_that_a_despatch_finds_at_once() -> None:
    async def story() -> float:
        calls = Calls(Limiter(CostBucket(1000, 1000, 10)))
        stock = [calls.start(f"stock {n}", STOCK, 13) for n in range(200)]
        await asyncio.sleep(30)
        began = now()
        await calls.call("despatch", DESPATCH, 150)
        for task in stock:
            task.cancel()
        return now() - began

    assert on_a_virtual_clock(story) == 0


@pytest.mark.parametrize("called", [False, True])
def test_who_is_cancelled_gives_up_his_place_and_takes_no_tokens(called: bool) -> None:
    """Also when his turn had come and he did not know it yet."""

    async def story() -> tuple[list[str], float]:
        bucket = CostBucket(0, 100, 10)
        calls = Calls(Limiter(bucket))
        gone = calls.start("gone", DESPATCH, 50)
        left = calls.start("left", STOCK, 50)
        await asyncio.sleep(1)
        if called:
            asyncio.get_running_loop().call_at(5.0, gone.cancel)
        else:
            gone.cancel()
        await left
        return calls.order, bucket.tokens

    order, tokens = on_a_virtual_clock(story)
    assert order == ["left"]
    assert tokens == pytest.approx(15, abs=0.01)  # stock leaves its reserve


@pytest.mark.parametrize("bucket", [CostBucket, Budget])
def test_a_call_dearer_than_the_bucket_goes_when_the_bucket_is_full(bucket: type) -> None:
    async def story() -> float:
        calls = empty() if bucket is CostBucket else Calls(Limiter(Budget(100, 10)))
        await calls.call("first", DESPATCH, 100)
        await calls.call("too dear", BACKFILL, 500)
        return calls.at["too dear"] - calls.at["first"]

    assert on_a_virtual_clock(story) == pytest.approx(10.0, abs=0.1)


@pytest.mark.parametrize("bucket", [CostBucket(100, 100, 10), Budget(100, 1)])
def test_a_pause_holds_every_call_back(bucket: Bucket) -> None:
    """SHO-3: Retry-After, believed by all and also by those who wait already."""

    async def story() -> dict[str, float]:
        calls = Calls(Limiter(bucket))
        await calls.call("before", DESPATCH, 100)
        waiting = calls.start("waiting", DESPATCH, 1)
        await asyncio.sleep(0)
        calls.limiter.pause(4)
        await asyncio.gather(waiting, calls.call("new", DESPATCH, 1))
        return calls.at

    at = on_a_virtual_clock(story)
    assert [at["waiting"], at["new"]] == pytest.approx([4.0, 4.1], abs=0.11)


def test_a_pause_that_comes_with_the_turn_is_still_obeyed() -> None:
    """Who was called and does not know it yet looks again."""

    async def story() -> float:
        calls = empty()
        waiting = calls.start("waiting", DESPATCH, 50)
        await asyncio.sleep(0)
        asyncio.get_running_loop().call_at(5.0, calls.limiter.pause, 3)
        await waiting
        return calls.at["waiting"]

    assert on_a_virtual_clock(story) == pytest.approx(8.0)


def test_when_another_app_drains_the_bucket_a_despatch_need_not_fill_it_for_a_page_of_the_catalogue() -> None:
    """SHO-10: what was put aside is gone; else an app that takes all would keep despatches out for ever."""

    async def story() -> float:
        calls = Calls(Limiter(CostBucket(1000, 1000, 100)))
        page = calls.start("page", BACKFILL, 1000)
        for n in range(200):
            await calls.call(f"despatch {n}", DESPATCH, 50, took=0.1)
        async with calls.limiter.turn(DESPATCH, 50) as turn:
            pass
        calls.limiter.told(turn, Charge(50, 0, 1000, 100))
        began = now()
        await calls.call("last", DESPATCH, 50)
        page.cancel()
        assert "page" not in calls.at
        return now() - began

    assert on_a_virtual_clock(story) < 2.0


def test_good_news_reaches_those_who_wait_already() -> None:
    """A cautious start must not make the first callers wait for tokens that the server has long had."""

    async def story() -> float:
        calls = Calls(Limiter(CostBucket(100, 100, 1)))
        async with calls.limiter.turn(ORDERS, 95) as turn:
            waiting = calls.start("waiting", ORDERS, 80)
            await asyncio.sleep(0.5)
        calls.limiter.told(turn, Charge(95, 1900, 2000, 100))
        await waiting
        return calls.at["waiting"]

    assert on_a_virtual_clock(story) == pytest.approx(0.5)


def test_a_door_lets_only_so_many_through_and_the_most_urgent_of_those_who_stand_before_it() -> None:
    """MKP-4: the ERP answers one question at a time, and a despatch must not queue behind a sweep."""

    async def story() -> Calls:
        calls = Calls(Limiter(Budget(1000, 1), places={"read": 1, "write": 1}))
        running = calls.start("sweep 1", BACKFILL, 1, took=3, door="read")
        await asyncio.sleep(0)
        later = [calls.start("sweep 2", BACKFILL, 1, 3, "read"), calls.start("despatch", DESPATCH, 1, 3, "read")]
        await asyncio.gather(running, *later, calls.call("order", ORDERS, 1, 1, "write"))
        return calls

    calls = on_a_virtual_clock(story)
    assert calls.at == pytest.approx({"sweep 1": 0, "order": 0, "despatch": 3, "sweep 2": 6})


def test_background_calls_rest_as_long_as_the_last_one_took_and_urgent_ones_do_not() -> None:
    """MKP-4: an ERP that takes eight seconds for a chunk of a sweep has the next eight for others."""

    async def story() -> Calls:
        calls = Calls(Limiter(Budget(1000, 1), places={"read": 1}, rest=1))
        await calls.call("chunk", BACKFILL, 1, 8, "read")
        waiting = [calls.start("levels", STOCK, 1, 1, "read"), calls.start("next chunk", BACKFILL, 1, 1, "read")]
        await calls.call("despatch", DESPATCH, 1, 2, "read")
        await asyncio.gather(*waiting)
        return calls

    calls = on_a_virtual_clock(story)
    assert calls.at == pytest.approx({"chunk": 0, "despatch": 8, "levels": 16, "next chunk": 18})


def test_a_short_call_does_not_end_the_rest_after_a_long_one() -> None:
    async def story() -> float:
        calls = Calls(Limiter(Budget(1000, 1), places={"read": 2}, rest=1))
        long = calls.start("long", BACKFILL, 1, 10, "read")
        await asyncio.sleep(9)
        await calls.call("short", BACKFILL, 1, 2, "read")
        await long
        await calls.call("next", BACKFILL, 1, 0, "read")
        return calls.at["next"]

    assert on_a_virtual_clock(story) == pytest.approx(20)


def test_a_lost_call_of_two_minutes_makes_others_rest_for_one_at_most() -> None:
    async def story() -> float:
        calls = Calls(Limiter(Budget(1000, 1), rest=1))
        await calls.call("lost", STOCK, 1, 120)
        await calls.call("next", STOCK, 1)
        return calls.at["next"]

    assert on_a_virtual_clock(story) == pytest.approx(180)


def test_a_door_before_which_urgent_callers_always_stand_opens_to_the_others_as_well() -> None:
    """MKP-4: the despatches of a busy day keep no level from being read for more than a minute."""

    async def story() -> list[float]:
        limiter, end, turns = Limiter(Budget(600, 60), places={"read": 1}, rest=1), 600, [0.0]

        async def keep_asking(priority: Priority) -> None:
            while now() < end:
                async with limiter.turn(priority, 1, "read"):
                    if priority is STOCK:
                        turns.append(now())
                    await asyncio.sleep(3)

        await asyncio.gather(*(keep_asking(priority) for priority in (DESPATCH, DESPATCH, STOCK)))
        return [later - earlier for earlier, later in pairwise([*turns, float(end)])]

    assert max(on_a_virtual_clock(story)) < 60
