"""Quantities are set all or nothing, compared before they are set, and once per key."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sandbox.shopify_client import Answer, Scene, gid, opened, place

SET = """
mutation($input: InventorySetQuantitiesInput!, $key: String!) {
  inventorySetQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup { id reason referenceDocumentUri changes { name delta quantityAfterChange item { sku }
      location { name } } }
    userErrors { code field message }
  }
}"""
PLAIN = """
mutation($input: InventorySetQuantitiesInput!) {
  inventorySetQuantities(input: $input) { userErrors { code } }
}"""


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with opened() as scene:
        yield scene


def line(
    scene: Scene, sku: str, quantity: int, expected: int | None = None, where: str = "Warehouse"
) -> dict[str, Any]:
    return {
        "inventoryItemId": gid(scene, sku),
        "locationId": place(scene, where),
        "quantity": quantity,
        "changeFromQuantity": expected,
    }


async def put(scene: Scene, *lines: dict[str, Any], key: str = "k1", version: str | None = None, **more: Any) -> Answer:
    told = {"name": "available", "reason": "correction", "quantities": list(lines), **more}
    return await scene.client.ask(SET, input=told, key=key, version=version)


def codes(answer: Answer) -> list[str]:
    return [each["code"] for each in answer.data["inventorySetQuantities"]["userErrors"]]


async def test_quantities_are_set_and_the_changes_are_told(scene: Scene) -> None:
    """SHO-7."""
    uri = "gid://khaossync/StockPush/1"
    answer = await put(scene, line(scene, "MUG", 4), line(scene, "POT", 5), referenceDocumentUri=uri)
    group = answer.data["inventorySetQuantities"]["inventoryAdjustmentGroup"]
    assert codes(answer) == []
    assert group["referenceDocumentUri"] == uri
    assert group["changes"] == [
        {
            "name": "available",
            "delta": -6,
            "quantityAfterChange": 4,
            "item": {"sku": "MUG"},
            "location": {"name": "Warehouse"},
        }
    ]
    assert scene.shop.available("MUG", "Warehouse") == 4


async def test_a_quantity_that_moved_meanwhile_is_not_overwritten(scene: Scene) -> None:
    """SHO-26: a sale between reading and writing must not be undone."""
    scene.shop.place_order([("MUG", 1)])
    answer = await put(scene, line(scene, "MUG", 8, expected=10))
    assert codes(answer) == ["CHANGE_FROM_QUANTITY_STALE"]
    assert answer.data["inventorySetQuantities"]["userErrors"][0]["field"] == [
        "input",
        "quantities",
        "0",
        "changeFromQuantity",
    ]
    assert scene.shop.available("MUG", "Warehouse") == 9
    assert codes(await put(scene, line(scene, "MUG", 8, expected=9), key="k2")) == []
    assert scene.shop.available("MUG", "Warehouse") == 8


async def test_one_bad_line_stops_the_whole_batch(scene: Scene) -> None:
    stranger = {**line(scene, "MUG", 1), "inventoryItemId": "gid://shopify/InventoryItem/1"}
    assert codes(await put(scene, line(scene, "MUG", 4), stranger)) == ["INVALID_INVENTORY_ITEM"]
    assert scene.shop.available("MUG", "Warehouse") == 10


@pytest.mark.parametrize(
    ("change", "more", "code"),
    [
        ({"locationId": "gid://shopify/Location/1"}, {}, "INVALID_LOCATION"),
        ({"inventoryItemId": "nonsense"}, {}, "INVALID_INVENTORY_ITEM"),
        ({"quantity": 1_000_000_001}, {}, "INVALID_QUANTITY_TOO_HIGH"),
        ({"quantity": -1_000_000_001}, {}, "INVALID_QUANTITY_TOO_LOW"),
        ({"quantity": -1}, {"name": "on_hand"}, "INVALID_QUANTITY_NEGATIVE"),
        ({}, {"name": "committed"}, "INVALID_NAME"),
        ({}, {"reason": "because"}, "INVALID_REASON"),
        ({}, {"referenceDocumentUri": "gid://khaossync/1"}, "INVALID_REFERENCE_DOCUMENT"),
    ],
)
async def test_what_is_wrong_has_a_code(scene: Scene, change: dict[str, Any], more: dict[str, Any], code: str) -> None:
    """S-18."""
    assert codes(await put(scene, {**line(scene, "MUG", 4), **change}, **more)) == [code]
    assert scene.shop.available("MUG", "Warehouse") == 10


async def test_a_bundle_cannot_be_set(scene: Scene) -> None:
    assert codes(await put(scene, line(scene, "SET", 4))) == ["NON_MUTABLE_INVENTORY_ITEM"]


async def test_the_same_item_twice_in_a_batch_is_refused(scene: Scene) -> None:
    answer = await put(scene, line(scene, "MUG", 4), line(scene, "MUG", 5))
    assert codes(answer) == ["NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR"]


async def test_an_item_that_is_not_stocked_there_is_refused_until_2026_07_and_stocked_after(scene: Scene) -> None:
    where = line(scene, "POT", 3, where="High Street")
    assert codes(await put(scene, where, version="2026-07")) == ["ITEM_NOT_STOCKED_AT_LOCATION"]
    assert codes(await put(scene, where, key="k2", version="2026-10")) == []
    assert scene.shop.available("POT", "High Street") == 3


async def test_on_hand_counts_what_is_sold_but_not_shipped(scene: Scene) -> None:
    scene.shop.place_order([("MUG", 3)])
    assert (scene.shop.available("MUG", "Warehouse"), scene.shop.on_hand("MUG", "Warehouse")) == (7, 10)
    await put(scene, line(scene, "MUG", 20, expected=10), name="on_hand")
    assert (scene.shop.available("MUG", "Warehouse"), scene.shop.on_hand("MUG", "Warehouse")) == (17, 20)


async def test_a_key_used_again_gives_the_first_answer_and_changes_nothing(scene: Scene) -> None:
    first = await put(scene, line(scene, "MUG", 4))
    scene.shop.place_order([("MUG", 1)])
    again = await put(scene, line(scene, "MUG", 4))
    assert again.data == first.data
    assert scene.shop.available("MUG", "Warehouse") == 3


async def test_a_key_used_for_something_else_is_refused(scene: Scene) -> None:
    await put(scene, line(scene, "MUG", 4))
    assert codes(await put(scene, line(scene, "MUG", 5))) == ["IDEMPOTENCY_KEY_PARAMETER_MISMATCH"]
    assert scene.shop.available("MUG", "Warehouse") == 4


async def test_after_a_refusal_a_new_key_is_needed(scene: Scene) -> None:
    await put(scene, line(scene, "MUG", 4, expected=99))
    assert codes(await put(scene, line(scene, "MUG", 4, expected=99))) == ["IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"]


@pytest.mark.parametrize("version", ["2026-04", "2026-07", "2026-10"])
async def test_from_2026_04_a_key_is_demanded_when_it_runs(scene: Scene, version: str) -> None:
    told = {"name": "available", "reason": "correction", "quantities": [line(scene, "MUG", 4)]}
    answer = await scene.client.ask(PLAIN, input=told, version=version)
    assert answer.code == "BAD_REQUEST"
    assert "@idempotent" in answer.error["message"]
    assert (await scene.client.ask(PLAIN, input=told, version="2026-01")).data["inventorySetQuantities"][
        "userErrors"
    ] == []


async def test_an_empty_key_is_refused(scene: Scene) -> None:
    assert (await put(scene, line(scene, "MUG", 4), key=" ")).code == "BAD_REQUEST"


async def test_the_expected_quantity_must_be_named_even_if_null(scene: Scene) -> None:
    bare = {name: value for name, value in line(scene, "MUG", 4).items() if name != "changeFromQuantity"}
    answer = await put(scene, line(scene, "POT", 4), bare)
    assert "changeFromQuantity" in answer.error["message"]
    assert scene.shop.available("POT", "Warehouse") == 5


async def test_more_than_250_lines_are_refused_before_anything_is_done(scene: Scene) -> None:
    answer = await put(scene, *[line(scene, "MUG", 4)] * 251)
    assert answer.code == "MAX_INPUT_SIZE_EXCEEDED"
    literal = "{ nodes(ids: [" + '"1", ' * 251 + "]) { id } }"
    assert (await scene.client.ask(literal)).code == "MAX_INPUT_SIZE_EXCEEDED"
    assert (await scene.client.ask(literal.replace('"1", ', "", 1))).data["nodes"] == [None] * 250


LEVELS = """
query($q: String) { inventoryItems(first: 10, query: $q) { nodes {
  id sku tracked duplicateSkuCount variants(first: 1) { nodes { sku requiresComponents product { title } } }
  inventoryLevels(first: 5) { nodes { location { name } quantities(names: ["available", "on_hand", "committed"]) {
    name quantity } } }
} } }"""


async def test_items_are_found_by_sku_with_their_levels(scene: Scene) -> None:
    scene.shop.place_order([("MUG", 3)])
    told = (await scene.client.data(LEVELS, q="sku:MUG"))["inventoryItems"]["nodes"]
    assert [(each["id"], each["sku"]) for each in told] == [(gid(scene, "MUG"), "MUG")]
    levels = {
        each["location"]["name"]: {found["name"]: found["quantity"] for found in each["quantities"]}
        for each in told[0]["inventoryLevels"]["nodes"]
    }
    assert levels == {
        "Warehouse": {"available": 7, "on_hand": 10, "committed": 3},
        "High Street": {"available": 2, "on_hand": 2, "committed": 0},
    }


@pytest.mark.parametrize(
    ("query", "skus"),
    [
        ("sku:mug", []),
        ("sku:'MUG'", ["MUG"]),
        ("sku:MUG OR sku:POT OR sku:NONE", ["MUG", "POT"]),
        ("sku:P*", ["POT"]),
        ("sku:MUG created_at:>2026-11-21", []),
        (None, ["MUG", "POT", "BOOK", "SET"]),
    ],
)
async def test_skus_are_found_exactly(scene: Scene, query: str | None, skus: list[str]) -> None:
    told = (await scene.client.data(LEVELS, q=query))["inventoryItems"]["nodes"]
    assert [each["sku"] for each in told] == skus


async def test_two_items_with_one_sku_say_so(scene: Scene) -> None:
    """S-5: a connector must not guess which is meant."""
    from decimal import Decimal

    scene.shop.list_product("MUG", "Another mug", Decimal("9.00"), {"Warehouse": 1})
    told = (await scene.client.data(LEVELS, q="sku:MUG"))["inventoryItems"]["nodes"]
    assert [each["duplicateSkuCount"] for each in told] == [1, 1]


async def test_a_bundle_says_that_it_is_one(scene: Scene) -> None:
    query = """{ productVariants(first: 1, query: "sku:SET") { nodes { requiresComponents
      productVariantComponents(first: 5) { nodes { quantity productVariant { sku } } } } } }"""
    (told,) = (await scene.client.data(query))["productVariants"]["nodes"]
    assert told["requiresComponents"] is True
    parts = [(each["productVariant"]["sku"], each["quantity"]) for each in told["productVariantComponents"]["nodes"]]
    assert parts == [("POT", 1), ("MUG", 2)]


async def test_variants_are_paged_and_sorted(scene: Scene) -> None:
    query = """query($a: String, $s: ProductVariantSortKeys) { productVariants(first: 3, after: $a, sortKey: $s) {
      nodes { sku } pageInfo { hasNextPage endCursor } } }"""
    first = (await scene.client.data(query, s="SKU"))["productVariants"]
    second = (await scene.client.data(query, s="SKU", a=first["pageInfo"]["endCursor"]))["productVariants"]
    assert [each["sku"] for each in [*first["nodes"], *second["nodes"]]] == ["BOOK", "MUG", "POT", "SET"]
    assert (first["pageInfo"]["hasNextPage"], second["pageInfo"]["hasNextPage"]) == (True, False)


async def test_one_level_can_be_asked_for(scene: Scene) -> None:
    query = """query($i: ID!, $l: ID!) { inventoryItem(id: $i) { inventoryLevel(locationId: $l) { id updatedAt
      quantities(names: ["available"]) { quantity } } } }"""
    level = (await scene.client.data(query, i=gid(scene, "MUG"), l=place(scene)))["inventoryItem"]["inventoryLevel"]
    assert level["quantities"] == [{"quantity": 10}]
    again = "query($id: ID!) { inventoryLevel(id: $id) { item { sku } location { name } } }"
    assert (await scene.client.data(again, id=level["id"]))["inventoryLevel"] == {
        "item": {"sku": "MUG"}, "location": {"name": "Warehouse"},
    }  # fmt: skip
    scene.wall.wait(minutes=5)
    scene.shop.staff_sets("MUG", "Warehouse", 4)
    later = (await scene.client.data(query, i=gid(scene, "MUG"), l=place(scene)))["inventoryItem"]["inventoryLevel"]
    assert later["quantities"] == [{"quantity": 4}]
    assert later["updatedAt"] > level["updatedAt"]
