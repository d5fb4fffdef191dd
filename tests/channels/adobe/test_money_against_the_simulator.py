"""Seeded orders of every kind, taxed in every way, discounted and refunded: each adds up and goes to the ERP."""

import random
from decimal import Decimal

import pytest
from channels.adobe.adobe_shop import Anything, adds_up, documents, opened, read
from contract.world import NAME
from contract.worlds.adobe import Simulated
from examples import rules

from khaossync.domain.composition import compose
from khaossync.domain.money import rounded
from khaossync.domain.orders import Order
from khaossync.domain.refunds import Refund
from khaossync.sandbox.adobe import WAYS, Discount, Refusal

D = Decimal
RATES = (D(0), D("0.05"), D("0.1"), D("0.2"), D("0.275"), D("0.29"))
RULES = rules(
    channel=NAME,
    default_courier="RM48",
    tax_codes={rate: number for number, rate in enumerate(RATES, start=1)},
    money_codes={"untaxed_discount": "DISCOUNT0", "custom_fee": "FEE"},
    tax_tolerance=D(1),  # what is proved here is the total; that the tax is near is proved way by way
)
GOODS = ("MUG", "POT", "BOOK", "TEE-RED", "SET", "BOX", "COURSE", "RING", "PIN", "ODD")


@pytest.mark.parametrize("seed", range(12))
async def test_orders_and_refunds_of_every_kind_add_up_to_the_penny(seed: int) -> None:
    dice = random.Random(seed)
    async with opened() as world:
        world.shop.list_product("PIN", "Pin", D("0.07"), {"default": 10_000})
        world.shop.list_product("ODD", "Odd", D("13.37"), {"default": 10_000}, tax_rate=D("0.05"))
        world.shop.state.taxation = WAYS[dice.choice(sorted(WAYS))].taxation
        for sku in ("MUG", "POT", "BOOK", "TEE-RED", "RING"):
            world.shop.staff_sets(sku, "default", 10_000)
        placed = [_order(world, dice) for _ in range(12)]
        before = await _orders(world)
        for number in placed:
            _check(before[number], world.shop.order(number).total)
        memos = [memo for number in placed if (memo := _refund(world, number, dice))]
        after = await _orders(world)
        refunds = {each.key: each.body for each in documents(await read(world, "refunds", order_page=50))}
    for order in after.values():
        assert adds_up(order), order
        given = [body for body in refunds.values() if isinstance(body, Refund) and body.order_id == order.order_id]
        lost = sum((each.total - each.adjustment for each in given), D(0))
        assert abs(before[order.order_id].total - order.total - lost) <= D("0.02") * max(1, len(given))
    assert set(memos) == set(refunds)


def _check(order: Order, total: Decimal) -> None:
    assert adds_up(order), order
    assert order.total == rounded(total, "GBP")
    composed = compose(order, RULES, Anything())
    assert composed.totals.gross == order.total
    assert all(line.unit_price * line.quantity >= 0 for line in order.lines)
    assert all(each.amount > 0 for line in order.lines for each in line.discounts)


async def _orders(world: Simulated) -> dict[str, Order]:
    bodies = [each.body for each in documents(await read(world, "orders", order_page=50))]
    return {body.order_id: body for body in bodies if isinstance(body, Order)}


def _order(world: Simulated, dice: random.Random) -> str:
    basket = [(sku, dice.randint(1, 7)) for sku in dice.sample(GOODS, dice.randint(1, 4))]
    percentage = dice.choice([None, None, D(10), D(33), D(50), D(100)])
    off = [Discount("CODE", percentage=percentage, and_shipping=dice.random() < 0.3)] if percentage else []
    fees = [("Small order", D("1.50"))] if dice.random() < 0.2 else []
    charge = dice.choice([D("4.95"), D("0"), D("3.33")])
    return world.shop.place_order(basket, discounts=off, fees=fees, delivery=("Standard", charge))


def _refund(world: Simulated, number: str, dice: random.Random) -> str:
    if dice.random() < 0.4:
        return ""
    order = world.shop.order(number)
    rows = [(line.bundle or line.sku, line.quantity) for line in order.lines if line.quantity]
    sku, count = dice.choice(rows)
    units = dice.randint(1, max(1, count // 2))
    try:
        return world.shop.refund(number, {sku: units}, adjustment_positive=dice.choice([D(0), D("0.50")]))
    except (Refusal, ValueError, KeyError):
        return ""
