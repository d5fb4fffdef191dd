"""SIGTERM drains; a second one stops at once; a crash loses nothing."""

import asyncio
import json
import random
import signal
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest
import pytest_asyncio
from acceptance.playhouse import Playhouse

from khaossync.cli.stage import WORLD
from khaossync.sandbox.faults import Fault, Faults


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


def _struck(faults: Faults, before: int) -> bool:
    return len(faults.happened) > before


@pytest.mark.parametrize("seed", [1])  # at this one an order is cancelled while its import is in doubt
async def test_a_day_with_three_crashes_ends_as_if_there_had_been_none(tmp_path: Path, seed: int) -> None:
    """SHO-9, SHO-13, S-1, S-2: killed while an import is under way, after a lost answer, and at any moment."""
    dice = random.Random(seed)
    async with Playhouse(tmp_path, orders=30, seed=seed) as house:
        await house.open()
        house.stage.connect()
        playing = asyncio.ensure_future(house.day.play(14))
        for fault in (Fault.STALL, Fault.DROP_AFTER, None):
            struck = len(house.khaos.faults.happened)
            if fault:
                house.khaos.faults.plan(fault, "ImportOrders", seconds=5)
                await house.until(partial(_struck, house.khaos.faults, struck), "the fault strikes")
            await asyncio.sleep(dice.uniform(0, 0.5))  # the moment of the crash, not a hope
            await house.kill()
            await house.start()
        await playing
        await house.evening()
        assert len(house.events("previous_exit_unclean")) == 3
        assert all(law.checked for law in await house.laws())
