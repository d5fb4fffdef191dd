"""What becomes of orders in the shop: holds, edits, late ones, moving pages (ADB-2, ADB-33, ADB-34, S-29)."""

from channels.adobe.adobe_shop import documents, opened, read, source, told
from contract.world import NAME
from examples import rules

from khaossync.domain.eligibility import hindrance, suspicion
from khaossync.domain.orders import Order, Risk
from khaossync.sandbox.adobe import Address

RULES = rules(channel=NAME, default_courier="RM48")


async def test_an_order_under_review_or_on_hold_waits_and_goes_on_when_it_is_let_go() -> None:
    """ADB-2, ADB-34: the fraud window is the shop's own."""
    async with opened() as world:
        shop = world.shop
        review, held = shop.place_order([("MUG", 1)], risk="INVESTIGATE"), shop.place_order([("MUG", 1)])
        shop.hold(held)
        for number in (review, held):
            assert not (await told(world, number)).confirmed
            obstacle = hindrance(await told(world, number), RULES)
            assert obstacle is not None
            assert not obstacle.final
        assert (await told(world, review)).risk is Risk.INVESTIGATE
        shop.review(review)
        shop.release(held)
        for number in (review, held):
            order = await told(world, number)
            assert hindrance(order, RULES) is None
            assert suspicion(order, RULES) == ""


async def test_a_status_of_the_merchants_own_is_a_label() -> None:
    async with opened() as world:
        number = world.shop.place_order([("MUG", 1)])
        world.shop.mark(number, "release_to_erp")
        assert "release-to-erp" in (await told(world, number)).tags


async def test_an_edited_order_is_called_off_and_another_takes_its_place() -> None:
    """ADB-33: the old one is withdrawn at the last look, and the new one comes with the next reading."""
    async with opened() as world:
        number = world.shop.place_order([("MUG", 1)], payment="pending")
        cursor = (await read(world, "orders"))[-1].cursor
        child = world.shop.edit(number, {"MUG": 3})
        assert (await told(world, number)).cancelled_at is not None
        news = {each.key: each.body for each in documents(await read(world, "orders", cursor))}
        standing = news[f"{NAME}:{child}"]
    assert isinstance(standing, Order)
    assert standing.number.endswith("-1")
    assert [(line.sku, line.quantity) for line in standing.lines] == [("MUG", 3)]


async def test_an_address_that_staff_change_is_seen_by_the_last_look_and_by_the_sweep() -> None:
    """S-29: it does not count as saving the order."""
    async with opened() as world:
        number = world.shop.place_order([("MUG", 1)])
        before = await told(world, number)
        world.shop.edit(number, address=Address(address1="2 Other Street"))
        swept = documents(await read(world, "order sweep"))
        after = await told(world, number)
    assert after.fingerprint != before.fingerprint
    assert [each.body for each in swept] == [after]


async def test_an_order_that_was_stored_late_is_seen_by_the_sweep() -> None:
    async with opened() as world:
        world.shop.index_lag(900)
        late = world.shop.place_order([("MUG", 1)])
        early = world.shop.place_order([("MUG", 1)])
        cursor = (await read(world, "orders"))[-1].cursor
        for _ in range(1000):
            world.clock()
        assert documents(await read(world, "orders", cursor, overlap=60)) != []
        assert {each.key for each in documents(await read(world, "order sweep"))} == {
            f"{NAME}:{late}",
            f"{NAME}:{early}",
        }


async def test_a_page_past_the_end_ends_the_reading_also_where_it_repeats() -> None:
    async with opened() as world:
        world.shop.habits.repeats_last_page = True
        placed = [world.shop.place_order([("MUG", 1)]) for _ in range(5)]
        pages = await read(world, "orders", order_page=2)
    assert {each.key for each in documents(pages)} == {f"{NAME}:{number}" for number in placed}
    assert len(pages) <= 6


async def test_many_orders_of_one_second_are_all_read() -> None:
    async with opened() as world:
        shop = world.shop
        placed = [shop.place_order([("MUG", 1)]) for _ in range(5)]
        moment = shop.state.now()
        for order in shop.state.orders.values():
            order.updated_at = moment
        pages = await read(world, "orders", order_page=2)
    assert {each.key for each in documents(pages)} == {f"{NAME}:{number}" for number in placed}


async def test_orders_that_are_saved_during_a_reading_push_no_other_off_its_page() -> None:
    async with opened() as world:
        placed = [world.shop.place_order([("MUG", 1)]) for _ in range(6)]
        seen: set[str] = set()
        async with world.connected(order_page=2) as connector:
            async for page in source(connector, "orders").changes(None):
                if not seen:
                    for number in placed[:2]:
                        world.shop.comment(number, "later")
                seen |= {each.key for each in documents([page])}
    assert seen == {f"{NAME}:{number}" for number in placed}
