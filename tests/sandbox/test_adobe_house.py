"""The shop tells what it is, fails as it is told to fail, and holds every call against what is published."""

import json
import random
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from sandbox.adobe_client import SPECIFICATION, Client, Scene, Wall, furnish, opened

from khaossync.sandbox.adobe import AdobeShop
from khaossync.sandbox.adobe.doors import ROUTES
from khaossync.sandbox.adobe.published import read
from khaossync.sandbox.faults import Fault


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with opened() as scene:
        yield scene


async def test_the_version_tells_only_major_and_minor(scene: Scene) -> None:
    answer = await scene.client.send("GET", "/magento_version", headers={})
    assert (answer.status, answer.told) == (200, "Magento/2.4 (Community)")


async def test_the_stores_and_the_modules_are_told(scene: Scene) -> None:
    (store,) = await scene.client.get("store/storeConfigs")
    assert (store["code"], store["base_currency_code"], store["timezone"]) == ("default", "GBP", "Europe/London")
    assert [each["code"] for each in await scene.client.get("store/storeViews")] == ["admin", "default"]
    assert [each["code"] for each in await scene.client.get("store/websites")] == ["admin", "base"]
    assert "Magento_InventoryApi" in await scene.client.get("modules")


async def test_a_path_that_is_none_is_answered_in_json(scene: Scene) -> None:
    for path in ("nonsense", "orders/1/nonsense", "/nonsense"):
        answer = await scene.client.send("GET", path)
        assert (answer.status, answer.message) == (404, "Request does not match any route.")
    assert (await scene.client.send("DELETE", "orders/1")).status == 404


async def test_a_body_that_is_not_json_is_refused(scene: Scene) -> None:
    order = scene.shop.place_order([("MUG", 1)])
    url = f"{scene.client.base}/rest/default/V1/order/{order}/ship"
    async with scene.client.session.post(url, data="{", headers=scene.client.headers) as response:
        assert response.status == 400
        assert (await response.json())["message"].startswith("Decoding error")


async def test_in_maintenance_there_is_a_page_for_people(scene: Scene) -> None:
    scene.shop.habits.maintenance = True
    answer = await scene.client.send("GET", "orders?searchCriteria=")
    assert answer.status == 503
    assert answer.headers["Content-Type"].startswith("text/html")


async def test_a_call_that_dies_half_way_has_another_shape_of_error(scene: Scene) -> None:
    scene.shop.habits.fatal = 1
    answer = await scene.client.send("GET", "orders?searchCriteria=")
    assert (answer.status, answer.told["messages"]["error"][0]["code"]) == (500, 500)
    assert (await scene.client.search("orders"))["total_count"] == 0


async def test_a_proxy_answers_with_a_page_for_people(scene: Scene) -> None:
    scene.shop.faults.plan(Fault.HTML, "GET orders")
    answer = await scene.client.send("GET", "orders?searchCriteria=")
    assert (answer.status, "<html>" in answer.told) == (502, True)
    assert (await scene.client.search("orders"))["total_count"] == 0


async def test_an_answer_may_be_lost_after_the_work_was_done(scene: Scene) -> None:
    order = scene.shop.place_order([("MUG", 1)])
    scene.shop.faults.plan(Fault.DROP_AFTER, "POST order/{id}/ship")
    with pytest.raises(aiohttp.ClientError):
        await scene.client.send("POST", f"order/{order}/ship", {})
    assert len(scene.shop.fulfilments(order)) == 1


async def test_calls_are_counted_by_their_routes(scene: Scene) -> None:
    order = scene.shop.place_order([("MUG", 1)])
    await scene.client.order(order)
    await scene.client.search("orders")
    await scene.client.send("GET", "orders?searchCriteria=", headers={})
    assert scene.shop.requests == {"GET orders/{id}": 1, "GET orders": 1}


async def test_the_shops_clock_may_be_wrong(scene: Scene) -> None:
    scene.shop.skew = timedelta(minutes=3)
    answer = await scene.client.send("GET", f"orders/{scene.shop.place_order([('MUG', 1)])}")
    assert answer.data["created_at"] == "2026-11-20 09:03:00"
    assert answer.headers["Date"] == "Fri, 20 Nov 2026 09:03:00 GMT"


async def test_without_the_specification_its_own_checks_remain() -> None:
    shop = AdobeShop(now=Wall(), dice=random.Random(7))
    furnish(shop)
    async with aiohttp.ClientSession() as session:
        try:
            client = Client(await shop.start(), session)
            order = shop.place_order([("MUG", 1)])
            assert (await client.send("POST", f"order/{order}/ship", {"nonsense": 1})).status == 400
            assert (await client.send("POST", f"order/{order}/ship", {"notify": True})).status == 200
        finally:
            await shop.stop()


@pytest.mark.skipif(not SPECIFICATION.exists(), reason="the specification is not there")
async def test_a_parameter_that_is_not_published_is_refused(scene: Scene) -> None:
    answer = await scene.client.send("GET", "orders?searchCriteria=&limit=5")
    assert (answer.status, answer.message) == (400, "GET orders has no parameter limit")
    scene.shop.breaches.clear()


@pytest.mark.skipif(not SPECIFICATION.exists(), reason="the specification is not there")
def test_every_call_of_the_simulator_is_published() -> None:
    specification = read(SPECIFICATION)
    unknown = [route.name for route in ROUTES if not specification.knows(route.method, route.path)]
    assert unknown == []


@pytest.mark.skipif(not SPECIFICATION.exists(), reason="the specification is not there")
def test_the_check_against_what_is_published_can_fail() -> None:
    specification = read(SPECIFICATION)
    good: dict[str, Any] = {"grand_total": 1, "base_grand_total": 1, "customer_email": None, "items": []}
    assert specification.answered("GET", "orders/{id}", good) == []
    wrong = specification.answered("GET", "orders/{id}", {"grand_total": "1", "nonsense": 1})
    assert "GET orders/{id} lacks items" in wrong
    assert "GET orders/{id}.grand_total is '1', not number" in wrong
    assert "GET orders/{id} has nonsense, which is not published" in wrong
    asked = specification.asked("POST", "order/{id}/ship", [], json.loads('{"items": [{"qty": 1}]}'))
    assert asked == ["body.items[0] lacks order_item_id"]
