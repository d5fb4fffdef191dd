"""Credit memos give back rows, delivery and adjustments, to the penny, and never more than there is."""

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest
from sandbox.adobe_client import Scene, opened

from khaossync.sandbox.adobe import Discount, Refusal


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with opened() as scene:
        yield scene


async def memos(scene: Scene, order: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await scene.client.search("creditmemos", ("order_id", order, "eq")))["items"]
    return found


def adds_up(memo: dict[str, Any]) -> bool:
    parts = ("subtotal", "discount_amount", "shipping_amount", "tax_amount", "discount_tax_compensation_amount")
    total = sum(memo[name] for name in parts) + memo["shipping_discount_tax_compensation_amount"]
    return bool(total + memo["adjustment"] == memo["grand_total"])


async def test_a_row_is_given_back_as_it_was_stored(scene: Scene) -> None:
    """ADB-31."""
    order = scene.shop.place_order([("MUG", 2), ("BOOK", 1)], discounts=[Discount("HALF", percentage=Decimal(50))])
    scene.shop.refund(order, {"MUG": 1})
    (memo,) = await memos(scene, order)
    (row,) = memo["items"]
    assert (row["sku"], row["qty"], row["row_total"], row["discount_amount"]) == ("MUG", 1, 10, 6)
    assert (memo["grand_total"], memo["state"], adds_up(memo)) == (6, 2, True)
    assert row["base_cost"] is None
    told = await scene.client.order(order)
    assert (told["total_refunded"], told["items"][0]["qty_refunded"]) == (6, 1)


async def test_the_delivery_charge_is_given_back_in_parts_with_its_tax(scene: Scene) -> None:
    order = scene.shop.place_order([("MUG", 1)], delivery=("Standard", Decimal("6.00")))
    scene.shop.refund(order, shipping=Decimal("3.00"))
    scene.shop.refund(order, shipping=Decimal("3.00"))
    told = await memos(scene, order)
    assert [(memo["shipping_amount"], memo["shipping_tax_amount"]) for memo in told] == [
        (Decimal("2.5"), Decimal("0.5"))
    ] * 2
    assert all(adds_up(memo) for memo in told)
    with pytest.raises(Refusal, match="Maximum shipping amount"):
        scene.shop.refund(order, shipping=Decimal("0.60"))


async def test_an_adjustment_has_neither_a_row_nor_tax(scene: Scene) -> None:
    order = scene.shop.place_order([("MUG", 2)])
    scene.shop.refund(order, adjustment_positive=Decimal("2.00"))
    (memo,) = await memos(scene, order)
    assert (memo["grand_total"], memo["tax_amount"], memo["items"]) == (2, 0, [])
    assert (memo["adjustment"], memo["adjustment_positive"], memo["adjustment_negative"]) == (2, 2, 0)


async def test_a_fee_is_kept_of_what_is_given_back(scene: Scene) -> None:
    order = scene.shop.place_order([("MUG", 2)])
    scene.shop.refund(order, {"MUG": 1}, adjustment_negative=Decimal("1.50"))
    (memo,) = await memos(scene, order)
    assert (memo["grand_total"], memo["adjustment"], adds_up(memo)) == (Decimal("10.5"), Decimal("-1.5"), True)


async def test_an_amount_that_is_told_becomes_an_adjustment(scene: Scene) -> None:
    order = scene.shop.place_order([("MUG", 3)])
    scene.shop.refund(order, {"MUG": 1}, amount=Decimal("10.00"))
    scene.shop.refund(order, {"MUG": 1}, amount=Decimal("13.00"))
    scene.shop.refund(order, amount=Decimal("2.00"))
    told = await memos(scene, order)
    assert [memo["adjustment"] for memo in told] == [-2, 1, 2]
    records = scene.shop.refunds(order)
    assert scene.shop.order(order).total == 12 + Decimal("4.95")
    assert [(int(each.amount), int(each.value)) for each in records] == [(10, 12), (13, 12), (2, 0)]


async def test_parts_of_a_row_add_up_to_the_row(scene: Scene) -> None:
    order = scene.shop.place_order([("MUG", 3)], discount=("ODD", Decimal("1.00")), delivery=None)
    for _ in range(3):
        scene.shop.refund(order, {"MUG": 1})
    told = await memos(scene, order)
    assert sum(memo["grand_total"] for memo in told) == 35
    assert all(adds_up(memo) for memo in told)
    assert (await scene.client.order(order))["state"] == "closed"


async def test_an_order_that_is_given_back_wholly_is_closed(scene: Scene) -> None:
    order = scene.shop.place_order([("MUG", 1)])
    scene.shop.ship(order)
    scene.shop.refund(order, {"MUG": 1}, shipping=Decimal("4.95"))
    told = await scene.client.order(order)
    assert (told["state"], told["total_refunded"]) == ("closed", Decimal("16.95"))


async def test_more_than_there_is_is_not_given_back(scene: Scene) -> None:
    order = scene.shop.place_order([("MUG", 1)], delivery=None)
    with pytest.raises(Refusal, match=r"The most money available to refund is 12\.00"):
        scene.shop.refund(order, adjustment_positive=Decimal("12.01"))
    with pytest.raises(ValueError, match="fewer of MUG"):
        scene.shop.refund(order, {"MUG": 2})
    unpaid = scene.shop.place_order([("MUG", 1)], payment="pending")
    with pytest.raises(ValueError, match="fewer of MUG"):
        scene.shop.refund(unpaid, {"MUG": 1})


async def test_a_configurable_comes_back_as_parent_and_child_with_the_money_once(scene: Scene) -> None:
    order = scene.shop.place_order([("TEE-RED", 2)])
    scene.shop.refund(order, {"TEE-RED": 1})
    (memo,) = await memos(scene, order)
    assert [(row["sku"], row["qty"], row.get("row_total")) for row in memo["items"]] == [
        ("TEE-RED", 1, 15),
        ("TEE-RED", 1, None),
    ]
    assert (memo["subtotal"], memo["grand_total"]) == (15, 18)


async def test_a_bundle_comes_back_with_its_parts_and_the_money_once(scene: Scene) -> None:
    order = scene.shop.place_order([("SET", 1)], delivery=None)
    scene.shop.refund(order, {"SET": 1})
    (memo,) = await memos(scene, order)
    bundle, pot, mugs = memo["items"]
    assert "row_total" not in bundle
    assert pot["row_total"] + mugs["row_total"] == memo["subtotal"] == 50
    assert memo["grand_total"] == 60


async def test_a_part_of_a_bundle_comes_back_alone(scene: Scene) -> None:
    order = scene.shop.place_order([("SET", 1)], delivery=None)
    scene.shop.refund(order, {"MUG": 1})
    (memo,) = await memos(scene, order)
    assert [(row["sku"], row["qty"]) for row in memo["items"]] == [("MUG", 1)]
    assert memo["grand_total"] == 12


async def test_what_was_sent_goes_back_on_sale_only_if_staff_say_so(scene: Scene) -> None:
    order = scene.shop.place_order([("MUG", 2)])
    scene.shop.ship(order)
    scene.shop.refund(order, {"MUG": 1}, restock=False)
    assert (scene.shop.on_hand("MUG", "default"), scene.shop.salable("MUG")) == (98, 98)
    scene.shop.refund(order, {"MUG": 1}, restock=True)
    assert (scene.shop.on_hand("MUG", "default"), scene.shop.salable("MUG")) == (99, 99)


async def test_what_was_not_sent_is_promised_to_nobody_any_more(scene: Scene) -> None:
    order = scene.shop.place_order([("MUG", 2)])
    scene.shop.refund(order, {"MUG": 1})
    assert (scene.shop.on_hand("MUG", "default"), scene.shop.salable("MUG"), scene.shop.reserved("MUG")) == (100, 99, 1)


async def test_the_api_writes_credit_memos_too(scene: Scene) -> None:
    order = scene.shop.place_order([("MUG", 2)])
    (row,) = (await scene.client.order(order))["items"]
    arguments = {"shipping_amount": 0, "adjustment_negative": 2, "extension_attributes": {"return_to_stock_items": []}}
    body = {"items": [{"order_item_id": row["item_id"], "qty": 1}], "notify": True, "arguments": arguments}
    number = await scene.client.post(f"order/{order}/refund", body)
    memo = await scene.client.get(f"creditmemo/{number}")
    assert (memo["grand_total"], "invoice_id" in memo) == (10, False)
    assert [mail.kind for mail in scene.shop.mails] == ["refund"]
    rest = {"adjustment_positive": 2}
    online = await scene.client.post("invoice/1/refund", {"isOnline": True, "arguments": rest})
    assert (await scene.client.get(f"creditmemo/{online}"))["invoice_id"] == 1


async def test_credit_memos_are_found_by_when_they_were_made(scene: Scene) -> None:
    order = scene.shop.place_order([("MUG", 2)])
    scene.shop.refund(order, {"MUG": 1})
    scene.wall.wait(minutes=5)
    scene.shop.refund(order, {"MUG": 1})
    found = await scene.client.search("creditmemos", ("created_at", "2026-11-20 09:05:00", "gteq"))
    assert [memo["entity_id"] for memo in found["items"]] == [2]
    assert (await scene.client.order(order))["updated_at"] == "2026-11-20 09:05:00"
