"""Shipping through the API: what remains is enforced, nothing is idempotent, customers are written to when asked."""

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest
from sandbox.shopify_client import Answer, Scene, opened

CREATE = """
mutation($f: FulfillmentInput!) { fulfillmentCreate(fulfillment: $f) {
  fulfillment { id status name totalQuantity trackingInfo(first: 9) { company number url } location { name } }
  userErrors { field message }
} }"""
ASKED = """
query($id: ID!) { order(id: $id) { displayFulfillmentStatus fulfillmentOrders(first: 9) { nodes {
  id status requestStatus supportedActions { action } assignedLocation { name location { id } }
  lineItems(first: 9) { nodes { id sku totalQuantity remainingQuantity } }
} } fulfillments(first: 9) { id status trackingInfo { number } fulfillmentLineItems(first: 9) { nodes { quantity
  lineItem { sku } } } } } }"""


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with opened() as scene:
        yield scene


async def order_of(scene: Scene, order: str) -> Any:
    return (await scene.client.data(ASKED, id=order))["order"]


async def asked(scene: Scene, order: str) -> list[Any]:
    found: list[Any] = (await order_of(scene, order))["fulfillmentOrders"]["nodes"]
    return found


def part(todo: Any, **units: int) -> dict[str, Any]:
    """A fulfilment order, whole or with units per SKU."""
    if not units:
        return {"fulfillmentOrderId": todo["id"]}
    ids = {each["sku"]: each["id"] for each in todo["lineItems"]["nodes"]}
    lines = [{"id": ids[sku], "quantity": count} for sku, count in units.items()]
    return {"fulfillmentOrderId": todo["id"], "fulfillmentOrderLineItems": lines}


async def ship(scene: Scene, *parts: dict[str, Any], **more: Any) -> Answer:
    return await scene.client.ask(CREATE, f={"lineItemsByFulfillmentOrder": list(parts), **more})


def errors(answer: Answer) -> list[str]:
    return [each["message"] for each in answer.data["fulfillmentCreate"]["userErrors"]]


async def test_an_order_is_shipped_whole(scene: Scene) -> None:
    """SHO-8: status and tracking reach Shopify, and Shopify writes to the customer."""
    order = scene.shop.place_order([("MUG", 2), ("BOOK", 1)])
    (todo,) = await asked(scene, order)
    tracking = {"company": "Royal Mail", "number": "RM123"}
    answer = await ship(scene, part(todo), trackingInfo=tracking, notifyCustomer=True)
    done = answer.data["fulfillmentCreate"]["fulfillment"]
    assert errors(answer) == []
    assert (done["status"], done["name"], done["totalQuantity"]) == ("SUCCESS", "#1001.1", 3)
    assert done["trackingInfo"][0]["url"].endswith("RM123")
    told = await order_of(scene, order)
    assert told["displayFulfillmentStatus"] == "FULFILLED"
    assert told["fulfillmentOrders"]["nodes"][0]["status"] == "CLOSED"
    assert told["fulfillmentOrders"]["nodes"][0]["supportedActions"] == []
    (record,) = scene.shop.fulfilments(order)
    assert (record.lines, record.tracking[0].number) == ((("MUG", 2), ("BOOK", 1)), "RM123")
    (mail,) = scene.shop.mails
    assert (mail.order, mail.to, mail.kind, mail.tracking_numbers) == (
        "#1001",
        "customer@example.com",
        "shipping_confirmation",
        ("RM123",),
    )


async def test_the_customer_is_not_written_to_unless_asked(scene: Scene) -> None:
    order = scene.shop.place_order([("MUG", 1)])
    await ship(scene, part((await asked(scene, order))[0]))
    assert scene.shop.mails == []


async def test_shipping_takes_goods_off_the_shelf_and_not_off_sale_again(scene: Scene) -> None:
    order = scene.shop.place_order([("MUG", 2)])
    await ship(scene, part((await asked(scene, order))[0]))
    assert (scene.shop.available("MUG", "Warehouse"), scene.shop.on_hand("MUG", "Warehouse")) == (8, 8)


async def test_told_twice_means_shipped_twice(scene: Scene) -> None:
    """fulfillmentCreate has no idempotency: whoever repeats it after a lost answer ships and writes again."""
    order = scene.shop.place_order([("MUG", 3)])
    (todo,) = await asked(scene, order)
    for _ in range(2):
        assert errors(await ship(scene, part(todo, MUG=1), notifyCustomer=True)) == []
    told = await order_of(scene, order)
    assert len(told["fulfillments"]) == len(scene.shop.mails) == 2
    assert told["displayFulfillmentStatus"] == "PARTIALLY_FULFILLED"
    left = told["fulfillmentOrders"]["nodes"][0]
    assert (left["status"], left["lineItems"]["nodes"][0]["remainingQuantity"]) == ("IN_PROGRESS", 1)


@pytest.mark.parametrize("units", [3, 0, -1])
async def test_no_more_is_shipped_than_remains(scene: Scene, units: int) -> None:
    order = scene.shop.place_order([("MUG", 2), ("BOOK", 1)])
    (todo,) = await asked(scene, order)
    assert errors(await ship(scene, part(todo, BOOK=1, MUG=units))) == [
        "Invalid fulfillment order line item quantity requested."
    ]
    assert scene.shop.fulfilments() == []
    assert (await asked(scene, order))[0]["lineItems"]["nodes"][1]["remainingQuantity"] == 1


async def test_a_line_named_twice_is_added_up(scene: Scene) -> None:
    order = scene.shop.place_order([("MUG", 2)])
    (todo,) = await asked(scene, order)
    doubled = part(todo, MUG=2)
    doubled["fulfillmentOrderLineItems"] *= 2
    assert errors(await ship(scene, doubled)) == ["Invalid fulfillment order line item quantity requested."]


async def test_what_is_shipped_already_cannot_be_shipped_again(scene: Scene) -> None:
    """The errors carry no code: a connector has to read the state again."""
    order = scene.shop.place_order([("MUG", 1)])
    (todo,) = await asked(scene, order)
    await ship(scene, part(todo))
    (message,) = errors(await ship(scene, part(todo)))
    assert "unfulfillable status= closed" in message
    schema_error = await scene.client.ask(
        CREATE.replace("field message", "code"), f={"lineItemsByFulfillmentOrder": []}
    )
    assert schema_error.code == "undefinedField"


async def test_one_call_is_for_one_order_and_one_location(scene: Scene) -> None:
    one, two = (scene.shop.place_order([("MUG", 1)]) for _ in range(2))
    split = scene.shop.place_order([("MUG", 10)])
    first, second = (await asked(scene, one))[0], (await asked(scene, two))[0]
    here, there = await asked(scene, split)
    assert {here["assignedLocation"]["name"], there["assignedLocation"]["name"]} == {"Warehouse", "High Street"}
    assert errors(await ship(scene, part(first), part(second))) == [
        "All fulfillment orders must belong to the same order."
    ]
    assert "same location" in errors(await ship(scene, part(here), part(there)))[0]
    assert "does not exist" in errors(await ship(scene, {"fulfillmentOrderId": "gid://shopify/FulfillmentOrder/1"}))[0]
    assert scene.shop.fulfilments() == []


async def test_what_is_held_cannot_be_shipped_until_it_is_released(scene: Scene) -> None:
    order = scene.shop.place_order([("MUG", 1)])
    scene.shop.hold(order)
    (todo,) = await asked(scene, order)
    assert todo["status"] == "ON_HOLD"
    assert {"action": "CREATE_FULFILLMENT"} not in todo["supportedActions"]
    assert (await order_of(scene, order))["displayFulfillmentStatus"] == "ON_HOLD"
    assert "status= on_hold" in errors(await ship(scene, part(todo)))[0]
    scene.shop.release(order)
    (todo,) = await asked(scene, order)
    assert {"action": "CREATE_FULFILLMENT"} in todo["supportedActions"]
    assert errors(await ship(scene, part(todo))) == []


async def test_staff_may_move_an_order_and_its_ids_change(scene: Scene) -> None:
    order = scene.shop.place_order([("MUG", 1)])
    (before,) = await asked(scene, order)
    scene.shop.move(order, "High Street")
    old, new = await asked(scene, order)
    assert (old["id"], old["status"]) == (before["id"], "CLOSED")
    assert (new["status"], new["assignedLocation"]["name"]) == ("OPEN", "High Street")
    assert (scene.shop.available("MUG", "Warehouse"), scene.shop.available("MUG", "High Street")) == (10, 1)
    assert "closed" in errors(await ship(scene, part(before)))[0]
    assert errors(await ship(scene, part(new))) == []


async def test_a_cancelled_order_cannot_be_shipped_nor_a_shipped_one_cancelled(scene: Scene) -> None:
    one, two = (scene.shop.place_order([("MUG", 1)]) for _ in range(2))
    (todo,) = await asked(scene, one)
    scene.shop.cancel(one)
    assert "status= closed" in errors(await ship(scene, part(todo)))[0]
    await ship(scene, part((await asked(scene, two))[0]))
    with pytest.raises(ValueError, match="shipped"):
        scene.shop.cancel(two)


async def test_units_refunded_before_shipping_no_longer_remain(scene: Scene) -> None:
    order = scene.shop.place_order([("MUG", 3)])
    scene.shop.refund(order, {"MUG": 1})
    (todo,) = await asked(scene, order)
    (line,) = todo["lineItems"]["nodes"]
    assert (line["totalQuantity"], line["remainingQuantity"]) == (2, 2)
    await ship(scene, part(todo))
    assert (await order_of(scene, order))["displayFulfillmentStatus"] == "FULFILLED"


async def test_units_that_come_back_after_shipping_are_returned_to_the_shelf_if_told(scene: Scene) -> None:
    """SHO-F3: what is back in stock is marked."""
    order = scene.shop.place_order([("MUG", 2)])
    await ship(scene, part((await asked(scene, order))[0]))
    scene.shop.refund(order, {"MUG": 1}, restock=True)
    scene.shop.refund(order, {"MUG": 1}, restock=False)
    assert scene.shop.on_hand("MUG", "Warehouse") == scene.shop.available("MUG", "Warehouse") == 9
    query = """query($id: ID!) { order(id: $id) { refunds { refundLineItems(first: 1) { nodes { restockType
      location { name } } } } } }"""
    told = (await scene.client.data(query, id=order))["order"]["refunds"]
    assert [each["refundLineItems"]["nodes"][0] for each in told] == [
        {"restockType": "RETURN", "location": {"name": "Warehouse"}},
        {"restockType": "NO_RESTOCK", "location": None},
    ]


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ({"number": "A"}, [(None, "A", None)]),
        ({"company": "DPD UK", "numbers": ["A", "B"]}, [("DPD UK", "A", True), ("DPD UK", "B", True)]),
        ({"company": "Van", "number": "A"}, [("Van", "A", None)]),
        ({"company": "Van", "number": "A", "url": "https://van.example/A"}, [("Van", "A", True)]),
        ({"numbers": ["A"], "number": "ignored"}, [(None, "A", None)]),
        ({"company": "Van"}, [("Van", None, None)]),
        ({}, []),
    ],
)
async def test_known_carriers_get_an_address_from_shopify(scene: Scene, told: dict[str, Any], shown: list[Any]) -> None:
    order = scene.shop.place_order([("MUG", 1)])
    answer = await ship(scene, part((await asked(scene, order))[0]), trackingInfo=told)
    found = answer.data["fulfillmentCreate"]["fulfillment"]["trackingInfo"]
    assert [(each["company"], each["number"], True if each["url"] else None) for each in found] == shown


async def test_tracking_can_be_changed_later(scene: Scene) -> None:
    order = scene.shop.place_order([("MUG", 1)])
    done = (await ship(scene, part((await asked(scene, order))[0]))).data["fulfillmentCreate"]["fulfillment"]
    change = """mutation($id: ID!, $t: FulfillmentTrackingInput!) { fulfillmentTrackingInfoUpdate(fulfillmentId: $id,
      trackingInfoInput: $t, notifyCustomer: true) { fulfillment { trackingInfo { number } } userErrors { message }
        } }"""
    told = await scene.client.data(change, id=done["id"], t={"company": "Evri", "number": "E1"})
    assert told["fulfillmentTrackingInfoUpdate"]["fulfillment"]["trackingInfo"] == [{"number": "E1"}]
    assert [each.kind for each in scene.shop.mails] == ["shipping_update"]
    told = await scene.client.data(change, id="gid://shopify/Fulfillment/1", t={})
    assert told["fulfillmentTrackingInfoUpdate"]["userErrors"] != []


async def test_an_undone_fulfilment_is_to_be_shipped_again(scene: Scene) -> None:
    order = scene.shop.place_order([("MUG", 2)])
    done = (await ship(scene, part((await asked(scene, order))[0]))).data["fulfillmentCreate"]["fulfillment"]
    undo = "mutation($id: ID!) { fulfillmentCancel(id: $id) { fulfillment { status } userErrors { message } } }"
    assert (await scene.client.data(undo, id=done["id"]))["fulfillmentCancel"]["fulfillment"] == {"status": "CANCELLED"}
    told = await order_of(scene, order)
    assert (told["displayFulfillmentStatus"], told["fulfillmentOrders"]["nodes"][0]["status"]) == (
        "UNFULFILLED",
        "OPEN",
    )
    assert scene.shop.on_hand("MUG", "Warehouse") == 10
    assert (await scene.client.data(undo, id=done["id"]))["fulfillmentCancel"]["userErrors"] != []


async def test_an_app_holds_under_a_handle_and_releases_its_own(scene: Scene) -> None:
    order = scene.shop.place_order([("MUG", 1)])
    (todo,) = await asked(scene, order)
    hold = """mutation($id: ID!, $h: FulfillmentOrderHoldInput!) { fulfillmentOrderHold(id: $id, fulfillmentHold: $h) {
      fulfillmentHold { id } fulfillmentOrder { status } userErrors { code } } }"""
    told = {"reason": "OTHER", "handle": "checking"}
    first = (await scene.client.data(hold, id=todo["id"], h=told))["fulfillmentOrderHold"]
    assert first["fulfillmentOrder"]["status"] == "ON_HOLD"
    again = (await scene.client.data(hold, id=todo["id"], h=told))["fulfillmentOrderHold"]
    assert again["userErrors"] == [{"code": "DUPLICATE_FULFILLMENT_HOLD_HANDLE"}]
    scene.shop.hold(order)
    more = (await scene.client.data(hold, id=todo["id"], h={**told, "handle": "second"}))["fulfillmentOrderHold"]
    release = """mutation($id: ID!, $h: [ID!]) { fulfillmentOrderReleaseHold(id: $id, holdIds: $h) {
      fulfillmentOrder { status fulfillmentHolds { handle } } userErrors { code } } }"""
    left = (await scene.client.data(release, id=todo["id"], h=[first["fulfillmentHold"]["id"]]))[
        "fulfillmentOrderReleaseHold"
    ]
    assert left["fulfillmentOrder"] == {"status": "ON_HOLD", "fulfillmentHolds": [{"handle": "second"}]}
    assert more["userErrors"] == []
    freed = (await scene.client.data(release, id=todo["id"]))["fulfillmentOrderReleaseHold"]
    assert freed["fulfillmentOrder"] == {"status": "OPEN", "fulfillmentHolds": []}


async def test_open_fulfilment_orders_can_be_listed(scene: Scene) -> None:
    one, two = (scene.shop.place_order([("MUG", 1)]) for _ in range(2))
    await ship(scene, part((await asked(scene, one))[0]))
    query = """query($c: Boolean, $q: String) { fulfillmentOrders(first: 9, includeClosed: $c, query: $q) { nodes {
      orderId status } } }"""
    assert (await scene.client.data(query))["fulfillmentOrders"]["nodes"] == [{"orderId": two, "status": "OPEN"}]
    everything = (await scene.client.data(query, c=True))["fulfillmentOrders"]["nodes"]
    assert [each["status"] for each in everything] == ["CLOSED", "OPEN"]
    assert (await scene.client.data(query, c=True, q="status:closed"))["fulfillmentOrders"]["nodes"][0][
        "orderId"
    ] == one


async def test_gift_cards_are_never_to_be_shipped(scene: Scene) -> None:
    scene.shop.list_product("CARD", "Gift card", Decimal("20.00"), gift_card=True)
    order = scene.shop.place_order([("CARD", 1)])
    assert await asked(scene, order) == []
    assert scene.shop.refunds(scene.shop.refund(order, {"CARD": 1}) and order)[0].amount == Decimal("20.00")
