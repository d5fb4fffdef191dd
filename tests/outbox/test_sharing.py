"""Several processes on one database: each takes its fair share, a silent one is replaced, hints find their way."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import timedelta

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
    value,
)

from khaossync.domain.documents import Kind
from khaossync.domain.errors import OwnershipLostError, TransientError
from khaossync.outbox import Database, DatabaseSettings, PostgresOutbox, status
from khaossync.outbox.database import open_database
from khaossync.outbox.judging import SERIALISE
from khaossync.outbox.queues import Queues
from khaossync.outbox.settling import FENCE
from khaossync.outbox.sharing import Round, Seat
from khaossync.ports import Acceptance, Judge, Stored

FORBIDDING = """
create function forbidden(int[], interval) returns boolean language plpgsql as $$
begin raise insufficient_privilege using message = 'permission denied to terminate process'; end $$"""

NAMES = ["a", "b", "c", "d"]


@asynccontextmanager
async def process(dsn: str, clock: HandClock, name: str) -> AsyncIterator[PostgresOutbox]:
    """An outbox as a process of its own would have it; without a keeper: a test decides when it turns."""
    async with open_database(DatabaseSettings(dsn)) as database:
        outbox = PostgresOutbox(database, clock, Queues(database, clock, name))
        try:
            yield outbox
        finally:
            await outbox.close()


async def settle_down(*outboxes: PostgresOutbox) -> list[int]:
    """Let everybody turn until nothing moves any more; how many connectors each has."""
    before: list[frozenset[str]] = []
    while (now := [outbox.owned for outbox in outboxes]) != before:
        before = now
        for outbox in (*outboxes, *outboxes):
            await outbox.turn()
    return [len(owned) for owned in before]


def seats(**held: int | None) -> list[Seat]:
    return [Seat(name, session) for name, session in held.items()]


def test_one_alone_takes_all_at_once() -> None:
    found = Round(1, seats(a=None, b=None, c=None), frozenset({1}))
    assert found.due((), ()) == ["a", "b", "c"]
    assert found.surplus() is None


def test_nobody_takes_more_than_a_fair_share_of_what_is_free() -> None:
    found = Round(1, seats(a=None, b=None, c=None, d=None, e=None), frozenset({1, 2}))
    assert found.due((), ()) == ["a", "b", "c"]
    assert found.due({"e"}, ()) == ["e", "a", "b"], "unless nobody else wants it"


def test_what_was_given_away_is_left_to_the_others() -> None:
    found = Round(1, seats(a=1, b=None), frozenset({1, 2}))
    assert found.due((), {"b"}) == []
    assert found.due({"b"}, {"b"}) == ["b"]


def test_one_goes_to_a_daemon_that_has_two_fewer() -> None:
    assert Round(1, seats(a=1, b=1, c=2), frozenset({1, 2, 3})).surplus() == "b"
    assert Round(1, seats(a=1, b=2, c=3), frozenset({1, 2, 3})).surplus() is None
    assert Round(1, seats(a=1, b=1, c=2), frozenset({1, 2})).surplus() is None


def test_what_a_silent_session_holds_is_done_by_nobody() -> None:
    found = Round(1, [Seat("a", 1), Seat("b", 2), Seat("c", 3, silent=True), Seat("d", None)], frozenset({1, 2}))
    assert found.elsewhere == {"b"}
    assert found.idle == {"c", "d"}


async def test_newcomers_are_given_their_share(dsn: str, clock: HandClock) -> None:
    async with AsyncExitStack() as stack:
        first, second, third = [await stack.enter_async_context(process(dsn, clock, name)) for name in "123"]
        await first.own(NAMES)
        assert first.owned == set(NAMES)
        await second.own(NAMES)
        assert await settle_down(first, second) == [2, 2]
        await third.own(NAMES)
        assert sorted(await settle_down(first, second, third)) == [1, 1, 2]
        assert first.owned | second.owned | third.owned == set(NAMES)
        await first.close()
        assert await settle_down(second, third) == [2, 2]


async def test_a_queue_is_not_given_away_in_the_middle_of_a_delivery(dsn: str, clock: HandClock) -> None:
    async with process(dsn, clock, "1") as first, process(dsn, clock, "2") as second:
        await first.own(["a", "khaos"])
        await accept(first, acceptance(order_message("1"), order_message("2"), source="khaos"))
        [message] = await first.claim("khaos", Kind.ORDER, 1)
        await second.own(["a", "khaos"])
        await first.turn()
        await second.turn()
        assert first.owned == {"a"}
        assert not second.owned
        assert await first.claim("khaos", Kind.ORDER, 1) == [], "nothing new is begun"
        await complete(first, message)
        await first.turn()
        await second.turn()
        assert second.owned == {"khaos"}
        assert (await claim_one(second)).key == "shop:2"


async def test_a_daemon_that_stops_takes_nothing_more_and_gives_up_what_it_has_as_soon_as_it_is_settled(
    dsn: str, clock: HandClock
) -> None:
    async with process(dsn, clock, "1") as stopping, process(dsn, clock, "2") as other:
        await stopping.own(["a", "b", "khaos"])
        await accept(stopping, acceptance(order_message("1"), order_message("2"), source="a"))
        [message] = await stopping.claim("khaos", Kind.ORDER, 1)
        await other.own(["a", "b", "khaos"])
        assert not other.owned
        stopping.leave()
        assert not stopping.owned
        await stopping.turn()
        await other.turn()
        assert other.owned == {"a", "b"}, "at once, and no fair share is left to who goes"
        assert await stopping.claim("khaos", Kind.ORDER, 1) == [], "nothing new is begun"
        stopping.ownership.insist("khaos")  # what was begun may be finished
        await stopping.intend([message])
        await complete(stopping, message)
        await stopping.turn()
        await other.turn()
        assert other.owned == {"a", "b", "khaos"}
        assert not (await claim_one(other)).doubt
        await other.close()
        clock.forward(seconds=10)
        await stopping.turn()
        assert not stopping.ownership.held


async def test_a_daemon_that_wants_other_connectors_is_left_alone(dsn: str, clock: HandClock) -> None:
    """Else what it does not know would be given to it, and nobody would have it."""
    async with process(dsn, clock, "1") as first, process(dsn, clock, "2") as other:
        await first.own(NAMES)
        await other.own(["x"])
        assert await settle_down(first, other) == [4, 1]


async def test_what_others_leave_lying_is_taken_by_whoever_sees_it(dsn: str, clock: HandClock) -> None:
    async with AsyncExitStack() as stack:
        first, idler, owner = [await stack.enter_async_context(process(dsn, clock, name)) for name in "123"]
        await owner.own(NAMES)
        await idler.own(NAMES)
        await owner.close()
        await first.own(NAMES)
        assert len(first.owned) == 2
        clock.forward(seconds=4)
        await first.turn()
        assert first.owned == set(NAMES)
        await first.turn()
        assert first.owned == set(NAMES), "it is not offered again and again"


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever says nothing for a fifth of a second counts as paused."""
    monkeypatch.setattr("khaossync.outbox.seats.SILENCE", timedelta(seconds=0.2))


async def silent(database: Database) -> None:
    """Wait until the lock's session has said nothing for so long."""
    sql = """select bool_and(clock_timestamp() - a.state_change > '0.2 s') from pg_stat_activity a
        where a.pid in (select pid from pg_locks where locktype = 'advisory' and granted)"""
    while not await value(database, sql):
        await asyncio.sleep(0.01)


async def test_a_silent_owner_is_ended_and_replaced(
    dsn: str, clock: HandClock, database: Database, impatient: None
) -> None:
    """A paused process keeps its connection, and with it the lock, as long as nobody ends it."""
    async with process(dsn, clock, "1") as paused, process(dsn, clock, "2") as other:
        await paused.own(["khaos"])
        await accept(paused, replace(an_accepted_order(), source="khaos"))
        message = await claim_one(paused)
        await paused.intend([message])
        await silent(database)
        await other.own(["khaos"])
        assert other.owned == {"khaos"}
        assert (await claim_one(other)).doubt
        with pytest.raises(OwnershipLostError):
            paused.ownership.insist("khaos")
        with pytest.raises(OwnershipLostError):
            await complete(paused, message)


async def test_an_owner_that_stands_still_in_a_transaction_does_not_hold_up_its_successor(
    dsn: str, clock: HandClock, database: Database, impatient: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, sql in (("settling.FENCE", FENCE), ("judging.SERIALISE", SERIALISE)):
        monkeypatch.setattr(f"khaossync.outbox.{name}", sql.replace("'5s'", "'300ms'"))
    async with process(dsn, clock, "1") as paused, process(dsn, clock, "2") as other:
        await paused.own(["shop"])
        inside, go = asyncio.Event(), asyncio.Event()

        async def stands_still(_stored: Stored) -> Acceptance:
            inside.set()
            await go.wait()
            return an_accepted_order()

        judging = asyncio.ensure_future(paused.take_in("shop", stands_still))
        await inside.wait()
        await silent(database)
        await other.own(["shop"])
        assert other.owned == {"shop"}
        go.set()
        with pytest.raises((OwnershipLostError, TransientError)):
            await judging
        assert await value(database, "select count(*) from khaossync.documents") == 0


async def test_who_speaks_is_not_ended(dsn: str, clock: HandClock, impatient: None, database: Database) -> None:
    async with process(dsn, clock, "1") as owner, process(dsn, clock, "2") as other:
        await owner.own(["khaos"])
        await silent(database)
        await owner.ownership.session.beat()
        await other.own(["khaos"])
        assert owner.owned == {"khaos"}
        assert not other.owned


async def test_who_may_not_end_a_silent_owner_goes_on_with_its_own_work(
    dsn: str, clock: HandClock, database: Database, impatient: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with process(dsn, clock, "1") as paused, process(dsn, clock, "2") as other:
        await paused.own(["khaos"])
        await silent(database)
        other.ownership.want(["khaos", "shop"], {})
        await query(database, FORBIDDING)
        monkeypatch.setattr("khaossync.outbox.seats.END", "select forbidden($1, $2) as ended")
        await other.turn()
        assert other.owned == {"shop"}
        clock.forward(minutes=2)
        await other.turn()
        assert other.ownership.idle == {"khaos": 120.0}


async def test_a_page_of_a_stale_owner_is_not_stored(dsn: str, clock: HandClock, database: Database) -> None:
    """What it judged by is old: the successor has read on since."""
    async with process(dsn, clock, "1") as stale, process(dsn, clock, "2") as fresh:
        await stale.own(["shop"])
        stale.ownership.session.drop()
        while stale.owned:
            await asyncio.sleep(0)
        await fresh.own(["shop"])
        with pytest.raises(OwnershipLostError):
            await stale.take_in("shop", told(an_accepted_order()))
        assert await value(database, "select count(*) from khaossync.documents") == 0
        assert (await fresh.take_in("shop", told(an_accepted_order()))).documents == 1


def told(one: Acceptance) -> Judge:
    async def judge(_stored: Stored) -> Acceptance:
        return one

    return judge


async def test_a_hint_reaches_the_owner_from_any_process(dsn: str, clock: HandClock) -> None:
    async with process(dsn, clock, "1") as owner, process(dsn, clock, "2") as other:
        heard: asyncio.Queue[tuple[str, str, str]] = asyncio.Queue()
        owner.ownership.heed = lambda *hint: heard.put_nowait(hint)
        await owner.own(["shop"])
        await other.own(["shop"])
        other.pass_on("elsewhere", "orders", "6")
        other.pass_on("shop", "orders", "5001")
        await other.turn()
        assert await asyncio.wait_for(heard.get(), 5) == ("shop", "orders", "5001")
        assert heard.empty()


async def test_the_pulse_of_a_connector_is_told_by_the_process_that_owns_it(dsn: str, clock: HandClock) -> None:
    async with process(dsn, clock, "1") as first, process(dsn, clock, "2") as second:
        assert set(await first.share_pulse("orders", {"shop": 3.0})) == {"shop"}
        ages = await second.share_pulse("orders", {"khaos": None})
        assert ages["khaos"] is None
        assert ages["shop"] is not None
        assert 3.0 <= ages["shop"] < 30
        assert await second.share_pulse("stock", {}) == {}


async def test_people_see_who_works_for_what(dsn: str, clock: HandClock, database: Database) -> None:
    async with process(dsn, clock, "host:8990") as one:
        await one.own(["khaos"])
        [owner] = (await status(database)).owners
        assert (owner.connector, owner.holder, owner.held) == ("khaos", "host:8990", True)
    [owner] = (await status(database)).owners
    assert not owner.held
