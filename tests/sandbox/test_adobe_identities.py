"""Whatever is bought, and whatever becomes of it, the figures that Magento shows add up."""

import random
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest
from sandbox.adobe_client import Scene, opened

from khaossync.sandbox.adobe import Algorithm, Choice, Discount, Taxation

_ARTICLES = ("MUG", "POT", "BOOK", "TEE-RED", "SET", "BOX", "TABLE", "COURSE", "ODD")
_CENT = Decimal("0.0001")


def habits(dice: random.Random) -> Taxation:
    gross = dice.random() < 0.5
    return Taxation(
        algorithm=dice.choice(list(Algorithm)),
        prices_include_tax=gross,
        shipping_includes_tax=gross,
        after_discount=dice.random() < 0.9,
        discount_on_gross=gross,
    )


@pytest.fixture(params=range(6))
async def scene(request: pytest.FixtureRequest) -> AsyncIterator[Scene]:
    dice = random.Random(request.param)
    async with opened(taxation=habits(dice)) as scene:
        stock = {"default": 500}
        scene.shop.list_product("ODD", "Odd", Decimal("3.33"), stock, tax_rate=Decimal("0.05"))
        for sku in ("MUG", "POT", "BOOK", "TEE-RED"):
            scene.shop.staff_sets(sku, "default", 500)
        yield scene


def discounts(dice: random.Random) -> list[Discount]:
    kinds = [
        Discount("TEN", percentage=Decimal(10)),
        Discount("ODD", amount=Decimal("1.01")),
        Discount("FREE", shipping=True, percentage=Decimal(100)),
        Discount("BOTH", percentage=Decimal("12.5"), and_shipping=True),
        Discount("MUGS", percentage=Decimal(25), sku="MUG"),
    ]
    return dice.sample(kinds, dice.choice((0, 0, 1, 2)))


def buy(scene: Scene, dice: random.Random) -> str:
    basket: list[tuple[str, int] | Choice] = [(sku, dice.randint(1, 3)) for sku in dice.sample(_ARTICLES, 3)]
    delivery = ("Standard", Decimal(dice.choice(("0", "3.95", "4.99"))))
    return scene.shop.place_order(basket, discounts=discounts(dice), delivery=delivery)


def money_rows(order: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows whose money counts: a bundle's parts where they have prices, else the row of its own."""
    children = {
        row["parent_item_id"] for row in order["items"] if row.get("parent_item_id") and row["row_total_incl_tax"]
    }
    return [row for row in order["items"] if row["item_id"] not in children]


def near(one: Any, other: Any) -> bool:
    return abs(Decimal(one) - Decimal(other)) <= _CENT


async def test_an_orders_figures_add_up(scene: Scene) -> None:
    dice = random.Random(1)
    for _ in range(15):
        order = await scene.client.order(buy(scene, dice))
        parts = ("subtotal", "discount_amount", "shipping_amount", "tax_amount")
        hidden = order["discount_tax_compensation_amount"] + order["shipping_discount_tax_compensation_amount"]
        assert near(sum(order[name] for name in parts) + hidden, order["grand_total"])
        rows = money_rows(order)
        assert near(sum(row["tax_amount"] for row in rows) + order["shipping_tax_amount"], order["tax_amount"])
        stored = sum(row["row_total"] + row["discount_amount"] for row in rows)
        assert near(stored, order["subtotal"])
        off = sum(row["discount_amount"] for row in rows) + order["shipping_discount_amount"]
        assert near(off, -order["discount_amount"])


async def test_what_is_given_back_row_by_row_is_what_was_paid(scene: Scene) -> None:
    dice = random.Random(2)
    for _ in range(8):
        number = buy(scene, dice)
        record = scene.shop.order(number)
        for row in [row for row in (await scene.client.order(number))["items"] if "parent_item_id" not in row]:
            for _ in range(int(row["qty_ordered"])):
                body = {"items": [{"order_item_id": row["item_id"], "qty": 1}], "arguments": {"shipping_amount": 0}}
                await scene.client.post(f"order/{number}/refund", body)
        given = sum(memo.amount for memo in scene.shop.refunds(number))
        assert near(given, record.bought_total - record.shipping)


async def test_stock_is_what_it_was_less_what_was_sent(scene: Scene) -> None:
    dice = random.Random(3)
    sent = 0
    for _ in range(12):
        number = scene.shop.place_order([("MUG", dice.randint(1, 3)), ("SET", 1)], payment="authorized")
        fate = dice.choice(("ship", "cancel", "edit", "wait"))
        if fate == "ship":
            scene.shop.ship(number)
            sent += sum(units for sku, units in scene.shop.fulfilments(number)[0].lines if sku == "MUG")
        elif fate == "cancel":
            scene.shop.cancel(number)
        elif fate == "edit":
            scene.shop.edit(number, {"MUG": 1})
    waiting = [
        order
        for order in scene.shop.orders()
        if order.state == "processing" and not any(line.fulfilled for line in order.lines)
    ]
    promised = sum(line.quantity for order in waiting for line in order.lines if line.sku == "MUG")
    assert scene.shop.on_hand("MUG", "default") == 500 - sent
    assert scene.shop.reserved("MUG") == promised
    assert scene.shop.salable("MUG") == 500 - sent - promised
