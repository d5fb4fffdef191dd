"""A cart is taxed as Magento taxes it, in all 21 scenarios of Magento's own tests; and REST shows the row totals less
the discount."""

import json
import random
from decimal import Decimal
from typing import Any

import aiohttp
import pytest
from sandbox.adobe_client import SHARED, SPECIFICATION, Client, Wall, opened

from khaossync.sandbox.adobe import AdobeShop, Algorithm, Discount, Rate, Taxation
from khaossync.sandbox.adobe.listing import Listing

SCENARIOS = SHARED / "samples/adobe/magento_tax_scenarios_expected_totals.json"
TOLD: dict[str, Any] = json.loads(SCENARIOS.read_text(), parse_float=Decimal) if SCENARIOS.exists() else {}
_RATES = "CONST:SetupUtil::TAX_RATE_"
_CONFIG = "CONST:Config::"


def settings(told: dict[str, Any]) -> Taxation:
    """The tax settings of a scenario; what it does not say is the default of Magento's tests."""
    config = told["config_data"]["CONST:SetupUtil::CONFIG_OVERRIDES"]
    algorithm = config.get(f"{_CONFIG}XML_PATH_ALGORITHM", "CALC_TOTAL_BASE").rpartition("CALC_")[2]
    path = f"{_CONFIG}CONFIG_XML_PATH_"
    return Taxation(
        algorithm=Algorithm[algorithm.removesuffix("_BASE")],
        prices_include_tax=bool(config.get(f"{path}PRICE_INCLUDES_TAX")),
        shipping_includes_tax=bool(config.get(f"{path}SHIPPING_INCLUDES_TAX")),
        after_discount=bool(config.get(f"{path}APPLY_AFTER_DISCOUNT")),
        discount_on_gross=bool(config.get(f"{path}DISCOUNT_TAX")),
        cross_border=bool(config.get(f"{path}CROSS_BORDER_TRADE_ENABLED")),
        shipping=shipping_rates(told, config.get(f"{path}SHIPPING_TAX_CLASS", "")),
    )


def shipping_rates(told: dict[str, Any], tax_class: str) -> tuple[Rate, ...]:
    rates = percentages(told)
    if tax_class.endswith("SHIPPING_TAX_CLASS"):
        return (Rate("shipping", rates.get("SHIPPING", Decimal("7.5"))),)
    return (Rate("TX", rates["TX"]),) if tax_class else ()


def percentages(told: dict[str, Any]) -> dict[str, Decimal]:
    found = told["config_data"]["CONST:SetupUtil::TAX_RATE_OVERRIDES"]
    return {name.removeprefix(_RATES): Decimal(percent) for name, percent in found.items()}


def product_rates(told: dict[str, Any]) -> list[Rate]:
    """The rates of a product: a second rule may be charged on the first's tax too."""
    rates = percentages(told)
    rules = told["config_data"]["CONST:SetupUtil::TAX_RULE_OVERRIDES"]
    second = [rule for rule in rules if rule.get("priority") == 2]
    found = [Rate("TX", rates["TX"])]
    if second:
        found.append(Rate("AUSTIN", rates["AUSTIN"], on_subtotal=bool(second[0]["calculate_subtotal"])))
    return found


def buy(shop: AdobeShop, told: dict[str, Any]) -> str:
    quote = told["quote_data"]
    inside = told["config_data"]["CONST:SetupUtil::TAX_RATE_OVERRIDES"].get("CONST:SetupUtil::TAX_STORE_RATE")
    how = Listing(rates=product_rates(told))
    if inside:
        how["store_rate"] = Decimal(inside) / 100
    for item in quote["items"]:
        shop.list_product(item["sku"], "X", Decimal(item["price"]), {"default": 99}, **how)
    rules = [
        Discount("HALF", percentage=Decimal(rule["discount_amount"]), and_shipping=bool(rule.get("apply_to_shipping")))
        for rule in quote.get("shopping_cart_rules", ())
    ]
    units = sum(item["qty"] for item in quote["items"])
    charge = ("Flat", Decimal(5 * units)) if "shipping_method" in quote else None
    basket = [(item["sku"], item["qty"]) for item in quote["items"]]
    return shop.place_order(basket, discounts=rules, delivery=charge)


async def ordered(told: dict[str, Any]) -> Any:
    shop = AdobeShop(now=Wall(), dice=random.Random(7), taxation=settings(told), specification=SPECIFICATION)
    async with aiohttp.ClientSession() as session:
        try:
            return await Client(await shop.start(), session).order(buy(shop, told))
        finally:
            await shop.stop()
            assert not shop.breaches


_ORDER_FIELDS = (
    "subtotal",
    "subtotal_incl_tax",
    "tax_amount",
    "shipping_amount",
    "shipping_incl_tax",
    "shipping_tax_amount",
    "discount_amount",
    "discount_tax_compensation_amount",
    "shipping_discount_tax_compensation_amount",
    "grand_total",
)
_ITEM_FIELDS = ("price", "price_incl_tax", "tax_amount", "tax_percent", "discount_amount", "discount_percent")


@pytest.mark.skipif(not TOLD, reason="Magento's scenarios are not there")
@pytest.mark.parametrize("name", sorted(TOLD))
async def test_a_cart_of_magentos_own_tests_comes_to_what_magento_expects(name: str) -> None:
    """ADB-4."""
    expected = TOLD[name]["expected_results"]
    order = await ordered(TOLD[name])
    assert {f: order[f] for f in _ORDER_FIELDS} == {f: expected["address_data"][f] for f in _ORDER_FIELDS}
    for item in order["items"]:
        told = expected["items_data"][item["sku"]]
        assert {field: item[field] for field in _ITEM_FIELDS} == {field: told[field] for field in _ITEM_FIELDS}
        assert item["discount_tax_compensation_amount"] == told["discount_tax_compensation_amount"]


@pytest.mark.skipif(not TOLD, reason="Magento's scenarios are not there")
@pytest.mark.parametrize("name", sorted(TOLD))
async def test_a_row_total_in_rest_is_the_stored_one_less_its_discount(name: str) -> None:
    order = await ordered(TOLD[name])
    for item in order["items"]:
        stored = TOLD[name]["expected_results"]["items_data"][item["sku"]]
        net = stored["row_total"] - stored["discount_amount"]
        assert item["row_total"] == max(net, 0)
        gross = net + stored["tax_amount"] + stored["discount_tax_compensation_amount"]
        assert item["row_total_incl_tax"] == max(gross, 0)


@pytest.mark.skipif(not TOLD, reason="Magento's scenarios are not there")
@pytest.mark.parametrize(
    "name", [each for each in sorted(TOLD) if "applied_taxes" in str(TOLD[each]["expected_results"])]
)
async def test_the_taxes_that_were_applied_are_told_apart(name: str) -> None:
    told = TOLD[name]["expected_results"]["address_data"].get("applied_taxes", {})
    order = await ordered(TOLD[name])
    shown = sorted((each["percent"], each["amount"]) for each in order["extension_attributes"]["applied_taxes"])
    assert shown == sorted((each["percent"], each["amount"]) for each in told.values())


async def test_a_fixed_discount_is_spread_over_the_rows_to_the_penny() -> None:
    async with opened() as scene:
        basket = [("MUG", 1), ("MUG", 1), ("MUG", 1)]
        told = await scene.client.order(scene.shop.place_order(basket, discount=("TEN", Decimal("10.00"))))
    assert [item["discount_amount"] for item in told["items"]] == [Decimal("3.33"), Decimal("3.33"), Decimal("3.34")]
    assert told["discount_amount"] == -10
    assert told["grand_total"] == Decimal(36) + Decimal("4.95") - 10


async def test_an_invoice_has_the_stored_row_total_where_the_order_has_it_less_the_discount() -> None:
    async with opened() as scene:
        order = scene.shop.place_order([("MUG", 1)], discounts=[Discount("HALF", percentage=Decimal(50))])
        row = (await scene.client.order(order))["items"][0]
        billed = (await scene.client.search("invoices", ("order_id", order, "eq")))["items"][0]["items"][0]
    assert (row["row_total"], row["discount_amount"]) == (4, 6)
    assert (billed["row_total"], billed["discount_amount"]) == (10, 6)


async def test_a_row_total_that_would_be_below_none_is_none() -> None:
    async with opened() as scene:
        order = scene.shop.place_order([("MUG", 1)], discounts=[Discount("ALL", percentage=Decimal(100))])
        row = (await scene.client.order(order))["items"][0]
    assert (row["row_total"], row["row_total_incl_tax"]) == (0, 0)
    assert row["discount_amount"] == 12
    assert row["discount_tax_compensation_amount"] == 2


async def test_an_order_in_another_currency_keeps_its_base_twins() -> None:
    async with opened() as scene:
        order = scene.shop.place_order([("MUG", 1)], delivery=None, presentment=("EUR", Decimal("1.25")))
        told = await scene.client.order(order)
    assert (told["order_currency_code"], told["base_currency_code"]) == ("EUR", "GBP")
    assert (told["grand_total"], told["base_grand_total"]) == (15, 12)
