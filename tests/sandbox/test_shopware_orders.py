"""What orders look like: tax statuses, floats, promotions, deliveries, and the lines that plugins make."""

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest
from sandbox.shopware_client import Scene, by_position, opened

from khaossync.sandbox.shopware import Company, Discount, Extra, OutOfStock, Person


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with opened() as scene:
        yield scene


def taxes(told: Any) -> list[tuple[float, float, float]]:
    return [(each["taxRate"], each["tax"], each["price"]) for each in told["calculatedTaxes"]]


def near(left: float, right: float) -> bool:
    return abs(left - right) < 0.000001


def roots(order: Any) -> list[Any]:
    return [line for line in order["lineItems"] if line["parentId"] is None]


async def test_in_a_gross_order_every_amount_holds_its_tax(scene: Scene) -> None:
    """SHW-30: the figures that a total is proved by."""
    order = await scene.client.order(scene.shop.place_order([("MUG", 3), ("BOOK", 1)]))
    mug, book = order["lineItems"]
    assert (order["taxStatus"], mug["price"]["totalPrice"]) == ("gross", 29.97)
    assert taxes(mug["price"])[0][:2] == (20, 5.0)
    assert taxes(book["price"]) == [(0, 0, 8.99)]
    assert near(order["positionPrice"] + order["shippingTotal"], order["amountTotal"])
    assert near(order["amountTotal"] - sum(tax for _, tax, _ in taxes(order["price"])), order["amountNet"])


async def test_in_a_net_order_tax_comes_on_top_and_is_rounded_per_unit(scene: Scene) -> None:
    order = await scene.client.order(
        scene.shop.place_order([("MUG", 7)], tax_status="net", delivery=("Standard", Decimal(5)))
    )
    (mug,) = order["lineItems"]
    assert (order["taxStatus"], mug["unitPrice"]) == ("net", 8.33)
    # 20 % of 8.33 is 1.666: one unit's tax is rounded to 1.67 and then multiplied, where the line's would be 11.66.
    assert near(taxes(mug["price"])[0][1], 11.69)
    assert order["amountTotal"] == 58.31 + 11.69 + 5 + 1
    assert near(order["amountNet"], 63.31)


async def test_in_a_tax_free_order_there_are_no_taxes(scene: Scene) -> None:
    order = await scene.client.order(scene.shop.place_order([("MUG", 2)], tax_status="tax-free"))
    assert order["taxStatus"] == "tax-free"
    assert order["price"]["calculatedTaxes"] == order["lineItems"][0]["price"]["calculatedTaxes"] == []
    assert order["price"]["netPrice"] == order["price"]["totalPrice"]


async def test_some_sums_are_floats_that_nobody_rounded(scene: Scene) -> None:
    scene.shop.list_product("DIME", "Dime", Decimal("0.10"), 50)
    order = await scene.client.order(scene.shop.place_order([("DIME", 1), ("MUG", 3), ("LAMP", 1)]))
    assert order["price"]["rawTotal"] != order["amountTotal"]
    assert near(order["price"]["rawTotal"], order["amountTotal"])


async def test_whole_amounts_are_written_without_a_fraction(scene: Scene) -> None:
    scene.shop.list_product("TEN", "Ten", Decimal("10.00"), 5)
    answer = await scene.client.search("order", ids=[scene.shop.place_order([("TEN", 1)], delivery=None)])
    assert isinstance(answer.data[0]["amountTotal"], int)


async def test_a_promotion_is_a_line_without_a_sku_over_every_rate(scene: Scene) -> None:
    """SHW-F2: promotions have no stock code."""
    order = await scene.client.order(scene.shop.place_order([("MUG", 2), ("BOOK", 1)], discount=("TEN", Decimal(10))))
    promotion = order["lineItems"][-1]
    assert (promotion["type"], promotion["good"], promotion["productId"]) == ("promotion", False, None)
    assert (promotion["totalPrice"], promotion["referencedId"]) == (-10, "TEN")
    assert "productNumber" not in promotion["payload"]
    rates = {rate: price for rate, _, price in taxes(promotion["price"])}
    assert set(rates) == {0, 20}
    assert near(sum(rates.values()), -10)
    assert near(rates[20] / rates[0], 19.98 / 8.99)


async def test_a_percentage_for_one_product_spares_the_others(scene: Scene) -> None:
    told = Discount("HALF", percentage=Decimal(50), sku="BOOK", kind="automatic")
    order = await scene.client.order(scene.shop.place_order([("MUG", 1), ("BOOK", 2)], discounts=[told]))
    promotion = order["lineItems"][-1]
    assert (promotion["totalPrice"], promotion["payload"]["discountType"]) == (-8.99, "percentage")
    assert [rate for rate, _, _ in taxes(promotion["price"])] == [0]
    assert promotion["payload"]["promotionCodeType"] == "global"


async def test_free_delivery_is_a_line_of_nothing_and_a_second_delivery_below_nothing(scene: Scene) -> None:
    told = Discount("SHIPFREE", shipping=True, percentage=Decimal(100))
    key = scene.shop.place_order([("MUG", 1)], discounts=[told])
    order = await scene.client.order(key, lineItems=by_position(), deliveries={"associations": {"positions": {}}})
    placeholder = order["lineItems"][-1]
    assert (placeholder["type"], placeholder["totalPrice"]) == ("promotion", 0)
    assert placeholder["payload"]["discountScope"] == "delivery"
    costs = {each["shippingCosts"]["totalPrice"]: each for each in order["deliveries"]}
    assert set(costs) == {4.95, -4.95}
    assert costs[-4.95]["positions"] == []
    assert order["primaryOrderDeliveryId"] == costs[4.95]["id"]
    assert (order["shippingTotal"], order["amountTotal"]) == (0, 9.99)


async def test_the_deliverys_tax_follows_the_basket(scene: Scene) -> None:
    order = await scene.client.order(scene.shop.place_order([("MUG", 1), ("BOOK", 1)]))
    assert [rate for rate, _, _ in taxes(order["shippingCosts"])] == [20, 0]
    assert near(sum(price for _, _, price in taxes(order["shippingCosts"])), 4.95)


async def test_the_list_of_lines_is_flat_and_a_container_repeats_its_children(scene: Scene) -> None:
    children = [Extra("product", "Mug", sku="MUG", price=None), Extra("product", "Book", sku="BOOK", price=None)]
    box = Extra("container", "Gift box", price=None, children=children)
    order = await scene.client.order(scene.shop.place_order([("LAMP", 1)], extras=[box]))
    container = next(line for line in order["lineItems"] if line["type"] == "container")
    inner = [line for line in order["lineItems"] if line["parentId"] == container["id"]]
    assert len(order["lineItems"]) == 4
    assert near(container["totalPrice"], sum(line["totalPrice"] for line in inner))
    assert near(order["positionPrice"], sum(line["totalPrice"] for line in roots(order)))
    assert not near(order["positionPrice"], sum(line["totalPrice"] for line in order["lineItems"]))


async def test_a_custom_product_wraps_its_product_and_options(scene: Scene) -> None:
    scene.client.held = False  # the types of plugins are in no published schema
    value = Extra("customized-products-option", "To Ann", payload={"type": "textfield", "value": "To Ann"})
    option = Extra(
        "customized-products-option", "Engraving", Decimal(5), payload={"type": "textfield"}, children=[value]
    )
    product = Extra("product", "Mug", price=None, sku="MUG")
    wrapper = Extra("customized-products", "Mug, engraved", price=None, children=[product, option])
    order = await scene.client.order(scene.shop.place_order([], extras=[wrapper]))
    (top,) = roots(order)
    assert (top["type"], top["totalPrice"], order["positionPrice"]) == ("customized-products", 14.99, 14.99)
    assert {line["type"] for line in order["lineItems"]} == {
        "product",
        "customized-products",
        "customized-products-option",
    }


async def test_a_plugins_parent_may_carry_the_price_and_its_parts_none(scene: Scene) -> None:
    scene.client.held = False  # the types of plugins are in no published schema
    parts = [Extra("product", "Mug", Decimal(0), sku="MUG"), Extra("product", "Book", Decimal(0), sku="BOOK")]
    bundle = Extra("swkweb-product-set", "Set", Decimal(15), payload={"swkwebSet": True}, children=parts)
    order = await scene.client.order(scene.shop.place_order([], extras=[bundle], delivery=None))
    assert (order["amountTotal"], roots(order)[0]["totalPrice"]) == (15, 15)


async def test_staff_type_lines_and_credits(scene: Scene) -> None:
    extras = [Extra("custom", "Repair", Decimal(12)), Extra("credit", "Goodwill", Decimal(-2))]
    order = await scene.client.order(scene.shop.place_order([("BOOK", 1)], extras=extras, delivery=None))
    book, custom, credit = order["lineItems"]
    assert (custom["type"], custom["payload"], custom["productId"]) == ("custom", [], None)
    assert (credit["type"], credit["totalPrice"], len(taxes(credit["price"]))) == ("credit", -2, 2)
    assert near(order["amountTotal"], book["totalPrice"] + 12 - 2)


async def test_vertical_taxes_come_from_the_total_and_may_miss_the_lines_by_pennies() -> None:
    async with opened() as scene:
        scene.shop.list_product("PIN", "Pin", Decimal("0.99"), 99)
        lines = [("PIN", 1)] * 3
        across = await scene.client.order(scene.shop.place_order(lines, delivery=None))
        down = await scene.client.order(scene.shop.place_order(lines, delivery=None, vertical=True))
        assert near(taxes(across["price"])[0][1], 0.51)
        assert taxes(down["price"])[0][1] == 0.5
        assert down["taxCalculationType"] == "vertical"


async def test_a_currency_without_decimals_rounds_line_taxes_to_whole_units(scene: Scene) -> None:
    order = await scene.client.order(
        scene.shop.place_order([("LAMP", 1)], currency="SEK", delivery=None), lineItems={}, currency={}
    )
    assert (order["currency"]["isoCode"], order["itemRounding"]["decimals"]) == ("SEK", 0)
    assert taxes(order["lineItems"][0]["price"])[0][1] == 6
    assert order["currencyFactor"] == 12.8


async def test_who_buys_and_where_it_goes(scene: Scene) -> None:
    company = Company("Brown & Co", vat_id="GB123456789")
    told: dict[str, Any] = {"orderCustomer": {}, "billingAddress": {}, "deliveries": {}}
    key = scene.shop.place_order(
        [("MUG", 1)], customer=Person("Jo", "Brown", "jo@example.com"), company=company, note="Ring twice"
    )
    order = await scene.client.order(key, **told)
    assert order["orderCustomer"]["email"] == "jo@example.com"
    assert (order["orderCustomer"]["company"], order["orderCustomer"]["vatIds"]) == ("Brown & Co", ["GB123456789"])
    assert order["billingAddress"]["id"] == order["deliveries"][0]["shippingOrderAddressId"]
    assert order["customerComment"] == "Ring twice"


async def test_a_deleted_product_leaves_its_number_on_the_line(scene: Scene) -> None:
    """SHW-9: the line outlives the product."""
    key = scene.shop.place_order([("MUG", 1)])
    scene.shop.delete_product("MUG")
    (line,) = (await scene.client.order(key))["lineItems"]
    assert (line["productId"], line["payload"]["productNumber"], line["updatedAt"]) == (None, "MUG", None)
    with pytest.raises(KeyError):
        scene.shop.place_order([("MUG", 1)])


async def test_a_variants_options_are_in_its_lines_payload(scene: Scene) -> None:
    scene.shop.list_variant("MUG-RED", "MUG", [("Colour", "Red")], 3)
    (line,) = (await scene.client.order(scene.shop.place_order([("MUG-RED", 1)])))["lineItems"]
    assert line["payload"]["options"] == [{"group": "Colour", "option": "Red"}]
    assert (line["label"], line["unitPrice"]) == ("Mug", 9.99)


async def test_a_closeout_cannot_be_sold_below_nothing(scene: Scene) -> None:
    with pytest.raises(OutOfStock):
        scene.shop.place_order([("LAMP", 6)])
    assert await scene.client.found("order") == []


async def test_delivery_methods_are_found_in_the_configuration_before_an_order_uses_them(scene: Scene) -> None:
    """SHW-F3, S-8: a new or renamed method is seen from the shop's configuration."""
    scene.shop.add_delivery_method("Same day", "shipping_same_day")
    scene.shop.rename_delivery_method("Standard", "Économique")
    methods = {
        each["technicalName"]: each["translated"]["name"] for each in await scene.client.found("shipping-method")
    }
    assert methods == {"shipping_standard": "Économique", "shipping_same_day": "Same day"}


async def test_figures_are_aggregated_over_all_that_is_found(scene: Scene) -> None:
    scene.shop.place_order([("MUG", 1)], delivery=None)
    scene.shop.place_order([("LAMP", 1)], delivery=None, payment="pending")
    wanted = [
        {"name": "sum", "type": "sum", "field": "amountTotal"},
        {"name": "states", "type": "terms", "field": "transactions.stateMachineState.technicalName"},
        {"name": "none", "type": "count", "field": "updatedAt"},
    ]
    told = (await scene.client.search("order", limit=1, aggregations=wanted)).told["aggregations"]
    assert near(told["sum"]["sum"], 44.94)
    assert {each["key"]: each["count"] for each in told["states"]["buckets"]} == {"paid": 1, "open": 1}
    assert told["none"]["count"] == 0
    wrong = await scene.client.search("order", aggregations=[{"name": "x", "type": "magic"}])
    assert wrong.error["code"] == "FRAMEWORK__INVALID_AGGREGATION_QUERY"


@pytest.mark.parametrize(("taxes_on", "on_lines", "on_order"), [("lines", 1, 0), ("order", 0, 1)])
async def test_a_tax_provider_may_leave_taxes_in_one_place_only(
    scene: Scene, taxes_on: str, on_lines: int, on_order: int
) -> None:
    order = await scene.client.order(scene.shop.place_order([("MUG", 1)], taxes_on=taxes_on))
    assert len(order["lineItems"][0]["price"]["calculatedTaxes"]) == on_lines
    assert len(order["price"]["calculatedTaxes"]) == on_order


async def test_a_plugin_may_spoil_a_total(scene: Scene) -> None:
    """SHW-31: a total that its lines do not come to."""
    key = scene.shop.place_order([("MUG", 1)], delivery=None)
    scene.shop.misprice(key, Decimal("0.50"))
    order = await scene.client.order(key)
    assert (order["amountTotal"], order["positionPrice"]) == (10.49, 9.99)


async def test_another_delivery_method_moves_only_the_delivery(scene: Scene) -> None:
    key = scene.shop.place_order([("MUG", 1)])
    scene.shop.change_delivery_method(key, "Express")
    order = await scene.client.order(key, deliveries={"associations": {"shippingMethod": {}}})
    assert order["deliveries"][0]["shippingMethod"]["technicalName"] == "shipping_express"
    assert (order["updatedAt"], order["deliveries"][0]["updatedAt"] is not None) == (None, True)


async def test_no_number_stands_twice(scene: Scene) -> None:
    with pytest.raises(ValueError, match="already"):
        scene.shop.list_product("MUG", "Another", Decimal(1))
    scene.shop.rename_product("MUG", "Cup")
    assert {each["name"] for each in await scene.client.found("product")} == {"Cup", "Lamp", "Book"}


async def test_nothing_takes_off_more_than_there_is(scene: Scene) -> None:
    told = [Discount("BIG", Decimal(500)), Discount("SHIP", Decimal(500), shipping=True)]
    order = await scene.client.order(scene.shop.place_order([("MUG", 1)], discounts=told))
    assert (order["lineItems"][1]["totalPrice"], order["shippingTotal"], order["amountTotal"]) == (-9.99, 0, 0)


async def test_free_delivery_of_a_free_method_leaves_two_deliveries_of_nothing(scene: Scene) -> None:
    told = Discount("SHIPFREE", shipping=True, percentage=Decimal(100))
    key = scene.shop.place_order([("MUG", 1)], discounts=[told], delivery=("Collect", Decimal(0)))
    deliveries = (await scene.client.order(key, deliveries={"associations": {"positions": {}}}))["deliveries"]
    assert [each["shippingCosts"]["totalPrice"] for each in deliveries] == [0, 0]
    assert [each["id"] for each in deliveries if each["positions"]] == [scene.shop.delivery(key)]


async def test_a_promotions_code_can_be_searched_for(scene: Scene) -> None:
    scene.shop.place_order([("MUG", 1)], discount=("TEN", Decimal(1)))
    wanted = [{"type": "equals", "field": "referencedId", "value": "TEN"}]
    assert len(await scene.client.found("order-line-item", filter=wanted)) == 1
