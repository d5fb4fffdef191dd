"""What is written so that the shop shows what it should: reservations, sales, bad rows (ADB-3, ADB-10, S-17)."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest
from channels.adobe.adobe_shop import documents, level, opened, parcel, read, set_levels, ship
from contract.worlds.adobe import Simulated

from khaossync.channels.adobe.levels import Write
from khaossync.channels.adobe.shelves import Shelf
from khaossync.domain.cases import CaseClass
from khaossync.domain.errors import ConnectorDownError, RejectedError, TransientError
from khaossync.domain.messages import Absent, Done
from khaossync.domain.stock import Listing
from khaossync.sandbox.faults import Fault


async def shown(world: Simulated, sku: str, **settings: Any) -> dict[str, int]:
    """What the connector sees the shop show."""
    bodies = [each.body for each in documents(await read(world, "catalogue", **settings))]
    (found,) = [body for body in bodies if isinstance(body, Listing) and body.sku == sku]
    return dict(found.shown)


async def test_what_open_orders_have_reserved_is_added_to_what_is_written() -> None:
    """Pushing bare free stock would count open orders twice."""
    async with opened() as world:
        world.shop.place_order([("MUG", 7)])
        assert await shown(world, "MUG") == {"default": 93}
        (outcome,) = await set_levels(world, level("MUG", 40, 93))
        assert isinstance(outcome, Done)
        assert (world.shop.salable("MUG"), world.shop.on_hand("MUG", "default")) == (40, 47)
        assert await shown(world, "MUG") == {"default": 40}


async def test_shipping_changes_neither_what_is_shown_nor_what_is_wanted() -> None:
    async with opened() as world:
        order = world.shop.place_order([("MUG", 7)])
        await set_levels(world, level("MUG", 40, 93))
        world.shop.ship(order)
        assert await shown(world, "MUG") == {"default": 40}
        assert world.shop.on_hand("MUG", "default") == 40


async def test_a_sale_that_nobody_has_told_of_stays_sold() -> None:
    async with opened() as world:
        world.shop.place_order([("MUG", 2)])
        (outcome,) = await set_levels(world, level("MUG", 50, 100))
        assert outcome == Done("MUG@default=48", shown=48)
        assert world.shop.salable("MUG") == 48


async def test_our_own_earlier_try_is_no_sale() -> None:
    async with opened() as world:
        await set_levels(world, level("MUG", 50, 100))
        (outcome,) = await set_levels(world, level("MUG", 50, 100), failures=1)
        assert outcome == Done("MUG@default=50")
        assert world.shop.salable("MUG") == 50


@pytest.mark.parametrize(
    ("expected", "shows", "failures", "quantity"),
    [
        (10, 10, 0, 6),
        (10, 8, 0, 4),
        (10, 12, 0, 6),
        (None, 3, 0, 6),
        (10, None, 0, 6),
        (10, 0, 0, 0),
        (10, 6, 1, 6),
        (10, 5, 1, 5),
    ],
)
def test_a_quantity_is_lowered_by_what_was_sold_and_by_nothing_else(
    expected: int | None, shows: int | None, failures: int, quantity: int
) -> None:
    assert Write(0, failures, level("MUG", 6, expected)).quantity(shows) == quantity


async def test_one_bad_row_of_many_is_found_and_the_others_are_written() -> None:
    """ADB-13, S-18: the shop refuses the whole batch."""
    async with opened() as world:
        wanted = [level("MUG", 5), level("POT", 6, location="nowhere"), level("BOOK", 7), level("RING", 8)]
        outcomes = await set_levels(world, *wanted)
        assert [type(each) for each in outcomes] == [Done, RejectedError, Done, Done]
        refused = outcomes[1]
        assert isinstance(refused, RejectedError)
        assert refused.case_class is CaseClass.STOCK_REFUSED
        assert refused.evidence["location"] == "nowhere"
        assert [world.shop.salable(sku) for sku in ("MUG", "BOOK", "RING")] == [5, 7, 8]


async def test_input_limits_of_the_shop_only_make_the_calls_smaller() -> None:
    async with opened() as world:
        world.shop.habits.limits = True
        skus = [f"SKU{number}" for number in range(50)]
        for sku in skus:
            world.shop.list_product(sku, sku, world.shop.state.catalogue.sold_as("MUG").price, {"default": 1})
        outcomes = await set_levels(world, *(level(sku, 9) for sku in skus))
        assert {type(each) for each in outcomes} == {Done}
        assert {world.shop.salable(sku) for sku in skus} == {9}


async def test_a_sku_that_the_shop_accepts_and_does_not_have_is_noticed() -> None:
    async with opened() as world:
        outcomes = await set_levels(world, level("GONE", 5), level("MUG", 6), level("A,B", 7))
        assert [type(each) for each in outcomes] == [Absent, Done, Absent]
        assert world.shop.salable("MUG") == 6


async def test_each_source_shows_its_own_and_reservations_count_at_the_first() -> None:
    both: dict[str, Any] = {"locations": ["leeds", "york"]}
    async with opened(locations=("leeds", "york")) as world:
        world.shop.list_product("CUP", "Cup", world.shop.state.catalogue.sold_as("MUG").price, {"leeds": 10, "york": 5})
        world.shop.place_order([("CUP", 3)])
        assert await shown(world, "CUP", **both) == {"leeds": 7, "york": 5}
        await set_levels(world, level("CUP", 20, 7, "leeds"), level("CUP", 1, 5, "york"), **both)
        assert world.shop.salable("CUP") == 21
        assert await shown(world, "CUP", **both) == {"leeds": 20, "york": 1}


async def test_reservations_count_at_the_first_source_that_has_the_item() -> None:
    shelf = Shelf({"york": Decimal(5)}, Decimal(3), "york")
    assert shelf.shown(["leeds", "york"]) == {"york": 3}


async def test_nothing_is_shipped_between_the_look_and_the_write() -> None:
    """Else what is reserved would be added although it has left."""
    async with opened() as world:
        order = world.shop.place_order([("MUG", 7)])
        rows = tuple(str(item.number) for item in world.shop.state.orders[int(order)].items)
        async with world.connected() as connector:
            held = [getattr(sink, "turn", None) for sink in connector.sinks.values()]
            assert held[0] is held[1] is not None
        world.shop.latency = (0.0, 0.02)
        await asyncio.gather(set_levels(world, level("MUG", 40, 93)), ship(world, parcel(order, {"MUG": (rows, 7)})))
        assert world.shop.on_hand("MUG", "default") in (40, 47)


async def test_what_is_not_for_sale_by_its_own_sku_is_no_listing() -> None:
    async with opened() as world:
        skus = {each.key for each in documents(await read(world, "catalogue"))}
    assert skus == {"MUG", "POT", "BOOK", "TEE-RED", "COURSE", "RING"}


async def test_a_listing_is_read_by_its_id() -> None:
    async with opened() as world, world.connected() as connector:
        page = await connector.readers["catalogue"].named(["1", "2", "999"])
    assert [each.key for each in page.documents] == ["MUG", "POT"]


async def test_a_shop_without_sources_is_written_item_by_item() -> None:
    """There the quantity falls with the order, so what is wanted is what is written."""
    async with opened(msi=False) as world:
        world.shop.place_order([("MUG", 7)])
        assert await shown(world, "MUG", msi=False) == {"default": 93}
        outcomes = await set_levels(world, level("MUG", 40, 93), level("GONE", 1), level("POT", 0, 50), msi=False)
        assert [type(each) for each in outcomes] == [Done, Absent, Done]
        assert (world.shop.salable("MUG"), world.shop.salable("POT")) == (40, 0)
        assert await shown(world, "MUG", msi=False) == {"default": 40}


async def test_a_lost_answer_of_one_item_is_its_own_outcome() -> None:
    async with opened(msi=False) as world:
        world.faults.plan(Fault.DROP_AFTER, "PUT products/{sku}/stockItems/{item}")
        outcomes = await set_levels(world, level("MUG", 40), level("POT", 3), msi=False)
    assert isinstance(outcomes[0], TransientError)
    assert isinstance(outcomes[1], Done)


async def test_sources_that_the_shop_does_not_have_are_told_as_such() -> None:
    async with opened(msi=False) as world:
        with pytest.raises(ConnectorDownError, match="msi"):
            await set_levels(world, level("MUG", 40))


async def test_asynchronous_writes_are_waited_for() -> None:
    async with opened() as world:
        world.shop.place_order([("MUG", 7)])
        outcomes = await set_levels(world, level("MUG", 40, 93), level("POT", 3, location="nowhere"), bulk=True)
        assert [type(each) for each in outcomes] == [Done, RejectedError]
        assert world.shop.salable("MUG") == 40


async def test_asynchronous_writes_that_nobody_does_are_told_as_waiting() -> None:
    async with opened() as world:
        world.shop.habits.bulk_runs = False
        with pytest.raises(TransientError, match=r"async\.operations\.all"):
            await set_levels(world, level("MUG", 40), bulk=True, bulk_wait=1)
        assert world.shop.salable("MUG") == 100
