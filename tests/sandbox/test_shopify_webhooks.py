"""Events are posted in the background, signed, a bounded number of times, and badly when told to."""

import base64
import hashlib
import hmac
import json
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest
from aiohttp import web
from sandbox.shopify_client import Scene, gid, opened, place

from khaossync.sandbox.shopify import Mischief
from khaossync.sandbox.shopify.webhooks import ATTEMPTS, FAILURES_BEFORE_DELETION

SUBSCRIBE = """mutation($t: WebhookSubscriptionTopic!, $s: WebhookSubscriptionInput!) {
  webhookSubscriptionCreate(topic: $t, webhookSubscription: $s) {
    webhookSubscription { id topic uri name format apiVersion { handle } } userErrors { field message } } }"""


@dataclass
class Ear:
    """Listens on loopback and answers with the next of `statuses`, then with 200."""

    uri: str = ""
    heard: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)

    async def hear(self, request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.heard.append((headers, await request.read()))
        return web.Response(status=self.statuses.pop(0) if self.statuses else 200)

    def topics(self) -> list[str]:
        return [headers["x-shopify-topic"] for headers, _ in self.heard]

    def bodies(self, topic: str) -> list[Any]:
        return [json.loads(body) for headers, body in self.heard if headers["x-shopify-topic"] == topic]

    def ids(self) -> list[str]:
        return [headers["x-shopify-webhook-id"] for headers, _ in self.heard]


@pytest.fixture
async def ear() -> AsyncIterator[Ear]:
    ear, application = Ear(), web.Application()
    application.router.add_post("/hooks", ear.hear)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    ear.uri = f"http://127.0.0.1:{runner.addresses[0][1]}/hooks"
    yield ear
    await runner.cleanup()


@pytest.fixture
async def scene(ear: Ear) -> AsyncIterator[Scene]:
    async with opened() as scene:
        scene.shop.webhook_url = ear.uri
        yield scene


def genuine(headers: dict[str, str], body: bytes, secret: str) -> bool:
    expected = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
    return hmac.compare_digest(expected, headers["x-shopify-hmac-sha256"])


async def test_an_order_is_told_with_its_headers_and_signature(scene: Scene, ear: Ear) -> None:
    order = scene.shop.place_order([("MUG", 2)], discount=("TEN", Decimal("1.00")))
    await scene.shop.webhooks.idle()
    assert Counter(ear.topics()) == {"orders/create": 1, "inventory_levels/update": 1}
    headers, body = ear.heard[0]
    told = json.loads(body)
    assert genuine(headers, body, "client-secret")
    assert not genuine(headers, body, "another")
    assert headers["x-shopify-shop-domain"] == "shop.myshopify.com"
    assert headers["x-shopify-api-version"] == "2026-10"
    assert headers["x-shopify-triggered-at"].startswith("2026-11-20T09:00:00")
    assert {"x-shopify-webhook-id", "x-shopify-event-id"} <= set(headers)
    assert told["admin_graphql_api_id"] == order
    assert (told["total_price"], told["financial_status"], told["test"]) == ("23.95", "paid", False)
    assert told["line_items"][0]["discount_allocations"] == [{"amount": "1.00", "discount_application_index": 0}]


async def test_the_secret_can_be_changed(scene: Scene, ear: Ear) -> None:
    scene.shop.webhook_secret = "rotated"
    scene.shop.place_order([("MUG", 1)])
    await scene.shop.webhooks.idle()
    assert all(genuine(headers, body, "rotated") for headers, body in ear.heard)


async def test_each_thing_that_happens_has_its_topic(scene: Scene, ear: Ear) -> None:
    order, other = (scene.shop.place_order([("MUG", 2)]) for _ in range(2))
    await scene.shop.webhooks.idle()
    ear.heard.clear()
    scene.shop.refund(order, {"MUG": 1}, amount=Decimal("5.00"))
    await scene.shop.webhooks.idle()
    assert ear.topics() == ["inventory_levels/update", "refunds/create", "orders/updated"]
    (refund,) = ear.bodies("refunds/create")
    assert refund["refund_line_items"][0] | {"id": 0, "line_item_id": 0} == {
        "id": 0, "line_item_id": 0, "quantity": 1, "restock_type": "cancel", "subtotal": 10.0, "total_tax": 1.66,
    }  # fmt: skip
    assert refund["order_adjustments"][0]["amount"] == "5.00"
    assert ear.bodies("inventory_levels/update")[0]["available"] == 7
    ear.heard.clear()
    scene.shop.cancel(other)
    await scene.shop.webhooks.idle()
    assert Counter(ear.topics())["orders/cancelled"] == 1
    ear.heard.clear()
    todo = next(iter(scene.shop.state.orders.values())).fulfilment_orders[0]
    create = "mutation($f: FulfillmentInput!) { fulfillmentCreate(fulfillment: $f) { userErrors { message } } }"
    await scene.client.data(create, f={"lineItemsByFulfillmentOrder": [{"fulfillmentOrderId": f"gid://shopify/FulfillmentOrder/{todo.number}"}],
                                       "trackingInfo": {"number": "T1"}})  # fmt: skip
    await scene.shop.webhooks.idle()
    assert ear.bodies("fulfillments/create")[0]["tracking_numbers"] == ["T1"]


async def test_setting_a_quantity_is_told_back_to_who_set_it(scene: Scene, ear: Ear) -> None:
    """S-39: a connector hears its own writes and those of others alike."""
    query = """mutation($i: InventorySetQuantitiesInput!) { inventorySetQuantities(input: $i) @idempotent(key: "k")
      { userErrors { code } } }"""
    line = {"inventoryItemId": gid(scene, "MUG"), "locationId": place(scene), "quantity": 3, "changeFromQuantity": None}
    await scene.client.data(query, i={"name": "available", "reason": "correction", "quantities": [line]})
    scene.shop.staff_sets("POT", "Warehouse", 1)
    await scene.shop.webhooks.idle()
    assert [each["available"] for each in ear.bodies("inventory_levels/update")] == [3, 1]


async def test_a_failed_post_is_repeated_with_the_same_body_and_id(scene: Scene, ear: Ear) -> None:
    ear.statuses = [500, 503]
    scene.shop.staff_sets("MUG", "Warehouse", 1)
    await scene.shop.webhooks.idle()
    assert len(ear.heard) == 3
    assert len({body for _, body in ear.heard}) == len(set(ear.ids())) == 1
    assert [each.status for each in scene.shop.webhooks.sent] == [500, 503, 200]


async def test_repeats_come_to_an_end(scene: Scene, ear: Ear) -> None:
    ear.statuses = [500] * 99
    scene.shop.staff_sets("MUG", "Warehouse", 1)
    await scene.shop.webhooks.idle()
    assert len(ear.heard) == ATTEMPTS


async def test_nobody_listening_stops_nothing(scene: Scene) -> None:
    scene.shop.webhook_url = "http://127.0.0.1:9/hooks"
    order = scene.shop.place_order([("MUG", 1)])
    assert scene.shop.order(order).financial_status == "PAID"
    await scene.shop.webhooks.idle()
    assert {each.status for each in scene.shop.webhooks.sent} == {0}


async def test_a_lost_event_is_never_posted(scene: Scene, ear: Ear) -> None:
    scene.shop.webhooks.misbehave(Mischief.LOSE, "orders/create")
    scene.shop.place_order([("MUG", 1)])
    scene.shop.place_order([("MUG", 1)])
    await scene.shop.webhooks.idle()
    assert [each["name"] for each in ear.bodies("orders/create")] == ["#1002"]
    assert [each.topic for each in scene.shop.webhooks.lost] == ["orders/create"]


async def test_a_doubled_event_comes_twice_under_one_id(scene: Scene, ear: Ear) -> None:
    scene.shop.webhooks.misbehave(Mischief.DOUBLE, "orders/create")
    scene.shop.place_order([("MUG", 1)])
    await scene.shop.webhooks.idle()
    assert Counter(Counter(ear.ids()).values()) == {2: 1, 1: 1}


async def test_a_reordered_event_comes_after_the_next(scene: Scene, ear: Ear) -> None:
    scene.shop.webhooks.misbehave(Mischief.REORDER, "orders/create")
    scene.shop.place_order([("MUG", 1)])
    await scene.shop.webhooks.idle()
    assert ear.topics() == ["inventory_levels/update", "orders/create"]


async def test_a_late_event_without_a_next_one_still_comes(scene: Scene, ear: Ear) -> None:
    scene.shop.webhooks.misbehave(Mischief.REORDER)
    scene.shop.staff_sets("MUG", "Warehouse", 1)
    await scene.shop.webhooks.idle()
    assert ear.topics() == ["inventory_levels/update"]


async def test_a_forged_event_has_a_wrong_signature(scene: Scene, ear: Ear) -> None:
    scene.shop.webhooks.misbehave(Mischief.FORGE, times=2)
    scene.shop.staff_sets("MUG", "Warehouse", 1)
    scene.shop.staff_sets("MUG", "Warehouse", 2)
    scene.shop.staff_sets("MUG", "Warehouse", 3)
    await scene.shop.webhooks.idle()
    assert [genuine(headers, body, "client-secret") for headers, body in ear.heard] == [False, True, False, True, True]


async def subscribe(scene: Scene, uri: str, topic: str = "ORDERS_CREATE", **more: Any) -> Any:
    return (await scene.client.data(SUBSCRIBE, t=topic, s={"uri": uri, **more}))["webhookSubscriptionCreate"]


async def test_an_app_subscribes_to_a_topic(ear: Ear) -> None:
    async with opened() as scene:
        made = (await subscribe(scene, ear.uri, name="orders"))["webhookSubscription"]
        number = made["id"]
        assert made.pop("id").startswith("gid://shopify/WebhookSubscription/")
        told = {"topic": "ORDERS_CREATE", "uri": ear.uri, "name": "orders", "format": "JSON"}
        assert made == {**told, "apiVersion": {"handle": "2026-10"}}
        scene.shop.place_order([("MUG", 1)])
        await scene.shop.webhooks.idle()
        assert ear.topics() == ["orders/create"]
        assert ear.heard[0][0]["x-shopify-name"] == "orders"
        listing = (
            "query($t: [WebhookSubscriptionTopic!]) { webhookSubscriptions(first: 9, topics: $t) { nodes { id } } }"
        )
        assert (await scene.client.data(listing, t=["ORDERS_CREATE"]))["webhookSubscriptions"]["nodes"] == [
            {"id": number}
        ]
        assert (await scene.client.data(listing, t=["REFUNDS_CREATE"]))["webhookSubscriptions"]["nodes"] == []
        end = """mutation($id: ID!) { webhookSubscriptionDelete(id: $id) { deletedWebhookSubscriptionId userErrors
          { message } } }"""
        assert (await scene.client.data(end, id=number))["webhookSubscriptionDelete"][
            "deletedWebhookSubscriptionId"
        ] == number
        assert (await scene.client.data(end, id=number))["webhookSubscriptionDelete"]["userErrors"] != []
        scene.shop.place_order([("MUG", 1)])
        await scene.shop.webhooks.idle()
        assert len(ear.heard) == 1


@pytest.mark.parametrize("uri", ["", "ftp://example.com", "http://example.com/hooks"])
async def test_an_address_must_be_https_or_this_machine(uri: str) -> None:
    async with opened() as scene:
        told = await subscribe(scene, uri)
        assert (told["webhookSubscription"], told["userErrors"][0]["field"]) == (None, ["webhookSubscription", "uri"])


async def test_an_address_is_taken_once_per_topic(ear: Ear) -> None:
    async with opened() as scene:
        await subscribe(scene, ear.uri)
        assert (await subscribe(scene, ear.uri))["userErrors"][0][
            "message"
        ] == "Address for this topic has already been taken"
        assert (await subscribe(scene, ear.uri, "REFUNDS_CREATE"))["userErrors"] == []


async def test_a_subscription_that_keeps_failing_is_deleted(ear: Ear) -> None:
    """A connector has to look whether its subscriptions still exist."""
    async with opened() as scene:
        ear.statuses = [500] * 99
        await subscribe(scene, ear.uri, "INVENTORY_LEVELS_UPDATE")
        for quantity in range(3):
            scene.shop.staff_sets("MUG", "Warehouse", quantity)
        await scene.shop.webhooks.idle()
        assert len(ear.heard) == FAILURES_BEFORE_DELETION
        assert scene.shop.state.subscriptions == {}


async def test_a_subscription_hears_only_what_it_filters_for_and_only_the_fields_it_names(ear: Ear) -> None:
    async with opened() as scene:
        number = scene.shop.state.catalogue.location("High Street").number
        asked = {"filter": f"location_id:{number} AND available:<5", "includeFields": ["available", "location_id"]}
        await subscribe(scene, ear.uri, "INVENTORY_LEVELS_UPDATE", **asked)
        for name, quantity in (("Warehouse", 1), ("High Street", 4), ("High Street", 9)):
            scene.shop.staff_sets("MUG", name, quantity)
        await scene.shop.webhooks.idle()
        assert ear.bodies("inventory_levels/update") == [{"location_id": number, "available": 4}]
        query = "{ webhookSubscriptions(first: 1) { nodes { filter includeFields } } }"
        assert (await scene.client.data(query))["webhookSubscriptions"]["nodes"] == [asked]


async def test_each_subscription_has_its_own_address(ear: Ear) -> None:
    async with opened() as scene:
        scene.shop.webhook_url = ear.uri
        await subscribe(scene, ear.uri + "?mine")
        await subscribe(scene, ear.uri + "?other", "REFUNDS_CREATE")
        scene.shop.place_order([("MUG", 1)])
        await scene.shop.webhooks.idle()
        assert [(each.topic, each.uri) for each in scene.shop.webhooks.sent] == [
            ("orders/create", ear.uri),
            ("orders/create", ear.uri + "?mine"),
            ("inventory_levels/update", ear.uri),
        ]


async def test_a_topic_needs_the_right_to_read_it(ear: Ear) -> None:
    async with opened() as scene:
        scene.shop.state.scopes -= {"read_inventory", "write_inventory"}
        for topic in ("INVENTORY_LEVELS_UPDATE", "FULFILLMENTS_CREATE"):
            told = await subscribe(scene, ear.uri, topic)
            assert told["webhookSubscription"] is None
            assert "cannot create a webhook subscription" in told["userErrors"][0]["message"]
        scene.shop.state.scopes |= {"read_inventory", "read_fulfillments"}
        for topic in ("INVENTORY_LEVELS_UPDATE", "FULFILLMENTS_CREATE"):
            assert (await subscribe(scene, ear.uri, topic))["userErrors"] == []


async def test_subscriptions_come_page_by_page(ear: Ear) -> None:
    async with opened() as scene:
        for topic in ("ORDERS_CREATE", "ORDERS_UPDATED", "REFUNDS_CREATE"):
            await subscribe(scene, ear.uri, topic)
        query = """query($a: String) { webhookSubscriptions(first: 2, after: $a) { nodes { topic uri }
          pageInfo { hasNextPage endCursor } } }"""
        first = (await scene.client.data(query))["webhookSubscriptions"]
        rest = (await scene.client.data(query, a=first["pageInfo"]["endCursor"]))["webhookSubscriptions"]
        assert [each["topic"] for each in first["nodes"]] == ["ORDERS_CREATE", "ORDERS_UPDATED"]
        assert rest["nodes"] == [{"topic": "REFUNDS_CREATE", "uri": ear.uri}]


async def test_only_a_change_of_what_is_available_is_told(scene: Scene, ear: Ear) -> None:
    scene.shop.staff_sets("MUG", "Warehouse", 10)
    scene.shop.staff_sets("BOOK", "High Street", 6)  # stocked there for the first time
    order = scene.shop.place_order([("MUG", 1)])
    todo = next(iter(scene.shop.state.orders.values())).fulfilment_orders[0]
    create = "mutation($f: FulfillmentInput!) { fulfillmentCreate(fulfillment: $f) { userErrors { message } } }"
    part = {"fulfillmentOrderId": f"gid://shopify/FulfillmentOrder/{todo.number}"}
    await scene.client.data(create, f={"lineItemsByFulfillmentOrder": [part]})
    await scene.shop.webhooks.idle()
    assert scene.shop.order(order).fulfilment_status == "FULFILLED"
    assert [each["available"] for each in ear.bodies("inventory_levels/update")] == [6, 9]
    told = ear.bodies("inventory_levels/update")[1]
    level = scene.shop.state.catalogue.sold_as("MUG").levels[todo.location.number]
    assert told == {
        "inventory_item_id": level.item.number,
        "location_id": todo.location.number,
        "available": 9,
        "updated_at": "2026-11-20T09:00:00+00:00",
        "admin_graphql_api_id": level.id,
    }


async def test_a_risk_that_is_judged_anew_is_told_without_the_recommendation(scene: Scene, ear: Ear) -> None:
    order = scene.shop.place_order([("MUG", 1)])
    await scene.shop.webhooks.idle()
    ear.heard.clear()
    scene.shop.assess(order, "INVESTIGATE")
    await scene.shop.webhooks.idle()
    assert ear.topics() == ["orders/risk_assessment_changed", "orders/updated"]
    (told,) = ear.bodies("orders/risk_assessment_changed")
    assert (told["admin_graphql_api_order_id"], told["risk_level"]) == (order, "medium")
    assert "recommendation" not in told


async def test_a_topic_of_several_words_can_be_subscribed_to(ear: Ear) -> None:
    async with opened() as scene:
        made = await subscribe(scene, ear.uri, "ORDERS_RISK_ASSESSMENT_CHANGED")
        assert made["webhookSubscription"]["topic"] == "ORDERS_RISK_ASSESSMENT_CHANGED"
        scene.shop.assess(scene.shop.place_order([("MUG", 1)]), "CANCEL")
        await scene.shop.webhooks.idle()
        assert ear.topics() == ["orders/risk_assessment_changed"]
