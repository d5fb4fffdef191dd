"""A queue that goes from one process to another, at moments when something is half done."""

import asyncio
import random
from collections.abc import Sequence
from typing import Any, cast

import pytest
from examples import rules as make_rules
from outbox.stories import HandClock, a_level, accept, acceptance, complete, levels, order_message, query, value
from outbox.test_sharing import process, told

from khaossync.domain.documents import Kind
from khaossync.domain.errors import SyncError, TransientError
from khaossync.domain.messages import Delivery, Done, Outcome
from khaossync.domain.rules import Rules
from khaossync.domain.stock import ChannelLevel
from khaossync.loops.outage import Outage
from khaossync.loops.owned import Owned
from khaossync.loops.push import Push
from khaossync.ops.metrics import Metrics
from khaossync.outbox import Database, PostgresOutbox
from khaossync.ports import Connector


async def deprived(outbox: PostgresOutbox) -> None:
    """The session of its locks ends."""
    outbox.ownership.session.drop()
    while outbox.owned:
        await asyncio.sleep(0)


async def worked_off_by_another(dsn: str, clock: HandClock, first: PostgresOutbox, database: Database) -> None:
    """First has read two orders ahead; another process sends both while it owns the queue, and leaves."""
    await first.own(["khaos", "shop"])
    await accept(first, acceptance(order_message("1"), order_message("2")))
    first.release(await first.claim("khaos", Kind.ORDER, 1))
    await deprived(first)
    async with process(dsn, clock, "2") as second:
        await second.own(["khaos", "shop"])
        for message in await second.claim("khaos", Kind.ORDER, 5):
            await complete(second, message)
        assert await value(database, "select count(*) from khaossync.messages") == 0


async def test_nothing_is_claimed_from_an_old_reading_while_a_takeover_is_half_done(
    dsn: str, clock: HandClock, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with process(dsn, clock, "1") as first:
        await worked_off_by_another(dsn, clock, first, database)
        bump, inside, go = first.ownership._bump, asyncio.Event(), asyncio.Event()

        async def slow(connection: Any, name: str) -> int:
            """The second connector's takeover waits for somebody's transaction."""
            if name == "shop":
                inside.set()
                await go.wait()
            return await bump(connection, name)

        monkeypatch.setattr(first.ownership, "_bump", slow)
        turn = asyncio.ensure_future(first.turn())
        await inside.wait()
        assert await first.claim("khaos", Kind.ORDER, 5) == []
        go.set()
        await turn
        assert first.owned == {"khaos", "shop"}
        assert await first.claim("khaos", Kind.ORDER, 5) == []


async def test_nothing_is_claimed_from_an_old_reading_after_a_takeover_broke_off(
    dsn: str, clock: HandClock, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with process(dsn, clock, "1") as first:
        await worked_off_by_another(dsn, clock, first, database)
        bump, broken = first.ownership._bump, True

        async def breaks(connection: Any, name: str) -> int:
            nonlocal broken
            if name == "shop" and broken:
                broken = False
                first.ownership.session.drop()
            return await bump(connection, name)

        monkeypatch.setattr(first.ownership, "_bump", breaks)
        with pytest.raises(SyncError):
            await first.turn()
        await asyncio.sleep(0)
        await first.turn()
        assert first.owned == {"khaos", "shop"}
        assert await first.claim("khaos", Kind.ORDER, 5) == []


async def test_rows_that_cannot_be_read_in_a_queue_that_is_gone_cost_nothing(
    dsn: str, clock: HandClock, database: Database
) -> None:
    async with process(dsn, clock, "1") as first, process(dsn, clock, "2") as second:
        await first.own(["a", "khaos"])
        await accept(first, acceptance(order_message("1"), order_message("2"), source="a"))
        await query(database, "update khaossync.messages set body = '{\"x\": 1}'")
        assert await first.claim("khaos", Kind.ORDER, 5) == []
        await deprived(first)
        await second.own(["khaos"])
        for _ in range(5):
            await first.turn()
            clock.forward(seconds=2)
        assert first.owned == {"a"}
        assert second.owned == {"khaos"}


async def test_what_is_given_away_in_the_middle_of_a_claim_is_not_claimed(
    dsn: str, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with process(dsn, clock, "1") as first, process(dsn, clock, "2") as second:
        await first.own(["a", "khaos"])
        await accept(first, acceptance(order_message("1"), order_message("2"), source="a"))
        await second.own(["a", "khaos"])
        feed = first._queues._feed("khaos", Kind.ORDER)
        fill, inside, go = feed.fill, asyncio.Event(), asyncio.Event()

        async def slow(*args: Any) -> None:
            await fill(*args)
            inside.set()
            await go.wait()

        monkeypatch.setattr(feed, "fill", slow)
        claim = asyncio.ensure_future(first.claim("khaos", Kind.ORDER, 1))
        await inside.wait()
        await first.turn()
        await second.turn()
        assert second.owned == {"khaos"}
        go.set()
        assert await claim == []
        assert first.owned == {"a"}


async def test_a_level_that_another_process_replaced_goes_with_the_newest_quantity(dsn: str, clock: HandClock) -> None:
    """S-18: the owner of the shop has read 9 ahead, when the owner of the ERP reads that there is none left."""
    async with process(dsn, clock, "1") as erp, process(dsn, clock, "2") as shop:
        await erp.own(["khaos"])
        await shop.own(["shop"])
        await erp.take_in("khaos", told(levels(a_level(9, sku="MUG"), a_level(8, sku="CUP"))))
        assert len(await shop.claim("shop", Kind.STOCK_LEVEL, 1)) == 1
        await erp.take_in("khaos", told(levels(a_level(0, sku="MUG"), a_level(0, sku="CUP"))))
        while not shop.ownership.heard:
            await asyncio.sleep(0.01)
        await shop.turn()
        [other] = await shop.claim("shop", Kind.STOCK_LEVEL, 1)
        assert isinstance(other.body, ChannelLevel)
        assert other.body.quantity == 0


class Shelf:
    """A sink that takes everything."""

    max_batch, blind, parallel = 10, False, 1

    async def deliver(self, batch: Sequence[Delivery]) -> Sequence[Outcome]:
        return [Done("R") for _ in batch]


async def test_a_verdict_that_could_not_be_written_does_not_keep_its_connector_from_going(
    dsn: str, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL was away when a delivery ended, and a second daemon is there before the first has said so."""
    async with process(dsn, clock, "1") as first, process(dsn, clock, "2") as second:
        await first.own(["khaos", "shop"])
        await accept(first, levels(a_level(7)))
        sinks = {Kind.STOCK_LEVEL: cast(Any, Shelf())}
        outage = Outage(Connector("shop", "scripted", cast(Any, None), sinks=sinks), clock)
        outages, rules = {"shop": outage, "khaos": outage}, Rules.of([make_rules()])
        push = Push(Kind.STOCK_LEVEL, outage, outages, first, rules, clock, Metrics(), random.Random(1))
        owned = Owned("shop", first, push.tick, finishes=True, meanwhile=push.settle)

        async def away(_: object) -> None:
            raise TransientError("PostgreSQL was restarted")

        with monkeypatch.context() as patch:
            patch.setattr(first._settling, "do", away)
            with pytest.raises(TransientError):
                await owned.tick()
        await deprived(first)
        await first.turn()
        await second.own(["khaos", "shop"])
        for _ in range(8):
            await first.turn()
            await second.turn()
            clock.forward(seconds=30)
            await owned.tick()
        assert first.owned | second.owned == {"khaos", "shop"}
        assert first.owned
        assert second.owned
