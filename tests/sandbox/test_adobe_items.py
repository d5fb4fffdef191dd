"""An order's rows have the shapes that Magento gives to each kind of product."""

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest
from sandbox.adobe_client import Scene, opened

from khaossync.sandbox.adobe import Choice, CustomOption, CustomValue, Discount, Person
from khaossync.sandbox.adobe.purchase import Terms


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with opened() as scene:
        yield scene


async def rows(scene: Scene, *basket: tuple[str, int] | Choice, **terms: Any) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = (await scene.client.order(scene.shop.place_order(basket, **terms)))["items"]
    return told


async def test_a_simple_product_is_one_row(scene: Scene) -> None:
    (row,) = await rows(scene, ("MUG", 3))
    assert (row["product_type"], row["qty_ordered"], row["price_incl_tax"], row["tax_amount"]) == ("simple", 3, 12, 6)
    assert "parent_item_id" not in row
    assert "product_option" not in row


async def test_a_configurable_is_a_parent_with_the_money_and_a_child_with_the_product(scene: Scene) -> None:
    parent, child = await rows(scene, ("TEE-RED", 2))
    assert (parent["product_type"], child["product_type"]) == ("configurable", "simple")
    assert parent["sku"] == child["sku"] == "TEE-RED"
    assert (parent["row_total_incl_tax"], child["row_total"], child["price"]) == (36, 0, 0)
    assert child["parent_item_id"] == parent["item_id"] == child["parent_item"]["item_id"]
    red = await scene.client.get("products/TEE-RED")
    assert (child["product_id"], parent["product_id"] != red["id"]) == (red["id"], True)
    (chosen,) = parent["product_option"]["extension_attributes"]["configurable_item_options"]
    values = (await scene.client.get("products/TEE"))["extension_attributes"]["configurable_product_options"]
    assert {"value_index": chosen["option_value"]} in values[0]["values"]
    assert "product_option" not in child


async def test_a_child_may_repeat_its_parents_price_but_never_its_row_total(scene: Scene) -> None:
    scene.shop.habits.copies_prices = True
    _, child = await rows(scene, ("TEE-RED", 1))
    assert (child["price_incl_tax"], child["row_total"], child["tax_amount"]) == (18, 0, 0)


async def test_a_bundle_with_a_dynamic_price_shows_its_money_twice_and_counts_it_once(scene: Scene) -> None:
    order = await scene.client.order(scene.shop.place_order([("SET", 1)], delivery=None))
    parent, pot, mugs = order["items"]
    assert parent["sku"] == "SET-POT-MUG"
    assert parent["row_total"] == pot["row_total"] + mugs["row_total"] == order["subtotal"] == 50
    assert (parent["tax_amount"], pot["tax_amount"] + mugs["tax_amount"]) == (0, order["tax_amount"])
    assert (mugs["qty_ordered"], order["total_item_count"]) == (2, 1)


async def test_a_bundle_with_a_fixed_price_has_its_money_on_the_parent(scene: Scene) -> None:
    parent, pot, mugs = await rows(scene, ("BOX", 1), discounts=[Discount("TEN", percentage=Decimal(10))])
    assert (parent["sku"], parent["row_total"], parent["discount_amount"]) == ("BOX", Decimal("39.6"), Decimal("5.4"))
    assert (pot["row_total"], mugs["row_total"], pot["price"]) == (0, 0, 0)


async def test_the_members_of_a_group_are_rows_of_their_own(scene: Scene) -> None:
    told = await rows(scene, ("TABLE", 2))
    shown = [(row["sku"], row["product_type"], row["qty_ordered"]) for row in told]
    assert shown == [("MUG", "grouped", 2), ("POT", "grouped", 2)]
    assert not any("parent_item_id" in row for row in told)


async def test_an_order_of_virtual_goods_goes_nowhere_and_is_complete_once_paid(scene: Scene) -> None:
    order = await scene.client.order(scene.shop.place_order([("COURSE", 1)]))
    assert (order["is_virtual"], order["state"]) == (1, "complete")
    assert "shipping_assignments" not in order["extension_attributes"]
    assert "shipping_description" not in order


async def test_custom_options_are_ids_that_the_product_explains(scene: Scene) -> None:
    """ADB-F2."""
    (row,) = await rows(scene, Choice("RING", 1, {"Engraving": "For ever", "Colour": "Gold"}))
    told = row["product_option"]["extension_attributes"]["custom_options"]
    engraving, colour = await scene.client.get("products/RING/options")
    gold = next(value for value in colour["values"] if value["title"] == "Gold")
    assert told == [
        {"option_id": str(engraving["option_id"]), "option_value": "For ever"},
        {"option_id": str(colour["option_id"]), "option_value": str(gold["option_type_id"])},
    ]
    assert (row["sku"], row["price_incl_tax"]) == ("RING-ENG-G", 33)


async def test_an_option_that_has_no_sku_leaves_the_items_alone(scene: Scene) -> None:
    (row,) = await rows(scene, Choice("RING", 1, {"Colour": "Silver"}))
    assert (row["sku"], row["price_incl_tax"]) == ("RING", 26)


async def test_a_configurable_may_have_custom_options_too(scene: Scene) -> None:
    print_on = CustomOption("Print", [CustomValue("Name", Decimal("4.00"), "N")])
    scene.shop.list_product("CAP", "Cap", Decimal(0), configurable=True, options=[print_on])
    scene.shop.list_product("CAP-M", "Cap M", Decimal("10.00"), {"default": 5}, variant_of="CAP")
    parent, child = await rows(scene, Choice("CAP-M", 1, {"Print": "Name"}))
    assert (parent["sku"], parent["price_incl_tax"], child["sku"]) == ("CAP-M-N", 14, "CAP-M")
    told = parent["product_option"]["extension_attributes"]
    assert set(told) == {"custom_options", "configurable_item_options"}


async def test_a_product_that_is_listed_again_is_changed(scene: Scene) -> None:
    scene.wall.wait(minutes=1)
    scene.shop.list_product("TEE-RED", "T-shirt, crimson", Decimal("19.00"), {"default": 7})
    found = await scene.client.search("products", ("sku", "TEE-RED", "eq"))
    (product,) = found["items"]
    assert (product["name"], product["updated_at"] > product["created_at"]) == ("T-shirt, crimson", True)
    assert len(await rows(scene, ("TEE-RED", 1))) == 2
    assert scene.shop.salable("TEE-RED") == 6


async def test_several_choices_of_one_option_are_joined_by_commas(scene: Scene) -> None:
    extras = CustomOption("Extras", [CustomValue("Box"), CustomValue("Card")], multiple=True)
    scene.shop.list_product("PEN", "Pen", Decimal("6.00"), {"default": 5}, options=[extras])
    (row,) = await rows(scene, Choice("PEN", 1, {"Extras": ["Box", "Card"]}))
    (told,) = row["product_option"]["extension_attributes"]["custom_options"]
    (option,) = await scene.client.get("products/PEN/options")
    assert told["option_value"] == ",".join(str(value["option_type_id"]) for value in option["values"])


async def test_the_method_and_the_address_of_the_delivery_are_in_the_assignment_only(scene: Scene) -> None:
    order = await scene.client.order(scene.shop.place_order([("MUG", 1)], delivery=("Next Day", Decimal("6.00"))))
    (assignment,) = order["extension_attributes"]["shipping_assignments"]
    assert assignment["shipping"]["method"] == "delivery_nextday"
    assert assignment["shipping"]["address"]["postcode"] == "TE1 1ST"
    assert (order["shipping_description"], order["shipping_incl_tax"]) == ("Delivery - Next Day", 6)
    assert "shipping_address" not in order


async def test_a_field_without_a_value_is_left_out(scene: Scene) -> None:
    order = await scene.client.order(scene.shop.place_order([("MUG", 1)], payment="pending"))
    assert not {"coupon_code", "total_paid", "hold_before_state", "relation_child_real_id"} & set(order)
    assert order["payment"]["cc_last4"] is None


async def test_a_shop_may_send_fields_without_a_value_as_null(scene: Scene) -> None:
    scene.shop.habits.sends_nulls = True
    order = await scene.client.order(scene.shop.place_order([("MUG", 1)], payment="pending"))
    assert order["relation_child_real_id"] is None
    assert order["coupon_code"] is None


async def test_a_gift_card_store_credit_and_fees_are_told_apart_from_the_grand_total(scene: Scene) -> None:
    terms = Terms(
        gift_card=Decimal(5), store_credit=Decimal(2), delivery=None, fees=[("Wrapping fee", Decimal("1.50"))]
    )
    number = scene.shop.place_order([("MUG", 1)], **terms)
    order = await scene.client.order(number)
    assert order["grand_total"] == Decimal("6.5") == order["total_paid"]
    extension = order["extension_attributes"]
    assert (extension["gift_cards_amount"], extension["customer_balance_amount"]) == (5, 2)
    assert extension["custom_fees"][0]["custom_fee_code"] == "wrapping_fee"
    assert scene.shop.order(number).total == Decimal("13.50")


async def test_who_has_an_account_is_no_guest(scene: Scene) -> None:
    order = await scene.client.order(scene.shop.place_order([("MUG", 1)], customer=Person(guest=False)))
    again = await scene.client.order(scene.shop.place_order([("MUG", 1)], customer=Person(guest=False)))
    guest = await scene.client.order(scene.shop.place_order([("MUG", 1)]))
    assert order["customer_id"] == again["customer_id"] == 1
    assert (guest["customer_is_guest"], "customer_id" in guest) == (1, False)


async def test_a_product_is_asked_for_by_its_sku_whatever_is_in_it(scene: Scene) -> None:
    scene.shop.list_product("TEE/RED M", "Odd", Decimal(1), {"default": 1})
    assert (await scene.client.get("products/TEE%2FRED%20M"))["sku"] == "TEE/RED M"
    assert (await scene.client.send("GET", "products/NOTHING")).status == 404
    assert (await scene.client.get("products/mug"))["sku"] == "MUG"


async def test_a_bundles_and_a_groups_product_tell_their_parts(scene: Scene) -> None:
    attributes = (await scene.client.get("products/SET"))["custom_attributes"]
    assert {"attribute_code": "price_type", "value": "0"} in attributes
    parts = await scene.client.get("bundle-products/SET/children")
    assert [(part["sku"], part["qty"]) for part in parts] == [("POT", 1), ("MUG", 2)]
    links = (await scene.client.get("products/TABLE"))["product_links"]
    assert [link["linked_product_sku"] for link in links] == ["MUG", "POT"]
    children = await scene.client.get("configurable-products/TEE/children")
    assert [child["sku"] for child in children] == ["TEE-RED", "TEE-BLUE"]


async def test_products_are_searched(scene: Scene) -> None:
    found = await scene.client.search("products", ("type_id", "bundle", "eq"), sort=["sku"])
    assert [product["sku"] for product in found["items"]] == ["BOX", "SET"]
