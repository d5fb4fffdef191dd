"""Accepting: one transaction per page, one effect per key for ever, and nothing twice."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import examples
from outbox.stories import (
    HandClock,
    a_case,
    a_level,
    accept,
    acceptance,
    an_accepted_order,
    an_order,
    claim_one,
    complete,
    levels,
    order_document,
    order_message,
    query,
    value,
)

from khaossync.domain.cases import CaseClass
from khaossync.domain.documents import Kind, Page, Unreadable
from khaossync.domain.knowledge import Effect, Knowledge, Question
from khaossync.domain.links import LinkState
from khaossync.domain.messages import NewMessage
from khaossync.domain.stock import Wanted
from khaossync.outbox import Database, PostgresOutbox
from khaossync.ports import Accepted, Hint


async def test_a_page_leaves_documents_messages_and_cursor(outbox: PostgresOutbox, database: Database) -> None:
    """Law 1: all of it in one transaction."""
    accepted = await accept(outbox, an_accepted_order())
    assert accepted == Accepted(documents=1, messages=1)
    assert await outbox.cursor("shop", "orders") == "1"
    [message] = await query(database, "select kind, key, state, xmin::text from khaossync.messages")
    [document] = await query(database, "select kind, key, version, xmin::text from khaossync.documents")
    assert tuple(message)[:3] == ("order", "shop:5001", "ready")
    assert tuple(document)[:3] == ("order", "shop:5001", "1")
    assert message["xmin"] == document["xmin"]


async def test_a_page_told_twice_changes_nothing(outbox: PostgresOutbox, database: Database) -> None:
    """Law 2."""
    await accept(outbox, an_accepted_order())
    assert await accept(outbox, an_accepted_order()) == Accepted()
    assert await value(database, "select count(*) from khaossync.ledger") == 1
    assert await value(database, "select count(*) from khaossync.raws") == 1


async def test_an_effect_is_unique_even_after_it_is_done(outbox: PostgresOutbox, database: Database) -> None:
    """Law 2, M-6: the ledger never forgets."""
    await accept(outbox, an_accepted_order())
    await complete(outbox, await claim_one(outbox))
    assert (await accept(outbox, an_accepted_order())).messages == 0
    assert await outbox.claim("khaos", Kind.ORDER, 10) == []
    [row] = await query(database, "select outcome, reference from khaossync.ledger")
    assert tuple(row) == ("done", "SO1")


async def test_the_same_page_accepted_many_times_at_once_is_harmless(
    outbox: PostgresOutbox, database: Database
) -> None:
    page = replace(an_accepted_order(), cases=(a_case(),), levels=(Wanted("shop", "khaos", a_level(5)),))
    results = await asyncio.gather(*(accept(outbox, page) for _ in range(20)))
    assert sum(result.messages for result in results) == 1
    assert sum(result.documents for result in results) == 1
    assert sum(result.levels for result in results) == 1
    assert sum(result.cases for result in results) == 1
    assert await value(database, "select count(*) from khaossync.messages") == 2


async def test_pages_that_come_together_share_a_transaction(outbox: PostgresOutbox, database: Database) -> None:
    pages = [acceptance(order_message(str(n)), cursor=str(n), stream=f"s{n}") for n in range(50)]
    results = await asyncio.gather(*(accept(outbox, page) for page in pages))
    assert results == [Accepted(messages=1)] * 50
    assert await value(database, "select count(distinct xmin::text) from khaossync.messages") < 10
    assert [await outbox.cursor("shop", f"s{n}") for n in (0, 49)] == ["0", "49"]


async def test_a_bad_page_fails_alone(outbox: PostgresOutbox) -> None:
    """One document must not stop the rest."""
    good = an_accepted_order("1")
    bad = acceptance(order_message("2", kind=Kind.REFUND), cursor="bad", stream="other")  # an order is no refund
    results = await asyncio.gather(
        accept(outbox, acceptance(stream="first")), accept(outbox, good), accept(outbox, bad), return_exceptions=True
    )
    assert results[1] == Accepted(documents=1, messages=1)
    assert isinstance(results[2], TypeError)
    assert await outbox.cursor("shop", "other") is None


async def test_an_older_moment_never_overwrites_a_newer_document(outbox: PostgresOutbox, database: Database) -> None:
    new = order_document(version="2", moment=examples.NOON + timedelta(hours=1))
    await accept(outbox, acceptance(documents=[new]))
    assert await outbox.news([order_document(version="1")]) == []
    await accept(outbox, acceptance(documents=[order_document(version="1")]))
    assert await value(database, "select version from khaossync.documents") == "2"


async def test_of_two_versions_in_one_page_the_newest_is_kept(outbox: PostgresOutbox, database: Database) -> None:
    new = order_document(version="2", moment=examples.NOON + timedelta(hours=1))
    await accept(outbox, acceptance(documents=[new, order_document(version="1")]))
    assert await value(database, "select version from khaossync.documents") == "2"
    assert await value(database, "select count(*) from khaossync.raws") == 2


async def test_a_connector_may_ask_which_versions_of_its_own_records_are_stored(outbox: PostgresOutbox) -> None:
    """S-2: what a shop lists and we do not have is found by asking, however odd its key."""
    mine = order_document()
    odd = replace(mine, key="shop:\0odd")
    other = replace(mine, source="other", version="9")
    await accept(outbox, acceptance(documents=[mine, odd]))
    await accept(outbox, acceptance(documents=[other]))
    asked = [mine.key, odd.key, "shop:unknown"]
    assert await outbox.versions("shop", Kind.ORDER, asked) == {mine.key: mine.version, odd.key: mine.version}
    assert await outbox.versions("shop", Kind.REFUND, asked) == {}
    assert await outbox.versions("shop", Kind.ORDER, []) == {}


async def test_what_an_effect_is_called_on_the_other_side_is_known_once_it_is_done(outbox: PostgresOutbox) -> None:
    """S-26: a late tracking number must find the fulfilment that it is for."""
    first: Effect = ("shop", Kind.DESPATCH, "shop:5001", "INV1")
    parcel = examples.despatch(despatch_id="INV1")
    asked = Question(told=frozenset({first}), despatches=frozenset({("khaos", "INV1")}))
    assert await outbox.look_up(asked) == Knowledge()
    page = [examples.document("khaos", Kind.DESPATCH, "INV1", parcel)]
    message = NewMessage(*first, "khaos", parcel)
    await accept(outbox, replace(acceptance(message, documents=page), source="khaos", stream="despatches"))
    assert await outbox.look_up(asked) == Knowledge(despatches={("khaos", "INV1"): parcel})
    await outbox.own(["shop"])
    await complete(outbox, await claim_one(outbox, "shop", Kind.DESPATCH), reference="gid-1 gid-2")
    assert (await outbox.look_up(asked)).told == {first: "gid-1 gid-2"}


async def test_news_leaves_out_what_is_known_already(outbox: PostgresOutbox) -> None:
    known, changed, other = order_document(), order_document(version="2"), order_document("5002")
    await accept(outbox, acceptance(documents=[known]))
    assert await outbox.news([known, changed, other, other]) == [changed, other]


async def test_an_unreadable_record_is_kept_raw_and_its_case_closes_when_it_is_read_well(
    outbox: PostgresOutbox, database: Database
) -> None:
    broken = Unreadable("shop", Kind.ORDER, "shop:5001", "no currency", "{broken}")
    page = Page((), "1", unreadable=(broken,))
    assert (await accept(outbox, acceptance(page=page))).cases == 1
    assert await value(database, "select raw from khaossync.raws") == "{broken}"
    [case] = await query(database, "select class, source, subject, state from khaossync.cases")
    assert tuple(case) == ("unreadable_document", "shop", "order shop:5001", "open")
    assert (await accept(outbox, acceptance(page=page))).cases == 0
    await accept(outbox, acceptance(documents=[order_document()]))
    [case] = await query(database, "select state, closed_by from khaossync.cases")
    assert tuple(case) == ("closed", "khaossync")


async def test_text_that_postgres_cannot_hold_does_not_stop_its_page(outbox: PostgresOutbox) -> None:
    order = an_order(note="nul \x00 and half a pair \ud83d")
    document = replace(order_document(raw="\x00\ud83d"), body=order)
    message = replace(order_message(), body=order)
    assert await accept(outbox, acceptance(message, documents=[document])) == Accepted(documents=1, messages=1)
    [claimed] = await outbox.claim("khaos", Kind.ORDER, 1)
    assert "nul \ufffd and half a pair" in claimed.body.note  # type: ignore[union-attr]  # it is an order


async def test_a_reference_is_given_once_and_its_link_is_intended(outbox: PostgresOutbox) -> None:
    """MKP-23: every order has a reference of its own."""
    await accept(outbox, an_accepted_order())
    await accept(outbox, acceptance(refs={"shop:5001": ("khaos", "OTHER")}))
    question = Question(orders=frozenset({"shop:5001"}), refs=frozenset({("khaos", "S5001")}))
    known = await outbox.look_up(question)
    link = known.links["shop:5001"]
    assert (link.ref, link.state, link.order_id) == ("S5001", LinkState.INTENDED, "5001")
    assert known.links_by_ref["khaos", "S5001"] == link


async def test_two_orders_cannot_share_a_reference(outbox: PostgresOutbox) -> None:
    """MKP-23, SHW-27: the second gets none, which stops it at the last look, and its stream goes on."""
    await accept(outbox, an_accepted_order("1"))
    await accept(outbox, acceptance(order_message("2"), refs={"shop:2": ("khaos", "S1")}, cursor="after"))
    known = await outbox.look_up(Question(orders=frozenset({"shop:1", "shop:2"})))
    assert [link.key for link in known.links.values()] == ["shop:1"]
    assert await outbox.cursor("shop", "orders") == "after"


async def test_the_stored_catalogue_answers_questions(outbox: PostgresOutbox) -> None:
    told = [
        examples.document("khaos", Kind.STOCK_ITEM, "MUG", examples.stock_item()),
        examples.document("khaos", Kind.STOCK_LEVEL, "MUG", examples.stock_level()),
        examples.document("shop", Kind.LISTING, "MUG", examples.listing()),
    ]
    question = Question(
        stock_items=frozenset({("khaos", "MUG"), ("khaos", "CUP")}),
        stock_levels=frozenset({("khaos", "MUG")}),
        listings=frozenset({("shop", "MUG")}),
        complete=frozenset({("khaos", Kind.STOCK_ITEM), ("khaos", Kind.STOCK_LEVEL)}),
    )
    await accept(outbox, acceptance(source="khaos", stream="stock", documents=told))
    assert (await outbox.look_up(question)).complete == frozenset()
    await accept(outbox, acceptance(source="khaos", stream="stock", page=Page((), "2", complete=True)))
    known = await outbox.look_up(question)
    assert known.stock_items == {("khaos", "MUG"): examples.stock_item()}
    assert known.stock_levels == {("khaos", "MUG"): examples.stock_level()}
    assert known.listings == {("shop", "MUG"): examples.listing()}
    assert known.complete == question.complete


async def test_a_webhook_delivery_counts_once(outbox: PostgresOutbox) -> None:
    hint = Hint("orders", "delivery-1", "orders/create")
    assert await outbox.hint("shop", hint)
    assert not await outbox.hint("shop", hint)
    assert await outbox.hint("other shop", hint)


async def test_a_case_that_is_opened_and_closed_at_once_stays_the_one_it_was(
    outbox: PostgresOutbox, database: Database
) -> None:
    """Two channels of one ERP look at different sites: one of them is short of an item and the other is not."""
    cured = ((CaseClass.UNMAPPED_SKU, "shop", "MUG"), (CaseClass.UNMAPPED_SKU, "shop", "CUP"))
    assert (await accept(outbox, acceptance(cases=(a_case(), a_case("CUP"))))).cases == 2
    assert (await accept(outbox, acceptance(cases=(a_case(),), closed=cured))).cases == 0
    await accept(outbox, acceptance(standing=(a_case(),), closed=cured))
    cases = await query(database, "select subject, state from khaossync.cases order by subject")
    assert [tuple(case) for case in cases] == [("CUP", "closed"), ("MUG", "open")]


async def test_a_case_of_a_page_is_one_case_while_it_is_open(outbox: PostgresOutbox, database: Database) -> None:
    assert (await accept(outbox, acceptance(cases=(a_case(), a_case())))).cases == 1
    assert (await accept(outbox, acceptance(cases=(a_case(),)))).cases == 0
    assert await value(database, "select count(*) from khaossync.cases") == 1


async def test_levels_and_messages_are_counted_apart(outbox: PostgresOutbox) -> None:
    assert await accept(outbox, levels(a_level(5))) == Accepted(levels=1)


async def test_the_refunds_told_of_an_order_are_known_oldest_first(outbox: PostgresOutbox) -> None:
    """Law 1: what came before its order is there when the order comes."""
    first, second = (examples.refund(refund_id=name) for name in ("r1", "r2"))
    told = [
        examples.document("shop", Kind.REFUND, one.refund_id, one, moment=examples.NOON + timedelta(minutes=minute))
        for minute, one in ((2, second), (1, first))
    ]
    await accept(outbox, acceptance(documents=told, stream="refunds"))
    known = await outbox.look_up(Question(refunds=frozenset({first.key, "shop:other"})))
    assert known.refunds == {first.key: (first, second)}


async def test_a_message_with_a_moment_is_not_handed_out_before_it(outbox: PostgresOutbox, clock: HandClock) -> None:
    """ADB-2: an order inside its fraud window waits; its time to live begins with its moment."""
    until = clock.now() + timedelta(hours=1)
    await accept(outbox, acceptance(order_message(not_before=until)))
    assert await outbox.claim("khaos", Kind.ORDER, 10) == []
    clock.forward(minutes=61)
    await outbox.turn()
    message = await claim_one(outbox)
    assert message.expires_at == until + timedelta(hours=24)
