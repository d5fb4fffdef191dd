"""The shop can be told to misbehave, by the name of what is asked; work done before an answer is lost stays done."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from sandbox.shopify_client import Scene, opened

from khaossync.sandbox.faults import Fault

CREATE = """mutation M($f: FulfillmentInput!) { fulfillmentCreate(fulfillment: $f) { fulfillment { id } userErrors
  { message } } }"""
SHOP = "{ shop { name } }"


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with opened() as scene:
        yield scene


def told(scene: Scene) -> dict[str, Any]:
    scene.shop.place_order([("MUG", 2)])
    number = next(iter(scene.shop.state.fulfilment_orders))
    return {
        "lineItemsByFulfillmentOrder": [{"fulfillmentOrderId": f"gid://shopify/FulfillmentOrder/{number}"}],
        "notifyCustomer": True,
    }


@pytest.mark.parametrize(("fault", "done"), [(Fault.DROP_BEFORE, 0), (Fault.DROP_AFTER, 1), (Fault.TRUNCATE, 1)])
async def test_a_despatch_whose_answer_is_lost_may_have_been_done(scene: Scene, fault: Fault, done: int) -> None:
    """SHO-9: the caller cannot know, and has to look before it tries again."""
    scene.shop.faults.plan(fault, "fulfillmentCreate")
    told_once = told(scene)
    with pytest.raises((aiohttp.ClientError, ValueError)):
        await scene.client.ask(CREATE, f=told_once)
    assert len(scene.shop.fulfilments()) == len(scene.shop.mails) == done
    assert scene.shop.faults.happened == [("fulfillmentCreate", fault)]
    assert (await scene.client.ask(SHOP)).status == 200


@pytest.mark.parametrize(("fault", "status"), [(Fault.UNAVAILABLE, 503), (Fault.THROTTLE, 429)])
async def test_a_refused_call_did_nothing(scene: Scene, fault: Fault, status: int) -> None:
    scene.shop.faults.plan(fault, "fulfillmentCreate")
    told_once = told(scene)
    async with scene.client.session.post(
        f"{scene.client.base}/admin/api/2026-10/graphql.json",
        json={"query": CREATE, "variables": {"f": told_once}},
        headers={"X-Shopify-Access-Token": "shpat_test"},
    ) as answer:
        assert answer.status == status
    assert scene.shop.fulfilments() == []


async def test_a_fault_strikes_only_what_it_is_meant_for(scene: Scene) -> None:
    scene.shop.faults.plan(Fault.UNAVAILABLE, "orders")
    assert (await scene.client.ask(SHOP)).status == 200
    assert scene.shop.faults.happened == []


async def test_the_giving_of_tokens_can_fail_too(scene: Scene) -> None:
    scene.shop.faults.plan(Fault.UNAVAILABLE, "access_token")
    form = {"grant_type": "client_credentials", "client_id": "client-id", "client_secret": "client-secret"}
    url = f"{scene.client.base}/admin/oauth/access_token"
    statuses = []
    for _ in range(2):
        async with scene.client.session.post(url, data=form) as answer:
            statuses.append(answer.status)
    assert statuses == [503, 200]
    assert scene.shop.access.given_out == 1
