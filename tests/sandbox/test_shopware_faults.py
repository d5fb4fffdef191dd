"""Everything that goes wrong on the way: gateways that answer in HTML, throttles, answers that never come."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
from sandbox.shopware_client import Scene, opened

from khaossync.sandbox.faults import Fault


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with opened() as scene:
        yield scene


async def test_a_proxy_answers_with_a_page_for_people(scene: Scene) -> None:
    scene.shop.faults.plan(Fault.HTML, "search/order")
    answer = await scene.client.search("order")
    assert (answer.status, answer.told.startswith("<!DOCTYPE html>")) == (502, True)
    assert (await scene.client.search("order")).status == 200


@pytest.mark.parametrize(("fault", "status"), [(Fault.UNAVAILABLE, 503), (Fault.THROTTLE, 429)])
async def test_a_call_is_turned_away(scene: Scene, fault: Fault, status: int) -> None:
    delivery = scene.shop.delivery(scene.shop.place_order([("MUG", 1)]))
    scene.shop.faults.plan(fault, "order_delivery/state/ship")
    assert (await scene.move("order_delivery", delivery, "ship")).status == status
    assert scene.shop.fulfilments() == []


async def test_the_answer_is_lost_after_the_work_was_done(scene: Scene) -> None:
    delivery = scene.shop.delivery(scene.shop.place_order([("MUG", 1)]))
    scene.shop.faults.plan(Fault.DROP_AFTER, "order_delivery/state/ship")
    with pytest.raises(aiohttp.ClientError):
        await scene.move("order_delivery", delivery, "ship")
    assert len(scene.shop.fulfilments()) == 1
    assert (await scene.move("order_delivery", delivery, "ship")).status == 200
    assert len(scene.shop.mails) == 1


async def test_the_token_endpoint_fails_too(scene: Scene) -> None:
    scene.shop.faults.plan(Fault.UNAVAILABLE, "token")
    assert (await scene.client.sign_in()).status == 503
    assert (await scene.client.sign_in()).status == 200


async def test_half_an_answer_is_no_json(scene: Scene) -> None:
    scene.shop.faults.plan(Fault.TRUNCATE, "sync")
    with pytest.raises((aiohttp.ClientError, ValueError)):
        await scene.client.call("POST", "/_action/sync", {})


async def test_calls_are_counted_by_what_they_do(scene: Scene) -> None:
    delivery = scene.shop.delivery(scene.shop.place_order([("MUG", 1)]))
    await scene.client.call("PATCH", f"/order-delivery/{delivery}", {"trackingCodes": ["RM1"]})
    await scene.move("order_delivery", delivery, "ship")
    await scene.client.call("GET", "/_info/version")
    await scene.client.call("POST", "/search/order-transaction-capture-refund", {})  # as long as an id, and none
    assert scene.shop.server.requests == {
        "token": 1,
        "patch/order-delivery": 1,
        "order_delivery/state/ship": 1,
        "version": 1,
        "search/order-transaction-capture-refund": 1,
    }
