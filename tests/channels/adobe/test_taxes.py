"""Magento's ways to tax: every one adds up and goes to the ERP, and the odd ones are named (ADB-4, ADB-7, S-12)."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from channels.adobe.adobe_shop import SAMPLES, SETTINGS, Anything, adds_up, opened, told
from contract.world import NAME
from examples import rules

from khaossync.channels.adobe.documents import order_document
from khaossync.channels.adobe.oddities import FRACTION, TAX_OFF_ITS_RATE, TAX_ON_FULL_PRICE
from khaossync.domain.agreement import require_identity
from khaossync.domain.cases import CaseClass
from khaossync.domain.composition import compose
from khaossync.domain.errors import RejectedError
from khaossync.domain.money import rounded
from khaossync.domain.orders import Order
from khaossync.domain.proof import figures
from khaossync.sandbox.adobe import WAYS

ODD = {"tax_on_full_price": TAX_ON_FULL_PRICE, "fraction_of_a_penny": FRACTION, "": ""}
RATES = ("0", "0.05", "0.075", "0.0825", "0.10", "0.13", "0.134125", "0.14", "0.20", "0.275", "0.29")
RULES = rules(
    channel=NAME,
    currencies=frozenset({"GBP", "USD"}),
    default_courier="RM48",
    tax_codes={Decimal(rate): number for number, rate in enumerate(RATES, start=1)},
    money_codes={"untaxed_discount": "DISCOUNT0"},
    tax_tolerance=Decimal("0.10"),  # ten units at 1.00, each with two taxes that are rounded by themselves
)


@pytest.mark.parametrize("way", WAYS)
async def test_every_way_to_tax_goes_to_the_erp_to_the_penny(way: str) -> None:
    async with opened() as world:
        number = world.shop.place_taxed(way)
        order = await told(world, number)
        sold = world.shop.order(number)
    assert adds_up(order)
    assert order.total == rounded(sold.total, "GBP")
    assert abs(compose(order, RULES, Anything()).totals.tax - order.tax) <= Decimal("0.05")
    assert " ".join(order.oddities) == ODD[WAYS[way].oddity]


async def test_a_discount_that_lowers_no_tax_waits_until_somebody_says_how_it_is_booked() -> None:
    async with opened() as world:
        order = await told(world, world.shop.place_taxed("net prices, taxed before the discount"))
    require_identity(order, RULES)
    with pytest.raises(RejectedError) as refused:
        compose(order, rules(channel=NAME, default_courier="RM48"), Anything())
    assert refused.value.case_class is CaseClass.UNKNOWN_MONEY
    assert refused.value.evidence == {"untaxed_discount": "-10.00 GBP"}
    assert figures(order)["oddities"] == TAX_ON_FULL_PRICE


def scenarios() -> Mapping[str, Any]:
    path = SAMPLES / "magento_tax_scenarios_expected_totals.json"
    found = json.loads(path.read_text(), parse_float=Decimal) if path.exists() else {}
    return {name: each for name, each in found.items() if "expected_results" in each}


SCENARIOS = scenarios()


@pytest.mark.skipif(not SCENARIOS, reason="the published scenarios are not here")
def test_all_published_scenarios_are_here() -> None:
    assert len(SCENARIOS) == 21


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_published_scenario_goes_to_the_erp_to_the_penny(name: str) -> None:
    order = as_order(SCENARIOS[name]["expected_results"], SCENARIOS[name]["quote_data"]["items"])
    assert adds_up(order)
    expected = SCENARIOS[name]["expected_results"]["address_data"]["grand_total"]
    assert order.total == rounded(Decimal(expected), "USD")
    composed = compose(order, RULES, Anything())
    assert composed.totals.gross == order.total
    assert " ".join(order.oddities) == ODD_SCENARIOS.get(name, "")


ODD_SCENARIOS = {
    "excluding_tax_apply_tax_before_discount": TAX_ON_FULL_PRICE,
    "including_tax_apply_tax_after_discount": FRACTION,
    "multi_tax_rule_unit_calculate_subtotal_yes": TAX_OFF_ITS_RATE,
}


def as_order(expected: Mapping[str, Any], bought: list[Any]) -> Order:
    """The order that the expected totals of a cart become, its rows rewritten as REST does."""
    totals, rows = expected["address_data"], expected["items_data"]
    off = sum((row["discount_amount"] for row in rows.values()), Decimal(0))
    kept = ("subtotal", "tax_amount", "discount_amount", "grand_total", "discount_tax_compensation_amount")
    shipping = {name: amount for name, amount in totals.items() if name.startswith("shipping")}
    quantities = {each["sku"]: each["qty"] for each in bought}
    record = {
        **{name: totals[name] for name in kept},
        **shipping,
        "shipping_discount_amount": -totals["discount_amount"] - off,
        "entity_id": 1,
        "increment_id": "1",
        "state": "processing",
        "status": "processing",
        "created_at": "2026-11-20 09:00:00",
        "updated_at": "2026-11-20 09:00:00",
        "order_currency_code": "USD",
        "total_paid": totals["grand_total"],
        "shipping_description": "Flat rate" if totals["shipping_amount"] else None,
        "billing_address": {"firstname": "A", "street": ["1 Street"], "country_id": "US"},
        "items": [_rest(number, sku, row, quantities[sku]) for number, (sku, row) in enumerate(rows.items(), start=1)],
    }
    body = order_document({"order": record, "creditmemos": [], "products": []}, NAME, SETTINGS).body
    assert isinstance(body, Order)
    return body


def _rest(number: int, sku: str, row: Mapping[str, Any], quantity: int) -> Mapping[str, Any]:
    rewritten = {"row_total": max(0, row["row_total"] - row["discount_amount"])}
    return {**row, **rewritten, "item_id": number, "sku": sku, "qty_ordered": quantity, "product_type": "simple"}
