"""Orders of a simulated shop as they are told: products, options, payments, refunds (ADB-29 to ADB-32, ADB-F2)."""

from decimal import Decimal
from typing import Any

import pytest
from channels.adobe.adobe_shop import SETTINGS, Anything, adds_up, opened, refunded, told
from contract.world import NAME
from examples import rules

from khaossync.channels.adobe.documents import order_document, refund_document
from khaossync.domain.cases import CaseClass
from khaossync.domain.composition import compose
from khaossync.domain.errors import RejectedError
from khaossync.domain.orders import Order, PaymentState
from khaossync.domain.proof import prove
from khaossync.domain.refunds import Refund
from khaossync.sandbox.adobe import Choice, Discount

D = Decimal
RULES = rules(channel=NAME, default_courier="RM48", money_codes={"gift_card": "GIFT"})


def goods(order: Order) -> list[tuple[str, int, Decimal]]:
    """SKU, units, and what they come to with tax."""
    return [(line.sku, line.quantity, worth(line)) for line in order.lines]


def worth(line: Any) -> Decimal:
    return D(line.unit_price * line.quantity - sum(each.amount for each in line.discounts))


async def test_the_row_total_of_rest_has_its_discount_off_already() -> None:
    """ADB-29: who takes it off once more books 5.00 too little."""
    async with opened() as world:
        number = world.shop.place_order([("MUG", 2), ("BOOK", 1)], discount=("TEN", D("5.00")))
        order = await told(world, number)
        assert order.total == world.shop.order(number).total
    assert adds_up(order)
    assert order.lines[0].unit_price == D("12.00")
    assert order.lines[0].discounts[0].name == "TEN"
    assert compose(order, RULES, Anything()).totals.gross == order.total


async def test_a_discount_above_the_net_price_has_cut_the_row_total_off() -> None:
    """REST shows none where it would be below none: what the units cost is what was stored."""
    async with opened() as world:
        number = world.shop.place_order([("MUG", 1)], discounts=[Discount("ALL", percentage=D(100))])
        order = await told(world, number)
    assert goods(order) == [("MUG", 1, D("0.00"))]
    assert prove(order) == 0


async def test_a_variant_is_one_line_with_the_childs_sku_and_the_parents_money() -> None:
    async with opened() as world:
        world.shop.habits.copies_prices = True
        order = await told(world, world.shop.place_order([("TEE-RED", 2)]))
    assert goods(order) == [("TEE-RED", 2, D("36.00"))]


async def test_the_parts_of_a_bundle_are_the_goods_and_its_own_price_is_shared_over_them() -> None:
    async with opened() as world:
        dynamic = await told(world, world.shop.place_order([("SET", 1)]))
        fixed = await told(world, world.shop.place_order([("BOX", 2)]))
    assert goods(dynamic) == [("POT", 1, D("36.00")), ("MUG", 2, D("24.00"))]
    assert [(sku, units) for sku, units, _ in goods(fixed)] == [("POT", 2), ("MUG", 4)]
    assert sum(worth(line) for line in fixed.lines) == D("108.00")
    for order in (dynamic, fixed):
        assert adds_up(order)
        assert compose(order, RULES, Anything()).totals.gross == order.total


async def test_what_is_virtual_needs_no_delivery() -> None:
    async with opened() as world:
        order = await told(world, world.shop.place_order([("COURSE", 1)], delivery=None))
    assert (order.deliveries, order.shipping) == ((), None)
    assert compose(order, RULES, Anything()).delivery_address == order.billing


async def test_a_gift_card_pays_and_is_no_discount() -> None:
    async with opened() as world:
        number = world.shop.place_order([("MUG", 1)], gift_card=D("5.00"), store_credit=D("2.00"), delivery=None)
        order = await told(world, number)
    assert (order.total, order.tax) == (D("12.00"), D("2.00"))
    assert {each.gateway: each.amount for each in order.payments} == {
        "gift_card": D("5.00"),
        "store_credit": D("2.00"),
        "braintree": D("5.00"),
    }


async def test_an_option_with_a_sku_is_part_of_the_sku_and_any_other_must_be_mapped() -> None:
    """ADB-F2, S-7: the choice is never lost in silence."""
    async with opened() as world:
        gold = world.shop.place_order([Choice("RING", 1, {"Colour": "Gold"})])
        silver = world.shop.place_order([Choice("RING", 1, {"Colour": "Silver"})])
        assert [line.sku for line in (await told(world, gold)).lines] == ["RING-G"]
        unmapped = await told(world, silver)
        assert [line.sku for line in unmapped.lines] == ["RING [option 2/2 Colour]"]
        with pytest.raises(RejectedError) as refused:
            compose(unmapped, RULES, {})
        assert refused.value.case_class is CaseClass.UNMAPPED_SKU
        mapped = await told(world, silver, option_skus={"2/2": "RING-SILVER"})
        assert [line.sku for line in mapped.lines] == ["RING-SILVER"]
        noted = await told(world, silver, option_notes=["2"])
        assert ([line.sku for line in noted.lines], noted.note) == (["RING"], "Colour: Silver")


async def test_what_the_customer_wrote_goes_into_the_note_where_that_is_mapped() -> None:
    async with opened() as world:
        number = world.shop.place_order([Choice("RING", 1, {"Engraving": "For A."})], note="By the door")
        order = await told(world, number, option_notes=["1"])
    assert order.note == "By the door\nEngraving: For A."
    assert [line.sku for line in order.lines] == ["RING-ENG"]


async def test_an_online_payment_that_has_not_begun_is_pending() -> None:
    async with opened() as world:
        number = world.shop.place_order([("MUG", 1)], payment="pending", gateway="braintree")
        order = await told(world, number)
    assert (order.payment, order.payments) == (PaymentState.PENDING, ())


@pytest.mark.parametrize(
    ("payment", "state", "captured"),
    [
        ("paid", PaymentState.PAID, [True]),
        ("authorised", PaymentState.AUTHORISED, [False]),
        ("pending", PaymentState.PENDING, []),
    ],
)
async def test_the_payment_is_told_as_far_as_it_has_come(
    payment: str, state: PaymentState, captured: list[bool]
) -> None:
    async with opened() as world:
        order = await told(world, world.shop.place_order([("MUG", 1)], payment=payment))
    assert order.payment is state
    assert [each.captured for each in order.payments] == captured
    assert sum(each.amount for each in order.payments) == (order.total if captured else 0)


async def test_units_given_back_are_off_the_order_and_their_money_is_in_the_refund() -> None:
    """ADB-31, S-15: nothing is counted twice, neither in the order nor in the refund."""
    async with opened() as world:
        shop = world.shop
        number = shop.place_order([("MUG", 3), ("TEE-RED", 1)], discount=("TEN", D("5.00")))
        before = await told(world, number)
        memo = shop.refund(number, {"MUG": 1}, shipping=D("2.00"), adjustment_positive=D("1.50"))
        order, refund, given = await told(world, number), await refunded(world, memo), shop.refunds(number)[0]
    assert [(line.sku, line.quantity, line.ordered) for line in order.lines] == [("MUG", 2, 3), ("TEE-RED", 1, 1)]
    assert order.fingerprint == before.fingerprint, "a refund is no edit"
    assert order.refund_ids == (memo,)
    assert order.payment is PaymentState.PARTIALLY_REFUNDED
    assert adds_up(order)
    assert refund.total == given.amount
    assert refund.adjustment == D("1.50")
    assert [(line.sku, line.quantity) for line in refund.lines] == [("MUG", 1)]
    assert before.total - order.total == refund.total - refund.adjustment
    assert compose(order, RULES, Anything()).totals.gross == order.total


@pytest.mark.parametrize(("sku", "parts"), [("SET", {"POT": 1, "MUG": 2}), ("BOX", {"POT": 1, "MUG": 2})])
async def test_a_bundle_given_back_is_given_back_by_its_parts_once(sku: str, parts: dict[str, int]) -> None:
    async with opened() as world:
        number = world.shop.place_order([(sku, 1), ("BOOK", 1)])
        before = await told(world, number)
        memo = world.shop.refund(number, {"POT": 1, "MUG": 2} if sku == "SET" else {sku: 1})
        refund, order = await refunded(world, memo), await told(world, number)
    assert {line.sku: line.quantity for line in refund.lines} == parts
    assert not refund.adjustment
    assert not refund.delivery
    assert before.total - order.total == refund.total
    assert [line.quantity for line in order.lines] == [0, 0, 1]


async def test_a_cancelled_order_is_told_as_it_was_with_the_time_of_its_end() -> None:
    async with opened() as world:
        number = world.shop.place_order([("MUG", 2)], payment="pending")
        before = await told(world, number)
        world.shop.cancel(number)
        after = await told(world, number)
    assert after.cancelled_at is not None
    assert after.payment is PaymentState.VOIDED
    assert (goods(after), after.fingerprint) == (goods(before), before.fingerprint)


async def test_fields_without_a_value_may_be_null_as_well() -> None:
    async with opened() as world:
        number = world.shop.place_order([("SET", 1)], note=None, discount=("TEN", D("5.00")))
        without = await told(world, number)
        world.shop.habits.sends_nulls = True
        assert await told(world, number) == without


async def test_an_order_in_another_currency_is_told_in_the_customers() -> None:
    async with opened() as world:
        number = world.shop.place_order([("MUG", 2)], presentment=("EUR", D("1.20")))
        order = await told(world, number)
    assert order.currency == "EUR"
    assert adds_up(order)


async def test_fees_are_extras_that_must_be_mapped() -> None:
    async with opened() as world:
        order = await told(world, world.shop.place_order([("MUG", 1)], fees=[("Small order", D("1.50"))]))
    assert [(extra.name, extra.amount) for extra in order.extras] == [("custom_fee", D("1.50"))]
    assert prove(order) == 0


def test_what_went_back_to_a_gift_card_went_back() -> None:
    sold = {"item_id": 1, "sku": "MUG", "product_type": "simple", "price": 10, "qty_ordered": 1, "row_total": 10}
    order = {"entity_id": 1, "increment_id": "1", "created_at": "2026-11-20 09:00:00", "items": [sold]}
    memo = {
        "entity_id": 7,
        "order_id": 1,
        "state": 2,
        "created_at": "2026-11-20 09:00:00",
        "updated_at": "2026-11-20 09:00:00",
        "order_currency_code": "GBP",
        "grand_total": 7,
        "extension_attributes": {"gift_cards_amount": 5},
        "items": [{"order_item_id": 1, "qty": 1, "row_total": 10, "tax_amount": 2}],
    }
    refund = refund_document({"creditmemo": memo, "order": order}, NAME).body
    assert isinstance(refund, Refund)
    assert (refund.total, refund.adjustment) == (D("12.00"), D("0.00"))


def test_an_order_of_which_a_part_was_cancelled_stands_for_the_rest() -> None:
    item = {"item_id": 1, "sku": "MUG", "product_type": "simple", "price": 10, "price_incl_tax": 12, "tax_percent": 20}
    counts = {"qty_ordered": 4, "qty_canceled": 1, "row_total": 40, "tax_amount": 8, "discount_amount": 0}
    told = {
        "entity_id": 1,
        "increment_id": "1",
        "state": "complete",
        "created_at": "2026-11-20 09:00:00",
        "updated_at": "2026-11-20 09:00:00",
        "order_currency_code": "GBP",
        "grand_total": 48,
        "total_canceled": 12,
        "total_paid": 36,
        "tax_amount": 8,
        "items": [item | counts],
    }
    order = order_document({"order": told, "creditmemos": [], "products": []}, NAME, SETTINGS).body
    assert isinstance(order, Order)
    assert goods(order) == [("MUG", 3, D("36"))]
    assert (order.total, order.tax) == (D("36.00"), D("6.00"))
    assert adds_up(order)
