"""Stock: what can be sold is set, in every version, against what was sold meanwhile, down to the last one."""

import random
from contextlib import AsyncExitStack
from typing import Any

import pytest
from channels.shopware.simulated import D, Ticking, World
from examples import listing, message, rules, stock_item, stock_level

from khaossync.domain.cases import CaseClass
from khaossync.domain.documents import Kind
from khaossync.domain.errors import RejectedError, TransientError
from khaossync.domain.levels import leftover
from khaossync.domain.messages import Absent, Delivery, Done, Outcome
from khaossync.domain.stock import ChannelLevel, Listing
from khaossync.sandbox.shopware import ShopwareShop


def level(world: World, sku: str, quantity: int, expected: int | None = 100, failures: int = 0) -> Delivery:
    product = next(row["id"] for row in world.shop.state.live.rows("product") if row["productNumber"] == sku)
    wanted = ChannelLevel(sku, product, "shop", quantity, expected)
    return Delivery(message(Kind.STOCK_LEVEL, wanted, failures=failures), wanted)


async def tell(world: World, *batch: Delivery) -> list[Outcome]:
    return list(await (await world.connect()).sinks[Kind.STOCK_LEVEL].deliver(batch))


async def test_a_level_is_what_can_be_sold(world: World) -> None:
    """SHW-3, SHW-8."""
    (outcome,) = await tell(world, level(world, "MUG", 7))
    assert isinstance(outcome, Done)
    assert world.shop.available("MUG") == 7


async def test_a_closeout_item_is_synced_down_to_the_last_one(world: World) -> None:
    """SHW-F4."""
    for left in (1, 0):
        await tell(world, level(world, "MUG", left, world.shop.available("MUG")))
        assert world.shop.available("MUG") == left


@pytest.mark.parametrize(("buffer", "item", "left"), [(2, {}, 1), (0, {"discontinued": True}, 1), (0, {}, 0)])
def test_what_is_left_of_a_closeout_item_that_is_sold_out_is_told(buffer: int, item: dict[str, Any], left: int) -> None:
    """SHW-F4, S-21: what the shop will not sell any more, and the ERP still has."""
    sold_out = listing(shown=0, closeout=True)
    cases, closed = leftover(rules(buffer=buffer), stock_level("2"), stock_item(**item), sold_out, D(0))
    assert [case.case_class for case in cases] == [CaseClass.CLOSEOUT_LEFT] * left
    assert len(closed) == 1 - left


async def test_what_was_sold_since_stays_sold(world: World) -> None:
    """SHW-1: three were sold after the level was reckoned."""
    world.shop.place_order([("MUG", 3)])
    (outcome,) = await tell(world, level(world, "MUG", 50, 100))
    assert isinstance(outcome, Done)
    assert outcome.shown == 47
    assert world.shop.available("MUG") == 47


async def test_after_a_failure_our_own_try_is_not_taken_for_a_sale(world: World) -> None:
    await tell(world, level(world, "MUG", 50, 100))
    world.shop.place_order([("MUG", 1)])
    (outcome,) = await tell(world, level(world, "MUG", 50, 100, failures=1))
    assert isinstance(outcome, Done)
    assert world.shop.available("MUG") == 49


async def test_what_is_there_already_is_not_written(world: World) -> None:
    world.shop.state.deadlocks = 1
    (outcome,) = await tell(world, level(world, "MUG", 100, 90))
    assert isinstance(outcome, Done)


async def test_a_meeting_with_a_checkout_is_tried_again_later(world: World) -> None:
    world.shop.deadlock()
    with pytest.raises(TransientError):
        await tell(world, level(world, "MUG", 7))
    assert isinstance((await tell(world, level(world, "MUG", 7)))[0], Done)


async def test_one_bad_row_spoils_no_other(world: World) -> None:
    bad = ChannelLevel("BAD", "no id", "shop", 7, None)
    batch = [level(world, sku, 7) for sku in ("MUG", "CUP", "BOOK", "SOAP")]
    batch.insert(2, Delivery(message(Kind.STOCK_LEVEL, bad), bad))
    outcomes = await tell(world, *batch)
    assert [type(one) for one in outcomes] == [Done, Done, RejectedError, Done, Done]
    refused = outcomes[2]
    assert isinstance(refused, RejectedError)
    assert refused.case_class is CaseClass.STOCK_REFUSED


async def test_a_product_that_is_gone_is_wanted_no_longer(world: World) -> None:
    wanted = level(world, "MUG", 7)
    world.shop.delete_product("MUG")
    assert isinstance((await tell(world, wanted))[0], Absent)


async def test_before_6_6_open_orders_are_added_for_the_shop_takes_them_off_again() -> None:
    """The version that is read at the start chooses the stock model."""
    async with AsyncExitStack() as stack:
        ticks = Ticking()
        shop = ShopwareShop(now=ticks, dice=random.Random(7), version="6.5.8.14")
        url = await shop.start()
        stack.push_async_callback(shop.stop)
        shop.list_product("MUG", "Mug", D("12.00"), 100)
        world = World(shop, ticks, url, stack)
        shop.place_order([("MUG", 4)])
        assert (shop.on_hand("MUG"), shop.available("MUG")) == (100, 96)
        await tell(world, level(world, "MUG", 30, 96))
        assert (shop.on_hand("MUG"), shop.available("MUG")) == (34, 30)
        order = shop.place_order([("MUG", 1)])
        assert shop.available("MUG") == 29
        shop.act(order, "cancel")
        assert shop.available("MUG") == 30
        assert shop.complaints == []


async def test_variants_are_listed_and_what_stands_for_them_is_not(world: World) -> None:
    world.shop.list_product("SHIRT", "Shirt", D("20.00"), 0)
    world.shop.list_variant("SHIRT-RED", "SHIRT", [("colour", "red")], 5)
    connector = await world.connect()
    (catalogue,) = [each for each in connector.sources if each.name == "catalogue"]
    bodies = [document.body async for page in catalogue.changes(None) for document in page.documents]
    shown = {body.sku: body.shown for body in bodies if isinstance(body, Listing)}
    assert shown["SHIRT-RED"] == {"shop": 5}
    assert "SHIRT" not in shown


async def test_a_product_is_read_again_by_its_id(world: World) -> None:
    wanted = level(world, "MUG", 7).payload
    assert isinstance(wanted, ChannelLevel)
    connector = await world.connect()
    page = await connector.readers["catalogue"].named([wanted.listing_id, "nothing"])
    assert [document.key for document in page.documents] == ["MUG"]
