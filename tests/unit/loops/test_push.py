"""What push does with messages whose road is broken: it never stops the others, and never sends in ignorance."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import cast

import pytest
from examples import NOON, link, message, order, rules, stock_item
from structlog.testing import capture_logs

from khaossync.domain.cases import CaseClass
from khaossync.domain.decision import Preparation
from khaossync.domain.documents import Document, Kind
from khaossync.domain.errors import AmbiguousError, ConnectorDownError
from khaossync.domain.findings import Finding
from khaossync.domain.knowledge import Knowledge, Question
from khaossync.domain.links import LinkState
from khaossync.domain.messages import Complete, Delivery, Done, Message, MessageBody, Outcome, Park, Retry, Settlement
from khaossync.domain.rules import Rules
from khaossync.domain.stock import ChannelLevel
from khaossync.loops.outage import Outage
from khaossync.loops.push import Push
from khaossync.ops.metrics import Metrics
from khaossync.ports import Connector, Outbox

LONG = timedelta(minutes=2)
"""How long the scripted systems may be at work on a call."""


class StillClock:
    def now(self) -> datetime:
        return NOON

    def monotonic(self) -> float:
        return 0.0


@dataclass
class Answering:
    """A system that answers its ping, or does not."""

    error: ConnectorDownError | None = None

    async def ping(self) -> None:
        if self.error:
            raise self.error

    async def check(self) -> Sequence[Finding]:
        return ()


@dataclass
class Claims:
    """An outbox's claims and what became of them; it knows the catalogue that the example order needs."""

    waiting: list[Message]
    settled: list[Settlement] = field(default_factory=list)
    released: list[Message] = field(default_factory=list)

    async def claim(self, destination: str, kind: Kind, limit: int) -> Sequence[Message]:
        taken, self.waiting = self.waiting[:limit], self.waiting[limit:]
        return taken

    async def look_up(self, question: Question) -> Knowledge:
        return Knowledge(
            links={key: link(state=LinkState.INTENDED) for key in question.orders},
            stock_items={("khaos", "MUG"): stock_item()},
            complete=frozenset({("khaos", Kind.STOCK_ITEM)}),
        )

    async def intend(self, messages: Sequence[Message], facts: Sequence[MessageBody] | None = None) -> None: ...

    async def settle(self, settlements: Sequence[Settlement], decisions: Sequence[Preparation] = ()) -> None:
        self.settled += settlements

    def release(self, messages: Sequence[Message]) -> None:
        self.released += messages


@dataclass
class Scripted:
    """A sink that answers by a function of the batch."""

    kind: Kind
    answer: Callable[[Sequence[Delivery]], Sequence[Outcome]]
    max_batch: int = 10
    parallel: int = 1
    blind: bool = False
    batches: list[int] = field(default_factory=list)

    async def deliver(self, batch: Sequence[Delivery]) -> Sequence[Outcome]:
        self.batches.append(len(batch))
        return self.answer(batch)


@dataclass
class Reader:
    """A shop that is asked for an order as it is now."""

    asked: int = 0

    async def reread(self, key: str) -> Document | None:
        self.asked += 1
        return None


def push(sink: Scripted, claims: Claims, outages: Mapping[str, Outage] | None = None) -> Push:
    clock, meter = StillClock(), Metrics()
    to = "shop" if sink.kind in (Kind.DESPATCH, Kind.STOCK_LEVEL) else "khaos"
    known = {
        name: Outage(Connector(name, "scripted", Answering(), sinks={sink.kind: sink}, longest_call=LONG), clock)
        for name in ("shop", "khaos")
    }
    known |= outages or {}
    outbox = cast("Outbox", claims)
    return Push(sink.kind, known[to], known, outbox, Rules.of([rules()]), clock, meter, random.Random(1))


def a_level(number: int) -> Message:
    return message(Kind.STOCK_LEVEL, ChannelLevel(f"SKU-{number}", "item", "loc-1", number), id=number, key=f"{number}")


def breaks_over_three(batch: Sequence[Delivery]) -> Sequence[Outcome]:
    if any(delivery.message.id == 3 for delivery in batch):
        raise KeyError("quantity")
    return [Done("set")] * len(batch)


async def test_a_level_that_waits_for_the_orders_has_them_read() -> None:
    """SHO-26: it raises what was seen, which may be the trace of a sale; the next reading might be an hour away."""
    seen = ChannelLevel("MUG", "item", "loc-1", 9, expected=4, seen_at=NOON)
    claims = Claims([message(Kind.STOCK_LEVEL, seen, id=1, key="MUG@loc-1")])
    loop, asked = push(Scripted(Kind.STOCK_LEVEL, breaks_over_three), claims), []
    loop.orders_first = lambda: asked.append("shop")
    assert await loop.tick() == {"retry": 1}
    assert asked == ["shop"]


async def test_a_sink_that_breaks_over_one_message_does_its_others_all_the_same() -> None:
    """A poisoned record must not stand at the head of its queue for ever."""
    claims, sink = Claims([a_level(number) for number in (1, 2, 3, 4)]), Scripted(Kind.STOCK_LEVEL, breaks_over_three)
    with capture_logs() as logs:
        await push(sink, claims).tick()
    verdicts = {settlement.message.id: settlement.verdict for settlement in claims.settled}
    assert sink.batches == [4, 1, 1, 1, 1]
    assert [type(verdicts[number]) for number in (1, 2, 3, 4)] == [Complete, Complete, Retry, Complete]
    culprit = verdicts[3]
    assert isinstance(culprit, Retry)
    assert (culprit.spent, culprit.doubt) == (True, True)
    assert "unexpected_error" in {entry["event"] for entry in logs}


async def test_an_order_over_which_the_sink_keeps_breaking_becomes_a_case() -> None:
    poisoned = message(Kind.ORDER, order(), id=3, attempts=3)
    claims = Claims([poisoned])
    with capture_logs():
        await push(Scripted(Kind.ORDER, breaks_over_three, max_batch=1, blind=True), claims).tick()
    (settlement,) = claims.settled
    assert isinstance(settlement.verdict, Park)
    assert settlement.verdict.case.case_class is CaseClass.ATTEMPTS_EXHAUSTED


def loses_the_answer(batch: Sequence[Delivery]) -> Sequence[Outcome]:
    return [AmbiguousError("the connection ended")] * len(batch)


@pytest.mark.parametrize("answer", [loses_the_answer, breaks_over_three])
async def test_what_may_have_been_sent_is_not_looked_for_while_the_system_may_be_at_work_on_it(
    answer: Callable[[Sequence[Delivery]], Sequence[Outcome]],
) -> None:
    """S-2: a look that comes too soon finds nothing, and the order would be created a second time."""
    claims = Claims([message(Kind.ORDER, order(), id=3)])
    with capture_logs():
        await push(Scripted(Kind.ORDER, answer, max_batch=1, blind=True), claims).tick()
    (settlement,) = claims.settled
    assert isinstance(settlement.verdict, Retry)
    assert settlement.verdict.doubt
    assert settlement.verdict.at >= NOON + LONG


async def test_a_message_of_a_channel_that_is_configured_no_more_is_a_case_and_stops_nothing() -> None:
    old = message(Kind.ORDER, order(), id=1, source="closed-shop")
    claims = Claims([old, message(Kind.ORDER, order(), id=2)])
    await push(Scripted(Kind.ORDER, lambda batch: [Done("SO1")] * len(batch)), claims).tick()
    verdicts = {settlement.message.id: settlement.verdict for settlement in claims.settled}
    parked = verdicts[1]
    assert isinstance(parked, Park)
    assert "closed-shop" in parked.case.detail
    assert verdicts[2] == Complete("SO1")


async def test_a_shop_that_is_down_is_not_asked_for_its_orders_and_they_wait() -> None:
    """Nothing calls a connector that is down but its ping; its orders wait without spending an attempt."""
    reader = Reader()
    refused = ConnectorDownError("401")
    shop = Outage(Connector("shop", "scripted", Answering(refused), rereader=reader), StillClock())
    assert await shop.down(refused)
    claims = Claims([message(Kind.ORDER, order())])
    await push(Scripted(Kind.ORDER, lambda batch: [Done("SO1")]), claims, {"shop": shop}).tick()
    (settlement,) = claims.settled
    assert reader.asked == 0
    assert isinstance(settlement.verdict, Retry)
    assert not settlement.verdict.spent


def refuses(batch: Sequence[Delivery]) -> Sequence[Outcome]:
    raise ConnectorDownError("the app lacks a scope")


async def test_one_refused_operation_of_a_system_that_answers_waits_alone_and_has_an_end() -> None:
    """A missing scope must neither stop the other streams nor go round and round unseen: it expires as a case."""
    claims = Claims([a_level(1)])
    pushing = push(Scripted(Kind.STOCK_LEVEL, refuses), claims)
    await pushing.tick()
    (settlement,) = claims.settled
    assert isinstance(settlement.verdict, Retry)
    assert pushing.outage.since is None


async def test_a_destination_that_goes_down_gives_its_whole_batch_back_untouched() -> None:
    claims, sink = Claims([a_level(1), a_level(2)]), Scripted(Kind.STOCK_LEVEL, refuses)
    probe = Answering(ConnectorDownError("maintenance"))
    shop = Outage(Connector("shop", "scripted", probe, sinks={sink.kind: sink}), StillClock())
    pushing = push(sink, claims, {"shop": shop})
    await pushing.tick()
    assert ([one.id for one in claims.released], claims.settled) == ([1, 2], [])
    assert pushing.outage.since == NOON
