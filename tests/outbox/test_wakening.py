"""What waits for the outbox is woken by it, shares its transactions, and is not stopped by what it cannot read."""

import asyncio
from collections.abc import Sequence

import pytest
from outbox.stories import (
    HandClock,
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
from khaossync.outbox import Database, DatabaseSettings, PostgresOutbox, open_outbox, retry_case
from khaossync.outbox.gathering import Gathering
from khaossync.outbox.queues import Queues


async def drained(outbox: PostgresOutbox, kind: Kind = Kind.ORDER) -> "asyncio.Task[None]":
    """A waiter on a queue that is known to be empty."""
    await outbox.claim("khaos", kind, 1)
    waiter = asyncio.create_task(outbox.ready("khaos", kind))
    await asyncio.sleep(0)
    assert not waiter.done()
    return waiter


async def test_an_accepted_message_wakes_its_destination(outbox: PostgresOutbox) -> None:
    waiter = await drained(outbox)
    await outbox.accept(an_accepted_order())
    await asyncio.wait_for(waiter, 1)
    assert await claim_one(outbox)


async def test_a_finished_message_wakes_what_it_blocked(outbox: PostgresOutbox) -> None:
    await outbox.accept(acceptance(order_message(), order_message(kind=Kind.CANCELLATION)))
    order = await claim_one(outbox)
    waiter = await drained(outbox, Kind.CANCELLATION)
    await complete(outbox, order)
    await asyncio.wait_for(waiter, 1)


async def test_a_released_message_wakes_its_destination(outbox: PostgresOutbox) -> None:
    await outbox.accept(an_accepted_order())
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
    await outbox.accept(acceptance(order_message("1"), order_message("1", "2"), order_message("2")))
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


async def test_the_outbox_keeps_its_ports(outbox: PostgresOutbox) -> None:
    port: ports.Outbox = outbox
    references: ports.OpenReferences = outbox
    assert await port.cursor("shop", "orders") is None
    assert await references.open_references("khaos") == []


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
