"""Law 5: one owner per queue, a dead one replaced at once, a stale one fenced; and what a crash leaves in doubt."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from outbox import stories
from outbox.stories import (
    HandClock,
    a_case,
    acceptance,
    an_accepted_order,
    claim_one,
    complete,
    order_message,
    query,
    value,
)

from khaossync.domain.documents import Kind
from khaossync.domain.errors import OwnershipLostError
from khaossync.domain.messages import Message, Park, Settlement, Withdraw
from khaossync.outbox import Database, DatabaseSettings, PostgresOutbox, open_outbox
from khaossync.outbox.database import open_database
from khaossync.outbox.feeds import Feed
from khaossync.outbox.judging import Keeping, take_in
from khaossync.outbox.queues import Queues
from khaossync.outbox.retention import USUAL
from khaossync.outbox.rows import MESSAGE_COLUMNS
from khaossync.ports import Acceptance, Accepted, Stored


async def accept(outbox: PostgresOutbox, told: Acceptance) -> Accepted:
    """Have this stored as the page of a source of this process's own."""
    source = min(outbox.owned, default="shop")
    await outbox.own([source])
    return await stories.accept(outbox, replace(told, source=source))


@asynccontextmanager
async def process(dsn: str, clock: HandClock, name: str) -> AsyncIterator[PostgresOutbox]:
    """An outbox as a process of its own would have it; without a keeper, so that a test decides when it turns."""
    async with open_database(DatabaseSettings(dsn)) as database:
        outbox = PostgresOutbox(database, clock, Queues(database, clock, name))
        try:
            yield outbox
        finally:
            await outbox.close()


async def kill_locks(database: Database, holder: PostgresOutbox) -> None:
    """The session that holds the locks ends, as when its process dies or its host vanishes."""
    await query(
        database,
        "select pg_terminate_backend(l.pid, 5000) from pg_locks l where l.locktype = 'advisory' and l.granted"
        " and l.database = (select oid from pg_database where datname = current_database())",
    )
    while holder.owned:
        await asyncio.sleep(0)


async def test_only_one_process_owns_a_queue(dsn: str, clock: HandClock) -> None:
    async with process(dsn, clock, "a") as first, process(dsn, clock, "b") as second:
        await first.own(["khaos"])
        await second.own(["khaos", "shop"])
        assert first.owned == {"khaos"}
        assert second.owned == {"shop"}
        await accept(first, an_accepted_order())
        assert await second.claim("khaos", Kind.ORDER, 10) == []
        assert await claim_one(first)


async def test_the_queue_of_a_dead_owner_is_taken_at_once(dsn: str, clock: HandClock) -> None:
    async with AsyncExitStack() as stack:
        second = await stack.enter_async_context(process(dsn, clock, "b"))
        async with process(dsn, clock, "a") as first:
            await first.own(["khaos"])
            await second.own(["khaos"])
            await accept(first, acceptance(order_message("1"), order_message("2")))
            assert len(await first.claim("khaos", Kind.ORDER, 10)) == 2
        await second.turn()
        assert len(await second.claim("khaos", Kind.ORDER, 10)) == 2


async def test_messages_for_a_queue_of_another_process_wake_its_owner(dsn: str, clock: HandClock) -> None:
    async with open_outbox(DatabaseSettings(dsn), clock) as owner, process(dsn, clock, "b") as other:
        await owner.own(["khaos"])
        assert await owner.claim("khaos", Kind.ORDER, 1) == []
        waiting = asyncio.ensure_future(owner.ready("khaos", Kind.ORDER))
        await accept(other, an_accepted_order())
        await asyncio.wait_for(waiting, 5)
        assert await claim_one(owner)


async def test_a_stale_owner_changes_nothing(dsn: str, clock: HandClock, database: Database) -> None:
    async with process(dsn, clock, "a") as stale, process(dsn, clock, "b") as fresh:
        await stale.own(["khaos"])
        await accept(stale, acceptance(order_message("1"), order_message("2")))
        first, second = await stale.claim("khaos", Kind.ORDER, 10)
        await kill_locks(database, stale)
        await fresh.own(["khaos"])
        with pytest.raises(OwnershipLostError, match="another process owns"):
            await stale.intend([first])
        with pytest.raises(OwnershipLostError, match="another process owns"):
            await stale.settle([Settlement(second, Withdraw("too late"))])
        assert await value(database, "select count(*) from khaossync.intents") == 0
        assert await value(database, "select count(*) from khaossync.history") == 0
        await complete(fresh, *await fresh.claim("khaos", Kind.ORDER, 10))
        assert await value(database, "select count(*) from khaossync.messages") == 0


async def test_a_stale_owner_that_gets_its_queue_back_reads_it_anew(
    dsn: str, clock: HandClock, database: Database
) -> None:
    async with process(dsn, clock, "a") as first:
        await first.own(["khaos"])
        await accept(first, an_accepted_order())
        old = await claim_one(first)
        await kill_locks(database, first)
        async with process(dsn, clock, "b") as second:
            await second.own(["khaos"])
        await first.turn()
        new = await claim_one(first)
        with pytest.raises(OwnershipLostError):
            await complete(first, old)
        await complete(first, new)


async def test_an_owner_that_lost_only_its_connection_goes_on(dsn: str, clock: HandClock, database: Database) -> None:
    """Nobody else owned the queue in between, so what is under way is still ours to settle."""
    async with process(dsn, clock, "a") as outbox:
        await outbox.own(["khaos"])
        await accept(outbox, an_accepted_order())
        message = await claim_one(outbox)
        await kill_locks(database, outbox)
        assert await outbox.claim("khaos", Kind.ORDER, 10) == []
        await outbox.turn()
        assert await value(database, "select epoch from khaossync.owners") == 2
        assert await outbox.claim("khaos", Kind.ORDER, 10) == []
        await complete(outbox, message)
        assert await value(database, "select outcome from khaossync.ledger") == "done"


async def claimed_and_crashed(dsn: str, clock: HandClock, *, intending: bool) -> Message:
    async with process(dsn, clock, "a") as outbox:
        await outbox.own(["khaos"])
        await accept(outbox, an_accepted_order())
        message = await claim_one(outbox)
        if intending:
            await outbox.intend([message])
        return message


async def test_a_crash_before_the_intent_leaves_no_doubt(dsn: str, clock: HandClock) -> None:
    """Law 7."""
    await claimed_and_crashed(dsn, clock, intending=False)
    async with process(dsn, clock, "b") as successor:
        await successor.own(["khaos"])
        assert not (await claim_one(successor)).doubt


async def test_a_crash_after_the_intent_leaves_a_doubt_that_outlives_further_crashes(
    dsn: str, clock: HandClock
) -> None:
    """Law 7, S-2: maybe sent means look first."""
    await claimed_and_crashed(dsn, clock, intending=True)
    for _ in range(2):
        async with process(dsn, clock, "b") as successor:
            await successor.own(["khaos"])
            assert (await claim_one(successor)).doubt


async def test_a_crash_after_settling_leaves_nothing_to_do(dsn: str, clock: HandClock) -> None:
    async with process(dsn, clock, "a") as outbox:
        await outbox.own(["khaos"])
        await accept(outbox, an_accepted_order())
        message = await claim_one(outbox)
        await outbox.intend([message])
        await complete(outbox, message)
    async with process(dsn, clock, "b") as successor:
        await successor.own(["khaos"])
        assert await successor.claim("khaos", Kind.ORDER, 10) == []


async def test_what_a_predecessor_was_sending_rests_until_its_call_has_ended(dsn: str, clock: HandClock) -> None:
    """A slow ERP may still be booking the order of a process that was killed; looking at once would find nothing."""
    await claimed_and_crashed(dsn, clock, intending=True)
    clock.forward(seconds=100)  # a call may begin long after its intent: it had to wait for its turn
    async with process(dsn, clock, "b") as successor:
        await successor.own(["khaos"], {"khaos": timedelta(seconds=90)})
        assert await successor.claim("khaos", Kind.ORDER, 10) == []
        clock.forward(seconds=89)
        await successor.turn()
        assert await successor.claim("khaos", Kind.ORDER, 10) == []
        clock.forward(seconds=2)
        await successor.turn()
        assert (await claim_one(successor)).doubt


async def test_a_successor_knows_what_blocks_a_key(dsn: str, clock: HandClock) -> None:
    async with process(dsn, clock, "a") as first:
        await first.own(["khaos"])
        await accept(first, acceptance(order_message("1"), order_message("1", "2"), order_message("2")))
        messages = await first.claim("khaos", Kind.ORDER, 1)
        await first.settle([Settlement(messages[0], Park(a_case()))])
    async with process(dsn, clock, "b") as second:
        await second.own(["khaos"])
        assert [message.key for message in await second.claim("khaos", Kind.ORDER, 10)] == ["shop:2"]


async def test_two_processes_deliver_everything_once_while_they_take_turns(dsn: str, clock: HandClock) -> None:
    """Law 5: whoever owns the queue, no message is completed twice and none is lost."""
    done: list[str] = []
    async with process(dsn, clock, "feeder") as feeder:
        await accept(feeder, acceptance(*(order_message(str(n)) for n in range(200))))
    for turn in range(8):
        async with process(dsn, clock, f"owner {turn}") as owner:
            await owner.own(["khaos"])
            claimed = await owner.claim("khaos", Kind.ORDER, 40)
            kept = claimed[: 40 if turn > 5 else 25]
            await complete(owner, *kept)
            done += [message.key for message in kept]
    assert len(done) == len(set(done)) == 200


async def test_a_queue_longer_than_the_window_is_read_to_its_end_in_order(
    outbox: PostgresOutbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("khaossync.outbox.feeds.WINDOW", 7)
    await accept(outbox, acceptance(*(order_message(str(n)) for n in range(50))))
    seen: list[str] = []
    while claimed := await outbox.claim("khaos", Kind.ORDER, 5):
        seen += [message.key for message in claimed]
        await complete(outbox, *claimed)
    assert seen == [f"shop:{n}" for n in range(50)]


async def _first(_stored: Stored) -> Acceptance:
    return acceptance(order_message("1"))


async def test_pages_are_accepted_one_after_the_other_so_that_ids_grow_with_commits(
    outbox: PostgresOutbox, database: Database, clock: HandClock
) -> None:
    """Else a reader whose cursor passed a younger page would never see an older one that committed later."""
    async with database.connection() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await take_in(connection, [_first], {}, frozenset(), clock.now(), Keeping(USUAL, ""))
        later = asyncio.create_task(accept(outbox, acceptance(order_message("2"))))
        while not await value(database, "select count(*) from pg_locks where locktype = 'advisory' and not granted"):
            assert not later.done()
        await transaction.commit()
    await later
    assert [message.key for message in await outbox.claim("khaos", Kind.ORDER, 10)] == ["shop:1", "shop:2"]


async def test_what_becomes_ready_beyond_the_cursor_is_taken_in_by_reading_alone(
    outbox: PostgresOutbox, database: Database
) -> None:
    """Taken in twice, it could be delivered and settled in between, and then be delivered again."""
    await accept(outbox, an_accepted_order())
    rows = await query(database, f"select {MESSAGE_COLUMNS} from khaossync.messages m")  # noqa: S608
    feed = Feed("khaos", levels=False)
    await feed.promoted(rows)
    assert feed.lanes.claimable(Kind.ORDER) == 0
    await feed.fill(database, Kind.ORDER, 1)
    assert feed.lanes.claimable(Kind.ORDER) == 1
