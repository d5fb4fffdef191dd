"""PostgreSQL dies under the outbox: it goes on by itself, and nothing is lost or done twice."""

import asyncio
import os
import signal
from pathlib import Path

from outbox.stories import HandClock, accept, acceptance, order_message, value

from khaossync.domain.documents import Kind
from khaossync.domain.errors import OwnershipLostError, TransientError
from khaossync.domain.messages import Complete, Message, Settlement
from khaossync.embedded import Server
from khaossync.outbox import DatabaseSettings, PostgresOutbox, open_outbox
from khaossync.ports import Acceptance

ORDERS = 60


async def insist_on_accepting(outbox: PostgresOutbox, page: Acceptance) -> None:
    while True:
        try:
            await accept(outbox, page)
        except (TransientError, OwnershipLostError):
            await asyncio.sleep(0.05)
        else:
            return


async def insist_on_settling(outbox: PostgresOutbox, message: Message) -> None:
    while True:
        try:
            await outbox.settle([Settlement(message, Complete("SO"))])
        except TransientError:
            await asyncio.sleep(0.05)
        else:
            return


async def deliver(outbox: PostgresOutbox, effects: list[str]) -> None:
    while len(effects) < ORDERS:
        await outbox.ready("khaos", Kind.ORDER)
        try:
            claimed = await outbox.claim("khaos", Kind.ORDER, 3)
        except TransientError:
            await asyncio.sleep(0.05)
            continue
        for message in claimed:
            effects.append(message.key)
            await insist_on_settling(outbox, message)


def crash(home: Path) -> None:
    """An immediate shutdown: every session ends at once, without a checkpoint."""
    [pid_file] = home.rglob("postmaster.pid")
    os.kill(int(pid_file.read_text().splitlines()[0]), signal.SIGQUIT)


async def test_work_goes_on_by_itself_after_postgres_crashed(tmp_path: Path) -> None:
    """ARCHITECTURE §4.5; `facts/outbox.md` §3c: most queues need a restart of the worker here."""
    effects: list[str] = []
    async with (
        Server(tmp_path) as dsn,
        open_outbox(DatabaseSettings(dsn), HandClock(), migrating=True) as outbox,
    ):
        await outbox.own(["khaos", "shop"])
        delivering = asyncio.create_task(deliver(outbox, effects))
        for number in range(ORDERS):
            await insist_on_accepting(outbox, acceptance(order_message(str(number)), cursor=str(number)))
            if number in (20, 40):
                crash(tmp_path)
        await asyncio.wait_for(delivering, 60)
        assert sorted(effects) == sorted(f"shop:{number}" for number in range(ORDERS))
        assert await value(outbox.database, "select count(*) from khaossync.ledger where outcome = 'done'") == ORDERS
        assert await value(outbox.database, "select count(*) from khaossync.messages") == 0
        assert await outbox.cursor("shop", "orders") == str(ORDERS - 1)
