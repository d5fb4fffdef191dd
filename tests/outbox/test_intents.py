"""Law 7 for many at once: what was about to be sent is known message by message, and nothing piles up."""

from collections.abc import Mapping
from datetime import timedelta

import examples
import pytest
from outbox.stories import HandClock, a_case, accept, acceptance, complete, order_message, query, value
from outbox.test_ownership import kill_locks, process

from khaossync.domain.documents import Kind
from khaossync.domain.errors import OwnershipLostError
from khaossync.domain.messages import Message, NewMessage, Park, Retry, Settlement
from khaossync.outbox import Database, DatabaseSettings, PostgresOutbox, migrate, retry_case, trace
from khaossync.outbox.migrate import shipped


def consignment(number: str) -> NewMessage:
    """One on which nothing hangs: its end is told by its ledger row alone."""
    return NewMessage("khaos", Kind.DESPATCH, f"shop:{number}", "1", "shop", examples.despatch())


async def consignments(outbox: PostgresOutbox, *numbers: str) -> list[Message]:
    await accept(outbox, acceptance(*map(consignment, numbers)))
    return list(await outbox.claim("khaos", Kind.DESPATCH, 10))


async def doubts(dsn: str, clock: HandClock) -> Mapping[str, bool]:
    """What a successor is told of everything that it may claim."""
    async with process(dsn, clock, "successor") as successor:
        await successor.own(["khaos"])
        return {message.key: message.doubt for message in await successor.claim("khaos", Kind.ORDER, 10)}


async def test_of_a_call_only_what_has_no_verdict_is_in_doubt(dsn: str, clock: HandClock) -> None:
    async with process(dsn, clock, "a") as outbox:
        await outbox.own(["khaos", "shop"])
        await accept(outbox, acceptance(*map(order_message, "123")))
        first, second, third = await outbox.claim("khaos", Kind.ORDER, 10)
        await outbox.intend([first, second])
        await outbox.settle([Settlement(first, Retry(clock.now(), "refused"))])
        outbox.release([third])
    clock.forward(seconds=1)
    assert await doubts(dsn, clock) == {"shop:2": True, "shop:3": False, "shop:1": False}
    assert second.doubt is False


async def test_what_was_about_to_be_sent_twice_is_settled_at_once(dsn: str, clock: HandClock) -> None:
    """The destination went away half-way: the message was put back, and sent again."""
    async with process(dsn, clock, "a") as outbox:
        await outbox.own(["khaos", "shop"])
        await accept(outbox, acceptance(*map(order_message, "12")))
        first, second = await outbox.claim("khaos", Kind.ORDER, 10)
        await outbox.intend([first, second])
        outbox.release([first])
        [first] = await outbox.claim("khaos", Kind.ORDER, 10)
        await outbox.intend([first])
        await outbox.settle([Settlement(first, Retry(clock.now(), "refused"))])
    clock.forward(seconds=1)
    assert await doubts(dsn, clock) == {"shop:2": True, "shop:1": False}


async def test_intents_do_not_pile_up(outbox: PostgresOutbox, database: Database) -> None:
    for number in range(5):
        messages = await consignments(outbox, str(number))
        await outbox.intend(messages)
        await complete(outbox, *messages)
    assert await value(database, "select count(*) from khaossync.intents") == 1
    assert await value(database, "select count(*) from khaossync.ledger where outcome = 'done'") == 5


async def test_a_trace_tells_that_a_message_may_be_on_its_way(outbox: PostgresOutbox, database: Database) -> None:
    first, second = await consignments(outbox, "1", "2")
    await outbox.intend([first])
    assert [one.doubt for one in (await trace(database, first.key)).unfinished] == [True]
    assert [one.doubt for one in (await trace(database, second.key)).unfinished] == [False]


async def test_a_stale_owner_ends_nothing(dsn: str, clock: HandClock, database: Database) -> None:
    async with process(dsn, clock, "a") as stale, process(dsn, clock, "b") as fresh:
        await stale.own(["khaos", "shop"])
        messages = await consignments(stale, "1", "2")
        await kill_locks(database, stale)
        await fresh.own(["khaos"])
        with pytest.raises(OwnershipLostError, match="another process owns"):
            await complete(stale, *messages)
        assert await value(database, "select count(*) from khaossync.messages") == 2
        assert await value(database, "select count(*) from khaossync.ledger where outcome = 'open'") == 2


async def test_a_case_ends_with_the_message_that_hung_on_it(outbox: PostgresOutbox, database: Database) -> None:
    [message] = await consignments(outbox, "1")
    await outbox.settle([Settlement(message, Park(a_case()))])
    await retry_case(database, 1, "Operator", examples.NOON)
    await outbox.turn()
    await complete(outbox, *await consignments(outbox, "2"))
    assert await value(database, "select count(*) from khaossync.ledger where outcome = 'done'") == 2
    assert [row["state"] for row in await query(database, "select state from khaossync.cases")] == ["closed"]


async def test_the_marks_of_an_older_release_become_rows(empty_dsn: str, clock: HandClock) -> None:
    """A daemon that was killed before its upgrade left marks; its successor must look first all the same."""
    settings = DatabaseSettings(empty_dsn)
    before = [one for one in shipped() if "intents" not in one.name][:6]
    await migrate(settings, clock, before)
    async with process(empty_dsn, clock, "old") as old:
        database = old.database
        await query(
            database,
            "insert into khaossync.messages (id, destination, kind, key, version, source, body, created_at, ready_at,"
            " expires_at, intent_at)"
            " values (7, 'khaos', 'despatch', 'shop:7', '1', 'shop', '{\"a\": 1}', $1, $1, $1, $1)",
            clock.now() - timedelta(minutes=5),
        )
    await migrate(settings, clock)
    async with process(empty_dsn, clock, "new") as new:
        [row] = await query(new.database, "select destination, message_ids from khaossync.intents")
        assert tuple(row) == ("khaos", [7])
        await new.own(["khaos"])
        assert await value(new.database, "select doubt from khaossync.messages") is True
