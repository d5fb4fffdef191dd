"""A system that is down, or slow, holds up its own work only; it is told once, and caught up with afterwards."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from acceptance.playhouse import Playhouse

from khaossync.cli.stores import WORLD
from khaossync.sandbox.faults import Fault


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Playhouse]:
    async with Playhouse(tmp_path_factory.mktemp("outage")) as house:
        await house.open()
        yield house


async def down(house: Playhouse, connector: str) -> None:
    await house.until(lambda: house.events("connector_down", connector=connector), f"{connector} is told to be down")
    await house.until(lambda: warned(house), "health warns and does not fail")
    await house.until(lambda: is_told_down(house, connector), "the metrics tell so")


async def is_told_down(house: Playhouse, connector: str) -> bool:
    return await house.metric("khaossync_connector_up", connector=connector) == 0


async def warned(house: Playhouse) -> bool:
    return await house.health() == (200, "warn")


async def up(house: Playhouse, connector: str) -> None:
    await house.until(lambda: house.events("connector_up", connector=connector), f"{connector} is told to be up")
    assert len(house.events("connector_down", connector=connector)) == 1
    assert len(house.events("connector_up", connector=connector)) == 1


async def test_while_the_shop_is_down_the_erp_is_read_on(house: Playhouse) -> None:
    """S-40, SHO-21: what waited for the shop is there after it is back."""
    shop, khaos = house.shop, house.khaos
    order = shop.place_order([("MUG", 1)])
    ref = (await house.sent(order)).ref
    await house.close_shop()
    await down(house, "shop")
    khaos.pick(ref)
    khaos.despatch(ref, courier="DPD", consignment="TRK-1")
    khaos.receive("TEA", 20)
    waiting = shop.place_order([("TEA", 2)])
    await house.until(lambda: house.metric("khaossync_outbox_depth", kind="despatch"), "the despatch is kept")
    await house.until(lambda: house.metric("khaossync_outbox_depth", kind="stock_level"), "the level is kept")
    assert (await house.health()) == (200, "warn")
    await house.open_shop()
    await up(house, "shop")
    await house.until(lambda: shop.fulfilments(order), "the despatch is told")
    await house.sold(waiting)
    await house.until(lambda: not house.stage.wrong_levels(), "the stock agrees")


async def test_while_the_erp_is_down_the_shop_is_read_on(house: Playhouse) -> None:
    """S-40, SHO-23."""
    shop = house.shop
    await house.close_erp()
    await down(house, "khaos")
    orders = [shop.place_order([("MUG", 1)]) for _ in range(3)]
    await house.until(lambda: waiting(house, "order", 3), "the orders are kept")
    assert (await house.health()) == (200, "warn")
    assert (await house.get("/readyz"))[0] == 200
    await house.open_erp()
    await up(house, "khaos")
    for order in orders:
        await house.sold(order)
    assert set(house.khaos.imports_seen.values()) == {1}


async def waiting(house: Playhouse, kind: str, count: int) -> bool:
    return await house.metric("khaossync_outbox_depth", kind=kind) == count


def agrees(house: Playhouse, sku: str) -> bool:
    """Of what is in the import that is under way, one unit more is held back than is gone."""
    return not any(complaint.startswith(f"{sku}:") for complaint in house.stage.wrong_levels())


async def test_a_slow_import_delays_neither_despatches_nor_stock(house: Playhouse) -> None:
    """SHO-23, SHO-28, SHO-F4, M-4: the loops run side by side."""
    shop, khaos = house.shop, house.khaos
    ready = shop.place_order([("SEAT", 1)])
    ref = (await house.sent(ready)).ref
    khaos.faults.plan(Fault.STALL, "ImportOrders", seconds=13)
    slow = shop.place_order([("BOOK-MAPS", 1)])
    await house.sold(slow)
    khaos.pick(ref)
    khaos.despatch(ref, courier="DPD", consignment="TRK-2")
    khaos.receive("TEA", 20)
    await house.until(lambda: shop.fulfilments(ready) and agrees(house, "TEA"), "despatch and stock are told")
    assert not house.events("delivered", key=f"shop:{slow}", kind="order"), "the import had ended before"
    await house.until(lambda: house.events("delivered", key=f"shop:{slow}", kind="order"), "the import ends")
    assert khaos.imports_seen[WORLD.ref(slow)] == 1
