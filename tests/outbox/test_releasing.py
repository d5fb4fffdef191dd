"""What was mended goes on by itself, once, and says so only where something changed."""

from datetime import timedelta

import examples
import pytest
from outbox.stories import HandClock, accept, acceptance, an_order, claim_one, complete, order_message, query, value

from khaossync.domain.cases import Case, CaseClass
from khaossync.domain.documents import Document, Kind
from khaossync.domain.messages import Message, Park, Retry, Settlement, Withdraw
from khaossync.outbox import Database, PostgresOutbox, ignore_case, list_cases, release_after_change
from khaossync.ports import Acceptance

KEY = "shop:5001"


def unmapped(detail: str = "the ERP has no stock code CUP, JUG", codes: str = "CUP, JUG") -> Case:
    return Case(CaseClass.UNMAPPED_SKU, "shop", KEY, detail, {"stock codes": codes})


def told(*items: Document) -> Acceptance:
    return acceptance(documents=items, source="khaos", stream="catalogue")


def item(code: str, version: str = "1", source: str = "khaos") -> Document:
    return examples.document(source, Kind.STOCK_ITEM, code, examples.stock_item(code), version=version)


async def park(outbox: PostgresOutbox, message: Message, case: Case) -> None:
    await outbox.settle([Settlement(message, Park(case))])


async def a_parked_order(outbox: PostgresOutbox, case: Case | None = None) -> Message:
    await accept(outbox, acceptance(order_message(), refs={KEY: ("khaos", "S5001")}))
    message = await claim_one(outbox)
    await park(outbox, message, case or unmapped())
    return message


async def claimable(outbox: PostgresOutbox) -> bool:
    """Whether the order may go now; it is put back."""
    await outbox.turn()
    claimed = await outbox.claim("khaos", Kind.ORDER, 10)
    outbox.release(claimed)
    return bool(claimed)


async def history(database: Database) -> list[str]:
    return [
        row["event"]
        for row in await query(database, "select event from khaossync.history where case_id is null order by id")
    ]


async def test_an_item_that_the_catalogue_tells_releases_the_orders_that_waited_for_it(
    outbox: PostgresOutbox, database: Database
) -> None:
    """S-5, SHW-28: the stock code was created in the ERP, and nobody has to say so here."""
    await a_parked_order(outbox)
    await accept(outbox, told(item("MUG"), item("CUP", source="other")))
    assert not await claimable(outbox)
    await accept(outbox, told(item("JUG")))
    assert await claimable(outbox)
    await complete(outbox, await claim_one(outbox))
    [filed] = await list_cases(database, state="closed")
    assert (filed.closed_by, filed.why) == ("khaossync", "cured")


async def test_an_item_that_is_no_news_releases_nothing(outbox: PostgresOutbox) -> None:
    await accept(outbox, told(item("CUP")))
    await a_parked_order(outbox)
    await accept(outbox, told(item("CUP")))
    assert not await claimable(outbox)


async def test_the_same_cause_again_is_the_same_case_and_no_line_of_history(
    outbox: PostgresOutbox, database: Database, clock: HandClock
) -> None:
    await a_parked_order(outbox)
    [before] = await list_cases(database)
    clock.forward(hours=1)
    await accept(outbox, told(item("CUP")))
    await outbox.turn()
    await park(outbox, await claim_one(outbox), unmapped())
    [after] = await list_cases(database)
    assert (after.case_id, after.opened_at, after.waiting) == (before.case_id, before.opened_at, 1)
    assert await history(database) == ["parked", "released"]


async def test_the_same_case_in_other_words_is_told(outbox: PostgresOutbox, database: Database) -> None:
    await a_parked_order(outbox)
    await accept(outbox, told(item("CUP")))
    await outbox.turn()
    await park(outbox, await claim_one(outbox), unmapped("the ERP has no stock code JUG", "JUG"))
    [filed] = await list_cases(database)
    assert filed.case.detail == "the ERP has no stock code JUG"
    assert await history(database) == ["parked", "released", "parked"]


async def test_another_cause_closes_the_first_case_as_cured(outbox: PostgresOutbox, database: Database) -> None:
    await a_parked_order(outbox)
    await accept(outbox, told(item("CUP")))
    await outbox.turn()
    await park(outbox, await claim_one(outbox), Case(CaseClass.DISCONTINUED_ITEM, "shop", KEY, "CUP is discontinued"))
    [closed] = await list_cases(database, state="closed")
    assert (closed.case.case_class, closed.why) == (CaseClass.UNMAPPED_SKU, "cured")
    [still] = await list_cases(database)
    assert still.case.case_class is CaseClass.DISCONTINUED_ITEM


async def test_another_configuration_releases_what_it_may_cure_once(
    outbox: PostgresOutbox, database: Database, clock: HandClock
) -> None:
    """SHW-28: a new mapping is enough; a restart without a change asks nothing again."""
    await release_after_change(database, "first", clock.now())
    await a_parked_order(outbox)
    assert await release_after_change(database, "first", clock.now()) == 0
    assert not await claimable(outbox)
    assert await release_after_change(database, "second", clock.now()) == 1
    assert await claimable(outbox)
    await park(outbox, await claim_one(outbox), unmapped())
    assert await release_after_change(database, "second", clock.now()) == 0
    assert not await claimable(outbox)


@pytest.mark.parametrize("case_class", [CaseClass.EXPIRED, CaseClass.ATTEMPTS_EXHAUSTED, CaseClass.DESPATCH_REFUSED])
async def test_another_configuration_leaves_alone_what_it_cannot_cure(
    outbox: PostgresOutbox, database: Database, clock: HandClock, case_class: CaseClass
) -> None:
    await a_parked_order(outbox, Case(case_class, "khaos", KEY, "it went wrong elsewhere"))
    assert await release_after_change(database, "new", clock.now()) == 0
    assert not await claimable(outbox)


async def test_a_parked_order_is_judged_again_when_its_shop_tells_it_anew(
    outbox: PostgresOutbox, database: Database
) -> None:
    """The new facts come with it, for a shop that cannot be asked for them at the last moment."""
    await a_parked_order(outbox)
    await accept(outbox, acceptance(order_message(body=an_order(note="now with a SKU"))))
    await outbox.turn()
    message = await claim_one(outbox)
    assert message.body == an_order(note="now with a SKU")
    assert await history(database) == ["parked", "released"]


async def test_a_parked_order_that_is_cancelled_is_withdrawn_and_its_case_closes(
    outbox: PostgresOutbox, database: Database
) -> None:
    """S-29: nobody has to look at a case of an order that no longer exists."""
    await a_parked_order(outbox)
    await accept(outbox, acceptance(order_message(), order_message(kind=Kind.CANCELLATION)))
    await outbox.turn()
    await outbox.settle([Settlement(await claim_one(outbox), Withdraw("it was cancelled"))])
    [filed] = await list_cases(database, state="closed")
    assert filed.why == "no longer wanted"
    assert (await claim_one(outbox, kind=Kind.CANCELLATION)).kind is Kind.CANCELLATION


async def test_an_order_in_its_hold_goes_sooner_when_it_is_asked_for_sooner(
    outbox: PostgresOutbox, clock: HandClock
) -> None:
    """ADB-2: a person ends the hold in the shop."""
    later = clock.now() + timedelta(minutes=30)
    await accept(outbox, acceptance(order_message(not_before=later)))
    await accept(outbox, acceptance(order_message(not_before=later + timedelta(hours=1))))
    assert not await claimable(outbox)
    await accept(outbox, acceptance(order_message()))
    assert await claimable(outbox)


async def test_what_waits_after_a_failure_is_not_hurried(outbox: PostgresOutbox, clock: HandClock) -> None:
    """Law 6: the other side asked for time, or may still be at work on the first call."""
    await accept(outbox, acceptance(order_message()))
    message = await claim_one(outbox)
    await outbox.settle([Settlement(message, Retry(clock.now() + timedelta(minutes=5), "busy", doubt=True))])
    await accept(outbox, acceptance(order_message(body=an_order(note="newer"))))
    assert not await claimable(outbox)
    clock.forward(minutes=5)
    await outbox.turn()
    again = await claim_one(outbox)
    assert (again.body, again.doubt) == (message.body, True)  # looked for as it was sent


async def test_an_ignored_case_withdraws_what_was_released_and_waits(
    outbox: PostgresOutbox, database: Database, clock: HandClock
) -> None:
    """A person who says no is heard, also while the message only waits for time."""
    await a_parked_order(outbox)
    await accept(outbox, told(item("CUP")))
    await outbox.turn()
    await outbox.settle([Settlement(await claim_one(outbox), Retry(clock.now() + timedelta(minutes=5), "unpaid"))])
    [filed] = await list_cases(database)
    assert await ignore_case(database, filed.case_id, "Operator", "keyed by hand", clock.now()) == 1
    assert await value(database, "select count(*) from khaossync.messages") == 0


async def test_what_waits_for_its_payment_goes_as_soon_as_that_is_told(
    outbox: PostgresOutbox, clock: HandClock
) -> None:
    await accept(outbox, acceptance(order_message()))
    unpaid = Retry(clock.now() + timedelta(minutes=5), "its payment is pending")
    await outbox.settle([Settlement(await claim_one(outbox), unpaid)])
    await accept(outbox, acceptance(order_message(body=an_order(note="paid"))))
    assert await claimable(outbox)


async def test_a_release_gives_no_attempts_back_but_all_the_time(outbox: PostgresOutbox, clock: HandClock) -> None:
    """A refused order is tried once more for each cause that changed, not four times; waiting still has an end."""
    await accept(outbox, acceptance(order_message(), refs={KEY: ("khaos", "S5001")}))
    await outbox.settle([Settlement(await claim_one(outbox), Retry(clock.now(), "refused", spent=True))])
    await outbox.turn()
    await park(outbox, await claim_one(outbox), unmapped())
    clock.forward(days=40)
    await accept(outbox, told(item("CUP")))
    await outbox.turn()
    message = await claim_one(outbox)
    assert (message.attempts, message.expires_at) == (1, clock.now() + timedelta(hours=24))


async def test_what_is_finished_is_never_asked_for_again(outbox: PostgresOutbox, database: Database) -> None:
    """Law 2."""
    await accept(outbox, acceptance(order_message()))
    await complete(outbox, await claim_one(outbox))
    await accept(outbox, acceptance(order_message()))
    assert await value(database, "select count(*) from khaossync.messages") == 0
