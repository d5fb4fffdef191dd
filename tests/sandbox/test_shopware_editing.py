"""Edits are made in a draft version that nobody sees, and reckon the order anew."""

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest
from sandbox.shopware_client import Scene, opened

from khaossync.sandbox.shopware import Address

LATER = "2026-11-20T09:05:00.000+00:00"


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with opened() as scene:
        yield scene


def bought(order: Any) -> dict[str, int]:
    return {line["label"]: line["quantity"] for line in order["lineItems"]}


async def test_an_edit_changes_lines_totals_and_the_orders_own_instant(scene: Scene) -> None:
    key = scene.shop.place_order([("MUG", 1), ("BOOK", 1)], delivery=None)
    scene.wall.wait(minutes=5)
    scene.shop.edit(key, {"MUG": 3, "BOOK": 0, "LAMP": 1})
    order = await scene.client.order(key)
    assert bought(order) == {"Mug": 3, "Lamp": 1}
    assert order["amountTotal"] == 64.92
    assert order["updatedAt"] == LATER
    assert scene.shop.order(key).total == Decimal("64.92")
    assert scene.shop.order(key).bought_total == Decimal("18.98")


async def test_a_promotion_is_reckoned_again(scene: Scene) -> None:
    key = scene.shop.place_order([("MUG", 1)], discount=("TEN", Decimal(2)), delivery=None)
    scene.shop.edit(key, {"MUG": 2, "BOOK": 1})
    order = await scene.client.order(key)
    promotion = next(line for line in order["lineItems"] if line["type"] == "promotion")
    assert promotion["totalPrice"] == -2
    assert {tax["taxRate"] for tax in promotion["price"]["calculatedTaxes"]} == {0, 20}
    assert order["amountTotal"] == 26.97


async def test_the_payment_keeps_the_amount_it_was_made_for(scene: Scene) -> None:
    key = scene.shop.place_order([("MUG", 1)], delivery=None)
    scene.shop.edit(key, {"MUG": 2})
    order = await scene.client.order(key)
    assert (order["amountTotal"], order["transactions"][0]["amount"]["totalPrice"]) == (19.98, 9.99)


async def test_the_deliverys_positions_mirror_the_lines(scene: Scene) -> None:
    key = scene.shop.place_order([("MUG", 1), ("BOOK", 1)])
    scene.shop.edit(key, {"MUG": 4, "BOOK": 0, "LAMP": 1})
    told: dict[str, Any] = {"associations": {"positions": {"associations": {"orderLineItem": {}}}}}
    (delivery,) = (await scene.client.order(key, deliveries=told))["deliveries"]
    units = {each["orderLineItem"]["label"]: each["quantity"] for each in delivery["positions"]}
    assert units == {"Mug": 4, "Lamp": 1}


async def test_a_draft_is_seen_by_nobody_until_it_is_merged(scene: Scene) -> None:
    key = scene.shop.place_order([("MUG", 1)])
    scene.wall.wait(minutes=5)
    draft = scene.shop.open_draft(key)
    scene.shop.edit(key, {"MUG": 2, "LAMP": 1}, draft=draft)
    live = await scene.client.order(key)
    assert (bought(live), live["updatedAt"]) == ({"Mug": 1}, None)
    assert len(await scene.client.found("order")) == len(await scene.client.found("order-line-item")) == 1
    assert scene.shop.available("LAMP") == 5
    scene.shop.merge(key, draft)
    merged = await scene.client.order(key)
    assert (bought(merged), merged["updatedAt"]) == ({"Mug": 2, "Lamp": 1}, LATER)
    assert merged["versionId"] == live["versionId"] == merged["lineItems"][0]["versionId"]
    assert (scene.shop.available("MUG"), scene.shop.available("LAMP")) == (18, 4)


async def test_a_line_that_was_taken_off_in_a_draft_is_gone_when_it_is_merged(scene: Scene) -> None:
    key = scene.shop.place_order([("MUG", 1), ("BOOK", 1)])
    draft = scene.shop.open_draft(key)
    scene.shop.edit(key, {"BOOK": 0}, draft=draft)
    assert bought(await scene.client.order(key)) == {"Mug": 1, "Book": 1}
    scene.shop.merge(key, draft)
    assert bought(await scene.client.order(key)) == {"Mug": 1}
    assert scene.shop.available("BOOK") == 10


async def test_a_draft_is_read_by_its_version(scene: Scene) -> None:
    key = scene.shop.place_order([("MUG", 1)])
    draft = scene.shop.open_draft(key)
    scene.shop.edit(key, {"MUG": 2}, draft=draft)
    told = {"sw-version-id": draft}
    (order,) = (await scene.client.search("order", told, associations={"lineItems": {}})).data
    assert (order["versionId"], bought(order)) == (draft, {"Mug": 2})
    lost = await scene.client.search("order", {"sw-version-id": key})
    assert (lost.status, lost.error["code"]) == (404, "FRAMEWORK__VERSION_NOT_EXISTS")


async def test_only_rows_that_changed_move(scene: Scene) -> None:
    key = scene.shop.place_order([("MUG", 1), ("BOOK", 1)])
    scene.wall.wait(minutes=5)
    scene.shop.edit(key, {"MUG": 2})
    moved = {line["label"]: line["updatedAt"] for line in (await scene.client.order(key))["lineItems"]}
    assert moved == {"Mug": LATER, "Book": None}


async def test_a_new_address_goes_with_the_edit(scene: Scene) -> None:
    key = scene.shop.place_order([("MUG", 1)])
    scene.shop.edit(key, address=Address(address1="2 Mill Lane", city="Bath", zip="BA1 1AA"))
    told: dict[str, Any] = {"associations": {"shippingOrderAddress": {}}}
    order = await scene.client.order(key, deliveries=told)
    assert order["deliveries"][0]["shippingOrderAddress"]["street"] == "2 Mill Lane"
    assert order["updatedAt"] is not None


async def test_an_address_that_an_app_writes_moves_only_its_own_row(scene: Scene) -> None:
    key = scene.shop.place_order([("MUG", 1)])
    scene.wall.wait(minutes=5)
    scene.shop.correct_address(key, Address(address1="2 Mill Lane"))
    order = await scene.client.order(key, addresses={})
    assert (order["updatedAt"], order["addresses"][0]["updatedAt"]) == (None, LATER)


async def test_a_tag_is_found_again(scene: Scene) -> None:
    key = scene.shop.place_order([("MUG", 1)])
    scene.shop.tag(key, "release")
    wanted = [{"type": "equals", "field": "tags.name", "value": "release"}]
    assert [each["id"] for each in await scene.client.found("order", filter=wanted)] == [key]
    assert scene.shop.order(key).tags == ("release",)


async def test_an_order_whose_product_was_deleted_cannot_be_edited(scene: Scene) -> None:
    key = scene.shop.place_order([("MUG", 1)])
    scene.shop.delete_product("MUG")
    with pytest.raises(ValueError, match="Mug was deleted"):
        scene.shop.edit(key, {"BOOK": 1})
    assert (await scene.client.order(key))["updatedAt"] is None
