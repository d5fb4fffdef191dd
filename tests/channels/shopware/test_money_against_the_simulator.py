"""Every kind of money in an order is told to the penny, or the order becomes a case that says why."""

from typing import Any

import pytest
from channels.shopware.simulated import D, World, posted

from khaossync.domain.cases import CaseClass
from khaossync.domain.errors import RejectedError
from khaossync.domain.money import ZERO
from khaossync.domain.orders import Order, PaymentState
from khaossync.domain.proof import prove, prove_tax
from khaossync.sandbox.shopware import Discount, Extra
from khaossync.sandbox.shopware.people import Company

TEN = Discount("TEN", percentage=D(10))
OFF = Discount("OFF", D("5.00"))
FREE = Discount("FREE", shipping=True, percentage=D(100))
BASKET = (("MUG", 3), ("BOOK", 1), ("SOAP", 7))


async def bought(world: World, basket: Any = BASKET, /, connector: Any = None, **terms: Any) -> Order:
    """The order as it is read; its parts are proved to make its total and its tax."""
    found = await world.order(world.shop.place_order(list(basket), **terms), **(connector or {}))
    assert (prove(found), prove_tax(found)) == (ZERO, ZERO)
    return found


@pytest.mark.parametrize("status", ["gross", "net", "tax-free"])
@pytest.mark.parametrize("discounts", [(), (TEN,), (OFF,), (FREE,), (TEN, OFF, FREE)])
async def test_an_order_of_several_rates_is_told_to_the_penny(world: World, status: str, discounts: Any) -> None:
    """SHW-30: lines, discounts, delivery and tax make the total whatever the tax status."""
    order = await bought(world, discounts=discounts, tax_status=status)
    assert order.gross == (status == "gross")
    assert order.total == world.shop.orders()[-1].total


@pytest.mark.parametrize("discounts", [(), (TEN,), (OFF,), (TEN, OFF, FREE)])
async def test_the_erp_computes_the_same_total_of_a_gross_order(world: World, discounts: Any) -> None:
    order = await bought(world, discounts=discounts)
    assert posted(order).totals.gross == order.total


async def test_a_promotion_becomes_one_line_for_each_rate_on_the_discount_code(world: World) -> None:
    """SHW-F2, S-10: a promotion has no SKU, and lowers the VAT of just the goods it was given on."""
    order = await bought(world, discounts=(TEN,))
    lines = [line for line in posted(order, discount_code="PROMO").lines if line.stock_code == "PROMO"]
    assert sorted((line.tax_rate, line.description) for line in lines) == [
        (D(0), "TEN"),
        (D("0.05"), "TEN"),
        (D("0.2"), "TEN"),
    ]
    told = world.shop.orders()[-1]
    (promotion,) = [line.amount for line in told.lines if line.kind == "promotion"]
    assert sum((line.unit_price for line in lines), ZERO) == promotion


async def test_a_delivery_promotion_is_taken_off_the_delivery_and_never_sent(world: World) -> None:
    order = await bought(world, discounts=(FREE,))
    (delivery,) = order.deliveries
    assert delivery.method == "shipping_standard"
    assert delivery.amount == D("4.95")
    assert [(one.name, one.amount) for one in delivery.discounts] == [("FREE", D("4.95"))]
    assert all(tax.amount == 0 for tax in delivery.taxes)


async def test_a_line_that_staff_typed_goes_by_its_label_or_by_the_configured_sku(world: World) -> None:
    extras = [Extra("custom", "Engraving", D("3.00"))]
    by_label = await bought(world, extras=extras)
    assert "Engraving" in [line.sku for line in by_label.lines]
    by_setting = await bought(world, extras=extras, connector={"typed_sku": "SERVICE"})
    assert "SERVICE" in [line.sku for line in by_setting.lines]


CHILDREN = (Extra("product", "Mug", sku="MUG"), Extra("product", "Book", sku="BOOK"))


@pytest.mark.parametrize("kind", ["container", "customized-products", "repertus_product_container", "unheard-of"])
async def test_what_repeats_its_children_is_told_as_its_children(world: World, kind: str) -> None:
    order = await bought(world, [("SOAP", 1)], extras=[Extra(kind, "Set", None, children=CHILDREN)])
    assert sorted(line.sku for line in order.lines) == ["BOOK", "MUG", "SOAP"]


async def test_what_a_customer_chose_is_a_note_where_it_costs_nothing_and_a_line_where_it_does(world: World) -> None:
    options = [
        Extra("product", "Mug", sku="MUG"),
        Extra("customized-products-option", "Text", D(0), payload={"value": "For Mum", "type": "textfield"}),
        Extra("customized-products-option", "Gift wrap", D("2.00")),
    ]
    order = await bought(world, [], extras=[Extra("customized-products", "Mug", None, children=options)])
    assert sorted(line.sku for line in order.lines) == ["Gift wrap", "MUG"]
    assert order.note == "Text: For Mum"


async def test_a_bundle_whose_children_cost_nothing_is_told_as_the_bundle(world: World) -> None:
    children = [Extra("product", sku, D(0), payload={"productNumber": sku}) for sku in ("SOAP", "BOOK")]
    order = await bought(
        world, [("CUP", 1)], extras=[Extra("product", "Mug set", D("30.00"), sku="MUG", children=children)]
    )
    assert sorted(line.sku for line in order.lines) == ["CUP", "MUG"]


async def test_lines_that_do_not_add_up_are_held_for_finance(world: World) -> None:
    """SHW-31: children that cost something else than their parent make no order's total."""
    children = [Extra("product", "Mug", D("12.00"), sku="MUG"), Extra("product", "Book", D("9.50"), sku="BOOK")]
    placed = world.shop.place_order([("CUP", 1)], extras=[Extra("plugin-set", "Set", D("15.00"), children=children)])
    with pytest.raises(RejectedError) as refused:
        posted(await world.order(placed))
    assert refused.value.case_class is CaseClass.TOTAL_MISMATCH
    assert refused.value.evidence["total minus parts"] == "-6.50"


async def test_a_total_that_a_plugin_spoilt_is_a_finance_case_and_not_posted(world: World) -> None:
    """SHW-31, S-12."""
    placed = world.shop.place_order([("MUG", 1)])
    world.shop.misprice(placed, D("0.02"))
    with pytest.raises(RejectedError) as refused:
        posted(await world.order(placed))
    assert refused.value.case_class is CaseClass.TOTAL_MISMATCH


async def test_tax_that_is_only_on_the_lines_or_only_on_the_order_is_found_where_it_is_clear(world: World) -> None:
    on_lines = await bought(world, taxes_on="lines")
    assert on_lines.tax > 0
    on_order = await bought(world, [("MUG", 2)], taxes_on="order")
    assert posted(on_order).totals.tax == on_order.tax


async def test_tax_of_several_rates_without_any_on_the_lines_is_a_finance_case(world: World) -> None:
    """S-11."""
    placed = world.shop.place_order(list(BASKET), taxes_on="order")
    with pytest.raises(RejectedError) as refused:
        posted(await world.order(placed))
    assert refused.value.case_class is CaseClass.TAX_MISMATCH


async def test_tax_reckoned_from_the_total_is_laid_on_the_lines_by_pennies(world: World) -> None:
    order = await bought(world, [("CUP", 7), ("SOAP", 3), ("MUG", 1)], vertical=True, discounts=(TEN,))
    assert posted(order, tax_tolerance=D("0.10")).totals.gross == order.total


async def test_an_order_in_another_currency_is_told_in_its_own(world: World) -> None:
    order = await bought(world, currency="EUR")
    assert order.currency == "EUR"


@pytest.mark.parametrize(
    ("payment", "state"),
    [
        ("paid", PaymentState.PAID),
        ("authorized", PaymentState.AUTHORISED),
        ("pending", PaymentState.PENDING),
        ("unconfirmed", PaymentState.PENDING),
        ("failed", PaymentState.PENDING),
    ],
)
async def test_the_payment_is_told_in_the_words_of_all_channels(
    world: World, payment: str, state: PaymentState
) -> None:
    order = await bought(world, payment=payment)
    assert order.payment is state
    assert sum((each.amount for each in order.payments), ZERO) == (
        order.total if payment in ("paid", "authorized") else 0
    )


async def test_an_invoice_is_agreed_to_be_paid_later_where_the_settings_say_so(world: World) -> None:
    terms = {"payment": "pending", "gateway": "payment_invoicepayment"}
    assert not (await bought(world, **terms)).on_terms
    assert (await bought(world, connector={"terms_methods": ["payment_invoicepayment"]}, **terms)).on_terms


async def test_a_company_has_an_account_only_where_the_settings_say_so(world: World) -> None:
    acme = {"company": Company("Acme Ltd")}
    assert (await bought(world, **acme)).company is None
    known = (await bought(world, connector={"company_accounts": True}, **acme)).company
    assert known
    assert known.name == "Acme Ltd"


async def test_its_reference_is_the_shops_own_serial_number(world: World) -> None:
    """Shopware's ids have 32 characters, and a reference in Khaos Control has fifteen."""
    order = await bought(world)
    assert order.serial.isdigit()
    assert posted(order).ref.endswith(order.serial)


async def test_an_order_whose_product_was_deleted_keeps_its_number(world: World) -> None:
    """SHW-9."""
    placed = world.shop.place_order([("MUG", 1)])
    world.shop.delete_product("MUG")
    assert [line.sku for line in (await world.order(placed)).lines] == ["MUG"]
