"""A webhook wakes the reading; a lost one is made up for, a doubled or forged one does no harm."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
import pytest_asyncio
from acceptance.playhouse import Playhouse

from khaossync.cli.stores import WORLD
from khaossync.sandbox.shopify import Mischief

SLOW = {"channel": {"shop": {"orders_interval": 60, "refunds_interval": 60}}}
CREATED = "orders/create"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Playhouse]:
    async with Playhouse(tmp_path_factory.mktemp("hooks"), changes=SLOW) as house:
        await house.open()
        house.connect()
        yield house


async def hooks(house: Playhouse, outcome: str) -> float:
    return await house.metric("khaossync_hooks_received_total", outcome=outcome)


async def test_an_order_told_by_a_webhook_does_not_wait_for_the_next_reading(house: Playhouse) -> None:
    """SHO-2."""
    began = asyncio.get_running_loop().time()
    await house.sold(house.shop.place_order([("MUG", 1)]))
    assert asyncio.get_running_loop().time() - began < 15


async def test_a_doubled_webhook_is_one_order(house: Playhouse) -> None:
    house.shop.webhooks.misbehave(Mischief.DOUBLE, CREATED)
    order = house.shop.place_order([("MUG", 1)])
    await house.sent(order)
    await house.until(lambda: hooks(house, "repeated"), "the second one is known for what it is")
    assert house.khaos.imports_seen[WORLD.ref(order)] == 1


async def test_a_forged_webhook_is_refused_and_counted(house: Playhouse) -> None:
    before = await hooks(house, "forged")
    house.shop.webhooks.misbehave(Mischief.FORGE, CREATED)
    order = house.shop.place_order([("MUG", 1)])
    await house.until(lambda: refused(house), "the shop was answered 401")
    await house.sold(order)
    assert await hooks(house, "forged") > before
    async with aiohttp.ClientSession() as stranger:
        async with stranger.post(f"{house.url}/hooks/shop", json={"id": 1}) as answer:
            assert answer.status == 401
        async with stranger.post(f"{house.url}/hooks/nobody", json={"id": 1}) as answer:
            assert answer.status == 404


def refused(house: Playhouse) -> bool:
    return any(one.status == 401 for one in house.shop.webhooks.sent)


async def test_a_lost_webhook_is_made_up_for_by_reading(house: Playhouse) -> None:
    """SHO-21: of this order nobody tells, and it arrives at the next reading."""
    house.configure({"channel": {"shop": {"orders_interval": 2}}})
    assert await house.terminate() == 0
    await house.start()
    house.shop.webhooks.misbehave(Mischief.LOSE, times=20)
    order = house.shop.place_order([("TEA", 1)])
    await house.sold(order)
    assert CREATED in {one.topic for one in house.shop.webhooks.lost}
