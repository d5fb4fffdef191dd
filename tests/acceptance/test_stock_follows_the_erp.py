"""What the ERP has free is what the shop shows, less the buffer, and only changes are told."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from acceptance.playhouse import Playhouse

from khaossync.cli.stores import BUFFER

PUSH = "inventorySetQuantities"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Playhouse]:
    async with Playhouse(tmp_path_factory.mktemp("stock")) as house:
        await house.open()
        yield house


def shown(house: Playhouse, sku: str) -> int:
    return house.shop.available(sku, "Warehouse")


def free(house: Playhouse, code: str) -> int:
    return int(house.khaos.available(code, "1") + house.khaos.available(code, "2"))


async def shows(house: Playhouse, sku: str, units: int) -> None:
    await house.until(lambda: shown(house, sku) == units, f"the shop shows {units} of {sku}")


async def test_goods_in_reach_the_shop_less_the_buffer_in_one_request(house: Playhouse) -> None:
    """SHO-7, SHO-25, SHO-3: of all levels only the one that changed is told, once."""
    await house.turned("pull khaos stock", "pull shop catalogue")
    before = dict(house.shop.server.requests)
    house.khaos.receive("TEE/BLUE/M", 7, "2")
    await shows(house, "TEE-BLUE-M", free(house, "TEE/BLUE/M") - BUFFER)
    await house.turned("pull khaos stock", "pull shop catalogue")
    assert house.shop.server.requests[PUSH] - before.get(PUSH, 0) == 1
    assert not house.stage.wrong_levels()


async def test_a_pack_follows_its_scarcest_part(house: Playhouse) -> None:
    """SHO-7, SHO-F1."""
    house.khaos.adjust("SAUCER", -195)
    await shows(house, "GIFT-SET", free(house, "SAUCER") - BUFFER)
    house.khaos.adjust("SAUCER", -4)
    await shows(house, "GIFT-SET", 0)  # the last one is the buffer's


async def test_a_quantity_typed_in_the_shop_is_corrected(house: Playhouse) -> None:
    """SHO-12, SHO-14, S-17, S-39."""
    wanted = shown(house, "TEA")
    house.shop.staff_sets("TEA", "Warehouse", 3)
    await shows(house, "TEA", wanted)


async def test_a_sale_in_the_shop_is_not_sold_twice(house: Playhouse) -> None:
    """SHO-26: the ERP's level falls when the order is there, and the shop shows it again."""
    order = house.shop.place_order([("BOOK-TEA", 3)])
    await house.sold(order)
    await house.until(lambda: not house.stage.wrong_levels(), "both sides agree again")
    assert shown(house, "BOOK-TEA") == free(house, "BOOK-TEA") - BUFFER
