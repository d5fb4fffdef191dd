"""A shop has a clock of its own, and a search index that may come late."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from sandbox.shopify_client import BEGIN, Scene, opened

from khaossync.sandbox.faults import Fault

LATELY = """query($q: String) { orders(first: 9, sortKey: UPDATED_AT, query: $q) { nodes { name } } }"""
ONE = "query($id: ID!) { order(id: $id) { name updatedAt } }"


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with opened() as scene:
        yield scene


async def found(scene: Scene, query: str | None = "updated_at:>='2026-11-20T00:00:00Z'") -> list[Any]:
    return [each["name"] for each in (await scene.client.data(LATELY, q=query))["orders"]["nodes"]]


async def test_every_answer_says_what_time_the_shop_has(scene: Scene) -> None:
    answer = await scene.client.ask("{ shop { name } }")
    assert parsedate_to_datetime(answer.headers["Date"]) == BEGIN
    scene.shop.faults.plan(Fault.UNAVAILABLE)
    async with scene.client.session.post(f"{scene.client.base}/admin/api/2026-10/graphql.json", json={}) as refused:
        assert (refused.status, refused.headers["Date"]) == (503, "Fri, 20 Nov 2026 09:00:00 GMT")


async def test_a_skewed_clock_shows_in_the_header_and_in_the_records(scene: Scene) -> None:
    scene.shop.skew = timedelta(minutes=-4)
    order = scene.shop.place_order([("MUG", 1)])
    answer = await scene.client.ask(ONE, id=order)
    assert parsedate_to_datetime(answer.headers["Date"]) == BEGIN - timedelta(minutes=4)
    assert datetime.fromisoformat(answer.data["order"]["updatedAt"]) == datetime(2026, 11, 20, 8, 56, tzinfo=UTC)


async def test_a_new_order_is_found_by_its_id_before_it_is_found_by_a_search(scene: Scene) -> None:
    scene.shop.index_lag(seconds=10, times=1)
    order = scene.shop.place_order([("MUG", 1)])
    scene.shop.place_order([("MUG", 1)])
    assert (await scene.client.data(ONE, id=order))["order"]["name"] == "#1001"
    assert await found(scene) == ["#1002"]
    assert await found(scene, None) == ["#1001", "#1002"]  # without conditions no index is asked
    scene.wall.wait(seconds=10)
    assert await found(scene) == ["#1001", "#1002"]


async def test_a_change_may_come_late_too(scene: Scene) -> None:
    order = scene.shop.place_order([("MUG", 1)])
    scene.wall.wait(minutes=1)
    scene.shop.index_lag(seconds=5)
    scene.shop.tag(order, "vip")
    assert await found(scene, "updated_at:>='2026-11-20T09:00:30Z'") == []
    scene.wall.wait(seconds=5)
    assert await found(scene, "updated_at:>='2026-11-20T09:00:30Z'") == ["#1001"]
