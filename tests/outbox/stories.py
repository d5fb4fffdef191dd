"""What tests of the outbox tell it, in few words."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import examples

from khaossync.domain.cases import Case, CaseClass
from khaossync.domain.documents import Document, Kind, Page
from khaossync.domain.messages import Complete, Message, NewMessage, Settlement
from khaossync.domain.orders import Order, order_key
from khaossync.domain.stock import ChannelLevel, Wanted
from khaossync.outbox import Database, PostgresOutbox
from khaossync.ports import Acceptance, Accepted, Stored


class HandClock:
    """A clock that a test turns by hand."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return self.time.timestamp()

    def forward(self, **duration: float) -> datetime:
        self.time += timedelta(**duration)
        return self.time


def an_order(number: str = "5001", **changes: Any) -> Order:
    return examples.order(order_id=number, number=f"#{number}", **changes)


def order_document(number: str = "5001", **changes: Any) -> Document:
    return examples.document("shop", Kind.ORDER, order_key("shop", number), an_order(number), **changes)


def order_message(number: str = "5001", version: str = "1", **changes: Any) -> NewMessage:
    base = NewMessage("khaos", Kind.ORDER, order_key("shop", number), version, "shop", an_order(number))
    return replace(base, **changes)


def acceptance(
    *messages: NewMessage, documents: Sequence[Document] = (), cursor: str = "1", **changes: Any
) -> Acceptance:
    return replace(Acceptance("shop", "orders", Page(tuple(documents), cursor), messages), **changes)


def an_accepted_order(number: str = "5001") -> Acceptance:
    """An order, its message and its reference."""
    key = order_key("shop", number)
    return acceptance(order_message(number), documents=[order_document(number)], refs={key: ("khaos", f"S{number}")})


def levels(*told: ChannelLevel, source: str = "khaos") -> Acceptance:
    """What the ERP's stock asks for; told by the shop itself, `expected` is what it was just seen to show."""
    seen = source == "shop"
    wanted = tuple(Wanted("shop", source, one, seen=one.expected if seen else None) for one in told)
    return acceptance(levels=wanted, source="khaos", stream="stock")


def a_level(quantity: int, expected: int | None = None, sku: str = "MUG") -> ChannelLevel:
    return ChannelLevel(sku, f"item-{sku}", "loc-1", quantity, expected)


def a_case(subject: str = "MUG", case_class: CaseClass = CaseClass.UNMAPPED_SKU) -> Case:
    return Case(case_class, "shop", subject, f"{subject} cannot go on", {"sku": subject})


async def accept(outbox: PostgresOutbox, told: Acceptance) -> Accepted:
    """Have this stored, whatever is stored already."""

    async def judge(_stored: Stored) -> Acceptance:
        return told

    return await outbox.take_in(told.source, judge)


async def claim_one(outbox: PostgresOutbox, destination: str = "khaos", kind: Kind = Kind.ORDER) -> Message:
    [message] = await outbox.claim(destination, kind, 10)
    return message


async def complete(outbox: PostgresOutbox, *messages: Message, reference: str = "SO1") -> None:
    await outbox.settle([Settlement(message, Complete(reference)) for message in messages])


async def query(database: Database, sql: str, *arguments: Any) -> list[asyncpg.Record]:
    async with database.connection() as connection:
        return await connection.fetch(sql, *arguments)


async def value(database: Database, sql: str, *arguments: Any) -> Any:
    async with database.connection() as connection:
        return await connection.fetchval(sql, *arguments)
