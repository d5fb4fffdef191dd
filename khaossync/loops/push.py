"""The second half of the road: claim messages, make them ready, deliver them, and commit what came of it."""

import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import structlog

from khaossync.clock import Clock
from khaossync.domain.cases import Case, CaseClass
from khaossync.domain.decision import Preparation, Prepared
from khaossync.domain.documents import Document, Kind
from khaossync.domain.errors import ConnectorDownError, DefectError, OwnershipLostError, RejectedError, SyncError
from khaossync.domain.knowledge import Knowledge, Question
from khaossync.domain.messages import (
    Absent,
    Complete,
    Delivery,
    Done,
    Message,
    Outcome,
    Park,
    Payload,
    Retry,
    Settlement,
    Verdict,
    Withdraw,
)
from khaossync.domain.orders import Order
from khaossync.domain.preparation import Ready, channel_of, follow_up, question
from khaossync.domain.retry import RetryPolicy, decide
from khaossync.domain.rules import Rules
from khaossync.domain.stock import ChannelLevel
from khaossync.loops.isolate import isolated
from khaossync.loops.judging import prepared
from khaossync.loops.outage import Outage
from khaossync.ports import Meter, Outbox, Sink

log = structlog.get_logger()

_WITHOUT_SINK = 50
"""How many messages are handed over to people in one turn when the destination has no sink for them."""


@dataclass(frozen=True, slots=True)
class Claimable:
    """Wakes a push loop when the outbox has something for it."""

    outbox: Outbox
    destination: str
    kind: Kind

    async def wait(self) -> None:
        """Return as soon as a message of this kind may be claimable."""
        await self.outbox.ready(self.destination, self.kind)


@dataclass(slots=True)
class Push:
    """Delivers one kind of message to one connector; `outages` knows every connector by name.

    `orders_first` is called when a level waits for the orders of its channel to be read, `look` with a level that was
    set lower than wanted: what is shown must be looked at again once the orders are known.
    """

    kind: Kind
    outage: Outage
    outages: Mapping[str, Outage]
    outbox: Outbox
    rules: Rules
    clock: Clock
    meter: Meter
    dice: random.Random
    orders_first: Callable[[], None] = lambda: None
    look: Callable[[str, ChannelLevel], None] = lambda *_: None
    _unsettled: list[Settlement] = field(default_factory=list)
    _decided: list[Preparation] = field(default_factory=list)

    async def tick(self) -> Mapping[str, int]:
        """Deliver one batch; counts by verdict. What could not be committed last time is committed first."""
        await self.settle()
        if not await self.outage.usable():
            return {}
        claimed = await self.outbox.claim(self.outage.connector.name, self.kind, self._limit)
        if not claimed:
            return {}
        counts = await self._work(claimed)
        await self.settle()
        return counts

    @property
    def _sink(self) -> Sink | None:
        return self.outage.connector.sinks.get(self.kind)

    @property
    def _policy(self) -> RetryPolicy:
        """What a blind sink may have sent is looked for; while its system is at work on it, nothing would be found."""
        blind = self._sink is not None and self._sink.blind
        return RetryPolicy(doubtful=self.outage.connector.longest_call) if blind else RetryPolicy()

    @property
    def _limit(self) -> int:
        return self._sink.max_batch if self._sink else _WITHOUT_SINK

    async def _work(self, claimed: Sequence[Message]) -> Mapping[str, int]:
        """What gets no verdict is put back as if it had never been taken."""
        try:
            deliveries, settled = await self._ready(claimed)
            if deliveries and self._sink and self._sink.blind:
                facts = [delivery.facts or delivery.message.body for delivery in deliveries]
                await self.outbox.intend([delivery.message for delivery in deliveries], facts)
            settled += await self._deliver(deliveries)
            self._unsettled += settled
            return Counter(type(one.verdict).__name__.lower() for one in settled)
        finally:
            judged = {one.message.id for one in self._unsettled}
            self.outbox.release([message for message in claimed if message.id not in judged])

    async def _ready(self, claimed: Sequence[Message]) -> tuple[list[Delivery], list[Settlement]]:
        deliveries: list[Delivery] = []
        settled: list[Settlement] = []
        looks: list[Document] = []
        fresh = [self._without_channel(message) or await self._reread(message, looks) for message in claimed]
        asked = tuple(message for message in fresh if isinstance(message, Message))
        doubtful = tuple(
            message for message, now in zip(claimed, fresh, strict=True) if _changed_in_doubt(message, now)
        )
        made, before = await self._prepared(asked, tuple(looks), doubtful)
        for message, current in zip(claimed, fresh, strict=True):
            verdict = next(made) if isinstance(current, Message) else current
            if isinstance(verdict, Ready) and isinstance(current, Message):
                facts = message.body if message.doubt else current.body  # until it is known that this is not there
                sent = before.get(message.id)
                deliveries.append(Delivery(message, verdict.payload, verdict.report, facts, sent))
            elif not isinstance(verdict, Ready):
                settled.append(Settlement(message, verdict))
                if isinstance(verdict, Retry) and self.kind is Kind.STOCK_LEVEL:
                    self.orders_first()
        return deliveries, settled

    async def _prepared(
        self, messages: tuple[Message, ...], looks: tuple[Document, ...], doubtful: tuple[Message, ...]
    ) -> tuple[Iterator[Prepared], Mapping[int, Payload]]:
        """What the rules make of them, and by id what of the doubtful ones may have been sent.

        How a level came about was kept with the page that it follows from.
        """
        known, now, hand = await self._look_up([*messages, *doubtful]), self.clock.now(), self._sink is None
        made = prepared(messages, self.rules, known, now, hand=hand)
        if messages and self.kind is not Kind.STOCK_LEVEL:
            to = self.outage.connector.name
            self._decided.append(Preparation(to, self.kind, now, messages, looks, known, hand, made))
        before = zip(doubtful, prepared(doubtful, self.rules, known, now, hand=hand), strict=True)
        return iter(made), {one.id: was.payload for one, was in before if isinstance(was, Ready)}

    def _without_channel(self, message: Message) -> Park | None:
        """The verdict on what a channel left behind when it was taken out of the configuration."""
        channel = channel_of(message)
        if channel in self.rules.channels and message.source in self.outages:
            return None
        detail = f"{message.source} or {channel} is not configured any more: put its table back, or ignore this case"
        return Park(Case(CaseClass.NO_ROUTE, message.destination, message.key, detail))

    async def _reread(self, message: Message, looks: list[Document]) -> Message | Verdict:
        """The message with its order as the shop shows it this moment: the last look, which `looks` collects."""
        if self.kind is not Kind.ORDER:
            return message
        origin = self.outages[message.source]
        reader = origin.connector.rereader
        if reader is None:
            return message
        try:
            if origin.since is not None:
                raise ConnectorDownError(f"{message.source} is down and cannot be asked first: {origin.reason}")
            document = await reader.reread(message.key)
        except SyncError as error:
            if isinstance(error, ConnectorDownError):
                await origin.down(error)
            return decide(message, error, self.clock.now(), self._policy, self.dice)
        if document is None:
            return Withdraw(f"{message.source} has no such order any more")
        if not isinstance(document.body, Order):
            return message
        looks.append(document)
        return replace(message, body=document.body)

    async def _look_up(self, messages: Sequence[Message]) -> Knowledge:
        asked = Question()
        for message in messages:
            asked |= question(message, self.rules)
        known = await self.outbox.look_up(asked)
        return known | await self.outbox.look_up(follow_up(known)) if self.kind is Kind.DESPATCH else known

    async def _deliver(self, deliveries: Sequence[Delivery]) -> list[Settlement]:
        """The verdicts; none while the destination is down. A batch over which a sink breaks goes one by one."""
        if not deliveries or self._sink is None:
            return []
        outcomes: Sequence[Outcome]
        with isolated(f"{self.kind} {', '.join(one.message.key for one in deliveries)}") as trouble:
            try:
                outcomes = await self._sink.deliver(deliveries)
            except SyncError as error:
                if isinstance(error, ConnectorDownError) and await self.outage.down(error):
                    return []
                outcomes = [error] * len(deliveries)
            return [self._judged(one, outcome) for one, outcome in zip(deliveries, outcomes, strict=True)]
        if len(deliveries) == 1:
            defect = DefectError(f"khaossync broke over it, see `unexpected_error` in the log: {trouble.text}")
            return [self._judged(deliveries[0], defect)]
        return [settled for one in deliveries for settled in await self._deliver([one])]

    def _judged(self, delivery: Delivery, outcome: Outcome) -> Settlement:
        message = delivery.message
        verdict = decide(message, outcome, self.clock.now(), self._policy, self.dice)
        log.info(
            "delivered" if not isinstance(outcome, SyncError) else "not_delivered",
            destination=message.destination,
            kind=message.kind,
            key=message.key,
            verdict=type(verdict).__name__.lower(),
            **_loggable(outcome),
        )
        done = isinstance(verdict, Complete)
        if isinstance(outcome, Done) and outcome.shown is not None and isinstance(delivery.payload, ChannelLevel):
            self.look(message.destination, delivery.payload)
        return Settlement(message, verdict, _told(delivery, outcome), delivery.report if done else None)

    async def settle(self) -> None:
        """Commit verdicts; they are kept and tried again when the database is away, for the effects are real."""
        if not self._unsettled:
            self._decided.clear()  # of what got no verdict: it will be decided anew
            return
        try:
            await self.outbox.settle(self._unsettled, self._decided)
        except OwnershipLostError:
            self._unsettled.clear()  # the new owner looks for itself what became of them
            self._decided.clear()
            raise
        self._decided.clear()
        for one in self._unsettled:
            verdict = type(one.verdict).__name__.lower()
            self.meter.count("settled", destination=one.message.destination, kind=one.message.kind, verdict=verdict)
        self._unsettled.clear()


def _changed_in_doubt(message: Message, now: Message | Verdict) -> bool:
    """Whether what may have been sent is not what would be sent now."""
    return message.doubt and isinstance(now, Message) and now.body != message.body


def _told(delivery: Delivery, outcome: Outcome) -> Payload:
    """What the destination has now: of a level that a sale overtook, less than was asked for."""
    payload = delivery.payload
    if isinstance(outcome, Done) and outcome.sent is not None:
        return outcome.sent
    if isinstance(outcome, Done) and outcome.shown is not None and isinstance(payload, ChannelLevel):
        return replace(payload, quantity=outcome.shown)
    return payload


def _loggable(outcome: Outcome) -> dict[str, str]:
    """What a log may say: a refusal in the other side's words can hold a name or an address, so only its class."""
    if isinstance(outcome, RejectedError):
        return {"error": type(outcome).__name__, "case_class": outcome.case_class}
    if isinstance(outcome, SyncError):
        return {"error": type(outcome).__name__, "reason": str(outcome)}
    return {"reason": outcome.why} if isinstance(outcome, Absent) else {"reference": outcome.reference}
