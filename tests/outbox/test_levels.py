"""Law 4: of stock levels only the newest unsent one per destination and key exists."""

from dataclasses import replace
from datetime import timedelta

import pytest
from examples import document, listing
from outbox.stories import HandClock, a_case, a_level, accept, acceptance, claim_one, complete, levels, query, value

from khaossync.domain.documents import Kind
from khaossync.domain.levels import changed_elsewhere, rests_on_a_sighting
from khaossync.domain.messages import Complete, Message, Park, Retry, Settlement, Withdraw
from khaossync.domain.stock import ChannelLevel, Sale, Wanted
from khaossync.outbox import Database, PostgresOutbox
from khaossync.outbox.levelling import Known, must_go
from khaossync.ports import Accepted


@pytest.mark.parametrize(
    ("quantity", "expected", "source", "known", "unfinished", "goes"),
    [
        (5, None, "khaos", None, False, True),
        (5, 5, "khaos", None, False, False),
        (5, 4, "khaos", None, False, True),
        (5, None, "khaos", Known(5, 5, 1), False, False),
        (6, None, "khaos", Known(5, 5, 1), False, True),
        (6, None, "khaos", Known(5, 5, 1), True, True),
        (5, 7, "shop", Known(5, 5, 1), False, True),
        (5, 7, "shop", Known(5, 4, 1), True, False),
        (5, 7, "khaos", Known(5, 5, 1), False, False),
        (5, 5, "shop", Known(5, 4, 1), False, False),
    ],
)
def test_a_level_goes_when_the_channel_should_show_something_else(
    quantity: int, expected: int | None, source: str, known: Known | None, unfinished: bool, goes: bool
) -> None:
    seen = expected if source == "shop" else None
    assert must_go(Wanted("shop", source, a_level(quantity, expected), seen=seen), known, unfinished) is goes


def level_of(message: Message) -> ChannelLevel:
    assert isinstance(message.body, ChannelLevel)
    return message.body


async def claim_level(outbox: PostgresOutbox) -> Message:
    return await claim_one(outbox, "shop", Kind.STOCK_LEVEL)


async def test_unsent_levels_of_a_key_coalesce(outbox: PostgresOutbox, database: Database) -> None:
    """Law 4."""
    for quantity in (5, 4, 3):
        assert (await accept(outbox, levels(a_level(quantity)))).levels == 1
    message = await claim_level(outbox)
    assert (level_of(message).quantity, message.revision, message.key) == (3, 2, "MUG@loc-1")
    assert await value(database, "select count(*) from khaossync.messages") == 1


async def test_a_level_that_was_read_ahead_still_takes_the_newer_quantity(outbox: PostgresOutbox) -> None:
    await accept(outbox, levels(a_level(5, sku="A"), a_level(5, sku="B")))
    [first] = await outbox.claim("shop", Kind.STOCK_LEVEL, 1)
    await accept(outbox, levels(a_level(2, sku="B")))
    [second] = await outbox.claim("shop", Kind.STOCK_LEVEL, 1)
    assert (first.key, second.key) == ("A@loc-1", "B@loc-1")
    assert (level_of(second).quantity, second.revision) == (2, 1)


async def test_an_unchanged_level_makes_no_message(outbox: PostgresOutbox) -> None:
    await accept(outbox, levels(a_level(5)))
    await complete(outbox, await claim_level(outbox))
    assert await accept(outbox, levels(a_level(5))) == Accepted()
    assert await outbox.claim("shop", Kind.STOCK_LEVEL, 10) == []


async def test_a_level_that_moves_on_while_under_way_goes_again(outbox: PostgresOutbox, database: Database) -> None:
    await accept(outbox, levels(a_level(5)))
    first = await claim_level(outbox)
    await accept(outbox, levels(a_level(3)))
    assert await outbox.claim("shop", Kind.STOCK_LEVEL, 10) == []
    await complete(outbox, first)
    again = await claim_level(outbox)
    assert (again.id, again.revision) == (first.id, 1)
    assert level_of(again) == a_level(3, expected=5)
    await complete(outbox, again)
    assert await value(database, "select count(*) from khaossync.messages") == 0
    assert await value(database, "select shown from khaossync.levels") == 3


async def test_a_refusal_of_an_older_quantity_does_not_park_the_newer(
    outbox: PostgresOutbox, database: Database
) -> None:
    await accept(outbox, levels(a_level(5)))
    first = await claim_level(outbox)
    await accept(outbox, levels(a_level(3)))
    await outbox.settle([Settlement(first, Park(a_case()))])
    assert level_of(await claim_level(outbox)).quantity == 3
    assert await value(database, "select count(*) from khaossync.cases") == 0


async def test_the_message_says_what_the_channel_was_last_seen_or_made_to_show(outbox: PostgresOutbox) -> None:
    await accept(outbox, levels(a_level(5, expected=9)))
    first = await claim_level(outbox)
    assert level_of(first).expected == 9
    await complete(outbox, first)
    await accept(outbox, levels(a_level(4)))
    assert level_of(await claim_level(outbox)).expected == 5


async def test_hearsay_about_the_channel_does_not_overrule_what_it_was_made_to_show(
    outbox: PostgresOutbox, clock: HandClock
) -> None:
    """A listing read before our delivery still speaks of the old quantity; only the channel itself is believed."""
    await accept(outbox, levels(a_level(5, expected=9)))
    await complete(outbox, await claim_level(outbox))
    assert await accept(outbox, levels(a_level(5, expected=9), source="khaos")) == Accepted()
    assert (await accept(outbox, levels(a_level(5, expected=9), source="shop"))).levels == 1
    seen_at = clock.now()
    clock.forward(seconds=16)
    await outbox.turn()
    assert level_of(await claim_level(outbox)) == replace(a_level(5, expected=9), seen_at=seen_at, left=5)


async def test_a_correction_of_what_was_seen_waits_for_the_orders_first(
    outbox: PostgresOutbox, clock: HandClock
) -> None:
    """SHO-12, S-20: a lower quantity than ours may be the trace of a sale that we have not read yet."""
    await accept(outbox, levels(a_level(5)))
    await complete(outbox, await claim_level(outbox))
    await accept(outbox, levels(a_level(5, expected=4), source="shop"))
    assert await outbox.claim("shop", Kind.STOCK_LEVEL, 10) == []
    await accept(outbox, acceptance(levels=(Wanted("shop", "shop", a_level(4), sold=(Sale(1, clock.now()),)),)))
    clock.forward(seconds=16)
    await outbox.turn()
    assert level_of(await claim_level(outbox)).quantity == 4


async def test_a_newer_quantity_keeps_what_a_correction_has_to_report(outbox: PostgresOutbox, clock: HandClock) -> None:
    """S-39: somebody typed 9 over our 5, and a peak begins before that was told to people."""
    await accept(outbox, levels(a_level(5)))
    await complete(outbox, await claim_level(outbox))
    await accept(outbox, levels(a_level(5, expected=9), source="shop"))
    await accept(outbox, levels(a_level(3)))
    clock.forward(seconds=16)
    await outbox.turn()
    correction = level_of(await claim_level(outbox))
    assert (correction.quantity, correction.expected, correction.left) == (3, 9, 5)
    assert changed_elsewhere(correction, "shop")


async def test_a_sale_that_explains_what_was_seen_leaves_nothing_to_report(
    outbox: PostgresOutbox, clock: HandClock
) -> None:
    """The shop showed 4 instead of our 5 because it had sold one; meanwhile goods came in."""
    await accept(outbox, levels(a_level(5)))
    await complete(outbox, await claim_level(outbox))
    await accept(outbox, levels(a_level(5, expected=4), source="shop"))
    await accept(outbox, acceptance(levels=(Wanted("shop", "shop", a_level(4), sold=(Sale(1, clock.now()),)),)))
    await accept(outbox, levels(a_level(8)))
    clock.forward(seconds=16)
    await outbox.turn()
    level = level_of(await claim_level(outbox))
    assert (level.quantity, level.expected, changed_elsewhere(level, "shop")) == (8, 4, None)


async def test_goods_that_the_shop_put_back_itself_leave_nothing_to_report(
    outbox: PostgresOutbox, clock: HandClock
) -> None:
    """SHO-F3: a refund put one back on the shop's shelf; the ERP still counts it as sold, so the level stays."""
    await accept(outbox, levels(a_level(5)))
    await complete(outbox, await claim_level(outbox))
    await accept(outbox, levels(a_level(5, expected=6), source="shop"))
    back = (Sale(-1, clock.now()),)
    await accept(outbox, acceptance(levels=(Wanted("shop", "shop", a_level(5), sold=back),)))
    clock.forward(seconds=16)
    await outbox.turn()
    level = level_of(await claim_level(outbox))
    assert (level.quantity, changed_elsewhere(level, "shop")) == (5, None)


async def test_what_we_set_ourselves_is_no_change_of_somebody_else(outbox: PostgresOutbox, clock: HandClock) -> None:
    """The correction was on its way when a newer quantity took its place: it goes again, and was told already."""
    await accept(outbox, levels(a_level(5)))
    await complete(outbox, await claim_level(outbox))
    await accept(outbox, levels(a_level(5, expected=9), source="shop"))
    clock.forward(seconds=16)
    await outbox.turn()
    correction = await claim_level(outbox)
    await accept(outbox, levels(a_level(4)))
    await accept(outbox, levels(a_level(3)))
    await complete(outbox, correction)
    again = level_of(await claim_level(outbox))
    assert (again.quantity, again.expected, again.seen_at) == (3, 5, None)
    assert changed_elsewhere(replace(again, expected=4), "shop") is None


async def test_what_a_sale_overtook_is_not_raised_before_the_orders_are_read(
    outbox: PostgresOutbox, clock: HandClock
) -> None:
    """SHO-26, S-18: two of the five were sold by orders that we have not read; the ERP still counts them as free."""
    await accept(outbox, levels(a_level(5)))
    message = await claim_level(outbox)
    await accept(outbox, levels(a_level(6)))  # while it is under way
    await outbox.settle([Settlement(message, Complete("set"), replace(level_of(message), quantity=3))])
    raising = level_of(await claim_level(outbox))
    assert (raising.quantity, raising.expected, raising.seen_at) == (6, 3, clock.now())
    assert rests_on_a_sighting(raising)


async def test_what_the_shop_took_off_by_selling_is_not_told_to_it(
    outbox: PostgresOutbox, database: Database, clock: HandClock
) -> None:
    """SHO-F4: at a peak every sale would cost a call, and the ERP's own word of it another."""
    await accept(outbox, levels(a_level(5)))
    await complete(outbox, await claim_level(outbox))
    sold = (Sale(2, clock.forward(minutes=1)),)
    sale = acceptance(levels=(Wanted("shop", "shop", a_level(3), sold=sold),))
    assert await accept(outbox, sale) == Accepted()
    assert await accept(outbox, levels(a_level(3))) == Accepted()
    [row] = await query(database, "select desired, shown from khaossync.levels")
    assert tuple(row) == (3, 3)


async def test_a_sale_from_an_unknown_place_is_looked_at_before_anything_is_told(
    outbox: PostgresOutbox, database: Database
) -> None:
    """S-20: with several locations nobody knows which of them shows less; a blind write would undo the next sale."""
    await accept(outbox, levels(a_level(5)))
    await complete(outbox, await claim_level(outbox))
    assert (await accept(outbox, acceptance(levels=(Wanted("shop", "shop", a_level(4), sold=None),)))).levels == 0
    [row] = await query(database, "select desired, shown from khaossync.levels")
    assert tuple(row) == (4, 5)
    assert (await accept(outbox, levels(a_level(4, expected=5), source="shop"))).levels == 1


@pytest.mark.parametrize("late", [True, False])
async def test_a_reading_that_began_before_our_last_write_has_not_seen_it(
    outbox: PostgresOutbox, clock: HandClock, late: bool
) -> None:
    """S-17: a page of listings may be stored long after it was read."""
    asked_at = clock.now()
    await accept(outbox, levels(a_level(5)))
    await complete(outbox, await claim_level(outbox))
    clock.forward(seconds=30)
    seen_at = asked_at if late else clock.now()
    seen = Wanted("shop", "shop", a_level(5, expected=9), seen=9, seen_at=seen_at)
    assert (await accept(outbox, acceptance(levels=(seen,)))).levels == (0 if late else 1)


async def test_a_reading_that_began_later_is_believed_although_another_was_stored_meanwhile(
    outbox: PostgresOutbox, clock: HandClock
) -> None:
    """S-17, S-39: staff type 3 over our 5 between two readings, and the second begins before the first is stored."""
    await accept(outbox, levels(a_level(5)))
    await complete(outbox, await claim_level(outbox))
    first_at, second_at = clock.forward(seconds=30), clock.forward(seconds=1)
    clock.forward(seconds=1)
    first = Wanted("shop", "shop", a_level(5, expected=5), seen=5, seen_at=first_at)
    assert (await accept(outbox, acceptance(levels=(first,)))).levels == 0
    second = Wanted("shop", "shop", a_level(5, expected=3), seen=3, seen_at=second_at)
    assert (await accept(outbox, acceptance(levels=(second,)))).levels == 1


async def test_a_reading_that_began_before_a_sale_was_noted_has_not_seen_it(
    outbox: PostgresOutbox, clock: HandClock
) -> None:
    await accept(outbox, levels(a_level(5)))
    await complete(outbox, await claim_level(outbox))
    asked_at = clock.forward(minutes=1)
    sold = Wanted("shop", "shop", a_level(3), sold=(Sale(2, clock.forward(seconds=9)),))
    await accept(outbox, acceptance(levels=(sold,)))
    seen = Wanted("shop", "shop", a_level(3, expected=5), seen=5, seen_at=asked_at)
    assert (await accept(outbox, acceptance(levels=(seen,)))).levels == 0


async def test_a_sale_that_was_seen_already_is_not_taken_off_again(outbox: PostgresOutbox, clock: HandClock) -> None:
    """S-20: taken off twice, the next sale would look like the shop's own figure, and be undone."""
    await accept(outbox, levels(a_level(5)))
    await complete(outbox, await claim_level(outbox))
    sold = (Sale(1, clock.now() - timedelta(seconds=1)),)
    await accept(outbox, acceptance(levels=(Wanted("shop", "shop", a_level(4), sold=sold),)))
    assert level_of(await claim_level(outbox)) == a_level(4, expected=5)


async def test_an_item_that_the_channel_has_no_more_is_forgotten(outbox: PostgresOutbox, database: Database) -> None:
    """S-18: else every movement in the ERP would ask for it again."""
    told = [document("shop", Kind.LISTING, sku, listing(sku)) for sku in ("MUG", "TEE")]
    await accept(outbox, acceptance(documents=told, stream="catalogue"))
    await accept(outbox, levels(a_level(5), a_level(5, sku="TEE")))
    mug, tee = await outbox.claim("shop", Kind.STOCK_LEVEL, 10)
    await outbox.settle([Settlement(mug, Withdraw("the shop has no such item")), Settlement(tee, Complete("1"))])
    assert [one.sku for one in (await outbox.listed("shop", "", 9)).listings] == ["TEE"]
    assert [row["key"] for row in await query(database, "select key from khaossync.levels")] == ["TEE@loc-1"]


async def test_sales_of_one_page_add_up(outbox: PostgresOutbox, database: Database, clock: HandClock) -> None:
    await accept(outbox, levels(a_level(9)))
    await complete(outbox, await claim_level(outbox))
    first, second = Sale(1, clock.forward(minutes=1)), Sale(2, clock.forward(minutes=1))
    both = (Wanted("shop", "shop", a_level(8), sold=(first,)), Wanted("shop", "shop", a_level(6), sold=(second,)))
    assert await accept(outbox, acceptance(levels=both)) == Accepted()
    assert await value(database, "select shown from khaossync.levels") == 6


async def test_a_drifted_channel_is_told_again_but_not_while_a_message_is_under_way(outbox: PostgresOutbox) -> None:
    """SHO-14, S-17: somebody changed the quantity in the shop."""
    await accept(outbox, levels(a_level(5, expected=1)))
    assert (await accept(outbox, levels(a_level(5, expected=2), source="shop"))).levels == 0
    await complete(outbox, await claim_level(outbox))
    assert (await accept(outbox, levels(a_level(5, expected=7), source="shop"))).levels == 1


async def test_a_parked_level_goes_again_when_the_quantity_changes(outbox: PostgresOutbox, database: Database) -> None:
    await accept(outbox, levels(a_level(5)))
    await outbox.settle([Settlement(await claim_level(outbox), Park(a_case()))])
    await accept(outbox, levels(a_level(4)))
    await outbox.turn()
    again = await claim_level(outbox)
    assert level_of(again).quantity == 4
    await complete(outbox, again)
    assert await value(database, "select state from khaossync.cases") == "closed"


async def test_a_level_that_waits_for_time_takes_the_newer_quantity_and_goes_on_waiting(
    outbox: PostgresOutbox, clock: HandClock
) -> None:
    await accept(outbox, levels(a_level(5)))
    later = clock.now() + timedelta(minutes=5)
    await outbox.settle([Settlement(await claim_level(outbox), Retry(later, "rate limited"))])
    await accept(outbox, levels(a_level(4)))
    await outbox.turn()
    assert await outbox.claim("shop", Kind.STOCK_LEVEL, 10) == []
    clock.forward(minutes=6)
    await outbox.turn()
    assert level_of(await claim_level(outbox)).quantity == 4


async def test_locations_and_channels_are_lanes_of_their_own(outbox: PostgresOutbox) -> None:
    here, there = a_level(5), ChannelLevel("MUG", "item-MUG", "loc-2", 5)
    await accept(outbox, levels(here, there))
    claimed = await outbox.claim("shop", Kind.STOCK_LEVEL, 10)
    assert [message.key for message in claimed] == ["MUG@loc-1", "MUG@loc-2"]
