"""The simulator against what Shopware publishes and what others recorded, where copies of that are at hand."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sandbox.shopware_client import DOCUMENT, PUBLISHED, opened

from khaossync.sandbox.shopware.entities import ENTITIES
from khaossync.sandbox.shopware.published import Published

SAMPLES = Path(__file__).resolve().parents[2] / "../shared/samples/shopware"

published = pytest.mark.skipif(PUBLISHED is None, reason="the published schema is not here")
recorded = pytest.mark.skipif(not SAMPLES.exists(), reason="the samples are not here")


def held() -> Published:
    assert PUBLISHED is not None
    return PUBLISHED


@published
@pytest.mark.parametrize(
    ("method", "path", "body", "complaint"),
    [
        ("POST", "/search/orders", {}, "is not published"),
        ("POST", "/search/order", {"limit": "5"}, "is no integer"),
        ("POST", "/search/order", {"pagesize": 5}, "there is no pagesize"),
        ("POST", "/search/order", {"filter": [{"type": "equal", "field": "id", "value": "x"}]}, "fits none"),
        ("POST", "/search/order", {"associations": {"lineItems": {"limits": 1}}}, "there is no limits"),
        ("POST", "/_action/sync", {"x": {"entity": "product", "action": "update", "payload": []}}, "is none of"),
        ("PATCH", "/order-delivery/0189bf2a627a7296adbc83527ba9ac29", {"trackingCodes": [1]}, "is no string"),
        ("GET", "/_info/version", {"a": 1}, "takes no body"),
    ],
)
async def test_a_call_that_is_not_as_published_is_noted(method: str, path: str, body: Any, complaint: str) -> None:
    (told,) = held().about_call(method, path, body)
    assert complaint in told


@published
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/search/order", {"total-count-mode": 2, "includes": {"order": ["id"]}, "ids": []}),
        (
            "POST",
            "/search/order",
            {"filter": [{"type": "not", "queries": [{"type": "equals", "field": "a", "value": 1}]}]},
        ),
        ("POST", "/_action/sync", {"x": {"entity": "product", "action": "upsert", "payload": [{"id": "1"}]}}),
        ("PATCH", "/order-delivery/0189bf2a627a7296adbc83527ba9ac29", {"trackingCodes": ["RM1"]}),
        ("POST", "/_action/order_delivery/0189bf2a627a7296adbc83527ba9ac29/state/ship", {"sendMail": True}),
        ("GET", "/_info/version", {}),
    ],
)
async def test_a_call_as_published_or_as_documented_is_not_noted(method: str, path: str, body: Any) -> None:
    assert held().about_call(method, path, body) == []


@published
async def test_the_shop_notes_what_is_not_as_published() -> None:
    async with opened(published=DOCUMENT) as scene:
        await scene.client.search("order", sort=[{"field": "id", "direction": "ASC"}])
        assert scene.shop.complaints == ["POST /search/order/sort/0: there is no direction"]


@published
async def test_no_entity_has_a_field_that_is_not_published() -> None:
    schemas: Any = json.loads(DOCUMENT.read_bytes())["components"]["schemas"]
    for name, entity in ENTITIES.items():
        known = schemas["".join(part.capitalize() for part in name.split("_"))]["properties"]
        extras = {told.name for told in entity.associations.values() if told.extra}
        assert set(entity.fields) | set(entity.associations) - extras <= set(known) | extras, name


@recorded
@pytest.mark.parametrize("name", ["app-php-sdk_payment.json", "app-php-sdk_refund.json"])
async def test_an_orders_entities_have_the_fields_that_were_recorded(name: str) -> None:
    apart = {"extensions", "_uniqueIdentifier", "translated", "apiAlias", "versionId"}
    unused = {"createdBy", "updatedBy", "cover", "downloads"}
    for alias, fields in records(json.loads((SAMPLES / name).read_bytes())):
        if alias.startswith("order") and alias in ENTITIES:
            entity = ENTITIES[alias]
            assert fields - apart - unused <= set(entity.fields) | set(entity.associations), alias


def records(told: Any) -> Iterator[tuple[str, set[str]]]:
    """Every record in a document, as its alias and its fields."""
    for each in told.values() if isinstance(told, dict) else told if isinstance(told, list) else ():
        yield from records(each)
    if isinstance(told, dict) and told.get("apiAlias"):
        yield told["apiAlias"], set(told)


@recorded
async def test_prices_have_the_structure_that_was_recorded() -> None:
    found = dict(records(json.loads((SAMPLES / "app-php-sdk_payment.json").read_bytes())))
    async with opened() as scene:
        order = await scene.client.order(scene.shop.place_order([("MUG", 1)]))
    ours = dict(records(order))
    for alias in ("cart_price", "calculated_price", "cart_tax_calculated", "cart_tax_rule"):
        assert ours[alias] == found[alias]
