"""Stock lies at sources, is promised by reservations, and is written as Magento writes it: all rows or none."""

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest
from sandbox.adobe_client import Answer, Scene, opened

from khaossync.sandbox.adobe import OutOfStock


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with opened(locations=("default", "shed")) as scene:
        yield scene


@pytest.fixture
async def legacy() -> AsyncIterator[Scene]:
    async with opened(msi=False) as scene:
        yield scene


def row(sku: str = "MUG", quantity: Any = 5, source: str = "default", status: Any = 1) -> dict[str, Any]:
    return {"sku": sku, "source_code": source, "quantity": quantity, "status": status}


async def write(scene: Scene, *rows: dict[str, Any]) -> Answer:
    return await scene.client.send("POST", "inventory/source-items", {"sourceItems": list(rows)})


async def salable(scene: Scene, sku: str = "MUG") -> Any:
    return await scene.client.get(f"inventory/get-product-salable-quantity/{sku}/1")


async def items(scene: Scene, sku: str) -> dict[str, Any]:
    found = (await scene.client.search("inventory/source-items", ("sku", sku, "eq")))["items"]
    return {each["source_code"]: each["quantity"] for each in found}


async def test_what_is_sold_is_reserved_until_it_is_sent(scene: Scene) -> None:
    """ADB-3."""
    order = scene.shop.place_order([("MUG", 3)])
    assert (await salable(scene), await items(scene, "MUG")) == (97, {"default": 100})
    scene.shop.ship(order)
    assert (await salable(scene), await items(scene, "MUG")) == (97, {"default": 97})
    assert scene.shop.reserved("MUG") == 0


async def test_pushing_the_free_stock_only_counts_open_orders_twice(scene: Scene) -> None:
    scene.shop.place_order([("MUG", 3)])
    await write(scene, row(quantity=97))
    assert await salable(scene) == 94
    await write(scene, row(quantity=100))
    assert await salable(scene) == 97


async def test_what_is_cancelled_may_be_sold_again(scene: Scene) -> None:
    order = scene.shop.place_order([("SET", 2)], payment="pending")
    assert (await salable(scene), await salable(scene, "POT")) == (96, 48)
    scene.shop.cancel(order)
    assert (await salable(scene), await salable(scene, "POT")) == (100, 50)


async def test_nobody_buys_what_is_promised(scene: Scene) -> None:
    scene.shop.place_order([("RING", 8)])
    with pytest.raises(OutOfStock, match="RING"):
        scene.shop.place_order([("RING", 3)])
    assert scene.shop.salable("RING") == 2


async def test_what_may_be_backordered_is_sold_and_sent_below_none(scene: Scene) -> None:
    scene.shop.list_product("RARE", "Rare", Decimal(5), {"default": 1}, oversell=True)
    order = scene.shop.place_order([("RARE", 3)])
    assert scene.shop.salable("RARE") == -2
    scene.shop.ship(order)
    assert scene.shop.on_hand("RARE", "default") == -2


async def test_rows_of_several_sources_are_written_together(scene: Scene) -> None:
    assert (await write(scene, row(), row(source="shed", quantity=2.5), row("POT", 7))).data == []
    assert await items(scene, "MUG") == {"default": 5, "shed": Decimal("2.5")}
    assert await salable(scene) == Decimal("7.5")


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (row(source="moon"), "Could not save Source Item"),
        (row(sku=""), "Validation Failed"),
        (row(sku=" MUG"), "Validation Failed"),
        (row(status=3), "Validation Failed"),
        ({"sku": "MUG", "source_code": "default", "status": 1}, "Validation Failed"),
        (row(quantity="5"), "Error occurred during"),
        (row() | {"qty": 5}, "does not have accessor method"),
    ],
)
async def test_one_bad_row_rejects_all_of_them(scene: Scene, bad: dict[str, Any], message: str) -> None:
    answer = await write(scene, row("POT", 1), bad)
    assert answer.status == 400
    assert message in answer.message
    assert await items(scene, "POT") == {"default": 50}


async def test_an_unknown_sku_is_taken_silently(scene: Scene) -> None:
    assert (await write(scene, row("GHOST", 9))).status == 200
    assert await items(scene, "GHOST") == {"default": 9}
    assert (await scene.client.send("GET", "products/GHOST")).status == 404


async def test_a_list_of_no_rows_is_refused(scene: Scene) -> None:
    assert (await write(scene)).status == 400
    assert (await scene.client.send("POST", "inventory/source-items", {})).status == 400
    assert (await scene.client.send("POST", "inventory/source-items")).status == 400


async def test_with_the_input_limits_on_twenty_rows_are_the_most(scene: Scene) -> None:
    rows = [row(f"S{n}", 1) for n in range(21)]
    scene.shop.habits.limits = True
    assert (await write(scene, *rows)).status == 400
    assert (await write(scene, *rows[:20])).status == 200


async def test_what_is_switched_off_is_not_sold(scene: Scene) -> None:
    await write(scene, row(quantity=10, status=0))
    assert await salable(scene) == 0
    told = await scene.client.get("inventory/are-products-salable?skus[0]=MUG&skus[1]=POT&stockId=1")
    assert [(each["sku"], each["salable"]) for each in told] == [("MUG", False), ("POT", True)]


async def test_the_sources_and_the_stock_of_the_website_are_told(scene: Scene) -> None:
    sources = (await scene.client.search("inventory/sources"))["items"]
    assert [each["source_code"] for each in sources] == ["default", "shed"]
    assert (await scene.client.get("inventory/sources/shed"))["enabled"] is True
    assert (await scene.client.send("GET", "inventory/sources/moon")).status == 404
    stock = await scene.client.get("inventory/stock-resolver/website/base")
    assert stock["stock_id"] == (await scene.client.search("inventory/stocks"))["items"][0]["stock_id"] == 1
    links = (await scene.client.search("inventory/stock-source-links"))["items"]
    assert [each["source_code"] for each in links] == ["default", "shed"]
    exported = (await scene.client.search("inventory/export-stock-salable-qty/website/base"))["items"]
    assert {"sku": "RING", "qty": 10, "is_salable": True} in exported


async def test_writing_stock_does_not_touch_the_product(scene: Scene) -> None:
    before = (await scene.client.get("products/MUG"))["updated_at"]
    scene.wall.wait(minutes=1)
    await write(scene, row())
    assert (await scene.client.get("products/MUG"))["updated_at"] == before


async def test_the_default_source_is_the_legacy_stock_item_too(scene: Scene) -> None:
    await write(scene, row(quantity=7), row(quantity=3, source="shed"))
    assert (await scene.client.get("stockItems/MUG"))["qty"] == 7
    number = (await scene.client.get("stockItems/MUG"))["item_id"]
    body = {"stockItem": {"qty": 4, "is_in_stock": True}}
    assert (await scene.client.send("PUT", f"products/MUG/stockItems/{number}", body)).data == number
    assert await items(scene, "MUG") == {"default": 4, "shed": 3}


async def test_without_msi_there_are_only_legacy_stock_items(legacy: Scene) -> None:
    assert (await legacy.client.send("GET", "inventory/sources?searchCriteria=")).status == 404
    assert (await write(legacy, row())).status == 404
    assert "Magento_InventoryApi" not in await legacy.client.get("modules")
    assert (await legacy.client.get("stockItems/MUG"))["qty"] == 100


async def test_without_msi_an_order_lowers_the_stock_at_once(legacy: Scene) -> None:
    order = legacy.shop.place_order([("MUG", 3)])
    assert (await legacy.client.get("stockItems/MUG"))["qty"] == 97
    legacy.shop.ship(order)
    assert (await legacy.client.get("stockItems/MUG"))["qty"] == 97
    legacy.shop.refund(order, {"MUG": 1})
    assert (await legacy.client.get("stockItems/MUG"))["qty"] == 98
    pending = legacy.shop.place_order([("MUG", 3)], payment="pending")
    legacy.shop.cancel(pending)
    assert legacy.shop.salable("MUG") == 98


async def test_a_legacy_stock_item_is_written_under_its_own_number(legacy: Scene) -> None:
    number = (await legacy.client.get("stockItems/MUG"))["item_id"]
    body = {"stockItem": {"qty": 12, "is_in_stock": True}}
    assert (await legacy.client.send("PUT", f"products/MUG/stockItems/{number}", body)).status == 200
    assert legacy.shop.available("MUG", "default") == 12
    assert (await legacy.client.send("PUT", "products/MUG/stockItems/999", body)).status == 404
    assert (await legacy.client.send("PUT", f"products/GHOST/stockItems/{number}", body)).status == 404


async def test_staff_type_in_what_lies_there_and_not_what_is_free(scene: Scene) -> None:
    """ADB-F3."""
    scene.shop.place_order([("MUG", 3)])
    scene.shop.staff_sets("MUG", "default", 50)
    assert (scene.shop.on_hand("MUG", "default"), scene.shop.available("MUG", "default")) == (50, 47)
