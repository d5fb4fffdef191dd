"""A person is scrubbed from all that is stored, and what an auditor needs of the orders stays."""

import json
from dataclasses import fields, replace
from datetime import timedelta

import examples
import pytest
from outbox.stories import (
    HandClock,
    a_case,
    accept,
    acceptance,
    an_order,
    claim_one,
    complete,
    order_message,
    query,
    value,
)

from khaossync.domain.decision import Routing
from khaossync.domain.documents import Document, Kind, Page, Unreadable
from khaossync.domain.knowledge import Knowledge
from khaossync.domain.messages import HandOver, Park, Retry, Settlement
from khaossync.domain.orders import Company, Customer, Order
from khaossync.domain.plan import Plan
from khaossync.outbox import (
    Database,
    Erased,
    PostgresOutbox,
    Retention,
    erase,
    ignore_case,
    list_cases,
    orders_of,
    retry_case,
    trace,
    verify,
)
from khaossync.outbox.codec import load_document
from khaossync.outbox.tidying import tidy

NAME, EMAIL, STREET, CUSTOMER = (
    "Canarina",
    "canary.wren@example.com",
    "77 Birdcage Passage",
    "gid://shopify/Customer/42",
)
PERSONAL = (NAME, EMAIL, STREET, "+44 7700 900123", "LS9 9ZZ", "ring twice", "PO Canary", "gid://shopify/Customer/42")
KEY = "shop:5001"


def hers(number: str = "5001", **changes: object) -> Order:
    home = examples.address(forename=NAME, line1=STREET, postcode="LS9 9ZZ", telephone="+44 7700 900123")
    base = an_order(
        number,
        customer=Customer(CUSTOMER, EMAIL, NAME, "Wren", "+44 7700 900123"),
        billing=home,
        shipping=home,
        note="ring twice",
        purchase_order="PO Canary",
        company=Company("gid://shopify/Company/5", f"{NAME} Ltd", "CAN01"),
    )
    return replace(base, **changes)  # type: ignore[arg-type]  # as the test says


def told(order: Order, version: str = "1", **changes: object) -> Document:
    street = order.shipping.line1 if order.shipping else ""
    raw = json.dumps({"email": order.customer.email, "name": order.customer.forename, "street": street})
    document = examples.document("shop", Kind.ORDER, order.key, order, version=version)
    return replace(document, raw=raw, **changes)  # type: ignore[arg-type]  # as the test says


async def ordered(outbox: PostgresOutbox, order: Order) -> None:
    message = order_message(order.order_id, body=order)
    refs = {order.key: ("khaos", f"S{order.order_id}")}
    await accept(outbox, acceptance(message, documents=[told(order)], refs=refs))


async def a_life(outbox: PostgresOutbox, database: Database, clock: HandClock) -> None:
    """Her order: refused, retried, sent, despatched, refunded by hand; with her name in everybody's words."""
    await ordered(outbox, hers())
    refused = replace(a_case(KEY), detail=f"{STREET} does not fit", evidence={"text": STREET, "total": "18.00 GBP"})
    await outbox.settle([Settlement(await claim_one(outbox), Park(refused))])
    await retry_case(database, 1, "Operator", clock.now())
    await outbox.turn()
    message = await claim_one(outbox)
    await outbox.settle([Settlement(message, Retry(clock.now(), f"{NAME} is unknown"))])
    await outbox.turn()
    await complete(outbox, await claim_one(outbox), reference="SO77")
    refund = examples.refund(order_id="5001", order_number="#5001", note=f"{NAME} did not like it")
    despatch = examples.despatch(tracking_url=f"https://parcels.example.com/?name={NAME}")
    documents = [
        replace(examples.document("shop", Kind.REFUND, "r1", refund), raw=NAME),
        replace(examples.document("khaos", Kind.DESPATCH, "d1", despatch), raw=f"<to>{STREET}</to>"),
    ]
    ask = order_message(kind=Kind.REFUND, body=refund)
    await accept(outbox, acceptance(ask, documents=documents, source="khaos", stream="despatches"))
    by_hand = replace(a_case(f"{KEY} refund 9001"), detail=f"refund of 12.00 to {NAME}", evidence={"who": NAME})
    [credit] = await outbox.claim("khaos", Kind.REFUND, 1)
    await outbox.settle([Settlement(credit, HandOver(by_hand))])
    [filed] = await list_cases(database)
    await ignore_case(database, filed.case_id, "Operator", f"keyed for {NAME}", clock.now())


async def everything(database: Database) -> str:
    """All that is stored in any table, as text."""
    tables = await query(database, "select tablename from pg_tables where schemaname = 'khaossync'")
    rows = [await query(database, f"select t::text from khaossync.{row[0]} t") for row in tables]  # noqa: S608  from the catalogue
    return "\n".join(str(one[0]) for found in rows for one in found)


async def found(database: Database, person: str) -> list[str]:
    return list(await orders_of(database, person, lambda _: None))


async def scrub(
    database: Database, clock: HandClock, order: str = KEY, *, even_unfinished: bool = False, trial: bool = False
) -> Erased:
    return await erase(database, order, "Officer", clock.now(), even_unfinished=even_unfinished, trial=trial)


async def test_nothing_of_a_person_is_left_and_the_skeleton_is(
    outbox: PostgresOutbox, database: Database, clock: HandClock
) -> None:
    await a_life(outbox, database, clock)
    await ordered(outbox, an_order("5002"))
    before = await everything(database)
    assert [name for name in PERSONAL if name not in before] == []
    events = [(one.at, one.what, one.record) for one in (await trace(database, KEY)).events]
    done = await scrub(database, clock)
    assert done.hindrances == ()
    assert done.counts == {"documents": 3, "raw texts": 3, "cases": 2, "reasons": 8}
    after = await everything(database)
    assert [name for name in PERSONAL if name in after] == []
    assert "1 High Street" in after  # somebody else's
    told_now = [(one.at, one.what, one.record) for one in (await trace(database, KEY)).events]
    assert sorted(one for one in told_now if one[1] != "erased") == sorted(events)
    assert "18.00" in after
    assert "SO77" in after
    assert "TRACK1" in after


async def test_the_trail_stays_whole_and_tells_who_erased(
    outbox: PostgresOutbox, database: Database, clock: HandClock
) -> None:
    await a_life(outbox, database, clock)
    await outbox.seal()
    await ordered(outbox, hers("5003"))
    await complete(outbox, await claim_one(outbox))
    await scrub(database, clock)
    await scrub(database, clock, "shop:5003")
    await outbox.seal()
    checked = await verify(database, lambda _: None)
    assert (checked.broken, checked.unsealed, checked.forgotten > 0) == (None, 0, True)
    acts = await query(database, "select who, key, why from khaossync.history where event = 'erased' order by id")
    assert [tuple(row) for row in acts] == [("Officer", KEY, ""), ("Officer", "shop:5003", "")]


@pytest.mark.parametrize(
    "name", [EMAIL, EMAIL.upper(), CUSTOMER, "42", "CAN01", "gid://shopify/Company/5", f" {EMAIL} "]
)
async def test_a_person_is_found_by_each_of_their_names(outbox: PostgresOutbox, database: Database, name: str) -> None:
    await ordered(outbox, hers())
    await ordered(outbox, an_order("5002"))
    assert await found(database, name) == [KEY]
    assert await found(database, "nobody@example.com") == []
    assert await found(database, "") == []


async def test_an_older_version_and_an_unreadable_text_also_tell_of_a_person(
    outbox: PostgresOutbox, database: Database, clock: HandClock
) -> None:
    await accept(outbox, acceptance(documents=[told(hers("1"))]))
    later = replace(told(an_order("1"), "2"), moment=clock.forward(hours=1), raw="{}")
    broken = Unreadable("shop", Kind.ORDER, "shop:2", "no currency", f'{{"email": "{EMAIL}"}}')
    await accept(outbox, acceptance(page=Page((later,), "2", unreadable=(broken,))))
    assert await found(database, EMAIL) == ["shop:1", "shop:2"]
    assert (await scrub(database, clock, "shop:1")).counts == {"documents": 1, "raw texts": 2}
    assert (await scrub(database, clock, "shop:2")).hindrances == ("case 1 (unreadable_document) is open",)
    assert (await scrub(database, clock, "shop:2", even_unfinished=True)).hindrances == ()
    assert EMAIL not in await everything(database)


@pytest.mark.parametrize("email", [f"not.{EMAIL}", f"x{EMAIL}", f"{EMAIL}.au", f"{EMAIL}x", "canary-wren@example.com"])
async def test_a_similar_address_is_another_person(outbox: PostgresOutbox, database: Database, email: str) -> None:
    broken = Unreadable("shop", Kind.ORDER, "shop:2", "no currency", f'{{"email": "{email}"}}')
    other = an_order("1", customer=Customer("7", email, "An", "Other", ""))
    await accept(outbox, acceptance(page=Page((told(other),), "1", unreadable=(broken,))))
    assert await found(database, EMAIL) == []
    assert await found(database, email) == ["shop:1", "shop:2"]


async def test_many_orders_are_looked_through_in_pieces(
    outbox: PostgresOutbox, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("khaossync.outbox.erasing.PIECE", 30)
    documents = [told(hers(str(n)) if n % 10 == 0 else an_order(str(n))) for n in range(100)]
    documents = [replace(one, raw="{}") for one in documents]
    await accept(outbox, acceptance(documents=documents))
    looked: list[int] = []
    orders = await orders_of(database, EMAIL, looked.append)
    assert sorted(orders) == sorted(f"shop:{n}" for n in range(0, 100, 10))
    assert max(looked) == 200  # the orders, and then the raw texts


async def test_a_trial_changes_nothing_and_tells_what_would_be(
    outbox: PostgresOutbox, database: Database, clock: HandClock
) -> None:
    await a_life(outbox, database, clock)
    before = await everything(database)
    would = await scrub(database, clock, trial=True)
    assert await everything(database) == before
    assert await scrub(database, clock) == would
    assert (await scrub(database, clock)).counts.keys() == {"documents"}


async def test_unfinished_work_hinders_and_is_named(
    outbox: PostgresOutbox, database: Database, clock: HandClock
) -> None:
    """An order that the customer waits for must be delivered first, or given up knowingly."""
    await ordered(outbox, hers())
    [why] = (await scrub(database, clock, even_unfinished=True)).hindrances
    assert "message 1 (order for khaos) is on its way just now" in why
    await outbox.settle([Settlement(await claim_one(outbox), Park(a_case(KEY)))])
    assert (await scrub(database, clock)).hindrances == (
        "message 1 (order for khaos) is parked",
        "case 1 (unmapped_sku) is open",
    )
    assert EMAIL in await everything(database)
    done = await scrub(database, clock, even_unfinished=True)
    assert (done.counts["messages withdrawn"], done.counts["cases closed"]) == (1, 1)
    assert [name for name in PERSONAL if name in await everything(database)] == []
    assert await value(database, "select outcome from khaossync.ledger") == "withdrawn"
    assert await value(database, "select state from khaossync.links") == "withdrawn"


async def test_what_may_have_been_sent_is_not_given_up_unseen(
    outbox: PostgresOutbox, database: Database, clock: HandClock
) -> None:
    await ordered(outbox, hers())
    message = await claim_one(outbox)
    await outbox.settle([Settlement(message, Retry(clock.forward(hours=1), "no answer", doubt=True))])
    [why] = (await scrub(database, clock, even_unfinished=True)).hindrances
    assert "may have been sent" in why


async def test_a_later_telling_does_not_bring_the_person_back(
    outbox: PostgresOutbox, database: Database, clock: HandClock
) -> None:
    await a_life(outbox, database, clock)
    await scrub(database, clock)
    clock.forward(hours=1)
    refund = examples.refund(order_id="5001", refund_id="9", note=NAME)
    again = replace(told(hers(), "2"), moment=clock.now())
    documents = [again, replace(examples.document("shop", Kind.REFUND, "r9", refund), raw=NAME)]
    broken = Unreadable("shop", Kind.ORDER, KEY, "no currency", f"{{{EMAIL}}}")
    accepted = await accept(outbox, acceptance(page=Page(tuple(documents), "9", unreadable=(broken,))))
    assert accepted.documents == 2
    assert [name for name in PERSONAL if name in await everything(database)] == []
    versions = await outbox.versions("shop", Kind.ORDER, [KEY])
    assert versions == {KEY: "2"}
    raws = await query(database, "select version from khaossync.raws where key = $1 order by received_at", KEY)
    assert [row["version"].partition("-")[0] for row in raws] == ["1", "2", "unreadable"]


async def test_the_words_of_what_is_told_later_go_with_its_case(
    outbox: PostgresOutbox, database: Database, clock: HandClock
) -> None:
    """While it is open a person has to read them; the trail never has them."""
    await a_life(outbox, database, clock)
    await scrub(database, clock)
    refund = examples.refund(order_id="5001", order_number="#5001", note="")
    await accept(outbox, acceptance(order_message(kind=Kind.REFUND, version="9", body=refund)))
    [credit] = await outbox.claim("khaos", Kind.REFUND, 1)
    by_hand = replace(a_case(f"{KEY} refund 9009"), detail=f"refund of 7.00 to {NAME}", evidence={"who": NAME})
    await outbox.settle([Settlement(credit, HandOver(by_hand))])
    [filed] = await list_cases(database)
    assert NAME in filed.case.detail
    assert await value(database, "select count(*) from khaossync.history where position($1 in why) > 0", NAME) == 0
    await ignore_case(database, filed.case_id, "Operator", f"keyed for {NAME}", clock.now())
    assert NAME not in await everything(database)


async def test_people_are_forgotten_in_time_without_being_asked(
    outbox: PostgresOutbox, database: Database, clock: HandClock
) -> None:
    await a_life(outbox, database, clock)
    await outbox.seal()
    clock.forward(days=91)
    assert await outbox.tidy() == {"raws": 3, "case_words": 2, "reasons": 8}
    assert [name for name in PERSONAL if name in await everything(database)] == []
    assert (await verify(database, lambda _: None)).broken is None
    assert await outbox.tidy() == {}


async def test_a_shorter_time_is_the_time_of_what_is_stored_already(
    outbox: PostgresOutbox, database: Database, clock: HandClock
) -> None:
    await accept(outbox, acceptance(documents=[told(hers(str(number))) for number in range(3)]))
    clock.forward(days=40)
    late = told(hers("9"))
    stock = examples.document("khaos", Kind.STOCK_ITEM, "MUG", examples.stock_item(), moment=clock.now())
    order, now = hers("9"), clock.now()
    made = Routing("shop", "orders", now, (late,), Knowledge(), (Plan(),))
    await accept(outbox, acceptance(documents=[late, stock], decision=made))
    assert await tidy(database, now, Retention()) == {}
    assert await tidy(database, now, Retention(personal=timedelta(days=30))) == {"raws": 3}
    left = await query(database, "select key, expires_at - received_at as kept from khaossync.raws order by key")
    assert [tuple(row) for row in left] == [("MUG", timedelta(days=3)), (order.key, timedelta(days=30))]
    assert await value(database, "select expires_at - decided_at from khaossync.decisions") == timedelta(days=30)
    await tidy(database, clock.forward(days=30), Retention(personal=timedelta(days=30)))
    assert EMAIL not in await everything(database)


async def test_a_record_told_again_lately_keeps_its_person_until_that_is_old(
    outbox: PostgresOutbox, database: Database, clock: HandClock
) -> None:
    await accept(outbox, acceptance(documents=[told(hers())]))
    clock.forward(days=60)
    await accept(outbox, acceptance(documents=[replace(told(hers(), "2"), moment=clock.now())]))
    clock.forward(days=31)
    assert await outbox.tidy() == {"raws": 1}
    assert EMAIL in await everything(database)
    clock.forward(days=60)
    assert await outbox.tidy() == {"raws": 1}
    assert EMAIL not in await everything(database)


async def test_closed_cases_go_after_their_time_but_for_those_that_people_closed(
    outbox: PostgresOutbox, database: Database, clock: HandClock
) -> None:
    """A case that a person closed is not told again, however long ago that was."""
    await accept(outbox, acceptance(order_message()))
    await outbox.settle([Settlement(await claim_one(outbox), Park(a_case(KEY)))])
    await retry_case(database, 1, "Operator", clock.now())
    await outbox.turn()
    await complete(outbox, await claim_one(outbox))
    await accept(outbox, acceptance(cases=(a_case("CUP"),)))
    await ignore_case(database, 2, "Operator", "known", clock.now())
    clock.forward(days=731)
    await outbox.tidy()
    assert [tuple(row) for row in await query(database, "select id, detail from khaossync.cases")] == [(2, "")]
    await accept(outbox, acceptance(standing=(a_case("CUP"),)))
    assert await value(database, "select count(*) from khaossync.cases") == 1


@pytest.mark.parametrize("kind", [Kind.ORDER, Kind.REFUND, Kind.DESPATCH])
async def test_a_scrubbed_body_is_still_of_its_shape(
    outbox: PostgresOutbox, database: Database, clock: HandClock, kind: Kind
) -> None:
    await a_life(outbox, database, clock)
    await scrub(database, clock)
    body = await value(database, "select body from khaossync.documents where kind = $1", kind)
    assert load_document(kind, body)


KEPT = {
    *("channel", "order_id", "number", "placed_at", "updated_at", "currency", "gross", "payment", "confirmed", "test"),
    *(
        "cancelled_at",
        "lines",
        "deliveries",
        "payments",
        "extras",
        "tax",
        "oddities",
        "serial",
        "total",
        "refund_ids",
        "risk",
        "on_terms",
    ),
}
"""What stays of an order: its ids, amounts, moments and references."""


async def test_every_part_of_an_order_either_stays_or_goes(
    outbox: PostgresOutbox, database: Database, clock: HandClock
) -> None:
    """A new part of an order must be thought of here."""
    order = hers(tags=("a friend of Canarina",))
    await accept(outbox, acceptance(documents=[told(order)]))
    await scrub(database, clock)
    left = load_document(Kind.ORDER, await value(database, "select body from khaossync.documents"))
    assert isinstance(left, Order)
    assert {one.name for one in fields(Order) if getattr(left, one.name) == getattr(order, one.name)} == KEPT
    assert left.shipping is not None
    assert left.shipping.country_code == "GB"


@pytest.mark.parametrize(
    ("source", "kind"), [("shop", Kind.REFUND), ("khaos", Kind.DESPATCH), ("khaos", Kind.ORDER_STATE)]
)
async def test_what_could_not_be_read_is_scrubbed_whatever_it_was_of(
    outbox: PostgresOutbox, database: Database, clock: HandClock, source: str, kind: Kind
) -> None:
    await ordered(outbox, hers("6001", customer=Customer("c", "other@example.com", "O", "P", "")))
    odd = Unreadable(source, kind, "r77", "no currency", f"{{{EMAIL}}}")
    await accept(outbox, acceptance(page=Page((), "9", unreadable=(odd,)), source=source))
    for order in await found(database, EMAIL):
        assert not (await erase(database, order, "Operator", clock.now(), even_unfinished=True)).hindrances
    assert EMAIL not in await everything(database)
    assert await found(database, EMAIL) == []


async def test_an_order_that_waits_longer_than_persons_are_kept_is_still_found(
    outbox: PostgresOutbox, database: Database, clock: HandClock
) -> None:
    await ordered(outbox, hers())
    await outbox.settle([Settlement(await claim_one(outbox), Park(a_case(KEY)))])
    clock.forward(days=91)
    await outbox.tidy()
    for name in (EMAIL, CUSTOMER, "42", "CAN01"):
        assert await found(database, name) == [KEY], name
    await erase(database, KEY, "Operator", clock.now(), even_unfinished=True)
    assert EMAIL not in await everything(database)
