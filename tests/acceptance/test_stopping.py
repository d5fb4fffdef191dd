"""SIGTERM drains; a second one stops at once."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from acceptance.playhouse import Playhouse

from khaossync.cli.stores import WORLD
from khaossync.sandbox.faults import Fault


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Playhouse]:
    async with Playhouse(tmp_path_factory.mktemp("stopping"), changes={"loops": {"drain_seconds": 10}}) as house:
        await house.open()
        yield house


async def stalled(house: Playhouse, seconds: float) -> str:
    """An order whose import is under way and takes so long."""
    house.khaos.faults.plan(Fault.STALL, "ImportOrders", seconds=seconds)
    order = house.shop.place_order([("MUG", 1)])
    await house.sold(order)
    return order


async def draining(house: Playhouse) -> bool:
    return (await house.get("/readyz"))[0] == 503


async def test_sigterm_finishes_what_is_under_way(house: Playhouse) -> None:
    """S-40: not ready while it drains, the answer is awaited and committed, exit 0."""
    order = await stalled(house, 3)
    house.signal(signal.SIGTERM)
    await house.until(lambda: draining(house), "it is not ready any more")
    code, text = await house.get("/healthz")
    assert (code, json.loads(text)["status"]) == (200, "warn")
    assert await house.ended() == 0
    assert house.events("delivered", key=f"shop:{order}", kind="order")
    assert house.events("stopped")
    await house.start()
    assert not house.events("previous_exit_unclean")
    await house.sent(house.shop.place_order([("TEA", 1)]))
    assert house.khaos.imports_seen[WORLD.ref(order)] == 1


async def test_a_second_sigterm_stops_at_once_and_nothing_is_doubled(house: Playhouse) -> None:
    order = await stalled(house, 8)
    house.signal(signal.SIGTERM)
    await house.until(lambda: draining(house), "it drains")
    began = asyncio.get_running_loop().time()
    house.signal(signal.SIGTERM)
    assert await house.ended() == 1
    assert asyncio.get_running_loop().time() - began < 5
    await house.start()
    await house.until(lambda: settled(house, order), "the next run finds what became of the order")
    assert [one.ref for one in house.khaos.orders()].count(WORLD.ref(order)) == 1


async def settled(house: Playhouse, order: str) -> bool:
    return await house.metric("khaossync_outbox_depth", kind="order") == 0 and bool(
        house.events("delivered", key=f"shop:{order}", kind="order")
    )


async def test_what_takes_longer_than_the_drain_is_cut_short_and_found_again(house: Playhouse) -> None:
    house.configure({"loops": {"drain_seconds": 1}})
    assert await house.terminate() == 0
    await house.start()
    order = await stalled(house, 8)
    assert await house.terminate() == 0
    assert house.events("drain_cut_short", loop="push khaos order")
    await house.start()
    await house.until(lambda: settled(house, order), "the next run finds what became of the order")
    assert [one.ref for one in house.khaos.orders()].count(WORLD.ref(order)) == 1
