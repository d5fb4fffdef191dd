"""Daemons that are built wrongly: what chaos must find."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chaos.life import Make

from khaossync.domain.documents import Kind
from khaossync.domain.errors import AmbiguousError, TransientError
from khaossync.domain.messages import Delivery, Done, Message, MessageBody, Outcome, Settlement
from khaossync.domain.sales_order import SalesOrder
from khaossync.erp.khaosws.order_document import order_document
from khaossync.erp.khaosws.order_sink import OrderSink
from khaossync.outbox import PostgresOutbox
from khaossync.ports import Acceptance, Accepted, Connector, Judge, Sink, Stored


@dataclass(frozen=True, slots=True)
class BlindCreate:
    """Creates sales orders as if no answer were ever lost: no intent, no look before, none after."""

    inner: OrderSink
    kind: Kind = Kind.ORDER
    max_batch: int = 1
    parallel: int = 1
    blind: bool = False

    async def deliver(self, batch: Sequence[Delivery]) -> Sequence[Outcome]:
        return [await self._create(delivery) for delivery in batch]

    async def _create(self, delivery: Delivery) -> Outcome:
        order = delivery.payload
        if not isinstance(order, SalesOrder):
            return Done("")
        try:
            result = await self.inner.client.import_orders(order_document(order, self.inner.settings))
        except AmbiguousError as lost:
            return TransientError(str(lost))
        return Done(result.imported.get(order.ref, ""))


def _blind(connector: Connector) -> Connector:
    sink = connector.sinks.get(Kind.ORDER)
    if not isinstance(sink, OrderSink):
        return connector
    return replace(connector, sinks={**connector.sinks, Kind.ORDER: BlindCreate(sink)})


@dataclass(frozen=True, slots=True)
class Boaster:
    """Says that everything was done, and does nothing."""

    kind: Kind
    max_batch: int = 1
    parallel: int = 1
    blind: bool = False

    async def deliver(self, batch: Sequence[Delivery]) -> Sequence[Outcome]:
        return [Done("") for _ in batch]


def _blind_and_boasting(connector: Connector) -> Connector:
    """Orders are created blindly, and the shop is told of nothing."""
    boasters: dict[Kind, Sink] = {kind: Boaster(kind) for kind in connector.sinks if kind is not Kind.ORDER}
    return _blind(replace(connector, sinks={**connector.sinks, **boasters}))


def _forgets_intents(outbox: PostgresOutbox) -> None:
    async def intend(messages: Sequence[Message], facts: Sequence[MessageBody] | None = None) -> None:
        """Remembered for as long as the process lives."""

    setattr(outbox, "intend", intend)  # noqa: B010


def _forgets_verdicts(outbox: PostgresOutbox) -> None:
    async def settle(settlements: Sequence[Settlement]) -> None:
        outbox._queues.follow(settlements, {})

    setattr(outbox, "settle", settle)  # noqa: B010


def _commits_twice(outbox: PostgresOutbox) -> None:
    """First the documents, then what follows from them."""
    take_in = outbox.take_in

    async def taken_in(source: str, judge: Judge) -> Accepted:
        judged: list[Acceptance] = []

        async def documents(stored: Stored) -> Acceptance:
            judged[:] = [await judge(stored)]
            return replace(judged[0], messages=(), refs={})

        async def followers(_: Stored) -> Acceptance:
            return replace(judged[0], page=replace(judged[0].page, documents=()))

        told = await take_in(source, documents)
        return await take_in(source, followers) if judged[0].messages else told

    setattr(outbox, "take_in", taken_in)  # noqa: B010


BLIND_CREATE = Make(spoil=_blind)
WRONG_ALL_ROUND = Make(spoil=_blind_and_boasting)
NO_INTENT = Make(spoil_outbox=_forgets_intents)
NO_VERDICT = Make(spoil_outbox=_forgets_verdicts)
TWO_COMMITS = Make(spoil_outbox=_commits_twice)
