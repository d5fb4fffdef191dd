"""A sink under test: given deliveries as the push loop gives them, with or without trouble."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from contract.trouble import Trouble
from contract.world import Target, World

from khaossync.domain.errors import SyncError
from khaossync.domain.messages import Complete, Delivery, Outcome, Retry
from khaossync.domain.retry import RetryPolicy, decide
from khaossync.ports import Connector, Sink
from khaossync.sandbox.faults import Fault

_TRIES = 5
_LONG = 10
"""Seconds in which a call reaches the other side, however busy this machine is."""


@dataclass(frozen=True)
class Taking:
    """One sink of one connector, used in one way."""

    world: World
    target: Target[Any]

    def sink(self, connector: Connector) -> Sink:
        """The connector's sink for this kind."""
        return connector.sinks[self.target.KIND]

    async def blind(self) -> bool:
        """Whether the intent is committed before each call, so that a crash leaves a doubt."""
        async with self.world.connected() as connector:
            return self.sink(connector).blind

    async def tell(self, *batch: Delivery, patience: float | None = None) -> Sequence[Outcome]:
        """Have one call carry a batch; an error that concerns all of it is the outcome of each."""
        async with self.world.connected(patience=patience) as connector:
            return await _told(self.sink(connector), batch)

    async def tell_at_once(self, *deliveries: Delivery) -> list[Outcome]:
        """Have as many calls under way at the same time."""
        async with self.world.connected() as connector:
            sink = self.sink(connector)
            told = await asyncio.gather(*(_told(sink, [delivery]) for delivery in deliveries))
            return [outcome for outcomes in told for outcome in outcomes]

    async def tell_and_die(self, delivery: Delivery) -> None:
        """Be killed while a call waits for its answer, the effect had on the other side."""
        trouble = Trouble(Fault.STALL, operation=self.target.WRITE)
        with trouble.befalling(self.world.faults):
            call = asyncio.create_task(self.tell(delivery))
            async with asyncio.timeout(_LONG):
                while not self.world.faults.happened or not self.target.effects(delivery):
                    await asyncio.sleep(0)
            call.cancel()
            await asyncio.gather(call, return_exceptions=True)

    async def tell_in(self, trouble: Trouble, delivery: Delivery) -> tuple[Outcome, bool]:
        """The outcome of one call in trouble, and whether the trouble met it."""
        with trouble.befalling(self.world.faults) as strike:
            (outcome,) = await self.tell(delivery, patience=trouble.patience)
        return outcome, strike.struck

    async def see_through(self, delivery: Delivery, outcome: Outcome) -> tuple[Delivery, Outcome]:
        """Tell it again as long as the outbox would; the delivery as it was told last, and its last outcome."""
        for _ in range(_TRIES):
            following = self.following(delivery, outcome)
            if following is None:
                break
            delivery = following
            (outcome,) = await self.tell(delivery)
        return delivery, outcome

    def following(self, delivery: Delivery, outcome: Outcome) -> Delivery | None:
        """The next try that the outbox makes of it; None when it makes none."""
        verdict = decide(delivery.message, outcome, self.world.clock(), RetryPolicy(), Random(1))
        if not isinstance(verdict, Retry):
            return None
        failed = replace(
            delivery.message,
            failures=delivery.message.failures + 1,
            attempts=delivery.message.attempts + verdict.spent,
            doubt=verdict.doubt,
        )
        return replace(delivery, message=failed)

    def finished(self, delivery: Delivery, outcome: Outcome) -> bool:
        """Whether the outbox takes the message for done."""
        return isinstance(decide(delivery.message, outcome, self.world.clock(), RetryPolicy(), Random(1)), Complete)


def in_doubt(delivery: Delivery) -> Delivery:
    """The same delivery after a crash: it may have been sent before."""
    return replace(delivery, message=replace(delivery.message, doubt=True))


async def _told(sink: Sink, batch: Sequence[Delivery]) -> Sequence[Outcome]:
    try:
        return await sink.deliver(batch)
    except SyncError as error:
        return [error] * len(batch)
