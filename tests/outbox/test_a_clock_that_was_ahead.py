"""What a clock that was hours ahead wrote down holds up nothing once it is right."""

from dataclasses import replace

import pytest
from outbox.stories import (
    HandClock,
    a_level,
    accept,
    acceptance,
    an_accepted_order,
    claim_one,
    complete,
    levels,
    order_document,
    order_message,
    value,
)
from outbox.test_holding import ONE, held, level_document, told_level, unposted

from khaossync.domain.documents import Kind
from khaossync.domain.levels import rests_on_a_sighting
from khaossync.domain.messages import Retry, Settlement
from khaossync.domain.stock import ChannelLevel, Wanted
from khaossync.outbox import Database, PostgresOutbox


async def test_a_level_that_is_read_now_is_newer_than_one_of_the_future(
    outbox: PostgresOutbox, database: Database, clock: HandClock
) -> None:
    clock.forward(hours=5)
    await accept(outbox, told_level(level_document(clock, "7")))
    clock.forward(hours=-5)
    now = level_document(clock, "4")
    assert await outbox.news([now]) == [now]
    await accept(outbox, told_level(now))
    assert await value(database, "select version from khaossync.documents") == "4"


async def test_what_the_other_side_itself_dates_keeps_its_order_while_our_clock_is_behind(
    outbox: PostgresOutbox, database: Database, clock: HandClock
) -> None:
    """An order's moment is the shop's: that it seems to be of the future says nothing against it."""
    told = order_document(version="2", moment=clock.now())
    stale = order_document(version="1", moment=clock.forward(minutes=-4))
    await accept(outbox, acceptance(documents=[told]))
    assert await outbox.news([stale]) == []
    await accept(outbox, acceptance(documents=[stale]))
    assert await value(database, "select version from khaossync.documents") == "2"


async def test_what_a_shop_is_seen_to_show_is_believed_again(outbox: PostgresOutbox, clock: HandClock) -> None:
    """S-17: the first reading may have begun before our last write; the next has not."""
    await accept(outbox, levels(a_level(5)))
    clock.forward(hours=5)
    await complete(outbox, await claim_one(outbox, "shop", Kind.STOCK_LEVEL))
    clock.forward(hours=-5)
    for believed in (0, 1):
        seen_at = clock.forward(seconds=30)
        seen = Wanted("shop", "shop", a_level(5, expected=9), seen=9, seen_at=seen_at)
        clock.forward(seconds=1)
        assert (await accept(outbox, acceptance(levels=(seen,)))).levels == believed


async def test_what_was_posted_is_given_back_once_the_erp_was_read(outbox: PostgresOutbox, clock: HandClock) -> None:
    await accept(outbox, held(ONE))
    clock.forward(hours=5)
    await complete(outbox, await claim_one(outbox))
    clock.forward(hours=-5)
    assert await outbox.counted("shop", clock.now()) == []
    clock.forward(seconds=30)
    await accept(outbox, told_level(level_document(clock)))
    assert await unposted(outbox) == 0


async def test_what_was_tried_waits_no_longer_than_a_back_off(outbox: PostgresOutbox, clock: HandClock) -> None:
    await accept(outbox, an_accepted_order())
    clock.forward(hours=5)
    retry = Retry(clock.forward(seconds=4), "no answer", failed=True)
    await outbox.settle([Settlement(await claim_one(outbox), retry)])
    clock.forward(hours=-5)
    await outbox.turn()
    assert await outbox.claim("khaos", Kind.ORDER, 1) == []
    assert await outbox.hasten() == {"messages": 1}
    await outbox.turn()
    assert (await claim_one(outbox)).failures == 1


async def test_a_correction_waits_for_orders_that_are_read_now(outbox: PostgresOutbox, clock: HandClock) -> None:
    await accept(outbox, levels(a_level(5)))
    await complete(outbox, await claim_one(outbox, "shop", Kind.STOCK_LEVEL))
    clock.forward(hours=5)
    await accept(outbox, levels(a_level(5, expected=4), source="shop"))
    clock.forward(hours=-5)
    assert await outbox.hasten() == {"messages": 1}
    await outbox.turn()
    body = (await claim_one(outbox, "shop", Kind.STOCK_LEVEL)).body
    assert isinstance(body, ChannelLevel)
    assert rests_on_a_sighting(body)
    assert body.seen_at == clock.now()


@pytest.mark.parametrize("hours", [0.5, 3])
async def test_what_waits_as_it_should_is_left_alone(outbox: PostgresOutbox, clock: HandClock, hours: float) -> None:
    """A back-off, and an order that the merchant keeps back."""
    later = clock.now().replace(hour=12 + int(hours), minute=int(hours % 1 * 60))
    kept = replace(order_message("5002"), not_before=clock.now().replace(hour=20))
    await accept(outbox, acceptance(order_message(), kept))
    await outbox.settle([Settlement(await claim_one(outbox), Retry(later, "no answer", failed=hours < 1))])
    assert await outbox.hasten() == {"messages": 0}
