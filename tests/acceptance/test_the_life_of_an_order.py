"""A paid order's whole life: sold in the shop, despatched by the ERP in two parcels, and partly given back."""

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest
import pytest_asyncio
from acceptance.playhouse import Playhouse

from khaossync.cli.stores import WORLD
from khaossync.sandbox.faults import Fault

D = Decimal


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Playhouse]:
    async with Playhouse(tmp_path_factory.mktemp("life")) as house:
        await house.open()
        yield house


async def test_a_paid_order_lives_its_whole_life(house: Playhouse) -> None:
    """SHO-1, SHO-4, SHO-6, SHO-8, SHO-24, SHO-F3: one sales order, two parcels, two mails, one refund to key."""
    shop, khaos = house.shop, house.khaos
    unpaid = shop.place_order([("MUG", 1)], payment="pending")
    basket = [("TEE-RED-S", 2), ("MUG", 1)]
    order = shop.place_order(basket, discount=("WELCOME", D("2.50")), delivery=("Standard", D("3.95")))
    sold = await house.sold(order)
    ref = sold.ref
    assert (sold.gross, sold.tax) == (shop.order(order).total, shop.order(order).tax)
    assert [(line.stock_code, line.quantity) for line in sold.goods] == [("TEE/RED/S", D(2)), ("MUG", D(1))]
    assert (sold.courier, sold.sales_source) == ("Royal Mail 48", "Web")
    assert khaos.order(WORLD.ref(unpaid)) is None

    khaos.pick(ref)
    khaos.despatch(ref, {"TEE/RED/S": 2}, courier="DPD", consignment="TRK-A", tracking_url="https://track.example/A")
    await house.until(lambda: len(shop.fulfilments(order)) == 1, "the first parcel is told")
    assert shop.order(order).fulfilment_status == "PARTIALLY_FULFILLED"
    khaos.despatch(ref, courier="RM48", consignment="TRK-B", tracking_url="https://track.example/B")
    await house.until(lambda: len(shop.fulfilments(order)) == 2, "the second parcel is told")
    told = {one.tracking[0].number: (one.lines, one.tracking[0].url) for one in shop.fulfilments(order)}
    assert told == {
        "TRK-A": ((("TEE-RED-S", 2),), "https://track.example/A"),
        "TRK-B": ((("MUG", 1),), "https://track.example/B"),
    }
    assert shop.order(order).fulfilment_status == "FULFILLED"
    mails = [mail.tracking_numbers for mail in shop.mails if mail.kind == "shipping_confirmation"]
    assert sorted(mails) == [("TRK-A",), ("TRK-B",)]

    refund = shop.refund(order, {"TEE-RED-S": 1})
    (given,) = shop.refunds(order)
    case = await house.case("credit_note_to_key")
    assert case["subject"] == f"shop:{order} refund {refund.rsplit('/', 1)[-1]}"
    assert case["owner"] == "finance"
    evidence = case["evidence"]
    assert (D(evidence["total"]), evidence["currency"], evidence["sales order"]) == (
        given.amount,
        "GBP",
        sold.sorder_code,
    )
    assert evidence["line 1"].startswith(f"TEE/RED/S × 1 = {given.value}")
    trace = await house.cli("trace", shop.order(order).name)
    for word in (
        ref,
        sold.sorder_code,
        "told",
        "despatch for shop",
        "refund for khaos",
        "credit_note_to_key",
        "TRK-A",
        "TRK-B",
    ):
        assert word in trace.out
    assert (await house.cli("trace", "#999999")).code == 1


async def test_an_order_cancelled_before_it_is_sent_never_arrives(house: Playhouse) -> None:
    """SHO-4, S-29: the last look comes before the send."""
    shop = house.shop
    house.khaos.faults.plan(Fault.STALL, "ImportOrders", seconds=4)
    first = shop.place_order([("MUG", 1)])
    await house.sold(first)
    regretted = shop.place_order([("TEA", 1)])
    await house.until(lambda: house.metric("khaossync_outbox_depth", kind="order"), "it waits for the ERP")
    await house.turned("pull shop orders")
    shop.cancel(regretted)
    later = shop.place_order([("SEAT", 1)])
    await house.sold(later)
    assert house.khaos.order(WORLD.ref(regretted)) is None
    told = await house.cli("trace", shop.order(regretted).name)
    assert "withdrawn" in told.out


async def test_an_order_cancelled_after_it_was_sent_is_an_urgent_case(house: Playhouse) -> None:
    """SHO-16, S-29."""
    order = house.shop.place_order([("MUG", 2)])
    sold = await house.sent(order)
    house.shop.cancel(order)
    case = await house.case("order_to_cancel")
    assert (case["subject"], case["urgent"], case["owner"]) == (f"shop:{order}", True, "warehouse")
    assert case["evidence"]["sales order"] == sold.sorder_code


async def test_an_order_edited_after_it_was_sent_is_a_case_with_the_differences(house: Playhouse) -> None:
    """SHO-15, S-29."""
    order = house.shop.place_order([("MUG", 2), ("TEA", 1)])
    sold = await house.sent(order)
    house.shop.edit(order, {"MUG": 1, "SAUCER": 3})
    case = await house.case("order_to_amend")
    assert (case["subject"], case["urgent"]) == (f"shop:{order}", True)
    assert case["evidence"]["sales order"] == sold.sorder_code
    told = " ".join(f"{name} {value}" for name, value in case["evidence"].items())
    assert all(word in told for word in ("MUG", "SAUCER"))
    assert "TEA" not in told
