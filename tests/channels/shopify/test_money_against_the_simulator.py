"""Every kind of money in an order is told as a line, a payment, a discount or an extra of its own, to the penny."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from channels.shopify.simulated import D, World, order_of

from khaossync.domain.money import ZERO
from khaossync.domain.orders import Order, PaymentState
from khaossync.domain.proof import prove
from khaossync.sandbox.shopify import Discount
from khaossync.sandbox.shopify.people import Company


async def bought(world: World, *basket: tuple[str, int], **terms: Any) -> Order:
    """The order as it is read; its parts are proved to make its total, which in cash is rounded, and its tax."""
    order = world.shop.place_order(list(basket) or [("MUG", 1)], **terms)
    found = await order_of(await world.connect(), order)
    assert found.total == world.shop.order(order).total + extras(found).get("cash_rounding", ZERO)
    return found


def extras(order: Order) -> Mapping[str, D]:
    return {extra.name: extra.amount for extra in order.extras}


def paid(order: Order) -> list[tuple[str, D]]:
    return [(payment.gateway, payment.amount) for payment in order.payments]


@pytest.mark.parametrize(
    ("terms", "name", "amount"),
    [
        ({"tip": D("2.50")}, "tip", D("2.50")),
        ({"duties": D("3.10")}, "duties", D("3.10")),
        ({"fees": [("Engraving", D("4.00")), ("Handling", D("1.00"))]}, "additional_fees", D("5.00")),
        ({"rounding": D("0.05")}, "cash_rounding", D("0.05")),
        ({"rounding": D("-0.02")}, "cash_rounding", D("-0.02")),
    ],
    ids=["tip", "duties", "fees", "rounded up", "rounded down"],
)
async def test_what_is_neither_goods_nor_delivery_is_an_extra(
    world: World, terms: Mapping[str, Any], name: str, amount: D
) -> None:
    """SHO-15, ADB-30."""
    order = await bought(world, **terms)
    assert extras(order) == {name: amount}
    assert [line.sku for line in order.lines] == ["MUG"]


async def test_a_component_that_nobody_knows_makes_the_order_a_case_and_is_never_swallowed(world: World) -> None:
    """S-11: whatever Shopify adds tomorrow is missing from the sum, and the proof says by how much."""
    order = await bought(world, tip=D("2.50"))
    assert prove(replace(order, extras=())) == D("2.50")


async def test_a_gift_card_that_is_bought_is_a_line_that_says_so(world: World) -> None:
    world.shop.list_product("CARD", "Gift card", D("25.00"), {"York": 50}, gift_card=True)
    order = await bought(world, ("CARD", 1), ("MUG", 1))
    assert {line.sku: line.gift_card for line in order.lines} == {"CARD": True, "MUG": False}


async def test_a_gift_card_that_is_used_is_a_payment_of_its_own(world: World) -> None:
    order = await bought(world, gift_card=D("5.00"))
    assert sorted(paid(order)) == [("gift_card", D("5.00")), ("shopify_payments", order.total - D("5.00"))]
    assert order.payment is PaymentState.PAID


async def test_discounts_on_goods_and_on_delivery_stay_apart_and_keep_their_names(world: World) -> None:
    """ADB-30."""
    given = [
        Discount("SAVE", D("1.00")),
        Discount("Happy hour", D("0.50"), "automatic", sku="MUG"),
        Discount("Free delivery", kind="automatic", shipping=True, percentage=D(100)),
    ]
    order = await bought(world, ("MUG", 1), discounts=given)
    (line,), (delivery,) = order.lines, order.deliveries
    assert {each.name: each.amount for each in line.discounts} == {"SAVE": D("1.00"), "Happy hour": D("0.50")}
    assert [(each.name, each.amount) for each in delivery.discounts] == [("Free delivery", delivery.amount)]


async def test_an_order_in_the_shoppers_currency_is_read_in_the_shops(world: World) -> None:
    """The presentment money beside it is what the shopper saw; the shop, and its ERP, never had it."""
    plain, foreign = await bought(world), await bought(world, presentment=("EUR", D("1.17")))
    assert (foreign.currency, foreign.total, foreign.tax) == ("GBP", plain.total, plain.tax)
    assert paid(foreign) == paid(plain)


async def test_an_order_that_is_paid_in_part_tells_what_was_paid_and_its_state(world: World) -> None:
    """SHO-4: an edit that adds goods to a paid order."""
    order = world.shop.place_order([("MUG", 1)])
    before = world.shop.order(order).total
    world.shop.edit(order, {"MUG": 2})
    found = await order_of(await world.connect(), order)
    assert (found.payment, paid(found)) == (PaymentState.PARTIALLY_PAID, [("shopify_payments", before)])
    assert found.total > before


async def test_a_business_on_terms_owes_all_of_it_and_has_paid_nothing(world: World) -> None:
    """SHO-4, S-6."""
    cafe = Company("Cafe Ltd", external_id="CAFE", location_external_id="CAFE01", net_days=30)
    order = await bought(world, company=cafe, payment="pending", po_number="PO 7", risk="NONE", tags=["wholesale"])
    assert order.company
    assert (order.company.name, order.company.code) == ("Cafe Ltd", "CAFE01")
    assert (order.on_terms, order.payment, order.payments) == (True, PaymentState.PENDING, ())
    assert (order.purchase_order, order.tags) == ("PO 7", ("wholesale",))


async def test_a_person_who_has_not_paid_is_not_on_terms(world: World) -> None:
    order = await bought(world, payment="pending", gateway="manual")
    assert (order.on_terms, order.company, order.payments) == (False, None, ())


async def test_all_kinds_of_money_at_once_still_add_up(world: World) -> None:
    order = await bought(
        world,
        ("MUG", 3),
        ("CUP", 1),
        tip=D("1.00"),
        duties=D("3.10"),
        fees=[("Engraving", D("4.00"))],
        gift_card=D("5.00"),
        discounts=[Discount("SAVE", D("2.22")), Discount("Half delivery", shipping=True, percentage=D(50))],
    )
    assert extras(order) == {"tip": D("1.00"), "duties": D("3.10"), "additional_fees": D("4.00")}
    assert sum((amount for _, amount in paid(order)), ZERO) == order.total
