"""A simulated shop for every test that asks for one."""

import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest_asyncio
from channels.shopware.simulated import D, Ticking, World

from khaossync.sandbox.shopware import ShopwareShop


@pytest_asyncio.fixture(loop_scope="session")
async def world() -> AsyncIterator[World]:
    async with AsyncExitStack() as stack:
        ticks = Ticking()
        shop = ShopwareShop(now=ticks, dice=random.Random(7))
        url = await shop.start()
        stack.push_async_callback(shop.stop)
        shop.list_product("MUG", "Mug", D("12.00"), 100)
        shop.list_product("CUP", "Cup", D("7.99"), 100)
        shop.list_product("BOOK", "Book", D("9.50"), 100, tax_rate=D(0))
        shop.list_product("SOAP", "Soap", D("3.15"), 100, tax_rate=D("0.05"))
        yield World(shop, ticks, url, stack)
        assert shop.complaints == []
