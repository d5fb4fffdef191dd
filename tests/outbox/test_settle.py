"""Settling: every verdict, what it leaves behind, and what it blocks."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import examples
import pytest
from outbox.stories import (
    HandClock,
    a_case,
    accept,
    acceptance,
    an_accepted_order,
    an_order,
    claim_one,
    complete,
    order_message,
    query,
    value,
)

from khaossync.domain.cases import CaseClass
from khaossync.domain.despatch import OrderState
from khaossync.domain.documents import Kind
from khaossync.domain.errors import OwnershipLostError
from khaossync.domain.knowledge import Question
from khaossync.domain.links import Link, LinkState, SentLine
from khaossync.domain.messages import Await, Complete, HandOver, Park, Retry, Settlement, Verdict, Withdraw
from khaossync.domain.orders import Order
from khaossync.domain.sales_order import NOTHING, SalesLine, SalesOrder
from khaossync.outbox import Database, PostgresOutbox, retry_case
from khaossync.ports import Acceptance

NO_WAY = "no way"


def sales_order() -> SalesOrder:
    order = an_order()
    return SalesOrder(
        channel="shop",
        order_id="5001",
        number="#5001",
        ref="S5001",
        placed_at=order.placed_at,
        currency="GBP",
        customer=order.customer,
        invoice_address=examples.address(),
        delivery_address=examples.address(),
        courier="RM48",
        lines=(SalesLine("line-MUG", "MUG", "Mug", 1, Decimal(12), True, Decimal("0.2"), 1, "MUG"),),
        delivery=NOTHING,
        payments=(),
        site="Main",
        sales_source="Web",
        company_class="Retail",
        fingerprint="f1",
        refund_ids=("r1", 'r"2'),
    )


def state(complete: bool, version: str, *, cancelled: bool = False, minutes: int = 0) -> Acceptance:
    body = OrderState("S5001", "SO1", (), complete, cancelled)
    moment = examples.NOON + timedelta(minutes=minutes)
    document = examples.document("khaos", Kind.ORDER_STATE, "S5001", body, version=version, moment=moment)
    return acceptance(source="khaos", stream="states", documents=[document])


async def the_link(outbox: PostgresOutbox) -> Link:
    return (await outbox.look_up(Question(orders=frozenset({"shop:5001"})))).links["shop:5001"]


async def cases(database: Database) -> list[tuple[str, str, str]]:
    rows = await query(database, "select class, subject, state from khaossync.cases order by id")
    return [(row["class"], row["subject"], row["state"]) for row in rows]


async def test_complete_leaves_only_the_ledger_and_fills_the_link(outbox: PostgresOutbox, database: Database) -> None:
    """ADB-8, MKP-23: the link says under which code the ERP knows the order, and with what it was sent."""
    await accept(outbox, an_accepted_order())
    message = await claim_one(outbox)
    await outbox.settle([Settlement(message, Complete("SO1"), sales_order())])
    assert await value(database, "select count(*) from khaossync.messages") == 0
    [row] = await query(database, "select outcome, reference, finished_at from khaossync.ledger")
    assert tuple(row) == ("done", "SO1", examples.NOON.replace(hour=12))
    link = await the_link(outbox)
    assert (link.state, link.sales_order_code, link.fingerprint) == (LinkState.SENT, "SO1", "f1")
    assert link.refund_ids == ("r1", 'r"2')
    assert link.lines == (SentLine("line-MUG", "MUG", "MUG", 1),)


async def test_a_retry_waits_until_its_time_and_counts(outbox: PostgresOutbox, clock: HandClock) -> None:
    """Law 6: only a spent attempt counts as one."""
    await accept(outbox, an_accepted_order())
    later = clock.now() + timedelta(seconds=30)
    await outbox.settle([Settlement(await claim_one(outbox), Retry(later, "rate limited"))])
    await outbox.turn()
    assert await outbox.claim("khaos", Kind.ORDER, 10) == []
    clock.forward(seconds=31)
    await outbox.turn()
    message = await claim_one(outbox)
    assert (message.attempts, message.failures, message.doubt) == (0, 0, False)
    await outbox.settle([Settlement(message, Retry(clock.now(), "refused", spent=True, doubt=True, failed=True))])
    await outbox.turn()
    message = await claim_one(outbox)
    assert (message.attempts, message.failures, message.doubt) == (1, 1, True)


async def test_a_doubt_stays_until_the_message_is_settled(outbox: PostgresOutbox, clock: HandClock) -> None:
    await accept(outbox, an_accepted_order())
    await outbox.settle([Settlement(await claim_one(outbox), Retry(clock.now(), "lost answer", doubt=True))])
    await outbox.turn()
    await outbox.settle([Settlement(await claim_one(outbox), Retry(clock.now(), "rate limited"))])
    await outbox.turn()
    assert (await claim_one(outbox)).doubt


async def test_what_waits_blocks_the_younger_messages_of_its_key_only(outbox: PostgresOutbox, clock: HandClock) -> None:
    """Law 3."""
    await accept(outbox, acceptance(order_message("1"), order_message("2"), order_message("1", "2")))
    first, other = await outbox.claim("khaos", Kind.ORDER, 10)
    assert (first.key, other.key) == ("shop:1", "shop:2")
    await outbox.settle([Settlement(first, Retry(clock.now() + timedelta(minutes=1), "away"))])
    await complete(outbox, other)
    await accept(outbox, acceptance(order_message("1", "3")))
    assert await outbox.claim("khaos", Kind.ORDER, 10) == []
    clock.forward(minutes=2)
    for version in "123":
        await outbox.turn()
        message = await claim_one(outbox)
        assert message.version == version
        await complete(outbox, message)


async def test_a_key_keeps_its_order_across_kinds(outbox: PostgresOutbox) -> None:
    """Law 3: an order's cancellation waits for the order."""
    cancel = order_message("1", kind=Kind.CANCELLATION)
    await accept(outbox, acceptance(order_message("1"), cancel))
    assert await outbox.claim("khaos", Kind.CANCELLATION, 10) == []
    await complete(outbox, await claim_one(outbox))
    assert (await claim_one(outbox, kind=Kind.CANCELLATION)).key == "shop:1"


async def test_a_parked_message_opens_a_case_and_blocks_its_key(outbox: PostgresOutbox, database: Database) -> None:
    """Law 3, SHW-27: the order is set aside, the others go on."""
    await accept(outbox, acceptance(order_message("1"), order_message("1", "2"), order_message("2")))
    first, other = await outbox.claim("khaos", Kind.ORDER, 10)
    await outbox.settle([Settlement(first, Park(a_case())), Settlement(other, Complete("SO2"))])
    await outbox.turn()
    assert await outbox.claim("khaos", Kind.ORDER, 10) == []
    assert await cases(database) == [("unmapped_sku", "MUG", "open")]
    assert await value(database, "select array_agg(message_id) from khaossync.case_messages") == [first.id]


async def test_the_same_reason_for_many_messages_is_one_case_until_the_last_is_through(
    outbox: PostgresOutbox, database: Database
) -> None:
    await accept(outbox, acceptance(order_message("1"), order_message("2")))
    messages = await outbox.claim("khaos", Kind.ORDER, 10)
    await outbox.settle([Settlement(message, Park(a_case())) for message in messages])
    assert await cases(database) == [("unmapped_sku", "MUG", "open")]
    assert await retry_case(database, 1, "Operator", examples.NOON) == 2
    await outbox.turn()
    first, second = await outbox.claim("khaos", Kind.ORDER, 10)
    await complete(outbox, first)
    assert await cases(database) == [("unmapped_sku", "MUG", "open")]
    await complete(outbox, second)
    assert await cases(database) == [("unmapped_sku", "MUG", "closed")]


async def test_a_message_parked_for_another_reason_leaves_its_old_case(
    outbox: PostgresOutbox, database: Database
) -> None:
    await accept(outbox, an_accepted_order())
    await outbox.settle([Settlement(await claim_one(outbox), Park(a_case()))])
    await retry_case(database, 1, "Operator", examples.NOON)
    await outbox.turn()
    other = a_case("shop:5001", CaseClass.TOTAL_MISMATCH)
    await outbox.settle([Settlement(await claim_one(outbox), Park(other))])
    assert await cases(database) == [("unmapped_sku", "MUG", "closed"), ("total_mismatch", "shop:5001", "open")]


async def test_parking_keeps_the_doubt_of_what_was_about_to_be_sent(outbox: PostgresOutbox, database: Database) -> None:
    await accept(outbox, an_accepted_order())
    message = await claim_one(outbox)
    await outbox.intend([message])
    await outbox.settle([Settlement(message, Park(a_case()))])
    await retry_case(database, 1, "Operator", examples.NOON)
    await outbox.turn()
    assert (await claim_one(outbox)).doubt


async def test_what_was_sent_is_kept_while_nobody_knows_what_became_of_it(outbox: PostgresOutbox) -> None:
    """S-1: found later, it is what was sent that was found, whatever the order has become since."""
    await accept(outbox, an_accepted_order())
    message, sent, newer = await claim_one(outbox), an_order(total=Decimal(1)), an_order(total=Decimal(2))
    await outbox.intend([message], [sent])
    await outbox.settle([Settlement(message, Retry(examples.NOON, "the answer was lost", doubt=True))])
    await accept(outbox, acceptance(order_message(body=newer)))
    await outbox.turn()
    doubtful = await claim_one(outbox)
    assert doubtful.doubt
    assert doubtful.body == sent


async def test_handing_over_leaves_a_case_and_blocks_nothing(outbox: PostgresOutbox, database: Database) -> None:
    await accept(outbox, acceptance(order_message("1"), order_message("1", "2")))
    await outbox.settle([Settlement(await claim_one(outbox), HandOver(a_case()))])
    assert (await claim_one(outbox)).version == "2"
    assert await cases(database) == [("unmapped_sku", "MUG", "open")]
    assert await value(database, "select outcome from khaossync.ledger order by id limit 1") == "handed"


async def test_withdrawing_an_order_withdraws_its_link(outbox: PostgresOutbox, database: Database) -> None:
    """ADB-34: only committed orders enter fulfilment."""
    await accept(outbox, an_accepted_order())
    await outbox.settle([Settlement(await claim_one(outbox), Withdraw("cancelled before it was sent"))])
    assert (await the_link(outbox)).state is LinkState.WITHDRAWN
    assert await value(database, "select outcome from khaossync.ledger") == "withdrawn"
    [row] = await query(database, "select event, who, why from khaossync.history")
    assert tuple(row) == ("withdrawn", "khaossync", "cancelled before it was sent")


async def test_an_awaited_message_blocks_its_key_and_is_looked_at_again_in_doubt(
    outbox: PostgresOutbox, clock: HandClock
) -> None:
    await accept(outbox, acceptance(order_message("1"), order_message("1", "2")))
    until = clock.now() + timedelta(minutes=10)
    await outbox.settle([Settlement(await claim_one(outbox), Await(until, "queue-7"))])
    await outbox.turn()
    assert await outbox.claim("khaos", Kind.ORDER, 10) == []
    clock.forward(minutes=11)
    await outbox.turn()
    message = await claim_one(outbox)
    assert (message.version, message.doubt, message.attempts) == ("1", True, 0)


async def test_an_awaited_order_is_looked_at_as_soon_as_the_erp_speaks_of_it(outbox: PostgresOutbox) -> None:
    await accept(outbox, an_accepted_order())
    until = examples.NOON + timedelta(hours=2)
    await outbox.settle([Settlement(await claim_one(outbox), Await(until, ""))])
    await outbox.turn()
    assert await outbox.claim("khaos", Kind.ORDER, 10) == []
    await accept(outbox, state(False, "1"))
    await outbox.turn()
    assert (await claim_one(outbox)).doubt


async def test_an_order_stays_open_until_the_erp_says_that_it_is_complete(outbox: PostgresOutbox) -> None:
    await accept(outbox, an_accepted_order())
    assert await outbox.open_references("khaos") == []
    await complete(outbox, await claim_one(outbox))
    assert await outbox.open_references("khaos") == ["S5001"]
    await accept(outbox, state(False, "1"))
    assert await outbox.open_references("khaos") == ["S5001"]
    await accept(outbox, state(True, "2", minutes=1))
    assert await outbox.open_references("khaos") == []
    assert (await the_link(outbox)).state is LinkState.CLOSED
    await accept(outbox, state(False, "3", minutes=2))
    assert (await the_link(outbox)).state is LinkState.SENT
    await accept(outbox, state(False, "4", cancelled=True, minutes=3))
    assert await outbox.open_references("khaos") == []


async def test_an_erp_that_is_done_before_we_have_settled_closes_the_link(outbox: PostgresOutbox) -> None:
    await accept(outbox, an_accepted_order())
    message = await claim_one(outbox)
    await accept(outbox, state(True, "1"))
    await complete(outbox, message)
    assert (await the_link(outbox)).state is LinkState.CLOSED


async def test_a_batch_of_all_verdicts_is_settled_at_once(
    outbox: PostgresOutbox, database: Database, clock: HandClock
) -> None:
    await accept(outbox, acceptance(*(order_message(str(n)) for n in range(6))))
    batch = await outbox.claim("khaos", Kind.ORDER, 10)
    later = clock.now() + timedelta(minutes=1)
    verdicts: list[Verdict] = [
        Complete("SO"),
        Await(later, ""),
        Retry(later, NO_WAY, spent=True),
        Park(a_case()),
        HandOver(a_case("other")),
        Withdraw(NO_WAY),
    ]
    await outbox.settle([Settlement(message, verdict) for message, verdict in zip(batch, verdicts, strict=True)])
    states = await query(database, "select id, state, attempts from khaossync.messages order by id")
    assert [tuple(row) for row in states] == [
        (batch[1].id, "pending", 0),
        (batch[2].id, "waiting", 1),
        (batch[3].id, "parked", 0),
    ]
    outcomes = await query(database, "select outcome from khaossync.ledger order by id")
    assert [row["outcome"] for row in outcomes] == ["done", "open", "open", "open", "handed", "withdrawn"]
    events = await query(database, "select event from khaossync.history where case_id is null order by message_id")
    assert [row["event"] for row in events] == ["awaits", "retry", "parked", "handed over", "withdrawn"]


async def test_what_is_settled_cannot_be_settled_again(outbox: PostgresOutbox) -> None:
    await accept(outbox, an_accepted_order())
    message = await claim_one(outbox)
    await complete(outbox, message)
    with pytest.raises(OwnershipLostError, match="settled before"):
        await complete(outbox, message)


async def test_released_messages_are_claimable_at_once(outbox: PostgresOutbox) -> None:
    await accept(outbox, an_accepted_order())
    message = await claim_one(outbox)
    outbox.release([message])
    assert await claim_one(outbox) == message


async def test_money_survives_the_outbox_to_the_penny(outbox: PostgresOutbox) -> None:
    """Money is Decimal from end to end."""
    order = an_order("1", total=Decimal("0.10"), tax=Decimal("0.020"), extras=())
    await accept(outbox, acceptance(order_message("1", body=order)))
    body = (await claim_one(outbox)).body
    assert body == order
    assert isinstance(body, Order)
    assert str(body.tax) == "0.020"


async def test_an_edit_that_a_person_was_told_of_is_not_told_again_but_the_next_one_is(outbox: PostgresOutbox) -> None:
    """S-29: each later version of the order is held against the newest edit told, not against the first sending."""
    edited = an_order(shipping=None)
    await accept(outbox, an_accepted_order())
    await outbox.settle([Settlement(await claim_one(outbox), Complete("SO1"), sales_order())])
    await accept(outbox, acceptance(order_message(kind=Kind.AMENDMENT, body=edited)))
    amendment = await claim_one(outbox, kind=Kind.AMENDMENT)
    await outbox.settle([Settlement(amendment, HandOver(a_case(case_class=CaseClass.ORDER_TO_AMEND)))])
    link = (await outbox.look_up(Question(orders=frozenset({amendment.key})))).links[amendment.key]
    assert (link.fingerprint, link.lines, link.state) == (edited.fingerprint, sales_order().sent_lines, LinkState.SENT)


async def test_what_is_due_before_the_lanes_know_of_its_verdict_goes_all_the_same(
    outbox: PostgresOutbox, monkeypatch: pytest.MonkeyPatch, clock: HandClock
) -> None:
    """Made ready in the moment between the commit and the telling, it stood still until its queue changed hands."""
    await accept(outbox, an_accepted_order())
    message, do = await claim_one(outbox), outbox._settling.do

    async def then_a_turn(item: Any) -> Any:
        done = await do(item)
        await outbox.turn()
        return done

    monkeypatch.setattr(outbox._settling, "do", then_a_turn)
    await outbox.settle([Settlement(message, Retry(clock.now(), "at once"))])
    await outbox.turn()
    assert (await claim_one(outbox)).id == message.id
