"""No instant of an order moves with everything that changes it, and yet nothing is missed."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from channels.shopware.simulated import World, documents, pages
from examples import NOON

from khaossync.channels.shopware.polls import Polls, load
from khaossync.channels.shopware.sources import LISTS
from khaossync.domain.documents import Kind
from khaossync.domain.errors import ConfigError
from khaossync.domain.orders import Order, PaymentState
from khaossync.domain.stock import Listing
from khaossync.sandbox.shopware.people import Address

Act = Callable[[Any, str], object]

CHANGES: dict[str, Act] = {
    "a delivery's state": lambda shop, order: shop.act(order, "ship", "order_delivery"),
    "a payment's state": lambda shop, order: shop.act(order, "refund_partially", "order_transaction"),
    "its own state": lambda shop, order: shop.act(order, "process"),
    "its address": lambda shop, order: shop.correct_address(order, Address(address1="2 Other Street")),
    "its way of delivery": lambda shop, order: shop.change_delivery_method(order, "Express"),
    "its lines": lambda shop, order: shop.edit(order, {"MUG": 1}),
    "its tags": lambda shop, order: shop.tag(order, "gift"),
}


@pytest.mark.parametrize("change", CHANGES)
async def test_a_change_is_told_wherever_it_was_written(world: World, change: str) -> None:
    """SHW-15."""
    world.shop.add_delivery_method("Express", "shipping_express")
    orders = [world.shop.place_order([("MUG", 2)]) for _ in range(3)]
    connector = await world.connect(overlap=0)
    before = await pages(connector, "orders")
    world.ticks.time += timedelta(minutes=5)
    CHANGES[change](world.shop, orders[1])
    after = documents(await pages(connector, "orders", before[-1].cursor))
    told = after[f"shop:{orders[1]}"]
    assert told.version != documents(before)[told.key].version
    assert told.moment > documents(before)[told.key].moment


async def test_an_edit_is_another_fingerprint_and_a_paper_is_none(world: World) -> None:
    order = world.shop.place_order([("MUG", 2)])
    before = await world.order(order)
    world.shop.document(order, "invoice")
    assert (await world.order(order)).fingerprint == before.fingerprint
    world.shop.edit(order, {"MUG": 3})
    assert (await world.order(order)).fingerprint != before.fingerprint


async def test_a_draft_is_not_told_before_it_is_merged(world: World) -> None:
    order = world.shop.place_order([("MUG", 2)])
    before = await world.order(order)
    draft = world.shop.open_draft(order)
    world.shop.edit(order, {"MUG": 5}, draft=draft)
    assert await world.order(order) == before
    world.shop.merge(order, draft)
    assert [line.quantity for line in (await world.order(order)).lines] == [5]


async def test_a_cancelled_order_says_so_at_the_last_look(world: World) -> None:
    order = world.shop.place_order([("MUG", 2)])
    world.shop.cancel(order, refund=False)
    read = await world.order(order)
    assert read.cancelled_at
    assert read.payment is PaymentState.PAID


async def test_many_orders_of_one_instant_are_all_told(world: World) -> None:
    """Pages that begin at an instant must not go round in circles where a page holds only rows of it."""
    orders = [world.shop.place_order([("MUG", 1)]) for _ in range(7)]
    for row in world.shop.state.live.rows("order"):
        row["createdAt"] = "2026-11-02T12:00:00.000+00:00"
    found = documents(await pages(await world.connect(page=2, order_page=2), "orders"))
    assert set(found) == {f"shop:{order}" for order in orders}


async def test_a_first_reading_begins_where_the_settings_say(world: World) -> None:
    world.shop.place_order([("MUG", 1)])
    world.ticks.time += timedelta(days=1)
    since = world.ticks.time
    late = world.shop.place_order([("MUG", 1)])
    assert set(documents(await pages(await world.connect(orders_since=since), "orders"))) == {f"shop:{late}"}


async def test_an_order_is_read_once_in_a_reading_that_meets_it_in_many_lists(world: World) -> None:
    order = world.shop.place_order([("MUG", 2)])
    connector = await world.connect()
    before = await pages(connector, "orders")
    for change in CHANGES.values():
        if change is not CHANGES["its way of delivery"]:
            change(world.shop, order)
    world.ticks.time += timedelta(minutes=1)
    found = [document for page in await pages(connector, "orders", before[-1].cursor) for document in page.documents]
    assert len(found) == 1
    assert isinstance(found[0].body, Order)


def test_a_foreign_cursor_is_a_fault_of_the_configuration() -> None:
    with pytest.raises(ConfigError, match="reset this stream"):
        load("{}[")
    assert Polls(LISTS, 2, 0).begin(None, NOON).poll == "placed"


async def test_a_full_reading_of_the_catalogue_comes_when_it_is_time(world: World) -> None:
    connector = await world.connect(catalogue_full_interval=600, overlap=0)
    first = await pages(connector, "catalogue")
    world.ticks.time += timedelta(seconds=300)
    world.shop.rename_product("MUG", "Big mug")
    changed = await pages(connector, "catalogue", first[-1].cursor)
    assert [document.key for page in changed for document in page.documents] == ["MUG"]
    assert not changed[-1].complete
    world.shop.place_order([("CUP", 1)])  # which moves no product's instant
    world.ticks.time += timedelta(seconds=700)
    whole = await pages(connector, "catalogue", changed[-1].cursor)
    cup = documents(whole)["CUP"].body
    assert whole[-1].complete
    assert isinstance(cup, Listing)
    assert cup.shown == {"shop": 99}
    assert documents(whole)["CUP"].kind is Kind.LISTING
