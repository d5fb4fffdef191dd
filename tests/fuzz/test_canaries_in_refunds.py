"""Canaries in every text of every refund: what is logged and told of it holds none, down to the credit note's case."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any

import examples
import pytest
from channels.khaosws import service
from channels.shopify.scripts import settings as shop_settings
from fuzz.canaries import CANARY, PRIVATE, leaked
from fuzz.canary_refunds import LISTED_BADLY, records, samples
from fuzz.nonsense import Json
from fuzz.paper import Reading, ScriptedShop, connection, kit, reading, scripted_shop, text_of
from outbox.stories import HandClock, accept, acceptance, value
from structlog.processors import format_exc_info
from structlog.testing import capture_logs

from khaossync.channels import shopify
from khaossync.domain.cases import CaseClass
from khaossync.domain.documents import Kind
from khaossync.domain.messages import Complete, NewMessage, Settlement, Withdraw
from khaossync.domain.orders import Customer, Order
from khaossync.erp import khaosws
from khaossync.loops.loop import Loop
from khaossync.loops.push import Push
from khaossync.outbox import PostgresOutbox, list_cases, show_case, status, trace

FATES = (Complete("SO"), Complete("SO"), Withdraw("called off"), None)
"""What became of an order before its refund was told; None: it is still on its way."""

NO_REFUND = text_of({"errors": [{"message": "invalid id", "extensions": {"code": "BAD_ID"}}]})


@dataclass
class House:
    """A shop whose refunds are read, and a Khaos Control that takes none."""

    shop: ScriptedShop
    stream: Reading
    push: Push
    clock: HandClock

    async def turn(self, tick: Callable[[], Awaitable[Mapping[str, int]]]) -> Mapping[str, int]:
        """One turn as the daemon's runner makes it; counts of what was done."""
        stop, done = asyncio.Event(), Counter[str]()

        async def once() -> Mapping[str, int]:
            done.update(await tick())
            return done

        self.clock.forward(minutes=1)
        await Loop("refunds", once, timedelta(0), self.clock, None, lambda _: stop.set(), Random(1)).run(stop)
        return done

    async def sell(self, numbers: range) -> None:
        """Orders of these numbers, each with its fate."""
        orders = [sold(number) for number in numbers]
        asked = [NewMessage("khaos", Kind.ORDER, order.key, "1", "shop", order) for order in orders]
        documents = [examples.document("shop", Kind.ORDER, order.key, order) for order in orders]
        refs = {order.key: ("khaos", f"S{order.number}") for order in orders}
        outbox = self.stream.outbox
        await accept(outbox, acceptance(*asked, documents=documents, refs=refs))
        claimed = await outbox.claim("khaos", Kind.ORDER, len(orders))
        fates = [(message, FATES[number % len(FATES)]) for number, message in enumerate(claimed)]
        await outbox.settle([Settlement(message, fate) for message, fate in fates if fate])

    def refund(self, refunds: Sequence[Any], *others: Any) -> None:
        """What the shop tells from now on: these refunds, the n-th of order n, and others in the list of orders."""
        told = {f"gid://shopify/Refund/{number}": {"refund": refund} for number, refund in enumerate(refunds, 1)}
        listed = [refunded(number) for number in range(1, len(refunds) + 1)]
        self.shop.answers |= {
            "RefundedOrders": lambda _: {"orders": connection(*listed, *others)},
            "Refund": lambda asked: told.get(asked["id"], NO_REFUND),
        }

    async def live_through(self, refunds: Sequence[Any], *others: Any) -> Mapping[str, int]:
        """Orders that are sold, refunded, told and pushed until nothing goes; counts of what came of the refunds."""
        await self.sell(range(1, len(refunds) + 1))
        self.refund(refunds, *others)
        done = Counter(await self.turn(self.stream.pull.tick))
        while more := await self.turn(self.push.tick):
            done.update(more)
        return done

    async def told(self, refunds: Sequence[Any]) -> Mapping[str, object]:
        """All that people are told, by the verb that tells it; of a case all but its raw text."""
        database = self.stream.outbox.database
        cases = [await list_cases(database, state=state, limit=10_000) for state in ("open", "closed")]
        shown = [await show_case(database, one.case_id) for page in cases for one in page]
        return {
            "cases": cases,
            "cases show": [(one.filed, one.waiting) for one in shown],
            "status": await status(database),
            "trace": [await trace(database, f"#{number}") for number in range(1, len(refunds) + 1)],
        }


def sold(number: int) -> Order:
    """An order of somebody who is not to be named."""
    buyer = Customer("1", PRIVATE["email"], PRIVATE["firstName"], PRIVATE["lastName"], PRIVATE["phone"])
    return examples.order(order_id=f"gid://shopify/Order/{number}", number=f"#{number}", customer=buyer, note=CANARY)


def refunded(number: int) -> Json:
    """An order in the list of those that were refunded."""
    refunds = [{"id": f"gid://shopify/Refund/{number}", "note": CANARY}]
    return {"id": f"gid://shopify/Order/{number}", "updatedAt": "2026-11-02T11:00:00Z", "refunds": refunds}


@pytest.fixture
async def house(outbox: PostgresOutbox, clock: HandClock) -> AsyncIterator[House]:
    async with AsyncExitStack() as stack:
        shop = await stack.enter_async_context(scripted_shop())
        made, settings = kit(clock, outbox, stack), shop_settings(url=shop.url, restore_rate=5000, bucket=50000)
        stream = reading(await shopify.build("shop", settings, made), "refunds", outbox, clock)
        erp = reading(await khaosws.build("khaos", service.settings(), made), "stock", outbox, clock)
        outages = {each.connector: each.pull.outage for each in (stream, erp)}
        pull = stream.pull
        push = Push(Kind.REFUND, outages["khaos"], outages, outbox, pull.rules, clock, pull.meter, Random(1))
        yield House(shop, stream, push, clock)


async def test_no_refund_well_or_spoilt_tells_a_person_in_a_log_or_a_verb(house: House) -> None:
    """SHO-F3, SHO-22: its note, and all else that is known of it, stays with the record."""
    refunds = records()
    with capture_logs([format_exc_info]) as logs:
        done = await house.live_through(refunds, *LISTED_BADLY)
    assert [one for one in logs if one["log_level"] in ("warning", "error")] == [], "no loop and no rule broke"
    assert {"unreadable", "handover", "withdraw"} <= done.keys()
    kept = "select count(*) from khaossync.documents where kind = 'refund' and body ->> 'note' = $1"
    assert await value(house.stream.outbox.database, kept, CANARY) > done["handover"]
    assert leaked(logs) == []
    assert {verb: leaks for verb, text in (await house.told(refunds)).items() if (leaks := leaked(text))} == {}


async def test_the_credit_notes_case_has_the_figures_and_not_the_note(house: House) -> None:
    """SHO-F3: what a person keys, and nothing of the person it is for."""
    await house.live_through(samples())
    filed = await list_cases(house.stream.outbox.database)
    assert {one.case.case_class for one in filed} == {CaseClass.CREDIT_NOTE_TO_KEY}
    for one in filed:
        assert {"refund", "total", "currency"} <= one.case.evidence.keys()
        assert leaked(one) == []


async def test_the_raw_text_of_an_unreadable_refund_is_for_who_opens_its_case_alone(house: House) -> None:
    """SHO-13: there, and nowhere before it, is what the shop said."""
    await house.live_through([each | {"updatedAt": CANARY} for each in samples()])
    database = house.stream.outbox.database
    for one in await list_cases(database):
        assert one.case.case_class is CaseClass.UNREADABLE_DOCUMENT
        assert leaked(one) == []
        assert CANARY in str((await show_case(database, one.case_id)).raw)


WHOLE = text_of({"data": {"refund": samples()[0]}})


@pytest.mark.parametrize(
    "answer",
    [WHOLE[:-1], WHOLE[:-9], WHOLE + WHOLE, CANARY.encode(), text_of({"data": CANARY}), text_of({CANARY: CANARY})],
    ids=["unclosed", "cut", "twice", "no JSON", "no data", "another answer"],
)
@pytest.mark.parametrize("operation", ["RefundedOrders", "Refund"])
async def test_a_broken_answer_is_told_without_the_person_in_it(house: House, operation: str, answer: bytes) -> None:
    """SHO-22: what nobody can read is not repeated."""
    house.refund(samples())
    house.shop.answers[operation] = lambda _: answer
    with capture_logs([format_exc_info]) as logs:
        await house.turn(house.stream.pull.tick)
    assert "tick_failed" in [one["event"] for one in logs]
    assert leaked(logs) == []
    assert leaked(await house.told([])) == []
