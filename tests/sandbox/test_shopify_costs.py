"""Queries cost what they cost on real shops, and a shop that is out of points says so."""

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest
from graphql import parse
from sandbox.shopify_client import Scene, opened

from khaossync.sandbox.shopify.binding import for_version
from khaossync.sandbox.shopify.costs import Planner, growth, requested, used

MONEY = "{ presentmentMoney { amount } shopMoney { amount } }"
ORDERS = "query($n: Int!) { orders(first: $n) { nodes { id name } pageInfo { hasNextPage endCursor } } }"


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with opened() as scene:
        yield scene


def plans(query: str) -> Any:
    document = parse(query)
    return Planner(for_version("2026-10"), {}).plan(document.definitions[0])  # type: ignore[arg-type]  # one operation


def cost(query: str, **variables: Any) -> int:
    return requested(plans(query), variables)


@pytest.mark.parametrize(
    ("query", "measured"),
    [
        # Measured on real shops; see the docstring of costs.py. The connections are the same, the names are ours.
        ("{ product(id: 1) { variants(first: 250) { nodes { inventoryItem { id tracked } } } } }", 25),
        ("{ orders(first: 200) { pageInfo { hasNextPage } edges { cursor node { id updatedAt } } } }", 12),
        ("{ orders(first: 1) { edges { node { id } } } }", 3),
        (
            '{ location(id: 1) { inventoryLevels(first: 100) { edges { node { id quantities(names: "available")'
            " { quantity } item { id variants(first: 1) { nodes { id } } } } } } } }",
            57,  # measured with item.variant.product, 48: variants(first: 1) costs one more than those two
        ),
        (
            "{ order(id: 1) { fulfillments { location { id } trackingInfo { number } fulfillmentLineItems(first: 10)"
            f" {{ nodes {{ id originalTotalSet {MONEY} lineItem {{ id }} }} }} }} }} }}",
            14,  # measured with service, 15: a field we do not have
        ),
        (
            "{ order(id: 1) { lineItems(first: 3) { pageInfo { hasNextPage } nodes { id product { id } variant { id }"
            f" customAttributes {{ key }} duties {{ price {MONEY} taxLines {{ rate }} }}"
            f" discountAllocations {{ allocatedAmountSet {MONEY} }} discountedTotalSet {MONEY}"
            f" originalUnitPriceSet {MONEY} taxLines {{ priceSet {MONEY} }} }} }} }} }}",
            19,  # measured with fulfillmentService { location }, 23: two objects we do not have
        ),
    ],
)
def test_a_query_costs_what_it_cost_on_a_real_shop(query: str, measured: int) -> None:
    assert cost(query) == measured


def test_a_connection_grows_slowly_with_its_size() -> None:
    assert [growth(nodes) for nodes in (0, 1, 2, 3, 10, 25, 100, 200, 250)] == [0, 1, 1, 2, 4, 6, 9, 10, 11]


def test_sizes_come_from_variables_and_their_defaults() -> None:
    assert cost(ORDERS, n=250) == 13
    assert cost(ORDERS, n=10) == 6


def test_a_mutation_costs_ten() -> None:
    assert cost('mutation { tagsAdd(id: "1", tags: "x") { node { id } userErrors { message } } }') == 10


def test_of_fragments_on_several_types_the_dearest_counts() -> None:
    query = """{ node(id: 1) { id ... on Order { customer { id } lineItems(first: 1) { nodes { id } } } ... on
      Refund { order { id } } } }"""
    assert cost(query) == 1 + 1 + 3


def test_an_answer_costs_what_it_holds() -> None:
    plan = plans("{ orders(first: 100) { nodes { customer { id } lineItems(first: 50) { nodes { id } } } } }")
    full = {"nodes": [{"customer": {"id": 1}, "lineItems": {"nodes": [{"id": 1}, {"id": 2}]}}] * 3}
    assert used(plan, {"orders": {"nodes": []}}) == 2
    assert used(plan, {"orders": full}) == 2 + growth(3) * (1 + 1 + 2 + growth(2))
    assert used(plans("{ order(id: 1) { id } }"), {"order": None}) == 1


async def test_every_answer_tells_what_was_asked_for_used_and_is_left(scene: Scene) -> None:
    scene.shop.place_order([("MUG", 1)])
    answer = await scene.client.ask(ORDERS, n=250)
    assert answer.cost == {
        "requestedQueryCost": 13,
        "actualQueryCost": 3,
        "throttleStatus": {"maximumAvailable": 2000.0, "currentlyAvailable": 1997, "restoreRate": 100.0},
    }


async def test_without_points_the_shop_throttles_and_does_nothing(scene: Scene) -> None:
    """SHO-3: HTTP 200, no data, code THROTTLED; the wait can be worked out from the answer."""
    order = scene.shop.place_order([("MUG", 1)])
    scene.shop.bucket.drain()
    answer = await scene.client.ask('mutation($id: ID!) { tagsAdd(id: $id, tags: ["x"]) { node { id } } }', id=order)
    assert (answer.status, answer.code) == (200, "THROTTLED")
    assert "data" not in answer.told
    assert answer.cost["actualQueryCost"] is None
    assert answer.cost["throttleStatus"]["currentlyAvailable"] == 0
    assert scene.shop.order(order).tags == ()


async def test_points_come_back_with_time(scene: Scene) -> None:
    scene.shop.bucket.drain()
    scene.wall.wait(seconds=0.12)
    assert (await scene.client.ask(ORDERS, n=250)).code == "THROTTLED"
    scene.wall.wait(seconds=0.01)
    assert (await scene.client.ask(ORDERS, n=250)).data["orders"]["nodes"] == []
    scene.wall.wait(hours=1)
    assert scene.shop.bucket.available == 2000


async def test_a_small_shop_has_a_small_bucket() -> None:
    """Development shops have had 40 points and 2 a second: never take the figures for granted."""
    async with opened(maximum=40, restore_rate=2.0) as scene:
        assert (await scene.client.ask(ORDERS, n=250)).cost["throttleStatus"]["maximumAvailable"] == 40


async def test_a_query_over_a_thousand_points_is_never_run(scene: Scene) -> None:
    query = """{ orders(first: 250) { nodes { lineItems(first: 250) { nodes { taxLines { rate } variant { product {
      id } } product { variants(first: 9) { nodes { id } } } } } } } }"""
    answer = await scene.client.ask(query)
    assert answer.code == "MAX_COST_EXCEEDED"
    assert answer.error["extensions"]["cost"] > answer.error["extensions"]["maxCost"] == 1000
    assert scene.shop.bucket.available == 2000


async def test_a_throttled_call_costs_nothing(scene: Scene) -> None:
    scene.shop.bucket.drain()
    scene.wall.wait(seconds=0.1)
    for _ in range(5):
        assert (await scene.client.ask(ORDERS, n=250)).code == "THROTTLED"
    assert scene.shop.bucket.available == pytest.approx(10)


async def test_points_spent_are_counted_for_those_who_watch(scene: Scene) -> None:
    await scene.client.data(ORDERS, n=250)
    await scene.client.data("{ shop { name } }")
    assert scene.shop.bucket.granted == 3
    assert scene.shop.server.requests == {"orders": 1, "shop": 1}
    assert Decimal(str(scene.shop.bucket.available)) == 1997
