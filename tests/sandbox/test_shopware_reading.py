"""Searching: criteria are read strictly, pages are whole, and only what was asked for comes back."""

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest
from sandbox.shopware_client import Scene, opened


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with opened() as scene:
        yield scene


def equals(field: str, value: Any) -> dict[str, Any]:
    return {"type": "equals", "field": field, "value": value}


def since(field: str, at: str) -> dict[str, Any]:
    return {"type": "range", "field": field, "parameters": {"gte": at}}


ALL = {
    "lineItems": {"associations": {"product": {}, "promotion": {}}},
    "deliveries": {
        "associations": {
            "shippingMethod": {"associations": {"deliveryTime": {}}},
            "stateMachineState": {"associations": {"stateMachine": {}}},
            "shippingOrderAddress": {"associations": {"country": {}, "countryState": {}, "salutation": {}}},
            "positions": {"associations": {"orderLineItem": {}}},
        }
    },
    "transactions": {
        "associations": {"stateMachineState": {}, "paymentMethod": {}, "captures": {"associations": {"refunds": {}}}}
    },
    "addresses": {},
    "billingAddress": {},
    "orderCustomer": {},
    "currency": {},
    "language": {"associations": {"locale": {}}},
    "salesChannel": {},
    "stateMachineState": {},
    "tags": {},
    "documents": {"associations": {"documentType": {}}},
    "primaryOrderDelivery": {},
    "primaryOrderTransaction": {},
}


async def test_an_order_comes_with_all_that_was_asked_for(scene: Scene) -> None:
    key = scene.shop.place_order([("MUG", 2), ("BOOK", 1)], discount=("TEN", Decimal(3)), tags=["gift"])
    scene.shop.document(key, "invoice")
    scene.shop.refund(key, {"MUG": 1})
    order = await scene.client.order(key, **ALL)
    assert order["stateMachineState"]["technicalName"] == "open"
    assert [each["name"] for each in order["tags"]] == ["gift"]
    assert order["deliveries"][0]["shippingOrderAddress"]["country"]["iso"] == "GB"
    assert order["documents"][0]["documentType"]["technicalName"] == "invoice"
    assert order["transactions"][0]["captures"][0]["refunds"][0]["amount"]["totalPrice"] > 0
    assert len(order["deliveries"][0]["positions"]) == 2
    assert order["primaryOrderDelivery"]["id"] == order["deliveries"][0]["id"]


async def test_what_was_not_asked_for_is_null(scene: Scene) -> None:
    scene.shop.place_order([("MUG", 1)])
    (order,) = await scene.client.found("order")
    assert order["lineItems"] is None
    assert order["orderCustomer"] is None
    assert order["apiAlias"] == "order"


async def test_an_empty_structure_is_a_list_as_php_writes_it(scene: Scene) -> None:
    order = await scene.client.order(scene.shop.place_order([("MUG", 1)]))
    assert order["extensions"] == []
    assert order["translated"] == []
    assert order["lineItems"][0]["customFields"] == []


async def test_includes_keep_only_what_they_name(scene: Scene) -> None:
    scene.shop.place_order([("MUG", 1)])
    (order,) = await scene.client.found(
        "order",
        associations={"lineItems": {}},
        includes={"order": ["id", "lineItems", "price"], "order_line_item": ["label"], "cart_price": ["totalPrice"]},
    )
    assert set(order) == {"id", "lineItems", "price", "apiAlias"}
    assert order["lineItems"] == [{"label": "Mug", "apiAlias": "order_line_item"}]
    assert order["price"] == {"totalPrice": 14.94, "apiAlias": "cart_price"}


async def test_pages_begin_at_one_and_the_page_past_the_end_is_empty(scene: Scene) -> None:
    for _ in range(5):
        scene.shop.place_order([("MUG", 1)])
        scene.wall.wait(seconds=1)
    sort = [{"field": "orderDateTime", "order": "ASC"}, {"field": "id", "order": "ASC"}]
    pages = [await scene.client.found("order", page=page, limit=2, sort=sort) for page in (1, 2, 3, 4)]
    assert [[each["orderNumber"] for each in page] for page in pages] == [
        ["10001", "10002"],
        ["10003", "10004"],
        ["10005"],
        [],
    ]


async def test_the_total_is_what_was_asked_to_be_counted(scene: Scene) -> None:
    for _ in range(5):
        scene.shop.place_order([("MUG", 1)])
    told = [(await scene.client.search("order", limit=2, total_count_mode=mode)).told["total"] for mode in (0, 1, 2)]
    assert told == [2, 5, 5]
    last = await scene.client.search("order", limit=2, page=3, total_count_mode="next-pages")
    assert last.told["total"] == 1


async def test_a_search_that_says_no_order_has_none_to_rely_on(scene: Scene) -> None:
    for _ in range(9):
        scene.shop.place_order([("MUG", 1)])
        scene.wall.wait(seconds=1)
    listed = [each["orderNumber"] for each in await scene.client.found("order")]
    assert listed != sorted(listed)
    assert listed == [each["orderNumber"] for each in await scene.client.found("order")]


@pytest.mark.parametrize(
    ("criteria", "code"),
    [
        ({"limit": 501}, "FRAMEWORK__QUERY_LIMIT_EXCEEDED"),
        ({"limit": 0}, "FRAMEWORK__INVALID_LIMIT_QUERY"),
        ({"page": 0}, "FRAMEWORK__INVALID_PAGE_QUERY"),
        ({"filter": [equals("orderNo", "1")]}, "FRAMEWORK__UNMAPPED_FIELD"),
        ({"filter": [equals("lineItems.nothing", "1")]}, "FRAMEWORK__UNMAPPED_FIELD"),
        ({"filter": [equals("orderNumber", "")]}, "FRAMEWORK__INVALID_FILTER_QUERY"),
        ({"filter": [{"type": "equalsAny", "field": "orderNumber", "value": []}]}, "FRAMEWORK__INVALID_FILTER_QUERY"),
        ({"filter": [equals("currencyId", "b7d2554b-0ce8-47cd-82f3-ac9bd1c0dfca")]}, "FRAMEWORK__INVALID_UUID"),
        ({"filter": [equals("autoIncrement", "1")]}, "FRAMEWORK__INVALID_FILTER_QUERY"),
        ({"filter": [since("createdAt", "yesterday")]}, "FRAMEWORK__INVALID_FILTER_QUERY"),
        ({"sort": [{"field": "nothing"}]}, "FRAMEWORK__UNMAPPED_FIELD"),
        ({"associations": {"lines": {}}}, "FRAMEWORK__ASSOCIATION_NOT_FOUND"),
        ({"ids": ["no id"]}, "FRAMEWORK__INVALID_UUID"),
    ],
)
async def test_what_cannot_be_meant_is_refused(scene: Scene, criteria: dict[str, Any], code: str) -> None:
    answer = await scene.client.call("POST", "/search/order", criteria)
    assert (answer.status, answer.error["code"], answer.error["status"]) == (400, code, "400")


async def test_before_6_6_a_page_may_be_of_any_size() -> None:
    async with opened(version="6.5.8.14") as scene:
        scene.shop.place_order([("MUG", 1)])
        assert len(await scene.client.found("order", limit=5000)) == 1


async def test_an_unknown_entity_is_not_found(scene: Scene) -> None:
    assert (await scene.client.call("POST", "/search/orders", {})).status == 404
    assert (await scene.client.call("POST", "/search/order_delivery", {})).status == 404


async def test_filters_reach_over_associations(scene: Scene) -> None:
    first = scene.shop.place_order([("MUG", 1)])
    second = scene.shop.place_order([("BOOK", 1)], payment="pending")
    paid = await scene.client.found("order", filter=[equals("transactions.stateMachineState.technicalName", "paid")])
    books = await scene.client.found("order", filter=[equals("order.lineItems.payload.productNumber", "BOOK")])
    assert [each["id"] for each in paid] == [first]
    assert [each["id"] for each in books] == [second]


async def test_filters_combine(scene: Scene) -> None:
    first, second = scene.shop.place_order([("MUG", 1)]), scene.shop.place_order([("MUG", 1)])
    scene.shop.act(second, "cancel")
    state = "stateMachineState.technicalName"
    unlike = {"type": "not", "operator": "and", "queries": [equals(state, "cancelled")]}
    either = {
        "type": "multi",
        "operator": "or",
        "queries": [equals("orderNumber", "10001"), equals(state, "cancelled")],
    }
    assert [each["id"] for each in await scene.client.found("order", filter=[unlike])] == [first]
    assert {each["id"] for each in await scene.client.found("order", filter=[either])} == {first, second}
    assert await scene.client.found("order", filter=[unlike, equals("orderNumber", "10002")]) == []


async def test_text_is_compared_without_case_as_the_database_does(scene: Scene) -> None:
    assert len(await scene.client.found("product", filter=[equals("productNumber", "mug")])) == 1
    part = {"type": "contains", "field": "name", "value": "AM"}
    assert [each["productNumber"] for each in await scene.client.found("product", filter=[part])] == ["LAMP"]
    several = {"type": "equalsAny", "field": "productNumber", "value": "MUG|BOOK"}
    assert len(await scene.client.found("product", filter=[several])) == 2


async def test_null_is_in_no_range_and_equals_null(scene: Scene) -> None:
    scene.shop.place_order([("MUG", 1)])
    assert await scene.client.found("order", filter=[since("updatedAt", "2000-01-01T00:00:00.000+00:00")]) == []
    assert len(await scene.client.found("order", filter=[equals("updatedAt", None)])) == 1


async def test_instants_are_compared_to_the_millisecond(scene: Scene) -> None:
    scene.wall.wait(microseconds=123_900)
    scene.shop.place_order([("MUG", 1)])
    (order,) = await scene.client.found("order")
    assert order["createdAt"] == "2026-11-20T09:00:00.123+00:00"
    assert len(await scene.client.found("order", filter=[since("createdAt", "2026-11-20T10:00:00.123+01:00")])) == 1
    assert await scene.client.found("order", filter=[since("createdAt", "2026-11-20T09:00:00.124Z")]) == []


async def test_ids_can_be_searched_alone(scene: Scene) -> None:
    key = scene.shop.place_order([("MUG", 1)])
    answer = await scene.client.call("POST", "/search-ids/order", {"limit": 5})
    assert answer.told == {"total": 1, "data": [key]}


async def test_one_record_is_read_by_its_id(scene: Scene) -> None:
    key = scene.shop.place_order([("MUG", 1)])
    assert (await scene.client.call("GET", f"/order-delivery/{scene.shop.delivery(key)}")).data["trackingCodes"] == []
    lost = await scene.client.call("GET", f"/order-delivery/{key}")
    assert (lost.status, lost.error["code"]) == (404, "FRAMEWORK__RESOURCE_NOT_FOUND")


async def test_an_older_version_does_not_know_what_came_later() -> None:
    async with opened(version="6.6.8.0") as scene:
        key = scene.shop.place_order([("MUG", 1)])
        assert "primaryOrderDeliveryId" not in await scene.client.order(key)
        answer = await scene.client.search("order", associations={"primaryOrderDelivery": {}})
        assert answer.error["code"] == "FRAMEWORK__ASSOCIATION_NOT_FOUND"


async def test_a_limit_on_an_association_hides_the_rest(scene: Scene) -> None:
    key = scene.shop.place_order([("MUG", 1), ("BOOK", 1), ("LAMP", 1)])
    order = await scene.client.order(key, lineItems={"limit": 2, "sort": [{"field": "position"}]})
    assert [each["label"] for each in order["lineItems"]] == ["Mug", "Book"]


async def test_a_variant_shows_its_parents_values_only_with_inheritance(scene: Scene) -> None:
    scene.shop.list_variant("MUG-RED", "MUG", [("Colour", "Red")], 3)
    red = [equals("productNumber", "MUG-RED")]
    (bare,) = await scene.client.found("product", filter=red, associations={"options": {"associations": {"group": {}}}})
    (whole,) = (await scene.client.search("product", {"sw-inheritance": "1"}, filter=red)).data
    assert (bare["isCloseout"], bare["name"]) == (None, None)
    assert (whole["isCloseout"], whole["name"]) == (True, "Mug")
    assert bare["options"][0]["group"]["name"] == "Colour"


async def test_a_word_that_a_search_does_not_know_is_passed_over_but_noted(scene: Scene) -> None:
    scene.shop.place_order([("MUG", 1)])
    assert len(await scene.client.found("order", pagesize=1)) == 1
    assert any("pagesize" in told for told in scene.shop.complaints)
