"""A simulated shop for every test that asks for one."""

import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest_asyncio
from channels.shopify.simulated import D, Ticking, World

from khaossync.sandbox.shopify import ShopifyShop


@pytest_asyncio.fixture(loop_scope="session")
async def world() -> AsyncIterator[World]:
    async with AsyncExitStack() as stack:
        ticks = Ticking()
        shop = ShopifyShop(now=ticks, dice=random.Random(7), locations=("Leeds", "York"))
        url = await shop.start()
        stack.push_async_callback(shop.stop)
        shop.list_product("MUG", "Mug", D("12.00"), {"Leeds": 10, "York": 4})
        shop.list_product("CUP", "Cup", D("7.99"), {"York": 10})
        yield World(shop, url, stack)
