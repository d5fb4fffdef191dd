"""What no rule can send awaits a person with a recipe, its neighbours pass, and after the cure it goes."""

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest
import pytest_asyncio
from acceptance.playhouse import Playhouse

from khaossync.cli.stores import WORLD
from khaossync.sandbox.shopify import Address

D = Decimal
MOVED = Address(first_name="Test", last_name="Customer", address1="2 New Road", city="Leeds", zip="LS2 2BB")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Playhouse]:
    async with Playhouse(tmp_path_factory.mktemp("held")) as house:
        await house.open()
        yield house


async def closed(house: Playhouse, number: int) -> bool:
    return number in {one["case"] for one in await house.cases(closed=True)}


async def test_an_unknown_sku_is_held_with_a_recipe_until_its_stock_code_exists(house: Playhouse) -> None:
    """SHO-11, SHO-13, SHO-16, S-5, S-1."""
    shop, khaos = house.shop, house.khaos
    held, neighbour = shop.place_order([("GHOST", 1)]), shop.place_order([("MUG", 1)])
    await house.sold(neighbour)
    case = await house.case("unmapped_sku")
    assert (case["subject"], case["owner"], case["urgent"]) == (f"shop:{held}", "operations", True)
    number = str(case["case"])
    show = await house.cli("cases", "show", number)
    assert "GHOST" in show.out
    assert "the order goes on by itself" in " ".join(show.out.split())
    assert khaos.order(WORLD.ref(held)) is None

    khaos.add_stock("GHOST", "Not a ghost any more", {"1": D(50)})
    await house.sold(held)
    await house.until(lambda: closed(house, case["case"]), "the case closes by itself")


async def test_an_unmapped_delivery_method_is_held_until_it_is_configured(house: Playhouse) -> None:
    """SHO-16, S-8: a new [couriers] line and a restart, then the order goes through by itself."""
    shop = house.shop
    held = shop.place_order([("MUG", 1)], delivery=("Carrier pigeon", D("1.00")))
    neighbour = shop.place_order([("MUG", 1)])
    await house.sold(neighbour)
    case = await house.case("unmapped_delivery_method")
    show = await house.cli("cases", "show", str(case["case"]))
    assert "Carrier pigeon" in show.out
    assert "[couriers]" in show.out

    house.configure({"channel": {"shop": {"couriers": {"Carrier pigeon": "DPD"}}}})
    assert await house.terminate() == 0
    await house.start()
    assert (await house.sold(held)).courier == "DPD"
    await house.until(lambda: closed(house, case["case"]), "the case closes by itself")


async def test_an_ignored_case_sends_nothing_and_lets_go_of_its_record(house: Playhouse) -> None:
    """SHO-16, SHO-19: what came behind it is not stuck for ever."""
    shop = house.shop
    held = shop.place_order([("MUG", 1)], delivery=("By balloon", D("1.00")))
    case = await house.case("unmapped_delivery_method")
    shop.edit(held, address=MOVED)
    await house.until(lambda: house.metric("khaossync_outbox_depth", kind="amendment"), "the edit waits behind it")
    told = await house.cli("cases", "ignore", str(case["case"]), "--reason", "told the customer")
    assert told.code == 0, told.err
    await house.until(lambda: emptied(house), "nothing is stuck behind it")
    assert house.khaos.order(WORLD.ref(held)) is None
    assert await closed(house, case["case"])
    assert "told the customer" in (await house.cli("cases", "show", str(case["case"]))).out
    await house.until(lambda: nothing_waits(house), "what it held back of the stock is free again", seconds=60)
    await house.until(lambda: no_case(house), "no case is left")


async def no_case(house: Playhouse) -> bool:
    return await house.cases() == []


async def nothing_waits(house: Playhouse) -> bool:
    return "nothing waits" in (await house.cli("status")).out


async def emptied(house: Playhouse) -> bool:
    return await house.metric("khaossync_outbox_depth") == 0
