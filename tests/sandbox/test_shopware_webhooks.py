"""Events are posted to an app, signed, more or less once, and not for ever to somebody who does not answer."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from sandbox.shopware_client import Scene, opened

from khaossync.sandbox.shopware import Mischief


class App:
    """Takes posts and keeps them; answers with `status`."""

    def __init__(self) -> None:
        self.status = 200
        self.got: list[tuple[dict[str, str], bytes]] = []

    async def take(self, request: web.Request) -> web.Response:
        self.got.append((dict(request.headers), await request.read()))
        return web.Response(status=self.status)

    @property
    def events(self) -> list[str]:
        return [self.told(position)["data"]["event"] for position in range(len(self.got))]

    def told(self, position: int) -> Any:
        return json.loads(self.got[position][1])


@asynccontextmanager
async def listening(scene: Scene) -> AsyncIterator[App]:
    app, application = App(), web.Application()
    application.router.add_post("/hook", app.take)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    scene.shop.webhook_url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    try:
        yield app
    finally:
        await runner.cleanup()


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with opened() as scene:
        yield scene


@pytest.fixture
async def app(scene: Scene) -> AsyncIterator[App]:
    async with listening(scene) as app:
        yield app


async def test_an_order_is_told_signed_with_the_apps_secret(scene: Scene, app: App) -> None:
    key = scene.shop.place_order([("MUG", 1)])
    await scene.shop.webhooks.idle()
    headers, body = app.got[0]
    digest = hmac.new(scene.shop.webhook_secret.encode(), body, hashlib.sha256).hexdigest()
    assert headers["shopware-shop-signature"] == digest
    assert headers["sw-version"] == "6.7.10.1"
    told = app.told(0)
    assert (told["data"]["event"], told["data"]["payload"]["order"]["id"]) == ("checkout.order.placed", key)
    assert set(told["source"]) == {"url", "appVersion", "shopId", "eventId"}


async def test_of_what_was_written_only_the_id_is_told(scene: Scene, app: App) -> None:
    scene.shop.staff_sets("MUG", 3)
    await scene.shop.webhooks.idle()
    (told,) = app.told(0)["data"]["payload"]
    assert (app.events, told["entity"], told["operation"]) == (["product.written"], "product", "update")
    assert len(told["primaryKey"]) == 32


async def test_a_state_that_is_entered_is_told_with_the_order(scene: Scene, app: App) -> None:
    key = scene.shop.place_order([("MUG", 1)])
    scene.shop.act(key, "ship", "order_delivery")
    await scene.shop.webhooks.idle()
    assert app.events == ["checkout.order.placed", "state_enter.order_delivery.state.shipped"]
    assert app.told(1)["data"]["payload"]["order"]["id"] == key


async def test_an_order_taking_its_stock_is_no_written_product(scene: Scene, app: App) -> None:
    scene.shop.place_order([("MUG", 1)])
    await scene.shop.webhooks.idle()
    assert "product.written" not in app.events


@pytest.mark.parametrize(
    ("mischief", "events"),
    [
        (Mischief.LOSE, ["product.written"]),
        (Mischief.DOUBLE, ["checkout.order.placed", "checkout.order.placed", "product.written"]),
        (Mischief.REORDER, ["product.written", "checkout.order.placed"]),
        (Mischief.FORGE, ["checkout.order.placed", "checkout.order.placed", "product.written"]),
    ],
)
async def test_events_are_lost_doubled_disordered_or_forged(
    scene: Scene, app: App, mischief: Mischief, events: list[str]
) -> None:
    scene.shop.webhooks.misbehave(mischief)
    scene.shop.place_order([("MUG", 1)])
    scene.shop.staff_sets("MUG", 3)
    await scene.shop.webhooks.idle()
    assert app.events == events
    signatures = {headers["shopware-shop-signature"] for headers, _ in app.got}
    assert len(signatures) == (3 if mischief is Mischief.FORGE else 2 if mischief is not Mischief.LOSE else 1)


async def test_an_event_that_is_not_taken_comes_again_three_times(scene: Scene, app: App) -> None:
    app.status = 500
    scene.shop.place_order([("MUG", 1)])
    await scene.shop.webhooks.idle()
    assert [each.attempt for each in scene.shop.webhooks.sent] == [1, 2, 3, 4]


async def test_after_ten_errors_a_webhook_is_switched_off(scene: Scene, app: App) -> None:
    app.status = 500
    for _ in range(3):
        scene.shop.place_order([("MUG", 1)])
    await asyncio.wait_for(scene.shop.webhooks.idle(), 30)
    assert scene.shop.webhook_url is None
    app.got.clear()
    scene.shop.place_order([("MUG", 1)])
    await scene.shop.webhooks.idle()
    assert app.got == []
