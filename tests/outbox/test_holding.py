"""What is sold and not posted is held back until the ERP's level counts it."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import examples
from outbox.stories import (
    HandClock,
    acceptance,
    an_accepted_order,
    claim_one,
    complete,
    order_document,
    value,
)

from khaossync.domain.documents import Document, Kind
from khaossync.domain.knowledge import Question, Unposted
from khaossync.domain.messages import Settlement, Withdraw
from khaossync.domain.orders import order_key
from khaossync.outbox import Database, PostgresOutbox
from khaossync.ports import Acceptance

ORDER = order_key("shop", "5001")
ONE = {"MUG": Decimal(1)}


def held(units: dict[str, Decimal], number: str = "5001") -> Acceptance:
    return replace(an_accepted_order(number), holds={order_key("shop", number): ("khaos", units)})


def level_document(clock: HandClock, available: str = "7") -> Document:
    body = examples.stock_level(available)
    return Document("khaos", Kind.STOCK_LEVEL, "MUG", available, clock.now(), body, "raw")


def told_level(document: Document) -> Acceptance:
    return acceptance(documents=[document], source="khaos", stream="stock")


async def unposted(outbox: PostgresOutbox, code: str = "MUG") -> Decimal:
    known = await outbox.look_up(Question(unposted=frozenset({Unposted("shop", code)})))
    return known.unposted.get(("shop", code), Decimal(0))


async def test_what_orders_hold_adds_up_over_all_of_them(outbox: PostgresOutbox) -> None:
    await outbox.accept(held(ONE))
    await outbox.accept(held({"MUG": Decimal(2), "SAUCER": Decimal(4)}, "5002"))
    assert [await unposted(outbox), await unposted(outbox, "SAUCER")] == [Decimal(3), Decimal(4)]
    known = await outbox.look_up(Question(held=frozenset({ORDER, "shop:unknown"})))
    assert known.held == {ORDER: ONE, "shop:unknown": {}}


async def test_an_order_holds_what_it_was_last_judged_to_hold(outbox: PostgresOutbox) -> None:
    await outbox.accept(held({"MUG": Decimal(3), "SAUCER": Decimal(1)}))
    await outbox.accept(acceptance(holds={ORDER: ("khaos", ONE)}))
    assert [await unposted(outbox), await unposted(outbox, "SAUCER")] == [Decimal(1), Decimal(0)]
    await outbox.accept(acceptance(holds={ORDER: ("khaos", {})}))
    assert await unposted(outbox) == 0


async def test_a_posted_order_holds_its_goods_until_the_level_is_read_anew(
    outbox: PostgresOutbox, clock: HandClock
) -> None:
    """S-20: between the import and the next reading neither side counts the sale."""
    early = level_document(clock)
    await outbox.accept(held(ONE))
    clock.forward(seconds=5)
    await complete(outbox, await claim_one(outbox))
    assert await unposted(outbox) == 1
    await outbox.accept(told_level(early))
    assert await unposted(outbox) == 1
    clock.forward(seconds=5)
    await outbox.accept(told_level(level_document(clock, "6")))
    assert await unposted(outbox) == 0


async def test_a_level_being_judged_counts_what_was_posted_before_it_was_read(
    outbox: PostgresOutbox, clock: HandClock
) -> None:
    await outbox.accept(held(ONE))
    await complete(outbox, await claim_one(outbox))
    read_at = clock.forward(seconds=5)
    asked = Question(unposted=frozenset({Unposted("shop", "MUG"), Unposted("shop", "MUG", read_at)}))
    assert (await outbox.look_up(asked)).unposted == {}


async def test_an_unchanged_level_is_news_when_something_waits_for_its_reading(
    outbox: PostgresOutbox, clock: HandClock
) -> None:
    """The ERP may take the units before our own note of the posting: then no later level looks different."""
    await outbox.accept(told_level(level_document(clock)))
    await outbox.accept(held(ONE))
    clock.forward(seconds=5)
    assert await outbox.news([level_document(clock)]) == []
    await complete(outbox, await claim_one(outbox))
    assert await outbox.news([level_document(clock)]) == []
    clock.forward(seconds=5)
    again = level_document(clock)
    assert await outbox.news([again]) == [again]
    await outbox.accept(told_level(again))
    assert await unposted(outbox) == 0
    assert await outbox.news([level_document(clock)]) == []


async def test_an_order_that_will_not_go_holds_nothing(outbox: PostgresOutbox) -> None:
    await outbox.accept(held(ONE))
    message = await claim_one(outbox)
    await outbox.settle([Settlement(message, Withdraw("cancelled"))])
    assert await unposted(outbox) == 0


async def test_an_order_in_the_erp_cannot_begin_to_hold_again(outbox: PostgresOutbox) -> None:
    """A page that was judged before the order was settled, and stored after."""
    await outbox.accept(an_accepted_order())
    await complete(outbox, await claim_one(outbox))
    await outbox.accept(acceptance(documents=[order_document(version="2")], holds={ORDER: ("khaos", ONE)}))
    assert await unposted(outbox) == 0


async def test_what_was_posted_long_ago_is_given_back(
    outbox: PostgresOutbox, database: Database, clock: HandClock
) -> None:
    """Also what a settling left behind that crossed an acceptance."""
    await outbox.accept(held(ONE))
    await complete(outbox, await claim_one(outbox))
    async with database.connection() as connection:
        await connection.execute("update khaossync.unposted set posted_at = null")
    assert await outbox.counted("shop", clock.now() - timedelta(minutes=1)) == []
    assert await outbox.counted("outlet", clock.now()) == []
    assert await outbox.counted("shop", clock.now()) == ["MUG"]
    assert await value(database, "select count(*) from khaossync.unposted") == 0


async def test_listings_are_told_in_pieces(outbox: PostgresOutbox) -> None:
    told = [examples.document("shop", Kind.LISTING, sku, examples.listing(sku)) for sku in ("C", "A", "B")]
    await outbox.accept(acceptance(documents=told, stream="catalogue"))
    assert [one.sku for one in await outbox.listed("shop", "", 2)] == ["A", "B"]
    assert [one.sku for one in await outbox.listed("shop", "B", 2)] == ["C"]
    assert await outbox.listed("outlet", "", 2) == []


async def test_the_moment_up_to_which_orders_are_known_is_told(outbox: PostgresOutbox, clock: HandClock) -> None:
    await outbox.accept(an_accepted_order())
    known = await outbox.look_up(Question(orders_read=frozenset({"shop", "outlet"})))
    assert known.orders_read == {"shop": clock.now()}
