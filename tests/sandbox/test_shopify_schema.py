"""The simulator's schema is a part of the published one, and every field of it can be asked for."""

import functools
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLUnionType,
    build_schema,
    get_named_type,
    is_leaf_type,
)
from sandbox.shopify_client import Scene, opened

from khaossync.sandbox.shopify import Company, Discount, Person
from khaossync.sandbox.shopify.binding import for_version
from khaossync.sandbox.shopify.schema import sdl

PUBLISHED = Path(__file__).resolve().parents[2] / "../shared/schemas/shopify"
at_hand = pytest.mark.skipif(not PUBLISHED.is_dir(), reason="Shopify's published schemas are not beside this checkout")


@functools.cache
def published(version: str) -> GraphQLSchema:
    return build_schema((PUBLISHED / f"admin-{version}.graphql").read_text(), assume_valid=True)


def additions(ours: GraphQLSchema, theirs: GraphQLSchema) -> Iterator[str]:
    """What we have and they have not, or have otherwise."""
    for name, kind in ours.type_map.items():
        if not name.startswith("__"):
            found = theirs.type_map.get(name)
            yield from [name] if type(found) is not type(kind) else _inside(name, kind, found)
    for directive in ours.directives:
        known = theirs.get_directive(directive.name)
        if known is None or {n: str(a.type) for n, a in directive.args.items()} != {
            n: str(a.type) for n, a in known.args.items()
        }:
            yield f"@{directive.name}"


def _inside(name: str, kind: Any, found: Any) -> Iterator[str]:
    if isinstance(kind, GraphQLEnumType):
        yield from (f"{name}.{value}" for value in set(kind.values) - set(found.values))
    elif isinstance(kind, GraphQLUnionType):
        yield from (f"{name}: {each.name}" for each in kind.types if each.name not in {t.name for t in found.types})
    elif isinstance(kind, GraphQLInputObjectType):
        yield from _fields(name, kind, found)
        required = {n for n, f in found.fields.items() if str(f.type).endswith("!") and f.default_value is None}
        yield from (
            f"{name} lacks {each}" for each in required - set(kind.fields) if "!" in str(found.fields[each].type)
        )
    elif isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
        yield from _fields(name, kind, found)
        theirs = {each.name for each in found.interfaces}
        yield from (f"{name} implements {each.name}" for each in kind.interfaces if each.name not in theirs)


def _fields(name: str, kind: Any, found: Any) -> Iterator[str]:
    for key, ours in kind.fields.items():
        theirs = found.fields.get(key)
        if theirs is None or str(ours.type) != str(theirs.type):
            yield f"{name}.{key}: {ours.type}"
            continue
        for argument, told in getattr(ours, "args", {}).items():
            known = theirs.args.get(argument)
            if known is None or str(told.type) != str(known.type) or told.default_value != known.default_value:
                yield f"{name}.{key}({argument}: {told.type})"


@at_hand
@pytest.mark.parametrize("version", ["2026-07", "2026-10"])
def test_the_schema_is_a_part_of_the_published_one(version: str) -> None:
    """Architecture §9: only queries that validate against the published schema are answered."""
    assert list(additions(build_schema(sdl(version)), published(version))) == []


@at_hand
@pytest.mark.parametrize(
    ("ours", "finding"),
    [
        ("  id: ID!\n  made_up: Int\n}\n\ntype AppInstallation", "App.made_up: Int"),
        ("  id: ID\n  title: String!\n}\n\ntype AppInstallation", "App.id: ID"),
    ],
)
def test_a_field_that_was_made_up_or_changed_is_found(ours: str, finding: str) -> None:
    text = sdl("2026-10")
    begin = text.index("  id: ID!\n  title: String!\n}\n\ntype AppInstallation")
    end = begin + len("  id: ID!\n  title: String!\n}\n\ntype AppInstallation")
    changed = build_schema(text[:begin] + ours + text[end:], assume_valid=True)
    assert finding in list(additions(changed, published("2026-10")))


def test_each_version_has_its_own_words() -> None:
    assert "ITEM_NOT_STOCKED_AT_LOCATION" in sdl("2026-07")
    assert "ITEM_NOT_STOCKED_AT_LOCATION" not in sdl("2026-10")


# --- every field ----------------------------------------------------------------------------------------------------


def selection(kind: Any, depth: int, seen: tuple[str, ...] = ()) -> str:
    """All fields of a type, as deep as asked, each type once per path."""
    if isinstance(kind, GraphQLUnionType | GraphQLInterfaceType):
        possible = for_version("2026-10").get_possible_types(kind)
        inner = [
            f"... on {each.name} {{ {selection(each, depth, seen)} }}" for each in possible if each.name not in seen
        ]
        return "__typename " + " ".join(inner)
    parts = ["__typename"]
    for name, field in kind.fields.items():
        inner_kind = get_named_type(field.type)
        if isinstance(kind, GraphQLObjectType) and _needs_more(field):
            continue
        window = (
            "(first: 3)"
            if "first" in field.args
            else '(names: ["available", "committed", "on_hand"])'
            if "names" in field.args
            else ""
        )
        alias = f"{kind.name.lower()}_{name}: " if window or seen else ""
        if is_leaf_type(inner_kind):
            parts.append(f"{alias}{name}{window}")
        elif depth and inner_kind.name not in seen and inner_kind.name not in ("Node", "HasMetafields"):
            parts.append(f"{alias}{name}{window} {{ {selection(inner_kind, depth - 1, (*seen, kind.name))} }}")
    return " ".join(parts)


def _needs_more(field: Any) -> bool:
    return any(str(each.type).endswith("!") and name != "names" for name, each in field.args.items())


async def a_full_life(scene: Scene) -> None:
    """One order that has everything an order can have here."""
    shop = scene.shop
    shop.list_product("CARD", "Gift card", Decimal("20.00"), gift_card=True)
    order = shop.place_order(
        [("MUG", 2), ("BOOK", 1), ("SET", 1), ("CARD", 1)],
        payment="authorized",
        discounts=[
            Discount("TEN", Decimal("5.00")),
            Discount("Mugs", Decimal("1.00"), kind="automatic", sku="MUG"),
            Discount("Sorry", Decimal("0.50"), kind="manual"),
            Discount("Line", Decimal("0.25"), kind="script"),
            Discount("Post", Decimal("1.00"), kind="automatic", shipping=True),
        ],
        customer=Person("Test", "Buyer", "buyer@example.com", "+440000000000"),
        company=Company("Test Tea Ltd", "ACC1", "Test Tea North", "ACC1-N", net_days=30),
        po_number="PO1",
        note="Ring twice",
        attributes=[("gift", "yes")],
        tip=Decimal("2.00"),
    )
    shop.capture(order)
    shop.tag(order, "vip")
    asked = await scene.client.data(
        "query($id: ID!) { order(id: $id) { fulfillmentOrders(first: 5) { nodes { id } } } }", id=order
    )
    parts = [{"fulfillmentOrderId": each["id"]} for each in asked["order"]["fulfillmentOrders"]["nodes"]]
    shop.refund(order, {"BOOK": 1}, shipping=Decimal("1.00"), amount=Decimal("9.00"))
    told = {"lineItemsByFulfillmentOrder": parts[:1], "trackingInfo": {"company": "Royal Mail", "number": "RM1"}}
    create = "mutation($f: FulfillmentInput!) { fulfillmentCreate(fulfillment: $f) { userErrors { message } } }"
    assert (await scene.client.data(create, f=told))["fulfillmentCreate"]["userErrors"] == []


RECORDS = (
    *("Order", "Refund", "Fulfillment", "FulfillmentOrder", "Customer", "Company", "CompanyLocation"),
    *("ProductVariant", "Product", "InventoryItem", "InventoryLevel", "Location"),
)
PIN = "mutation($m: [MetafieldsSetInput!]!) { metafieldsSet(metafields: $m) { userErrors { message } } }"


@pytest.mark.parametrize("type_name", RECORDS)
async def test_every_field_of_a_record_has_an_answer(type_name: str) -> None:
    async with opened(maximum=10_000_000) as scene:
        await a_full_life(scene)
        inner = selection(for_version("2026-10").type_map[type_name], 3)
        query = f"query($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on {type_name} {{ {inner} }} }} }}"
        answer = await scene.client.ask(query, ids=_ids(scene, type_name))
        assert all(answer.data["nodes"])


async def test_every_field_of_a_metafield_has_an_answer() -> None:
    async with opened() as scene:
        order = scene.shop.place_order([("MUG", 1)])
        owner = {"ownerId": order, "namespace": "$app", "key": "erp", "type": "json", "value": '{"a": 1}'}
        await scene.client.data(PIN, m=[owner])
        inner = selection(for_version("2026-10").type_map["Metafield"], 1)
        query = f'query($id: ID!) {{ order(id: $id) {{ metafield(namespace: "$app", key: "erp") {{ {inner} }} }} }}'
        assert (await scene.client.data(query, id=order))["order"]["metafield"]["jsonValue"] == {"a": 1}


def _ids(scene: Scene, type_name: str) -> list[str]:
    state = scene.shop.state
    kept: dict[str, Any] = {
        "Order": state.orders,
        "Refund": state.refunds,
        "Fulfillment": state.fulfilments,
        "FulfillmentOrder": state.fulfilment_orders,
        "Customer": state.customers,
        "Company": state.companies,
        "CompanyLocation": state.company_locations,
        "Location": state.catalogue.locations,
    }
    if type_name == "InventoryLevel":
        return [level.id for item in state.catalogue.items for level in item.levels.values()]
    numbers = kept.get(type_name, state.catalogue.by_number)
    assert numbers, f"the story made no {type_name}"
    return [f"gid://shopify/{type_name}/{number}" for number in numbers]


def test_a_scalar_of_ours_is_one_of_theirs() -> None:
    """Guards the test above: scalars carry no fields, so only their names can be compared."""
    ours = {name for name, kind in for_version("2026-10").type_map.items() if isinstance(kind, GraphQLScalarType)}
    assert ours - {"String", "Int", "Float", "Boolean", "ID"} == {
        "DateTime", "Decimal", "JSON", "Money", "URL", "UnsignedInt64",
    }  # fmt: skip
