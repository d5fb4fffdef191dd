"""The probe and the subscriptions against the simulated shop."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from channels.shopify.answers import nodes
from channels.shopify.scripts import PaperShop
from channels.shopify.simulated import World, location_of
from graphql import GraphQLEnumType, build_schema

from khaossync.channels.shopify.hooks import TOPICS
from khaossync.channels.shopify.subscribing import ShopSubscriptions
from khaossync.domain.cases import CaseClass
from khaossync.domain.errors import ConnectorDownError, RejectedError
from khaossync.domain.findings import Finding, Severity
from khaossync.ports import Subscriptions

PUBLISHED = Path(__file__).resolve().parents[3].parent / "shared" / "schemas" / "shopify"
URL = "https://sync.example.org/hooks/shop"


async def check(world: World, **changes: Any) -> dict[str, Finding]:
    connector = await world.connect(**changes)
    return {one.subject: one for one in await connector.probe.check()}


async def subscriptions(world: World) -> Subscriptions:
    connector = await world.connect(webhook_secrets=[world.shop.webhook_secret])
    assert connector.subscriptions is not None
    return connector.subscriptions


async def test_a_shop_in_good_order_has_nothing_to_complain_about(world: World) -> None:
    found = await check(world)
    bad = {name: one for name, one in found.items() if one.severity is not Severity.OK}
    assert set(bad) <= {"clock"}, bad  # the simulator lives in a November of its own
    assert found["currencies"].offers == ("GBP",)
    assert found["locations"].offers == (location_of(world.shop, "Leeds"), location_of(world.shop, "York"))
    assert found["plan"].detail == "Basic: 100 points come back a second, to at most 2000"


async def test_the_clock_of_the_shop_is_compared_with_ours(world: World) -> None:
    real = datetime.now(UTC)
    world.shop.skew = real - world.shop.state.now() + timedelta(seconds=30)
    assert (await check(world))["clock"].severity is Severity.WARN
    world.shop.skew += timedelta(minutes=2)
    assert (await check(world))["clock"].severity is Severity.FAIL


async def test_a_version_that_is_not_served_any_more_is_found(world: World) -> None:
    found = (await check(world, api_version="2025-01"))["API version"]
    assert found.severity is Severity.FAIL
    assert "2025-01 was asked for, and 2026-01 answers" in found.detail


async def test_a_missing_scope_spoils_only_what_needs_it(world: World) -> None:
    """SHO-11."""
    world.shop.state.scopes.remove("read_locations")
    found = await check(world)
    assert "read_locations" in found["scopes"].detail
    assert found["API version"].severity is Severity.OK
    assert "locations" not in found


async def test_variants_without_sku_are_named(world: World) -> None:
    world.shop.list_product("", "Nameless", Decimal("3.00"), {"Leeds": 1})
    found = (await check(world))["listings without SKU"]
    assert (found.severity, len(found.items)) == (Severity.WARN, 1)
    assert "Nameless" in found.items[0]


async def test_missing_subscriptions_are_made_once_and_foreign_ones_left_alone(world: World) -> None:
    """SHO-21: Shopify deletes a subscription whose deliveries failed eight times in a row."""
    keeper = await subscriptions(world)
    elsewhere = "https://elsewhere.example.org/hooks"
    assert await keeper.subscribe(elsewhere, ["orders/create"]) == {}
    assert await keeper.missing(URL) == list(TOPICS)
    assert await keeper.subscribe(URL, TOPICS) == {}
    assert await keeper.missing(URL) == []
    dropped = next(each for each in world.shop.state.subscriptions.values() if each.topic == "refunds/create")
    del world.shop.state.subscriptions[dropped.number]
    assert await keeper.missing(URL) == ["refunds/create"]
    assert await keeper.subscribe(URL, ["refunds/create"]) == {}
    held = [(each.topic, each.uri) for each in world.shop.state.subscriptions.values()]
    assert sorted(held) == sorted([("orders/create", elsewhere), *((topic, URL) for topic in TOPICS)])


async def test_what_shopify_refuses_is_told_by_topic_and_stops_no_other(world: World) -> None:
    keeper = await subscriptions(world)
    world.shop.state.scopes.remove("read_products")
    refused = await keeper.subscribe(URL, ["products/create", "orders/create"])
    assert list(refused) == ["products/create"]
    assert "topic" in refused["products/create"]
    assert "orders/create" not in await keeper.missing(URL)


async def test_a_topic_that_the_api_version_lacks_stops_no_other() -> None:
    def answer(asked: Mapping[str, Any]) -> dict[str, Any] | RejectedError:
        if asked["topic"] == "ORDERS_CREATE":
            return RejectedError("no such topic", CaseClass.UNREADABLE_DOCUMENT)
        return {"webhookSubscriptionCreate": {"userErrors": []}}

    shop = PaperShop(Subscribe=answer)
    assert await ShopSubscriptions(shop).subscribe(URL, ["orders/create", "orders/updated"]) == {
        "orders/create": "no such topic"
    }
    assert shop.counts == {"Subscribe": 2}


async def test_a_subscription_for_another_address_does_not_count_even_if_the_search_gives_it() -> None:
    held = [{"topic": "ORDERS_CREATE", "uri": "https://elsewhere"}, {"topic": "ORDERS_UPDATED", "uri": URL}]
    shop = PaperShop(Subscriptions=lambda _: {"webhookSubscriptions": nodes(*held)})
    missing = await ShopSubscriptions(shop).missing(URL)
    assert ("orders/create" in missing, "orders/updated" in missing) == (True, False)


async def test_a_shop_that_is_down_ends_the_subscribing() -> None:
    shop = PaperShop(Subscribe=lambda _: ConnectorDownError("frozen"))
    with pytest.raises(ConnectorDownError):
        await ShopSubscriptions(shop).subscribe(URL, ["orders/create", "orders/updated"])
    assert shop.counts == {"Subscribe": 1}


async def test_without_a_secret_nothing_is_subscribed_for_nothing_could_be_believed(world: World) -> None:
    assert (await world.connect()).subscriptions is None


@pytest.mark.skipif(not PUBLISHED.exists(), reason="the published schemas do not lie beside this checkout")
@pytest.mark.parametrize("version", ["2026-07", "2026-10"])
def test_every_wanted_topic_is_in_the_published_schema(version: str) -> None:
    schema = build_schema((PUBLISHED / f"admin-{version}.graphql").read_text(), assume_valid=True)
    topics = schema.type_map["WebhookSubscriptionTopic"]
    assert isinstance(topics, GraphQLEnumType)
    assert {topic.upper().replace("/", "_") for topic in TOPICS} <= topics.values.keys()
