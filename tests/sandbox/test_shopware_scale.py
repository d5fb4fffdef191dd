"""A shop with many orders and goods answers a poll without looking at each of them twice."""

from decimal import Decimal

from sandbox.shopware_client import opened

MANY = 1500


async def test_a_poll_over_many_orders_finds_the_few_that_changed() -> None:
    async with opened() as scene:
        scene.shop.list_product("PLENTY", "Plenty", Decimal("1.00"), 10_000)
        for _ in range(MANY):
            scene.shop.place_order([("PLENTY", 1)])
        scene.wall.wait(minutes=1)
        latest = scene.shop.place_order([("PLENTY", 2)])
        since = {"type": "range", "field": "createdAt", "parameters": {"gte": "2026-11-20T09:00:30.000+00:00"}}
        found = await scene.client.found("order", filter=[since], associations={"lineItems": {}, "deliveries": {}})
        assert [each["id"] for each in found] == [latest]
        assert scene.shop.available("PLENTY") == 10_000 - MANY - 2


async def test_many_levels_go_in_one_batch() -> None:
    async with opened() as scene:
        rows = [
            {"id": scene.shop.list_product(f"SKU{number}", "Thing", Decimal(1), 1), "stock": number}
            for number in range(MANY)
        ]
        body = {"levels": {"entity": "product", "action": "upsert", "payload": rows}}
        answer = await scene.client.call("POST", "/_action/sync", body, indexing_behavior="use-queue-indexing")
        assert len(answer.data["product"]) == MANY
        assert scene.shop.available("SKU1499") == 1499
