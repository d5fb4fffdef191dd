"""Orders that wait for somebody go on by themselves when their cause is gone: nobody has to say so twice."""

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest
import pytest_asyncio
from acceptance.playhouse import Playhouse

from khaossync.cli.stores import WORLD
from khaossync.sandbox.shopify import Company

D = Decimal
CHANGES = {
    "erp": {"khaos": {"payments": {"on_terms": {"type": 3}}}},
    "channel": {"shop": {"accept_on_terms": True, "bundles": {"BRUNCH": {"MUG": 2, "TRAY": 1}}}},
}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Playhouse]:
    async with Playhouse(tmp_path_factory.mktemp("waiting"), changes=CHANGES) as house:
        await house.open()
        yield house


async def closed(house: Playhouse, number: int) -> str:
    """Who closed a case and why, or nothing while it is open."""
    told = (await house.cli("cases", "show", str(number))).out
    return next((line.partition(" by ")[2] for line in told.splitlines() if line.startswith("  closed ")), "")


async def cured(house: Playhouse, number: int) -> bool:
    return await closed(house, number) == "khaossync: cured"


async def test_a_stock_code_created_in_the_erp_sends_the_orders_that_waited_for_it(house: Playhouse) -> None:
    """S-5, SHW-28: the catalogue tells it, and the orders are judged again."""
    held = [house.shop.place_order([("GHOST", 1)]) for _ in range(2)]
    await house.until(lambda: house.metric("khaossync_cases_open", case_class="unmapped_sku"), "a case is open")
    house.khaos.add_stock("GHOST", "Not a ghost any more", {"1": D(50)})
    for order in held:
        await house.sold(order)
    await house.until(lambda: none_open(house), "every case closes by itself")


async def test_a_new_mapping_and_a_restart_are_enough(house: Playhouse) -> None:
    """S-8, SHW-28: nobody runs `cases retry`."""
    held = house.shop.place_order([("MUG", 1)], delivery=("Carrier pigeon", D("1.00")))
    case = await house.case("unmapped_delivery_method")
    house.configure({"channel": {"shop": {"couriers": {"Carrier pigeon": "DPD"}}}})
    assert await house.terminate() == 0
    await house.start()
    assert (await house.sold(held)).courier == "DPD"
    await house.until(lambda: cured(house, case["case"]), "the case closes as cured")


async def test_an_order_that_the_shop_mistrusts_goes_when_a_person_says_so_there(house: Playhouse) -> None:
    """ADB-2, S-1: a case for customer service, closed by the tag in the shop."""
    held = house.shop.place_order([("MUG", 1)], risk="INVESTIGATE")
    case = await house.case("order_held")
    assert (case["subject"], case["owner"], case["urgent"]) == (f"shop:{held}", "customer service", True)
    assert house.khaos.order(WORLD.ref(held)) is None
    house.shop.tag(held, "release-to-erp")
    await house.sold(held)
    await house.until(lambda: cured(house, case["case"]), "the case closes as cured")


async def test_a_held_order_that_is_cancelled_in_the_shop_troubles_nobody_any_more(house: Playhouse) -> None:
    """S-29: withdrawn at once, with its case."""
    held = house.shop.place_order([("MUG", 1)], delivery=("By balloon", D("1.00")))
    case = await house.case("unmapped_delivery_method")
    house.shop.cancel(held)
    await house.until(lambda: closed(house, case["case"]), "the case closes")
    assert await closed(house, case["case"]) == "khaossync: no longer wanted"
    assert house.khaos.order(WORLD.ref(held)) is None
    await house.until(lambda: emptied(house), "nothing waits behind it")


async def test_a_bundle_is_sold_and_despatched_by_its_parts(house: Playhouse) -> None:
    """SHO-F1, SHO-8: the ERP ships components; the shop's own line is fulfilled."""
    house.shop.list_product("BRUNCH", "Brunch for two", D("30.01"), {"Warehouse": 20})
    house.khaos.add_stock("TRAY", "Tray", {"1": D(50)})
    order = house.shop.place_order([("BRUNCH", 3)])
    sold = await house.sent(order)
    units = {code: sum(line.quantity for line in sold.lines if line.stock_code == code) for code in ("MUG", "TRAY")}
    assert units == {"MUG": 6, "TRAY": 3}
    assert sold.items.gross == D("90.03")
    house.khaos.pick(sold.ref)
    house.khaos.despatch(sold.ref, courier="DPD", consignment="TRK-1")
    await house.until(lambda: len(house.shop.fulfilments(order)) == 1, "the shop is told")
    [fulfilment] = house.shop.fulfilments(order)
    assert fulfilment.lines == (("BRUNCH", 3),)


async def test_a_business_buys_on_account_under_its_own_code(house: Playhouse) -> None:
    """SHO-F5, S-6: its price list and terms are the ERP's; nothing unpaid is booked as paid."""
    order = house.shop.place_order([("MUG", 2)], company=Company("Acme Ltd", "ACME01", net_days=30), payment="pending")
    case = await house.case("unmapped_customer")
    house.khaos.add_company("ACME01", "Acme Ltd")
    assert (await house.cli("cases", "retry", str(case["case"]))).code == 0
    sold = await house.sold(order)
    assert sold.customer.code == "ACME01"
    assert not any(payment.paid for payment in sold.payments)


async def none_open(house: Playhouse) -> bool:
    return await house.metric("khaossync_cases_open") == 0


async def emptied(house: Playhouse) -> bool:
    return await house.metric("khaossync_outbox_depth") == 0
