"""A Shopware shop beside the other one, on the same ERP: all four flows by the real daemon, for a table more."""

import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
import pytest_asyncio
from acceptance.playhouse import Playhouse

from khaossync.sandbox.shopware import Discount, ShopwareShop

D = Decimal


def now() -> datetime:
    return datetime.now(UTC)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SimpleNamespace]:
    shop = ShopwareShop(now=now, dice=random.Random(5))
    url = await shop.start()
    shop.list_product("MUG", "Stoneware mug", D("9.95"), 5)
    shop.list_product("BOOK-TEA", "The Book of Tea", D("12.99"), 5, tax_rate=D(0))
    shop.list_product("NOBODY-KNOWS", "Nobody knows", D("1.00"), 5)
    table = {
        "kind": "shopware",
        "url": url,
        "client_id": "SWIATEST",
        "client_secret": "client-secret",
        "erp": "khaos",
        "prefix": "W",
        "go_live_at": now() - timedelta(minutes=5),
        "currencies": ["GBP"],
        "site": "Main",
        "orders_interval": 1,
        "refunds_interval": 1,
        "catalogue_interval": 1,
        "catalogue_full_interval": 5,
        "methods_interval": 5,
        "overlap": 5,
        "calls_per_second": 200,
        "couriers": {"shipping_standard": "RM48"},
        "tax_codes": {"0.20": 1, "0": 2, "0.05": 4},
        "sites": {"shop": ["1"]},
    }
    try:
        async with Playhouse(tmp_path_factory.mktemp("shopware"), changes={"channel": {"ware": table}}) as house:
            await house.open()
            yield SimpleNamespace(house=house, shop=shop)
    finally:
        await shop.stop()
    assert shop.complaints == []


async def test_an_order_lives_its_whole_life(stage: SimpleNamespace) -> None:
    """SHW-2, SHW-3, SHW-5, SHW-7, SHW-10, SHW-23, SHW-30, SHW-33: posted once, sent in two parcels, given back."""
    house, shop = stage.house, stage.shop
    await house.until(lambda: shop.available("MUG") > 100, "the ERP's stock is shown")
    unpaid = shop.place_order([("MUG", 1)], payment="pending")
    order = shop.place_order([("MUG", 2), ("BOOK-TEA", 1)], discounts=[Discount("TEN", percentage=D(10))])
    serial = shop.state.live.get("order", order)["autoIncrement"]
    await house.until(lambda: house.khaos.order(f"W{serial}"), "it is in the ERP")
    sold = house.khaos.order(f"W{serial}")
    assert sold
    assert sold.gross == shop.order(order).total
    assert house.khaos.order(f"W{shop.state.live.get('order', unpaid)['autoIncrement']}") is None

    house.khaos.pick(sold.ref)
    house.khaos.despatch(sold.ref, {"MUG": 2}, courier="DPD", consignment="TRK-A")
    await house.until(lambda: shop.order(order).fulfilment_status == "shipped_partially", "the first parcel is told")
    house.khaos.despatch(sold.ref, courier="RM48", consignment="TRK-B")
    await house.until(lambda: shop.order(order).fulfilment_status == "shipped", "the second parcel is told")
    assert [mail.tracking_numbers for mail in shop.mails] == [("TRK-A",), ("TRK-A", "TRK-B")]

    shop.refund(order, {"MUG": 1})
    (given,) = shop.refunds(order)
    await house.until(lambda: house.cases("credit_note_to_key"), "the credit note is asked for")
    (case,) = await house.cases("credit_note_to_key")
    assert (D(case["evidence"]["total"]), case["owner"]) == (given.amount, "finance")


async def test_what_would_hold_up_orders_is_told_before_there_is_one(stage: SimpleNamespace) -> None:
    """SHW-26, SHW-F3, S-5, S-8: a product without a stock code, and a delivery method without a courier."""
    house, shop = stage.house, stage.shop
    shop.add_delivery_method("Drone", "shipping_drone")
    await house.until(lambda: house.cases("unmapped_delivery_method"), "the method is told")
    (case,) = await house.cases("unmapped_delivery_method")
    assert (case["subject"], case["owner"]) == ("shipping_drone", "operations")
    found = [one["subject"] for one in await house.cases("unmapped_listing")]
    assert "NOBODY-KNOWS" in found


async def test_a_spoilt_total_goes_to_finance_and_no_other_order_waits_for_it(stage: SimpleNamespace) -> None:
    """SHW-12, SHW-27, SHW-31: it is not posted, and the next one is."""
    house, shop = stage.house, stage.shop
    spoilt = shop.place_order([("MUG", 1)], payment="pending")
    shop.misprice(spoilt, D("1.00"))
    shop.pay(spoilt)
    good = shop.place_order([("MUG", 1)])
    await house.until(lambda: house.cases("total_mismatch"), "finance is asked")
    serial = shop.state.live.get("order", good)["autoIncrement"]
    await house.until(lambda: house.khaos.order(f"W{serial}"), "the good one is in the ERP")
    assert house.khaos.order(f"W{shop.state.live.get('order', spoilt)['autoIncrement']}") is None


async def test_a_check_of_the_whole_finds_what_would_be_held(stage: SimpleNamespace) -> None:
    """SHW-17."""
    told = await stage.house.cli("check")
    assert "shipping_drone" in told.out, told.out
    assert "Shopware 6.7.10.1" in told.out
