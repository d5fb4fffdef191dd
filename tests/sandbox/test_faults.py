"""The faults of a simulator strike when planned, leave the work done or undone as named, and are on record."""

import random
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import aiohttp
import pytest
from aiohttp import web

from khaossync.sandbox.faults import Fault, Faults


@dataclass
class Shop:
    """A handler that counts its work, behind a plan of faults."""

    faults: Faults = field(default_factory=Faults)
    url: str = ""
    done: int = 0

    async def serve(self, request: web.Request) -> web.StreamResponse:
        return await self.faults.around(request.match_info["operation"], self.work, request)

    async def work(self) -> web.StreamResponse:
        self.done += 1
        return web.Response(text="0123456789", content_type="text/plain")


@pytest.fixture
async def shop() -> AsyncIterator[Shop]:
    shop = Shop()
    app = web.Application()
    app.router.add_post("/{operation}", shop.serve)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    shop.url = f"http://{host}:{port}"
    yield shop
    await runner.cleanup()


async def call(shop: Shop, operation: str = "order") -> tuple[int, str, dict[str, str]]:
    async with aiohttp.ClientSession() as session, session.post(f"{shop.url}/{operation}") as answer:
        return answer.status, await answer.text(), dict(answer.headers)


async def test_without_a_plan_nothing_happens(shop: Shop) -> None:
    assert (await call(shop))[:2] == (200, "0123456789")
    assert shop.done == 1
    assert shop.faults.happened == []


async def test_drop_before_leaves_the_work_undone(shop: Shop) -> None:
    shop.faults.plan(Fault.DROP_BEFORE)
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await call(shop)
    assert shop.done == 0


async def test_drop_after_leaves_the_work_done(shop: Shop) -> None:
    shop.faults.plan(Fault.DROP_AFTER)
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await call(shop)
    assert shop.done == 1


async def test_a_truncated_answer_breaks_off_after_the_work(shop: Shop) -> None:
    shop.faults.plan(Fault.TRUNCATE)
    with pytest.raises(aiohttp.ClientPayloadError):
        await call(shop)
    assert shop.done == 1


async def test_a_stall_answers_late(shop: Shop) -> None:
    shop.faults.plan(Fault.STALL, seconds=0.2)
    began = time.monotonic()
    assert (await call(shop))[0] == 200
    assert time.monotonic() - began >= 0.2


@pytest.mark.parametrize(
    ("fault", "status"),
    [(Fault.UNAVAILABLE, 503), (Fault.THROTTLE, 429), (Fault.HTML, 502)],
    ids=lambda value: str(value),
)
async def test_a_refusal_answers_with_its_status_and_does_nothing(shop: Shop, fault: Fault, status: int) -> None:
    shop.faults.plan(fault)
    answered, text, headers = await call(shop)
    assert answered == status
    assert shop.done == 0
    assert (headers.get("Retry-After") == "1") == (fault is Fault.THROTTLE)
    assert text.startswith("<!DOCTYPE html>") == (fault is Fault.HTML)


async def test_a_planned_fault_waits_for_its_operation_and_ends_after_its_times(shop: Shop) -> None:
    shop.faults.plan(Fault.UNAVAILABLE, "stock", times=2)
    codes = [(await call(shop, operation))[0] for operation in ("order", "stock", "order", "stock", "stock")]
    assert codes == [200, 503, 200, 503, 200]
    assert shop.faults.happened == [("stock", Fault.UNAVAILABLE)] * 2


async def test_planned_faults_strike_in_the_order_they_were_planned(shop: Shop) -> None:
    shop.faults.plan(Fault.THROTTLE)
    shop.faults.plan(Fault.HTML)
    assert [(await call(shop))[0] for _ in range(3)] == [429, 502, 200]


async def test_the_same_dice_spread_the_same_faults(shop: Shop) -> None:
    runs = []
    for _ in range(2):
        shop.faults.clear()
        shop.faults.spread(Fault.UNAVAILABLE, 0.5, random.Random(7))
        runs.append([(await call(shop))[0] for _ in range(20)])
    assert runs[0] == runs[1]
    assert {200, 503} == set(runs[0])


async def test_clear_ends_the_misbehaviour_but_keeps_the_record(shop: Shop) -> None:
    shop.faults.plan(Fault.UNAVAILABLE, times=5)
    await call(shop)
    shop.faults.clear()
    assert (await call(shop))[0] == 200
    assert shop.faults.happened == [("order", Fault.UNAVAILABLE)]


def test_a_plan_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one call"):
        Faults().plan(Fault.HTML, times=0)
    with pytest.raises(ValueError, match="between 0 and 1"):
        Faults().spread(Fault.HTML, 1.5, random.Random(1))
