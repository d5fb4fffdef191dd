"""A shop of 50,000 SKUs and 10,000 orders still answers at once: what a call costs does not grow with the shop."""

import random
import time
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sandbox.shopify_client import BEGIN, LATEST, Wall

from khaossync.sandbox.shopify import ShopifyShop
from khaossync.sandbox.shopify.engine import Admitted
from khaossync.sandbox.shopify.inventory import Once
from khaossync.sandbox.shopify.paging import DEEPEST
from khaossync.sandbox.shopify.schema import Context

SKUS, ORDERS = 50_000, 10_000


@pytest.fixture(scope="module")
def trading() -> tuple[ShopifyShop, Wall]:
    wall = Wall()
    shop = ShopifyShop(now=wall, dice=random.Random(1), maximum=10_000_000)
    for number in range(SKUS):
        shop.list_product(f"S{number}", f"Thing {number}", Decimal("9.99"), {"Warehouse": 100})
    for number in range(ORDERS):
        wall.wait(seconds=1)
        shop.place_order([(f"S{number % SKUS}", 1), (f"S{(number * 7) % SKUS}", 2)])
    return shop, wall


def answered(shop: ShopifyShop, query: str, **variables: Any) -> dict[str, Any]:
    context = Context(shop.state, LATEST, Once())
    admitted = shop.engine.admit(context, query, variables, None)
    assert isinstance(admitted, Admitted), admitted
    return shop.engine.run(context, admitted)


def ask(shop: ShopifyShop, query: str, **variables: Any) -> Any:
    answer = answered(shop, query, **variables)
    assert "errors" not in answer, answer["errors"]
    return answer["data"]


def quickest(work: Callable[[], object], times: int = 5) -> float:
    """Seconds of processor time of the quickest of a few runs, the first not counted."""
    work()
    spent = []
    for _ in range(times):
        begin = time.process_time()
        work()
        spent.append(time.process_time() - begin)
    return min(spent)


LATELY = """query($q: String!) { orders(first: 50, query: $q, sortKey: UPDATED_AT) { nodes { id name updatedAt
  lineItems(first: 10) { nodes { sku currentQuantity originalUnitPriceSet { shopMoney { amount currencyCode } } } }
  currentTotalPriceSet { shopMoney { amount } } } pageInfo { hasNextPage endCursor } } }"""
BY_SKU = """{ inventoryItems(first: 5, query: "sku:S49999") { nodes { id inventoryLevels(first: 5) { nodes {
  quantities(names: ["available"]) { quantity } } } } } }"""
SET = """mutation($i: InventorySetQuantitiesInput!, $k: String!) { inventorySetQuantities(input: $i)
  @idempotent(key: $k) {
  userErrors { code } } }"""


def test_what_was_updated_lately_is_found_without_looking_at_everything(trading: tuple[ShopifyShop, Wall]) -> None:
    shop, wall = trading
    since = (wall() - timedelta(seconds=20)).isoformat()
    assert len(ask(shop, LATELY, q=f"updated_at:>='{since}'")["orders"]["nodes"]) == 21
    assert quickest(lambda: ask(shop, LATELY, q=f"updated_at:>='{since}'")) < 0.1


def test_a_sku_is_found_without_looking_at_everything(trading: tuple[ShopifyShop, Wall]) -> None:
    shop, _ = trading
    assert len(ask(shop, BY_SKU)["inventoryItems"]["nodes"]) == 1
    assert quickest(lambda: ask(shop, BY_SKU)) < 0.01


def test_a_full_batch_of_quantities_is_set_at_once(trading: tuple[ShopifyShop, Wall]) -> None:
    """SHO-F4."""
    shop, _ = trading
    place = next(iter(shop.state.catalogue.locations.values())).id
    keys = iter(range(100))

    def put() -> None:
        lines = [
            {"inventoryItemId": item.id, "locationId": place, "quantity": 5, "changeFromQuantity": None}
            for item in shop.state.catalogue.items[-250:]
        ]
        told = {"name": "available", "reason": "correction", "quantities": lines}
        assert ask(shop, SET, i=told, k=f"key {next(keys)}")["inventorySetQuantities"]["userErrors"] == []

    assert quickest(put) < 0.1
    assert shop.available("S49999", "Warehouse") == 5


def test_all_orders_are_walked_page_by_page(trading: tuple[ShopifyShop, Wall]) -> None:
    shop, _ = trading
    query = """query($a: String) { orders(first: 250, after: $a, sortKey: UPDATED_AT, query:
      "updated_at:>='2026-11-20'") {
      nodes { name } pageInfo { hasNextPage endCursor } } }"""
    seen: list[str] = []
    after, more = None, True
    while more:
        told = ask(shop, query, a=after)["orders"]
        seen += [each["name"] for each in told["nodes"]]
        after, more = told["pageInfo"]["endCursor"], told["pageInfo"]["hasNextPage"]
    assert seen == [f"#{1001 + number}" for number in range(ORDERS)]
    assert shop.orders()[0].created_at > BEGIN


def test_paging_ends_at_the_25_000th_record(trading: tuple[ShopifyShop, Wall]) -> None:
    shop, _ = trading
    query = "query($a: String) { productVariants(first: 250, after: $a) { nodes { sku } pageInfo { endCursor } } }"
    after, seen = None, 0
    while seen < DEEPEST:
        told = ask(shop, query, a=after)["productVariants"]
        after, seen = told["pageInfo"]["endCursor"], seen + len(told["nodes"])
    answer = answered(shop, query, a=after)
    assert "25000" in answer["errors"][0]["message"]
