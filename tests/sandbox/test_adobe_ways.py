"""Each way to tax an order adds up, and those that are odd are odd in the way that they say."""

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest
from sandbox.adobe_client import Scene, opened

from khaossync.sandbox.adobe import WAYS, Taxation

_PENNY = Decimal("0.01")


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with opened() as scene:
        yield scene


def net(row: dict[str, Any]) -> Decimal:
    """What a row costs without tax after its discount, from what REST shows."""
    return Decimal(row["row_total"] + row["discount_tax_compensation_amount"])


def strays(row: dict[str, Any]) -> bool:
    """Whether a row's tax is further from its rate than rounding each of its units may take it."""
    expected = net(row) * row["tax_percent"] / 100
    allowed = max(_PENNY * 2, Decimal("0.01") * row["qty_ordered"])
    return bool(abs(expected - row["tax_amount"]) > allowed)


def test_there_are_as_many_ways_as_magento_tests() -> None:
    assert len(WAYS) == 21
    assert sum(bool(way.oddity) for way in WAYS.values()) == 2


@pytest.mark.parametrize("way", WAYS)
async def test_an_order_adds_up_in_every_way(scene: Scene, way: str) -> None:
    """ADB-4."""
    order = await scene.client.order(scene.shop.place_taxed(way))
    parts = ("subtotal", "discount_amount", "shipping_amount", "tax_amount", "discount_tax_compensation_amount")
    whole = sum(order[name] for name in parts) + order["shipping_discount_tax_compensation_amount"]
    assert whole == order["grand_total"]
    assert sum(row["tax_amount"] for row in order["items"]) + order["shipping_tax_amount"] == order["tax_amount"]


@pytest.mark.parametrize("way", WAYS)
async def test_only_an_odd_way_is_odd(scene: Scene, way: str) -> None:
    order = await scene.client.order(scene.shop.place_taxed(way))
    found = ""
    if any(strays(row) for row in order["items"]):
        full = sum((row["row_total"] + row["discount_amount"]) * row["tax_percent"] / 100 for row in order["items"])
        assert sum(row["tax_amount"] for row in order["items"]) == full
        found = "tax_on_full_price"
    elif order["grand_total"] != Decimal(order["grand_total"]).quantize(_PENNY):
        found = "fraction_of_a_penny"
    assert found == WAYS[way].oddity


async def test_the_algorithms_differ_by_pennies(scene: Scene) -> None:
    async def tax(way: str) -> Any:
        return (await scene.client.order(scene.shop.place_taxed(way)))["tax_amount"]

    assert [await tax(f"gross prices, by {kind}") for kind in ("unit", "row", "total")] == [
        Decimal("3.34"),
        Decimal("3.33"),
        Decimal("3.33"),
    ]
    assert await tax("two taxes, by total") != await tax("two taxes, by unit")
    assert await tax("a tax upon a tax, by total") > await tax("two taxes, by total")


async def test_a_way_leaves_the_shops_own_settings_alone(scene: Scene) -> None:
    scene.shop.place_taxed("net prices, by unit")
    assert scene.shop.state.taxation == Taxation()
    order = await scene.client.order(scene.shop.place_order([("MUG", 1)]))
    assert order["items"][0]["price_incl_tax"] == 12
