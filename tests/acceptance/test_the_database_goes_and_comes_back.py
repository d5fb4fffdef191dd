"""PostgreSQL is killed, goes away for a while, is exchanged for another: nothing is lost, nothing doubled."""

import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest_asyncio
from acceptance.playhouse import Playhouse
from conftest import FAST_AND_FORGETFUL
from postgres_watch import server_pid

from khaossync.cli.stores import WORLD
from khaossync.embedded import Server


async def every_law_holds(house: Playhouse) -> None:
    """People are told a moment after it happens."""
    await house.until(lambda: lawful(house), "every law holds", look=1)


async def lawful(house: Playhouse) -> bool:
    house.broken = [complaint for law in await house.laws() for complaint in law.broken]
    return not house.broken


async def test_an_embedded_postgres_that_is_killed_comes_back_by_itself(tmp_path: Path) -> None:
    async with Playhouse(tmp_path) as house:
        await house.open()
        before = [house.shop.place_order([("MUG", 1)]) for _ in range(3)]
        await house.until(lambda: house.events("delivered", kind="order"), "the work is under way")
        os.kill(server_pid(tmp_path / "postgres"), signal.SIGKILL)
        during = [house.shop.place_order([("TEA", 1)]) for _ in range(3)]
        house.khaos.receive("SEAT", 4)
        await house.until(lambda: house.events("postgres_died"), "its death is told")
        for order in (*before, *during):
            await house.sold(order)
        await house.until(lambda: not house.stage.wrong_levels(), "the stock agrees")
        await house.until(house.ready, "the daemon is ready again")
        await every_law_holds(house)


@pytest_asyncio.fixture
async def elsewhere(postgres_server: str) -> AsyncIterator[str]:
    """The DSN of an empty database of another PostgreSQL."""
    connection = await asyncpg.connect(postgres_server)
    await connection.execute("create database elsewhere")
    yield urlunsplit(urlsplit(postgres_server)._replace(path="/elsewhere"))
    await connection.execute("drop database elsewhere with (force)")
    await connection.close()


async def test_the_outbox_moves_to_another_postgres_and_goes_on_there(tmp_path: Path, elsewhere: str) -> None:
    async with Playhouse(tmp_path) as house:
        await house.open()
        old = house.shop.place_order([("MUG", 1)])
        held = house.shop.place_order([("GHOST", 1)])
        ref = (await house.sent(old)).ref
        house.khaos.pick(ref)
        house.khaos.despatch(ref, courier="DPD", consignment="TRK-1")
        await house.until(lambda: house.shop.fulfilments(old), "the despatch is told")
        number = (await house.case("unmapped_sku"))["case"]
        refused = await house.cli("db", "copy", KHAOSSYNC_TO=elsewhere)
        assert refused.code == 78
        assert "stop it before copying" in refused.err
        assert await house.terminate() == 0

        copied = await house.cli("db", "copy", KHAOSSYNC_TO=elsewhere)
        assert copied.code == 0, copied.err
        house.configure({"database": {"data_dir": None, "dsn": elsewhere}})
        await house.start()
        await house.sent(house.shop.place_order([("TEA", 1)]))
        await house.turned("pull khaos despatches", "pull shop orders")
        assert set(house.khaos.imports_seen.values()) == {1}
        assert len(house.shop.fulfilments()) == 1
        house.khaos.add_stock("GHOST", "Found", {"1": 50})
        await house.until(lambda: cured(house, number, held), "the copied case can be retried", look=1)
        await house.until(lambda: not house.stage.wrong_levels(), "the stock agrees")
        await every_law_holds(house)


async def cured(house: Playhouse, number: int, order: str) -> bool:
    await house.cli("cases", "retry", str(number))
    return house.khaos.order(WORLD.ref(order)) is not None


async def test_a_postgres_that_is_away_for_a_while_is_waited_for(tmp_path: Path) -> None:
    """S-40: health fails while it is away, and what came meanwhile is done afterwards."""
    server = Server(tmp_path / "server", settings=FAST_AND_FORGETFUL)
    dsn = await server.start()
    try:
        async with Playhouse(tmp_path, changes={"database": {"data_dir": None, "dsn": dsn}}) as house:
            assert (await house.cli("migrate")).code == 0
            await house.open()
            await house.sent(house.shop.place_order([("MUG", 1)]))
            await server.stop()
            await house.until(lambda: says(house, 503, "fail"), "health fails")
            assert (await house.get("/readyz"))[0] == 503
            assert (await house.get("/livez"))[0] == 200
            order = house.shop.place_order([("TEA", 1)])
            house.khaos.receive("SEAT", 4)
            assert await server.start() == dsn
            await house.until(lambda: says(house, 200, "warn"), "health recovers: a case is open", seconds=45)
            await house.sold(order)
            await house.until(lambda: not house.stage.wrong_levels(), "the stock agrees")
            await every_law_holds(house)
    finally:
        await server.stop()


async def says(house: Playhouse, code: int, status: str) -> bool:
    return await house.health() == (code, status)
