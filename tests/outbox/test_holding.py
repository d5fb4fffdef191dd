"""What is sold and not posted is held back until the ERP's level counts it."""

from dataclasses import replace
from decimal import Decimal

import examples
from outbox.stories import (
    HandClock,
    accept,
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
from khaossync.ports import Acceptance, Listed

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
    await accept(outbox, held(ONE))
    await accept(outbox, held({"MUG": Decimal(2), "SAUCER": Decimal(4)}, "5002"))
    assert [await unposted(outbox), await unposted(outbox, "SAUCER")] == [Decimal(3), Decimal(4)]
    known = await outbox.look_up(Question(held=frozenset({ORDER, "shop:unknown"})))
    assert known.held == {ORDER: ONE, "shop:unknown": {}}


async def test_an_order_holds_what_it_was_last_judged_to_hold(outbox: PostgresOutbox) -> None:
    await accept(outbox, held({"MUG": Decimal(3), "SAUCER": Decimal(1)}))
    await accept(outbox, acceptance(holds={ORDER: ("khaos", ONE)}))
    assert [await unposted(outbox), await unposted(outbox, "SAUCER")] == [Decimal(1), Decimal(0)]
    await accept(outbox, acceptance(holds={ORDER: ("khaos", {})}))
    assert await unposted(outbox) == 0


async def test_a_posted_order_holds_its_goods_until_the_level_is_read_anew(
    outbox: PostgresOutbox, clock: HandClock
) -> None:
    """S-20: between the import and the next reading neither side counts the sale."""
    early = level_document(clock)
    await accept(outbox, held(ONE))
    clock.forward(seconds=5)
    await complete(outbox, await claim_one(outbox))
    assert await unposted(outbox) == 1
    await accept(outbox, told_level(early))
    assert await unposted(outbox) == 1
    clock.forward(seconds=5)
    await accept(outbox, told_level(level_document(clock, "6")))
    assert await unposted(outbox) == 0


async def test_a_level_being_judged_counts_what_was_posted_before_it_was_read(
    outbox: PostgresOutbox, clock: HandClock
) -> None:
    await accept(outbox, held(ONE))
    await complete(outbox, await claim_one(outbox))
    read_at = clock.forward(seconds=5)
    asked = Question(unposted=frozenset({Unposted("shop", "MUG"), Unposted("shop", "MUG", read_at)}))
    assert (await outbox.look_up(asked)).unposted == {}


async def test_an_unchanged_level_is_news_when_something_waits_for_its_reading(
    outbox: PostgresOutbox, clock: HandClock
) -> None:
    """The ERP may take the units before our own note of the posting: then no later level looks different."""
    await accept(outbox, told_level(level_document(clock)))
    await accept(outbox, held(ONE))
    clock.forward(seconds=5)
    assert await outbox.news([level_document(clock)]) == []
    await complete(outbox, await claim_one(outbox))
    assert await outbox.news([level_document(clock)]) == []
    clock.forward(seconds=5)
    again = level_document(clock)
    assert await outbox.news([again]) == [again]
    await accept(outbox, told_level(again))
    assert await unposted(outbox) == 0
    assert await outbox.news([level_document(clock)]) == []


async def test_an_order_that_will_not_go_holds_nothing(outbox: PostgresOutbox) -> None:
    await accept(outbox, held(ONE))
    message = await claim_one(outbox)
    await outbox.settle([Settlement(message, Withdraw("cancelled"))])
    assert await unposted(outbox) == 0


async def test_an_order_in_the_erp_cannot_begin_to_hold_again(outbox: PostgresOutbox) -> None:
    """A page that was judged before the order was settled, and stored after."""
    await accept(outbox, an_accepted_order())
    await complete(outbox, await claim_one(outbox))
    await accept(outbox, acceptance(documents=[order_document(version="2")], holds={ORDER: ("khaos", ONE)}))
    assert await unposted(outbox) == 0


async def test_what_was_posted_long_ago_is_given_back_once_the_erp_was_read(
    outbox: PostgresOutbox, database: Database, clock: HandClock
) -> None:
    """S-20: also what a settling left behind that crossed an acceptance; but while the ERP stands still, nothing."""
    await accept(outbox, told_level(level_document(clock)))
    await accept(outbox, held(ONE))
    await complete(outbox, await claim_one(outbox))
    async with database.connection() as connection:
        await connection.execute("update khaossync.unposted set posted_at = null")
    until = clock.forward(minutes=40)
    assert await outbox.counted("shop", until) == []
    await outbox.read_up_to("khaos", "stock", clock.forward(minutes=1))
    assert await outbox.counted("outlet", until) == []
    assert await outbox.counted("shop", until) == ["MUG"]
    await accept(outbox, acceptance(counted={("khaos", "MUG"): until}))
    assert await outbox.counted("shop", until) == []
    assert await value(database, "select count(*) from khaossync.unposted") == 0


async def test_listings_are_told_in_pieces(outbox: PostgresOutbox) -> None:
    told = [examples.document("shop", Kind.LISTING, sku, examples.listing(sku)) for sku in ("C", "A", "B")]
    await accept(outbox, acceptance(documents=told, stream="catalogue"))
    assert await outbox.listed("shop", "", 2) == Listed((examples.listing("A"), examples.listing("B")), "B")
    assert await outbox.listed("shop", "B", 2) == Listed((examples.listing("C"),), None)
    assert await outbox.listed("outlet", "", 2) == Listed((), None)


async def test_what_another_release_stored_is_passed_over_and_does_not_end_the_listings(
    outbox: PostgresOutbox, database: Database
) -> None:
    """One such listing must not stop the judging of all others for good."""
    told = [examples.document("shop", Kind.LISTING, sku, examples.listing(sku)) for sku in ("A", "B", "C")]
    await accept(outbox, acceptance(documents=told, stream="catalogue"))
    await value(database, "update khaossync.documents set body = '{}' where key = 'B'")
    assert await outbox.listed("shop", "", 2) == Listed((examples.listing("A"),), "B")
    assert await outbox.listed("shop", "B", 2) == Listed((examples.listing("C"),), None)


async def test_packs_and_refunds_of_another_release_are_not_known(outbox: PostgresOutbox, database: Database) -> None:
    packs = [examples.stock_item(code, pack={"MUG": Decimal(2)}) for code in ("PAIR", "SET")]
    told = [examples.document("khaos", Kind.STOCK_ITEM, one.stock_code, one) for one in packs]
    await accept(outbox, acceptance(documents=told, source="khaos", stream="items"))
    refunds = [examples.refund(order_id="5001", refund_id=each) for each in ("1", "2")]
    told = [examples.document("shop", Kind.REFUND, f"{ORDER}/{one.refund_id}", one) for one in refunds]
    await accept(outbox, acceptance(documents=told))
    broken = "update khaossync.documents set body = $1 where key in ($2, $3)"
    await value(database, broken, '{"pack": {"MUG": "2"}}', "PAIR", f"{ORDER}/1")
    known = await outbox.look_up(Question(packs_of=frozenset({("khaos", "MUG")}), refunds=frozenset({ORDER})))
    assert known.packs == {("khaos", "MUG"): (packs[1],)}
    assert known.refunds == {ORDER: (refunds[1],)}


async def test_the_orders_are_known_up_to_where_the_last_whole_reading_began(
    outbox: PostgresOutbox, clock: HandClock
) -> None:
    """S-20: the first of many pages says nothing of a sale that stands on the last."""
    asked = Question(orders_read=frozenset({"shop", "outlet"}))
    began_at = clock.now()
    await accept(outbox, an_accepted_order())
    assert (await outbox.look_up(asked)).orders_read == {}
    clock.forward(seconds=30)
    await outbox.read_up_to("shop", "orders", began_at)
    assert (await outbox.look_up(asked)).orders_read == {"shop": began_at}
