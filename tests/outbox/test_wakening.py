"""What waits for the outbox is woken by it, shares its transactions, and is not stopped by what it cannot read."""

import asyncio
from collections.abc import Sequence

import asyncpg
import pytest
from outbox.stories import (
    HandClock,
    accept,
    acceptance,
    an_accepted_order,
    claim_one,
    complete,
    order_message,
    query,
)

from khaossync import ports
from khaossync.domain.cases import CaseClass
from khaossync.domain.documents import Kind
from khaossync.domain.errors import RejectedError, TransientError
from khaossync.domain.messages import Message
from khaossync.outbox import Database, DatabaseSettings, PostgresOutbox, feeds, open_outbox, retry_case
from khaossync.outbox.gathering import Gathering
from khaossync.outbox.queues import Queues
from khaossync.outbox.rows import message_of


async def drained(outbox: PostgresOutbox, kind: Kind = Kind.ORDER) -> "asyncio.Task[None]":
    """A waiter on a queue that is known to be empty."""
    await outbox.claim("khaos", kind, 1)
    waiter = asyncio.create_task(outbox.ready("khaos", kind))
    await asyncio.sleep(0)
    assert not waiter.done()
    return waiter


async def test_an_accepted_message_wakes_its_destination(outbox: PostgresOutbox) -> None:
    waiter = await drained(outbox)
    await accept(outbox, an_accepted_order())
    await asyncio.wait_for(waiter, 1)
    assert await claim_one(outbox)


async def test_a_finished_message_wakes_what_it_blocked(outbox: PostgresOutbox) -> None:
    await accept(outbox, acceptance(order_message(), order_message(kind=Kind.CANCELLATION)))
    order = await claim_one(outbox)
    waiter = await drained(outbox, Kind.CANCELLATION)
    await complete(outbox, order)
    await asyncio.wait_for(waiter, 1)


async def test_a_released_message_wakes_its_destination(outbox: PostgresOutbox) -> None:
    await accept(outbox, an_accepted_order())
    order = await claim_one(outbox)
    waiter = await drained(outbox)
    outbox.release([order])
    await asyncio.wait_for(waiter, 1)


async def test_a_queue_that_is_not_ours_is_ready_as_soon_as_it_is(outbox: PostgresOutbox) -> None:
    waiter = asyncio.create_task(outbox.ready("other", Kind.ORDER))
    await asyncio.sleep(0)
    assert not waiter.done()
    await outbox.own(["other"])
    await asyncio.wait_for(waiter, 1)


async def test_a_stored_message_that_this_release_cannot_read_is_parked_and_blocks_its_key_only(
    outbox: PostgresOutbox, database: Database, clock: HandClock
) -> None:
    await accept(outbox, acceptance(order_message("1"), order_message("1", "2"), order_message("2")))
    good = (await query(database, "select body from khaossync.messages order by id limit 1"))[0]["body"]
    await query(database, "update khaossync.messages set body = '{}' where version = '1' and key = 'shop:1'")
    assert (await claim_one(outbox)).key == "shop:2"
    await outbox.turn()
    [case] = await query(database, "select id, class, subject, state from khaossync.cases")
    assert tuple(case)[1:] == ("unreadable_document", "order shop:1 for khaos", "open")
    await query(database, "update khaossync.messages set body = $1 where version = '1' and key = 'shop:1'", good)
    assert await retry_case(database, case["id"], "Operator", clock.now()) == 1
    await outbox.turn()
    first = await claim_one(outbox)
    assert (first.key, first.version) == ("shop:1", "1")


async def test_who_waits_for_a_queue_is_told_when_nobody_keeps_it_any_more(
    dsn: str, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mistake of ours must not look like an empty queue."""

    async def stumble(_: Queues) -> None:
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr(Queues, "turn", stumble)
    async with open_outbox(DatabaseSettings(dsn), clock) as outbox:
        with pytest.raises(RuntimeError, match="a mistake of ours"):
            await asyncio.wait_for(outbox.ready("khaos", Kind.ORDER), 5)
        with pytest.raises(RuntimeError, match="a mistake of ours"):
            await outbox.claim("khaos", Kind.ORDER, 1)


async def test_a_refusal_of_postgresql_does_not_end_the_keeping(
    dsn: str, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever PostgreSQL says once (a full disk, a broken page), the queues are ours again when it has passed."""
    turn, told = Queues.turn, asyncio.Event()

    async def refused_once(queues: Queues) -> None:
        if not told.is_set():
            told.set()
            raise asyncpg.InternalServerError("could not read block 7")
        await turn(queues)

    monkeypatch.setattr(Queues, "turn", refused_once)
    async with open_outbox(DatabaseSettings(dsn), clock) as outbox:
        await asyncio.wait_for(told.wait(), 5)
        await outbox.own(["khaos"])
        await asyncio.wait_for(outbox.ready("khaos", Kind.ORDER), 5)
        assert await outbox.claim("khaos", Kind.ORDER, 1) == []


async def test_the_outbox_keeps_its_ports(outbox: PostgresOutbox) -> None:
    port: ports.Outbox = outbox
    memory: ports.Memory = outbox
    assert await port.cursor("shop", "orders") is None
    assert await memory.open_references("khaos") == []
    assert await memory.versions("shop", Kind.ORDER, ["shop:1"]) == {}


class Work:
    """Doubles numbers in groups; refuses odd ones, and everything while away."""

    def __init__(self) -> None:
        self.groups: list[Sequence[int]] = []
        self.away = False
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, group: Sequence[int]) -> Sequence[int]:
        self.groups.append(group)
        await self.gate.wait()
        if self.away:
            raise TransientError("away")
        if any(number % 2 for number in group):
            raise RejectedError("odd", CaseClass.UNKNOWN_MONEY)
        return [2 * number for number in group]


async def test_calls_that_come_while_one_is_under_way_go_together() -> None:
    work = Work()
    gathering = Gathering(work, width=1, limit=3)
    work.gate.clear()
    calls = [asyncio.create_task(gathering.do(number)) for number in (2, 4, 6, 8, 10)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    work.gate.set()
    assert await asyncio.gather(*calls) == [4, 8, 12, 16, 20]
    assert [len(group) for group in work.groups] == [3, 2]


async def test_one_bad_call_fails_alone() -> None:
    gathering = Gathering(Work(), width=1, limit=10)
    results = await asyncio.gather(*(gathering.do(number) for number in (2, 3, 4)), return_exceptions=True)
    assert results[0] == 4
    assert isinstance(results[1], RejectedError)
    assert results[2] == 8


async def test_an_absence_fails_all_at_once_and_the_next_call_works() -> None:
    work = Work()
    gathering = Gathering(work, width=1, limit=10)
    work.away = True
    results = await asyncio.gather(*(gathering.do(number) for number in (2, 4)), return_exceptions=True)
    assert [type(result) for result in results] == [TransientError, TransientError]
    assert len(work.groups) == 1
    work.away = False
    assert await gathering.do(6) == 12


async def test_a_caller_that_gives_up_does_not_stop_the_work() -> None:
    work = Work()
    gathering = Gathering(work, width=1, limit=10)
    work.gate.clear()
    caller, other = asyncio.create_task(gathering.do(2)), asyncio.create_task(gathering.do(4))
    await asyncio.sleep(0)
    caller.cancel()
    work.gate.set()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert await other == 8
    await gathering.close()
    assert sorted(number for group in work.groups for number in group) == [2, 4]


async def test_reading_ahead_lets_the_others_have_their_turns(
    outbox: PostgresOutbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A backlog is decoded in pieces, for a webhook must not wait for all of it."""
    await accept(outbox, acceptance(*(order_message(str(number)) for number in range(3 * feeds.BREATH))))
    turns, seen = 0, set()

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    def decoded(row: asyncpg.Record) -> Message:
        seen.add(turns)
        return message_of(row)

    monkeypatch.setattr(feeds, "message_of", decoded)
    spinning = asyncio.create_task(others())
    assert len(await outbox.claim("khaos", Kind.ORDER, 3 * feeds.BREATH)) == 3 * feeds.BREATH
    spinning.cancel()
    assert len(seen) == 3
