"""Every version from 6.5 on is read and written, with and without the paid plans."""

import random
from contextlib import AsyncExitStack
from datetime import timedelta

import pytest
from channels.shopware.simulated import D, Ticking, World, documents, pages

from khaossync.domain.findings import Severity
from khaossync.sandbox.shopware import ShopwareShop


@pytest.mark.parametrize("version", ["6.5.8.14", "6.6.10.3", "6.7.10.1"])
@pytest.mark.parametrize("commercial", [True, False])
async def test_every_stream_is_told_and_a_check_is_content(version: str, commercial: bool) -> None:
    async with AsyncExitStack() as stack:
        ticks = Ticking()
        shop = ShopwareShop(now=ticks, dice=random.Random(7), version=version, commercial=commercial)
        url = await shop.start()
        stack.push_async_callback(shop.stop)
        shop.list_product("MUG", "Mug", D("12.00"), 100)
        world = World(shop, ticks, url, stack)
        order = shop.place_order([("MUG", 2)])
        ticks.time += timedelta(minutes=1)
        refund = shop.refund(order, {"MUG": 1}, source="return" if commercial else "capture")
        connector = await world.connect()
        told = {source.name: documents(await pages(connector, source.name)) for source in connector.sources}
        assert set(told["orders"]) == {f"shop:{order}"}
        assert set(told["refunds"]) == {refund}
        assert set(told["catalogue"]) == {"MUG"}
        assert set(told["delivery methods"]) == {"shipping_standard"}
        assert {one.severity for one in await connector.probe.check()} == {Severity.OK}
        assert shop.complaints == []


@pytest.mark.parametrize(("version", "severity"), [("6.4.20.2", Severity.FAIL), ("6.8.0.0", Severity.WARN)])
async def test_a_version_that_was_not_known_is_told(version: str, severity: Severity) -> None:
    async with AsyncExitStack() as stack:
        ticks = Ticking()
        shop = ShopwareShop(now=ticks, dice=random.Random(7), version=version)
        url = await shop.start()
        stack.push_async_callback(shop.stop)
        connector = await World(shop, ticks, url, stack).connect()
        (found,) = [one for one in await connector.probe.check() if one.subject == "version"]
        assert found.severity is severity
        assert found.remedy
