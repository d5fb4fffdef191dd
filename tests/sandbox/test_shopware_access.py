"""Who is let in, for how long, and what the role allows."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sandbox.shopware_client import Scene, opened


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with opened() as scene:
        yield scene


async def test_a_token_is_good_for_ten_minutes(scene: Scene) -> None:
    granted = await scene.client.sign_in()
    assert (granted.told["token_type"], granted.told["expires_in"]) == ("Bearer", 600)
    scene.wall.wait(seconds=599)
    assert (await scene.client.search("order")).status == 200
    scene.wall.wait(seconds=1)
    expired = await scene.client.search("order")
    assert (expired.status, expired.error["code"]) == (401, "9")
    await scene.client.sign_in()
    assert (await scene.client.search("order")).status == 200


async def test_there_is_no_refresh_token(scene: Scene) -> None:
    assert "refresh_token" not in (await scene.client.sign_in()).told


async def test_without_a_token_nothing_is_told(scene: Scene) -> None:
    scene.client.token = ""
    answer = await scene.client.call("GET", "/_info/version")
    assert (answer.status, answer.error["detail"]) == (401, 'Missing "Authorization" header')


async def test_a_token_that_was_taken_back_is_refused(scene: Scene) -> None:
    scene.shop.access.revoke()
    assert (await scene.client.search("order")).status == 401


async def test_a_wrong_secret_is_refused(scene: Scene) -> None:
    answer = await scene.client.sign_in("another")
    assert (answer.status, answer.error["title"], answer.error["code"]) == (401, "Unauthorized", "4")


async def test_ten_failures_make_one_wait_and_a_success_forgets_them(scene: Scene) -> None:
    for _ in range(10):
        await scene.client.sign_in("another")
    throttled = await scene.client.sign_in()
    assert (throttled.status, throttled.error["code"]) == (429, "FRAMEWORK__AUTH_THROTTLED")
    scene.wall.wait(seconds=10)
    assert (await scene.client.sign_in()).status == 200
    assert (await scene.client.sign_in("another")).status == 401


async def test_another_grant_is_not_supported(scene: Scene) -> None:
    answer = await scene.client.call("POST", "/oauth/token", {"grant_type": "magic"})
    assert (answer.status, answer.error["code"]) == (400, "2")


async def test_a_new_secret_leaves_old_tokens_good_until_they_expire(scene: Scene) -> None:
    scene.shop.access.change_secret("another")
    assert (await scene.client.search("order")).status == 200
    assert (await scene.client.sign_in()).status == 401
    assert (await scene.client.sign_in("another")).status == 200


@pytest.mark.parametrize("version", ["6.5.8.14", "6.6.10.2", "6.7.10.1"])
async def test_the_version_is_told(version: str) -> None:
    async with opened(version=version) as scene:
        assert (await scene.client.call("GET", "/_info/version")).told == {"version": version}


async def test_a_right_that_the_role_lacks_is_named(scene: Scene) -> None:
    key = scene.shop.place_order([("MUG", 1)])
    scene.shop.setup.privileges -= {"order_customer:read", "order_delivery:update"}
    reading = await scene.client.search("order", associations={"orderCustomer": {}})
    assert (reading.status, reading.error["code"]) == (403, "FRAMEWORK__MISSING_PRIVILEGE_ERROR")
    assert "order_customer:read" in reading.error["detail"]
    assert (await scene.client.search("order")).status == 200
    shipping = await scene.move("order_delivery", scene.shop.delivery(key), "ship")
    assert (shipping.status, "order_delivery:update" in shipping.error["detail"]) == (403, True)


async def test_who_does_not_ask_for_plain_json_gets_json_api(scene: Scene) -> None:
    scene.client.held = False
    key = scene.shop.place_order([("MUG", 1)])
    body: dict[str, Any] = {"associations": {"lineItems": {}}}
    answer = await scene.client.call("POST", "/search/order", body, Accept="*/*")
    (order,) = answer.told["data"]
    assert answer.headers["Content-Type"].startswith("application/vnd.api+json")
    assert (order["id"], order["type"], order["attributes"]["orderNumber"]) == (key, "order", "10001")
    (line,) = answer.told["included"]
    assert order["relationships"]["lineItems"]["data"] == [{"type": "order_line_item", "id": line["id"]}]


async def test_an_address_that_there_is_not_is_told_in_the_form_of_an_error(scene: Scene) -> None:
    answer = await scene.client.call("GET", "/nothing/here/at/all")
    assert (answer.status, answer.error["status"], answer.error["title"]) == (404, "404", "Not Found")


async def test_the_shops_own_clock_may_be_ahead(scene: Scene) -> None:
    scene.shop.skew = timedelta(minutes=2)
    scene.shop.place_order([("MUG", 1)])
    answer = await scene.client.search("order")
    assert answer.data[0]["createdAt"] == "2026-11-20T09:02:00.000+00:00"
    assert answer.headers["Date"] == "Fri, 20 Nov 2026 09:02:00 GMT"
