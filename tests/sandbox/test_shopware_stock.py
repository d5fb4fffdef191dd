"""Stock: two models by version, batches that are written whole or not at all, and what follows without indexing."""

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest
from sandbox.shopware_client import Answer, Scene, opened

from khaossync.sandbox.shopware import OutOfStock

SKIPPED = "product.inheritance,product.child-count,product.cheapest-price,product.stream,product.search-keyword"


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with opened() as scene:
        yield scene


async def product(scene: Scene, sku: str) -> Any:
    (found,) = await scene.client.found("product", filter=[{"type": "equals", "field": "productNumber", "value": sku}])
    return found


async def push(scene: Scene, *rows: dict[str, Any], **headers: str) -> Answer:
    body = {"levels": {"entity": "product", "action": "upsert", "payload": list(rows)}}
    return await scene.client.call("POST", "/_action/sync", body, **headers)


async def level(scene: Scene, sku: str, stock: int) -> dict[str, Any]:
    return {"id": (await product(scene, sku))["id"], "stock": stock}


async def test_levels_are_written_in_one_call(scene: Scene) -> None:
    """SHW-3, SHW-F5: the figure that can be sold moves."""
    rows = [await level(scene, "MUG", 7), await level(scene, "BOOK", 0)]
    answer = await push(scene, *rows, indexing_behavior="use-queue-indexing", indexing_skip=SKIPPED)
    assert answer.data == {"product": [row["id"] for row in rows]}
    assert (answer.told["notFound"], answer.told["deleted"]) == ([], [])
    assert (scene.shop.available("MUG"), scene.shop.available("BOOK")) == (7, 0)
    assert (await product(scene, "BOOK"))["available"] is False


async def test_one_bad_row_rolls_the_whole_batch_back_and_is_named(scene: Scene) -> None:
    unknown = {"id": "0189bf2a627a7296adbc83527ba9ac29", "stock": 3}
    answer = await push(scene, await level(scene, "MUG", 7), unknown, await level(scene, "BOOK", 2))
    assert answer.status == 400
    assert {each["source"]["pointer"].split("/")[1] for each in answer.told["errors"]} == {"1"}
    assert "/1/productNumber" in {each["source"]["pointer"] for each in answer.told["errors"]}
    assert (scene.shop.available("MUG"), scene.shop.available("BOOK")) == (20, 10)


async def test_fail_on_error_changes_nothing_of_that(scene: Scene) -> None:
    unknown = {"id": "0189bf2a627a7296adbc83527ba9ac29", "stock": 3}
    answer = await push(scene, await level(scene, "MUG", 7), unknown, fail_on_error="false")
    assert (answer.status, scene.shop.available("MUG")) == (400, 20)


@pytest.mark.parametrize("stock", ["7", 7.5, True, None])
async def test_stock_is_a_whole_number(scene: Scene, stock: Any) -> None:
    row = await level(scene, "MUG", 0)
    answer = await push(scene, {**row, "stock": stock})
    assert (answer.status, answer.error["source"]["pointer"]) == (400, "/0/stock")


async def test_a_row_without_an_id_would_be_a_new_product(scene: Scene) -> None:
    answer = await push(scene, {"stock": 5})
    assert answer.status == 400
    assert answer.error["detail"] == "This value should not be blank."


async def test_what_is_worked_out_cannot_be_written(scene: Scene) -> None:
    row = await level(scene, "MUG", 0)
    answer = await push(scene, {"id": row["id"], "availableStock": 5})
    assert (answer.status, answer.error["source"]["pointer"]) == (400, "/0/availableStock")


async def test_an_operation_must_say_what_it_is(scene: Scene) -> None:
    row = await level(scene, "MUG", 5)
    for wrong in ({"entity": "product", "payload": [row]}, {"entity": "product", "action": "upsert", "payload": []}):
        assert (await scene.client.call("POST", "/_action/sync", {"x": wrong})).status == 400
    unknown = {"entity": "goods", "action": "upsert", "payload": [row]}
    assert (await scene.client.call("POST", "/_action/sync", {"x": unknown})).status == 404
    listed = [{"entity": "product", "action": "upsert", "payload": [row]}]
    assert (await scene.client.call("POST", "/_action/sync", listed)).status == 200


async def test_a_field_that_there_is_not_is_passed_over_but_noted(scene: Scene) -> None:
    row = await level(scene, "MUG", 5)
    assert (await push(scene, {**row, "availible": 9})).status == 200
    assert scene.shop.complaints == ["product has no field availible"]


async def test_nothing_can_be_deleted_without_the_right_to(scene: Scene) -> None:
    row = await level(scene, "MUG", 5)
    body = {"x": {"entity": "product", "action": "delete", "payload": [{"id": row["id"]}]}}
    answer = await scene.client.call("POST", "/_action/sync", body)
    assert (answer.status, "product:delete" in answer.error["detail"]) == (403, True)


async def test_a_deadlock_with_a_checkout_writes_nothing(scene: Scene) -> None:
    scene.shop.deadlock()
    row = await level(scene, "MUG", 5)
    answer = await push(scene, row)
    assert (answer.status, "Deadlock" in answer.error["detail"], scene.shop.available("MUG")) == (500, True, 20)
    assert (await push(scene, row)).status == 200


async def test_without_indexing_what_follows_from_stock_stays_as_it_was(scene: Scene) -> None:
    await push(scene, await level(scene, "LAMP", 0), indexing_behavior="disable-indexing")
    stale = await product(scene, "LAMP")
    assert (stale["stock"], stale["availableStock"], stale["available"]) == (0, 5, True)
    await push(scene, await level(scene, "LAMP", 0), indexing_skip="product.stock")
    assert (await product(scene, "LAMP"))["availableStock"] == 5
    await push(scene, await level(scene, "LAMP", 0))
    assert (await product(scene, "LAMP"))["available"] is False


async def test_one_product_can_be_patched(scene: Scene) -> None:
    row = await level(scene, "MUG", 5)
    assert (await scene.client.call("PATCH", f"/product/{row['id']}", {"stock": 4})).status == 204
    assert scene.shop.available("MUG") == 4


async def test_from_6_6_stock_falls_with_the_order_and_returns_with_its_cancellation(scene: Scene) -> None:
    """SHW-8: what the shop may still sell, without those that were sold."""
    order = scene.shop.place_order([("MUG", 3)])
    assert (scene.shop.on_hand("MUG"), scene.shop.available("MUG")) == (17, 17)
    scene.shop.edit(order, {"MUG": 5})
    assert scene.shop.on_hand("MUG") == 15
    await scene.move("order_delivery", scene.shop.delivery(order), "ship")
    await scene.move("order", order, "process")
    await scene.move("order", order, "complete")
    assert scene.shop.on_hand("MUG") == 15
    other = scene.shop.place_order([("MUG", 1)])
    scene.shop.refund(other, {"MUG": 1})
    assert scene.shop.on_hand("MUG") == 14
    await scene.move("order", other, "cancel")
    assert scene.shop.on_hand("MUG") == 15
    await scene.move("order", other, "reopen")
    assert scene.shop.on_hand("MUG") == 14


async def test_an_absolute_level_wipes_out_what_was_sold_meanwhile(scene: Scene) -> None:
    row = await level(scene, "MUG", 20)
    scene.shop.place_order([("MUG", 4)])
    await push(scene, row)
    assert scene.shop.available("MUG") == 20


async def test_before_6_6_open_orders_are_subtracted_and_completion_takes_from_the_shelf() -> None:
    async with opened(version="6.5.8.14") as scene:
        order = scene.shop.place_order([("MUG", 3)])
        assert (scene.shop.on_hand("MUG"), scene.shop.available("MUG")) == (20, 17)
        await push(scene, await level(scene, "MUG", 12))
        assert (scene.shop.on_hand("MUG"), scene.shop.available("MUG")) == (12, 9)
        await scene.move("order", order, "process")
        await scene.move("order", order, "complete")
        assert (scene.shop.on_hand("MUG"), scene.shop.available("MUG")) == (9, 9)
        await scene.move("order", order, "reopen")
        assert (scene.shop.on_hand("MUG"), scene.shop.available("MUG")) == (12, 9)


async def test_the_newer_model_can_be_switched_on_in_6_5() -> None:
    async with opened(version="6.5.8.14", stock_handling=True) as scene:
        scene.shop.place_order([("MUG", 3)])
        assert scene.shop.on_hand("MUG") == 17


async def test_a_shop_that_does_not_manage_stock_leaves_it_alone() -> None:
    async with opened(stock_management=False) as scene:
        scene.shop.place_order([("MUG", 3)])
        assert (scene.shop.on_hand("MUG"), scene.shop.available("MUG")) == (20, 20)


async def test_a_closeout_is_sold_down_to_nothing_and_then_not_at_all(scene: Scene) -> None:
    """SHW-F4: the last one counts."""
    scene.shop.place_order([("LAMP", 4)])
    scene.shop.place_order([("LAMP", 1)])
    assert (await product(scene, "LAMP"))["available"] is False
    with pytest.raises(OutOfStock):
        scene.shop.place_order([("LAMP", 1)])


async def test_what_is_no_closeout_is_sold_below_nothing(scene: Scene) -> None:
    scene.shop.list_product("EBOOK", "E-book", Decimal(5), 0, oversell=True)
    scene.shop.place_order([("EBOOK", 2)])
    found = await product(scene, "EBOOK")
    assert (found["stock"], found["available"], found["isCloseout"]) == (-2, True, False)


async def test_a_variant_is_a_closeout_as_its_parent_is(scene: Scene) -> None:
    scene.shop.list_variant("LAMP-RED", "LAMP", [("Colour", "Red")], 1)
    scene.shop.place_order([("LAMP-RED", 1)])
    with pytest.raises(OutOfStock):
        scene.shop.place_order([("LAMP-RED", 1)])


async def test_an_orders_touch_on_a_product_knows_no_milliseconds(scene: Scene) -> None:
    scene.wall.wait(milliseconds=750)
    scene.shop.place_order([("MUG", 1)])
    assert (await product(scene, "MUG"))["updatedAt"] == "2026-11-20T09:00:00.000+00:00"


async def test_staff_may_type_a_level(scene: Scene) -> None:
    scene.shop.staff_sets("MUG", 3)
    assert (await product(scene, "MUG"))["stock"] == 3
