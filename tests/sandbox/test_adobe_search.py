"""Orders are found, sorted, paged and trimmed as Magento does it."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sandbox.adobe_client import Scene, opened

from khaossync.sandbox.adobe import Address


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with opened() as scene:
        yield scene


def a_day(scene: Scene) -> list[str]:
    """Five orders, a minute apart; the first is touched last."""
    orders = []
    for payment in ("paid", "authorized", "pending", "pending_payment", "paid"):
        orders.append(scene.shop.place_order([("MUG", 1)], payment=payment))
        scene.wall.wait(minutes=1)
    scene.shop.comment(orders[0], "Rang.")
    return orders


def ids(page: Any) -> list[int]:
    return [each["entity_id"] for each in page["items"]]


@pytest.mark.parametrize(
    ("field", "value", "condition", "expected"),
    [
        ("state", "processing", "eq", [1, 2, 5]),
        ("state", "processing,new", "in", [1, 2, 3, 5]),
        ("state", "processing", "nin", [3, 4]),
        ("state", "%pend%", "like", [4]),
        ("state", "processing", "neq", [3, 4]),
        ("entity_id", "3", "gt", [4, 5]),
        ("entity_id", "3", "gteq", [3, 4, 5]),
        ("entity_id", "10", "lt", [1, 2, 3, 4, 5]),
        ("increment_id", "000000002", "eq", [2]),
        ("updated_at", "2026-11-20 09:03:00", "gteq", [1, 4, 5]),
        ("created_at", "2026-11-20 09:01:00", "lteq", [1, 2]),
        ("coupon_code", "", "null", [1, 2, 3, 4, 5]),
        ("coupon_code", "", "notnull", []),
        ("grand_total", "16.95", "eq", [1, 2, 3, 4, 5]),
    ],
)
async def test_a_filter_finds_what_it_says(
    scene: Scene, field: str, value: str, condition: str, expected: list[int]
) -> None:
    a_day(scene)
    assert ids(await scene.client.search("orders", (field, value, condition), sort=["entity_id"])) == expected


async def test_filters_of_one_group_are_alternatives_and_groups_are_not(scene: Scene) -> None:
    a_day(scene)
    head = "searchCriteria[filterGroups]"
    either = f"{head}[0][filters][0][field]=state&{head}[0][filters][0][value]=new"
    either += f"&{head}[0][filters][1][field]=state&{head}[0][filters][1][value]=processing"
    both = f"{either}&{head}[1][filters][0][field]=entity_id&{head}[1][filters][0][value]=2"
    both += f"&{head}[1][filters][0][conditionType]=gt"
    assert sorted(ids(await scene.client.get(f"orders?{either}"))) == [1, 2, 3, 5]
    assert sorted(ids(await scene.client.get(f"orders?{both}"))) == [3, 5]


async def test_orders_are_sorted_by_several_fields(scene: Scene) -> None:
    a_day(scene)
    scene.shop.comment("3", "At the same second as the first.")
    assert ids(await scene.client.search("orders", sort=["updated_at ASC", "entity_id ASC"])) == [2, 4, 5, 1, 3]
    assert ids(await scene.client.search("orders", sort=["updated_at DESC", "entity_id DESC"])) == [3, 1, 5, 4, 2]


async def test_a_page_past_the_end_repeats_the_last_one_in_a_shop_that_does_so(scene: Scene) -> None:
    a_day(scene)
    walked = [await scene.client.search("orders", sort=["entity_id"], pageSize=2, currentPage=n) for n in (1, 2, 3, 4)]
    assert [ids(page) for page in walked] == [[1, 2], [3, 4], [5], [5]]
    assert {page["total_count"] for page in walked} == {5}
    scene.shop.habits.repeats_last_page = False
    assert ids(await scene.client.search("orders", pageSize=2, currentPage=4)) == []


async def test_times_are_utc_to_the_second_and_do_not_say_so(scene: Scene) -> None:
    scene.wall.wait(microseconds=700_000)
    order = scene.shop.place_order([("MUG", 1)])
    assert (await scene.client.order(order))["created_at"] == "2026-11-20 09:00:00"


async def test_a_search_without_criteria_is_refused(scene: Scene) -> None:
    answer = await scene.client.send("GET", "orders")
    assert (answer.status, answer.message) == (400, '"searchCriteria" is required. Enter and try again.')


async def test_a_field_that_is_no_column_is_an_internal_error(scene: Scene) -> None:
    scene.shop.place_order([("MUG", 1)])
    answer = await scene.client.send("GET", "orders?searchCriteria[sortOrders][0][field]=nonsense")
    assert answer.status == 500
    assert "Report ID: webapi-" in answer.message


async def test_an_unknown_condition_is_refused(scene: Scene) -> None:
    head = "searchCriteria[filterGroups][0][filters][0]"
    answer = await scene.client.send("GET", f"orders?{head}[field]=state&{head}[conditionType]=is")
    assert answer.status == 400


async def test_an_answer_is_trimmed_to_the_fields_that_are_wanted(scene: Scene) -> None:
    order = scene.shop.place_order([("MUG", 1)])
    page = await scene.client.get("orders?searchCriteria=&fields=items[entity_id,items[sku,qty_ordered]],total_count")
    assert page == {"items": [{"entity_id": 1, "items": [{"sku": "MUG", "qty_ordered": 1}]}], "total_count": 1}
    assert await scene.client.get(f"orders/{order}?fields=state") == {"state": "processing"}


async def test_with_the_input_limits_on_a_page_is_twenty_and_at_most_three_hundred(scene: Scene) -> None:
    for _ in range(21):
        scene.shop.place_order([("MUG", 1)])
    assert len(ids(await scene.client.search("orders"))) == 21
    scene.shop.habits.limits = True
    assert len(ids(await scene.client.search("orders"))) == 20
    answer = await scene.client.send("GET", "orders?searchCriteria[pageSize]=301")
    assert (answer.status, answer.message) == (400, "Maximum SearchCriteria pageSize is 300")


async def test_an_order_is_found_by_its_entity_id_and_never_by_the_number_people_see(scene: Scene) -> None:
    scene.shop.place_order([("MUG", 1)])
    assert (await scene.client.send("GET", "orders/1")).status == 200
    assert (await scene.client.send("GET", "orders/2")).status == 404
    assert (await scene.client.send("GET", "orders/1-1")).status == 400


async def test_an_order_whose_transaction_takes_long_appears_late_under_its_early_time(scene: Scene) -> None:
    scene.shop.index_lag(90)
    late, prompt = scene.shop.place_order([("MUG", 1)]), scene.shop.place_order([("MUG", 1)])
    assert ids(await scene.client.search("orders")) == [int(prompt)]
    assert (await scene.client.send("GET", f"orders/{late}")).status == 404
    scene.wall.wait(seconds=90)
    found = await scene.client.search("orders", sort=["entity_id"])
    assert ids(found) == [int(late), int(prompt)]
    assert found["items"][0]["updated_at"] == "2026-11-20 09:00:00"


async def test_an_address_that_staff_change_does_not_move_the_order_in_the_list(scene: Scene) -> None:
    order = scene.shop.place_order([("MUG", 1)])
    scene.wall.wait(minutes=1)
    assert scene.shop.edit(order, address=Address(city="York")) == order
    told = await scene.client.order(order)
    assert told["extension_attributes"]["shipping_assignments"][0]["shipping"]["address"]["city"] == "York"
    assert told["updated_at"] == told["created_at"]
