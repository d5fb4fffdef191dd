"""People are told of what awaits them, once, and when it is over; a watcher outside misses a flow that stands still."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest
import pytest_asyncio
from acceptance.playhouse import Playhouse
from aiohttp import web

SECRET = "whsec_" + "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="


@dataclass
class Receiver:
    """Takes alerts and heartbeats on loopback, as they come."""

    url: str = ""
    alerts: list[dict[str, Any]] = field(default_factory=list)
    beats: list[str] = field(default_factory=list)
    bodies: list[str] = field(default_factory=list)

    async def alert(self, request: web.Request) -> web.Response:
        self.bodies.append(await request.text())
        self.alerts.append(json.loads(self.bodies[-1])["data"])
        return web.Response()

    async def beat(self, request: web.Request) -> web.Response:
        self.beats.append(request.match_info["flow"])
        return web.Response()

    def told(self, what: str, stage: str) -> list[dict[str, Any]]:
        notices = [notice for alert in self.alerts for notice in alert["notices"]]
        return [one for one in notices if (one["what"], one["stage"]) == (what, stage)]


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    receiver, application = Receiver(), web.Application()
    application.router.add_post("/alerts", receiver.alert)
    application.router.add_get("/beats/{flow}", receiver.beat)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield receiver
    finally:
        await runner.cleanup()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def house(tmp_path_factory: pytest.TempPathFactory, receiver: Receiver) -> AsyncIterator[Playhouse]:
    flows = {flow: f"{receiver.url}/beats/{flow}" for flow in ("orders", "stock", "despatches", "refunds")}
    changes = {
        "alerts": {
            "ops": {"kind": "webhook", "url": f"{receiver.url}/alerts", "secret": SECRET, "allow_private": True},
            "deaf": {"kind": "slack", "url": "http://127.0.0.1:9/nobody", "allow_private": True},
        },
        "heartbeats": {**flows, "interval": 10, "allow_private": True},
    }
    async with Playhouse(tmp_path_factory.mktemp("told"), changes=changes) as house:
        await house.open()
        yield house


async def test_a_bad_sku_is_told_once_and_when_it_is_mended(house: Playhouse, receiver: Receiver) -> None:
    """ADB-27, SHO-16, S-5: at once, to whom it concerns, with the recipe; and when it is over."""
    orders = [house.shop.place_order([("GHOST", 1)]) for _ in range(3)]
    await house.until(lambda: receiver.told("unmapped_sku", "new"), "the alert")
    [notice] = receiver.told("unmapped_sku", "new")
    assert (notice["owner"], notice["urgent"], notice["about"]) == ("operations", True, "shop")
    assert "GHOST" in notice["lines"][1]
    assert any(f"shop:{order}" in notice["lines"][1] for order in orders)
    assert "khaossync cases show" in notice["look"]

    house.khaos.add_stock("GHOST", "Not a ghost any more", {"1": Decimal(50)})
    await house.turned("pull khaos catalogue")
    for case in await house.cases("unmapped_sku"):
        await house.cli("cases", "retry", str(case["case"]))
    await house.until(lambda: receiver.told("unmapped_sku", "resolved"), "it is told that it is over")
    assert len(receiver.told("unmapped_sku", "new")) == 1


async def test_a_target_that_takes_nothing_keeps_no_other_from_being_told(house: Playhouse, receiver: Receiver) -> None:
    house.shop.place_order([("MUG", 1)], delivery=("Carrier pigeon", Decimal("1.00")))
    await house.until(lambda: receiver.told("unmapped_delivery_method", "new"), "the alert")
    await house.until(lambda: house.events("tick_failed", loop="alert deaf"), "the deaf one is tried")
    assert await house.metric("khaossync_alerts_total", target="deaf", outcome="sent") == 0


async def test_a_restart_repeats_nothing_and_tells_that_the_exit_was_not_clean(
    house: Playhouse, receiver: Receiver
) -> None:
    """S-40: kill -9, and the next start says so; what was told already is not told again."""
    await house.until(lambda: house.events("alert_sent", target="ops"), "the alert is noted")
    before = len(receiver.alerts)
    await house.kill()
    await house.start()
    await house.until(lambda: receiver.told("exit", "new"), "the unclean exit is told")
    await house.turned("alert ops")
    assert [[one["what"] for one in alert["notices"]] for alert in receiver.alerts[before:]] == [["exit"]]


async def test_every_flow_that_goes_has_its_heartbeat_and_one_that_stands_still_has_none(
    house: Playhouse, receiver: Receiver
) -> None:
    """M-9, S-24: the shop goes away, and no flow is called well any more."""
    await house.until(lambda: set(receiver.beats) >= {"orders", "stock", "despatches", "refunds"}, "all flows beat")
    await house.close_shop()
    await house.until(lambda: house.events("connector_down", connector="shop"), "the shop is missed")
    receiver.beats.clear()
    await house.turned("heartbeat orders", "heartbeat refunds", times=3)
    assert receiver.beats == []
    await house.open_shop()
    await house.until(lambda: {*receiver.beats} >= {"orders", "refunds"}, "they beat again", seconds=45)


async def test_the_test_message_tells_what_came_of_it(house: Playhouse, receiver: Receiver) -> None:
    told = await house.cli("alert", "--test")
    assert told.code == 1
    assert "taken" in told.out
    assert "Cannot connect" in told.out
    assert receiver.alerts[-1]["notices"] == []
    assert "test" in receiver.alerts[-1]["summary"]
