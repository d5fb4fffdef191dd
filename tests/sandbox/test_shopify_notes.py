"""Apps tag orders, pin values on them and call them off."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sandbox.shopify_client import Scene, opened

TAG = "mutation($id: ID!, $t: [String!]!) { tagsAdd(id: $id, tags: $t) { node { id } userErrors { field message } } }"
UNTAG = "mutation($id: ID!, $t: [String!]!) { tagsRemove(id: $id, tags: $t) { userErrors { message } } }"
PIN = """mutation($m: [MetafieldsSetInput!]!) { metafieldsSet(metafields: $m) {
  metafields { key namespace value compareDigest owner { ... on Order { name } } } userErrors { code elementIndex
    field } } }"""
READ = """query($id: ID!) { order(id: $id) { tags metafield(namespace: "$app", key: "erp_order_id") { value
  compareDigest type }
  metafields(first: 9, namespace: "$app") { nodes { key } } updatedAt } }"""
CANCEL = """mutation($id: ID!, $restock: Boolean!, $how: OrderCancelRefundMethodInput) { orderCancel(orderId: $id,
  reason: STAFF, restock: $restock, refundMethod: $how, notifyCustomer: true, staffNote: "late") {
  job { id done } orderCancelUserErrors { code message } } }"""


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with opened() as scene:
        yield scene


def pin(order: str, value: str = "SO1", **more: Any) -> dict[str, Any]:
    return {
        "ownerId": order,
        "namespace": "$app",
        "key": "erp_order_id",
        "type": "single_line_text_field",
        "value": value,
        **more,
    }


async def pinned(scene: Scene, *fields: dict[str, Any]) -> Any:
    return (await scene.client.data(PIN, m=list(fields)))["metafieldsSet"]


async def test_tags_are_added_once_and_taken_off_again(scene: Scene) -> None:
    order = scene.shop.place_order([("MUG", 1)])
    await scene.client.data(TAG, id=order, t=["khaos", "VIP"])
    await scene.client.data(TAG, id=order, t=["Khaos", " "])
    assert scene.shop.order(order).tags == ("VIP", "khaos")
    await scene.client.data(UNTAG, id=order, t=["vip"])
    assert scene.shop.order(order).tags == ("khaos",)


async def test_what_cannot_be_tagged_is_refused(scene: Scene) -> None:
    for thing in ("gid://shopify/Order/1", "nonsense"):
        told = (await scene.client.data(TAG, id=thing, t=["x"]))["tagsAdd"]
        assert (told["node"], told["userErrors"][0]["field"]) == (None, ["id"])


async def test_writing_on_an_order_updates_it(scene: Scene) -> None:
    """A connector that writes sees its own write as news."""
    order = scene.shop.place_order([("MUG", 1)])
    before = scene.shop.order(order).updated_at
    scene.wall.wait(seconds=1)
    await scene.client.data(TAG, id=order, t=["x"])
    assert scene.shop.order(order).updated_at > before
    before = scene.shop.order(order).updated_at
    scene.wall.wait(seconds=1)
    await pinned(scene, pin(order))
    assert scene.shop.order(order).updated_at > before


async def test_a_value_is_pinned_and_read(scene: Scene) -> None:
    order = scene.shop.place_order([("MUG", 1)])
    told = await pinned(scene, pin(order))
    assert told["metafields"][0]["owner"] == {"name": "#1001"}
    assert told["metafields"][0]["namespace"].startswith("app--")
    read = (await scene.client.data(READ, id=order))["order"]
    assert read["metafield"]["value"] == "SO1"
    assert read["metafields"]["nodes"] == [{"key": "erp_order_id"}]


async def test_only_the_first_of_two_writers_creates_a_value(scene: Scene) -> None:
    order = scene.shop.place_order([("MUG", 1)])
    first = await pinned(scene, pin(order, "SO1", compareDigest=None))
    second = await pinned(scene, pin(order, "SO2", compareDigest=None))
    assert first["userErrors"] == []
    assert second == {
        "metafields": None,
        "userErrors": [{"code": "STALE_OBJECT", "elementIndex": 0, "field": ["metafields", "0", "compareDigest"]}],
    }
    digest = first["metafields"][0]["compareDigest"]
    assert (await pinned(scene, pin(order, "SO3", compareDigest=digest)))["userErrors"] == []
    assert (await pinned(scene, pin(order, "SO4", compareDigest=digest)))["userErrors"][0]["code"] == "STALE_OBJECT"
    assert (await scene.client.data(READ, id=order))["order"]["metafield"]["value"] == "SO3"


async def test_all_values_are_pinned_or_none(scene: Scene) -> None:
    order = scene.shop.place_order([("MUG", 1)])
    bad = {**pin(order), "key": "data", "type": "json", "value": "{"}
    told = await pinned(scene, pin(order), bad)
    assert told["userErrors"] == [{"code": "INVALID_VALUE", "elementIndex": 1, "field": ["metafields", "1", "value"]}]
    assert (await scene.client.data(READ, id=order))["order"]["metafield"] is None


@pytest.mark.parametrize(
    ("change", "code"),
    [({"value": ""}, "BLANK"), ({"type": None}, "BLANK"), ({"ownerId": "gid://shopify/Order/1"}, "INVALID")],
)
async def test_a_value_that_is_not_right_has_a_code(scene: Scene, change: dict[str, Any], code: str) -> None:
    order = scene.shop.place_order([("MUG", 1)])
    assert [each["code"] for each in (await pinned(scene, {**pin(order), **change}))["userErrors"]] == [code]


async def test_at_most_25_values_go_into_one_call(scene: Scene) -> None:
    order = scene.shop.place_order([("MUG", 1)])
    told = await pinned(scene, *[{**pin(order), "key": f"k{n}"} for n in range(26)])
    assert told["userErrors"][0]["code"] == "LESS_THAN_OR_EQUAL_TO"


async def test_an_order_is_called_off_in_the_background(scene: Scene) -> None:
    order = scene.shop.place_order([("MUG", 2)])
    told = (await scene.client.data(CANCEL, id=order, restock=True, how={"originalPaymentMethodsRefund": True}))[
        "orderCancel"
    ]
    assert told["orderCancelUserErrors"] == []
    assert told["job"]["done"] is False
    job = await scene.client.data("query($id: ID!) { job(id: $id) { done } }", id=told["job"]["id"])
    assert job == {"job": {"done": True}}
    record = scene.shop.order(order)
    assert (record.financial_status, record.cancelled_at, scene.shop.available("MUG", "Warehouse")) == (
        "REFUNDED",
        scene.wall(),
        10,
    )
    assert [mail.kind for mail in scene.shop.mails] == ["order_cancelled"]
    read = await scene.client.data(
        "query($id: ID!) { order(id: $id) { cancelReason cancellation { staffNote } } }", id=order
    )
    assert read["order"] == {"cancelReason": "STAFF", "cancellation": {"staffNote": "late"}}


async def test_calling_off_without_a_refund_keeps_the_money(scene: Scene) -> None:
    order = scene.shop.place_order([("MUG", 2)])
    await scene.client.data(CANCEL, id=order, restock=False)
    assert scene.shop.order(order).refunded == 0
    assert scene.shop.available("MUG", "Warehouse") == 8


async def test_an_order_is_called_off_only_once(scene: Scene) -> None:
    order = scene.shop.place_order([("MUG", 2)])
    scene.shop.cancel(order)
    told = (await scene.client.data(CANCEL, id=order, restock=True))["orderCancel"]
    assert (told["job"], [each["code"] for each in told["orderCancelUserErrors"]]) == (None, ["INVALID"])
    told = (await scene.client.data(CANCEL, id="gid://shopify/Order/1", restock=True))["orderCancel"]
    assert [each["code"] for each in told["orderCancelUserErrors"]] == ["NOT_FOUND"]
