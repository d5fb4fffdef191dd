"""An order becomes a sales order that the ERP computes to the same penny, or it is refused with the reason."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from examples import VAT, address, line, order, rules, stock_item

from khaossync.domain.cases import CaseClass
from khaossync.domain.composition import compose
from khaossync.domain.errors import RejectedError
from khaossync.domain.orders import Company, Delivery, Discount, Extra, Order, OrderLine, Payment, PaymentState, Tax
from khaossync.domain.rules import ChannelRules
from khaossync.domain.sales_order import SalesOrder, Totals

D = Decimal
ITEMS = {code: stock_item(code) for code in ("MUG", "PLATE", "BOOK")}
RULES = rules(money_codes={"tip": "TIP", "gift_card": "GIFT"})


def made(shop_order: Order, channel: ChannelRules = RULES) -> SalesOrder:
    return compose(shop_order, channel, ITEMS)


def refused(shop_order: Order, channel: ChannelRules = RULES, **items: Any) -> RejectedError:
    with pytest.raises(RejectedError) as caught:
        compose(shop_order, channel, {**ITEMS, **items})
    assert caught.value.final
    assert caught.value.evidence
    return caught.value


def taxed(amount: str, tax: str, rate: Decimal = VAT) -> dict[str, Any]:
    return {"unit_price": D(amount), "taxes": (Tax(rate, D(tax)),)}


def test_order_customer_and_money_travel_in_one_packet() -> None:
    """SHO-6, ADB-29: customer, lines, delivery, payments and references are one sales order."""
    one = order(note="ring twice", purchase_order="PO-7", refund_ids=("r1",))
    composed = made(one)
    assert (composed.ref, composed.number, composed.courier) == ("S5001", "#1001", "RM48")
    assert (composed.site, composed.sales_source, composed.company_class) == ("Main", "Web", "Retail")
    assert (composed.customer, composed.payments, composed.refund_ids) == (one.customer, one.payments, ("r1",))
    assert (composed.note, composed.purchase_order) == ("ring twice", "PO-7")
    assert composed.fingerprint == one.fingerprint
    assert composed.delivery == Totals(D("5.00"), D("1.00"), D("6.00"))
    assert composed.totals == Totals(D("15.00"), D("3.00"), D("18.00"))


def test_prices_of_a_net_order_stay_net() -> None:
    net = order(
        gross=False,
        lines=(line(**taxed("10.00", "2.00")),),
        deliveries=(Delivery("Standard", D("5.00"), taxes=(Tax(VAT, D("1.00")),)),),
    )
    composed = made(net)
    assert [(one.unit_price, one.gross) for one in composed.lines] == [(D("10.00"), False)]
    assert composed.totals == Totals(D("15.00"), D("3.00"), D("18.00"))


def test_lines_that_were_removed_or_refunded_are_left_out() -> None:
    gone = replace(line("PLATE"), quantity=0, taxes=())
    composed = made(order(lines=(line(), gone), payment=PaymentState.PARTIALLY_REFUNDED))
    assert [one.stock_code for one in composed.lines] == ["MUG"]


def test_a_mapped_sku_goes_under_its_stock_code() -> None:
    """ADB-25: the stock code is the master identifier."""
    composed = made(order(lines=(line("CUP"),)), replace(RULES, skus={"CUP": "MUG"}))
    assert [(one.stock_code, one.sku, one.line_id) for one in composed.lines] == [("MUG", "CUP", "line-CUP")]


def test_each_promotion_is_a_line_of_its_own_for_each_tax_rate() -> None:
    """ADB-30, SHO-11: VAT falls by the VAT of just the goods that were reduced."""
    book = line("BOOK", price="8.00", taxes=(Tax(D(0), D(0)),), discounts=(Discount("TEN", D("0.80")),))
    mugs = line(
        quantity=2,
        discounts=(Discount("TEN", D("2.40")), Discount("VIP", D("1.20"))),
        taxes=(Tax(VAT, D("3.40")),),
    )
    plate = line("PLATE", discounts=(Discount("TEN", D("1.20")),), taxes=(Tax(VAT, D("1.80")),))
    composed = made(order(lines=(mugs, plate, book), deliveries=(), tax=D("5.20"), total=D("38.40")), DELIVERED)
    money = [
        (one.stock_code, one.description, one.unit_price, one.tax_code) for one in composed.lines if not one.line_id
    ]
    assert money == [
        ("DISCOUNT", "TEN", D("-3.60"), 1),
        ("DISCOUNT", "VIP", D("-1.20"), 1),
        ("DISCOUNT", "TEN", D("-0.80"), 2),
    ]
    assert composed.totals == Totals(D("33.20"), D("5.20"), D("38.40"))


DELIVERED = replace(RULES, default_courier="RM24")


def test_several_deliveries_become_one_and_each_discount_on_them_a_line() -> None:
    """ADB-30: every discount is a distinct line; delivery and line together are what the shop charged."""
    parts = (
        Delivery("Gift wrap", D("2.00"), taxes=(Tax(D(0), D(0)),)),
        Delivery("Standard", D("6.00"), (Discount("HALF", D("3.00")),), (Tax(VAT, D("0.50")),)),
    )
    composed = made(order(deliveries=parts, tax=D("2.50"), total=D("17.00")))
    assert composed.delivery == Totals(D("7.00"), D("1.00"), D("8.00"))
    off = composed.lines[-1]
    assert (off.stock_code, off.description, off.unit_price) == ("DISCOUNT", "HALF (delivery)", D("-3.00"))
    assert (off.tax_code, off.line_id) == (1, "")
    assert composed.totals == Totals(D("14.50"), D("2.50"), D("17.00"))
    assert composed.courier == "RM48"


def test_free_delivery_whose_rate_has_no_code_keeps_its_discount_inside() -> None:
    free = Delivery("Standard", D("6.00"), (Discount("FREE", D("6.00")),))
    strict = rules(tax_codes={VAT: 1})
    composed = made(order(deliveries=(free,), tax=D("2.00"), total=D("12.00")), strict)
    assert composed.delivery == Totals(D(0), D(0), D(0))
    assert [one.stock_code for one in composed.lines] == ["MUG"]


def test_a_delivery_taxed_at_two_rates_needs_no_code() -> None:
    mixed = Delivery("Standard", D("6.00"), taxes=(Tax(VAT, D("0.50")), Tax(D(0), D(0))))
    assert made(order(deliveries=(mixed,), tax=D("2.50"))).delivery.tax == D("0.50")


@pytest.mark.parametrize("method", ["Standard", "Unheard of", None])
def test_a_default_courier_takes_what_no_courier_is_mapped_for(method: str | None) -> None:
    deliveries = (Delivery(method, D(0)),) if method else ()
    composed = made(order(deliveries=deliveries, tax=D("2.00"), total=D("12.00")), DELIVERED)
    assert composed.courier == ("RM48" if method == "Standard" else "RM24")


@pytest.mark.parametrize("method", ["Unheard of", None])
def test_an_unmapped_delivery_method_awaits_a_person(method: str | None) -> None:
    """SHW-F3, S-8: the method is named."""
    deliveries = (Delivery(method, D(0)),) if method else ()
    error = refused(order(deliveries=deliveries, tax=D("2.00"), total=D("12.00")))
    assert error.case_class is CaseClass.UNMAPPED_DELIVERY_METHOD
    assert (method or "an order without a delivery method") in str(error)
    assert error.evidence == {"delivery method": method or "(none)"}


def test_a_tip_is_a_line_without_tax_on_its_own_code() -> None:
    composed = made(order(extras=(Extra("tip", D("2.50")), Extra("duty", D(0))), total=D("20.50")))
    tip = composed.lines[-1]
    assert (tip.stock_code, tip.unit_price, tip.tax_rate, tip.line_id) == ("TIP", D("2.50"), D(0), "")
    assert composed.totals.gross == D("20.50")


def test_money_that_no_rule_maps_awaits_finance() -> None:
    extras = (Extra("duty", D("3.00")), Extra("levy", D("1.00")), Extra("tip", D("1.00")))
    error = refused(order(extras=extras, total=D("23.00")))
    assert error.case_class is CaseClass.UNKNOWN_MONEY
    assert error.evidence == {"duty": "3.00 GBP", "levy": "1.00 GBP"}


def gift(**changes: Any) -> Order:
    card = line("", price="25.00", title="Gift card", line_id="card", gift_card=True, taxes=(), **changes)
    return order(lines=(line(), card), total=D("43.00"))


def test_a_gift_card_sold_is_money_and_not_goods() -> None:
    composed = made(gift())
    card = composed.lines[1]
    assert (card.stock_code, card.line_id, card.tax_code) == ("GIFT", "", 2)
    assert [one.stock_code for one in composed.sent_lines] == ["MUG"]


def test_a_gift_card_without_a_code_awaits_finance() -> None:
    error = refused(gift(), rules())
    assert error.case_class is CaseClass.UNKNOWN_MONEY
    assert error.evidence == {"gift_card": "25.00 GBP"}


@pytest.mark.parametrize(
    ("skus", "sku", "told"),
    [
        ({}, "VASE", "no stock code VASE"),
        ({"CUP": "BOWL"}, "CUP", "no stock code BOWL"),
        ({"CUP": "MUG"}, "MUG", "already stands for the SKU CUP"),
        ({}, "", "no SKU"),
    ],
)
def test_a_sku_stands_for_exactly_one_stock_code_or_the_order_waits(skus: dict[str, str], sku: str, told: str) -> None:
    """ADB-26, ADB-F1, S-5: one to one, before the order is pushed."""
    error = refused(order(lines=(line(sku),)), replace(RULES, skus=skus))
    assert error.case_class is CaseClass.UNMAPPED_SKU
    assert told in str(error)
    assert error.evidence["skus"] == (sku or "(none)")


def test_a_line_without_a_sku_is_named_by_its_title() -> None:
    error = refused(order(lines=(line("", title="Custom print"),)))
    assert "'Custom print': no SKU" in str(error)
    assert error.evidence == {"skus": "(none)", "lines": "(no SKU) × 1 Custom print"}


def test_all_unknown_skus_of_an_order_are_told_at_once() -> None:
    lines = (line("VASE"), line(), line("BOWL", quantity=2))
    error = refused(order(lines=lines, tax=D("9.00"), total=D("54.00")))
    lines_told = "VASE × 1 Vase; BOWL × 2 Bowl"
    assert error.evidence == {"skus": "VASE, BOWL", "stock codes": "VASE, BOWL", "lines": lines_told}


@pytest.mark.parametrize("withdrawn", [{"discontinued": True}, {"deleted": True}])
def test_an_item_that_is_no_longer_sold_awaits_customer_service(withdrawn: dict[str, Any]) -> None:
    """SHW-9, S-9: archived items are caught before the ERP chokes on them."""
    error = refused(order(), MUG=stock_item(**withdrawn))
    assert error.case_class is CaseClass.DISCONTINUED_ITEM
    assert next(iter(withdrawn)) in str(error)


def test_an_item_that_runs_to_zero_is_left_to_the_erp() -> None:
    composed = compose(order(), RULES, {"MUG": stock_item(run_to_zero=True)})
    assert [one.stock_code for one in composed.lines] == ["MUG"]


def test_a_foreign_currency_awaits_finance() -> None:
    error = refused(order(currency="EUR"))
    assert error.case_class is CaseClass.FOREIGN_CURRENCY
    assert error.evidence == {"currency": "EUR", "total": "18.00"}


def test_one_address_stands_in_for_the_other() -> None:
    home, work = address(), address(town="York")
    assert made(order(billing=None, shipping=work)).invoice_address == work
    assert made(order(billing=home, shipping=None)).delivery_address == home
    both = made(order(billing=home, shipping=work))
    assert (both.invoice_address, both.delivery_address) == (home, work)


def test_an_order_without_any_address_awaits_customer_service() -> None:
    error = refused(order(billing=None, shipping=None))
    assert error.case_class is CaseClass.ADDRESS_DOES_NOT_FIT
    assert "neither a billing nor a delivery address" in str(error)


def test_a_penny_too_much_is_a_finance_case_with_every_figure() -> None:
    """SHW-31, S-12: never posted, never hidden in a rounding line."""
    error = refused(order(total=D("18.01")))
    assert error.case_class is CaseClass.TOTAL_MISMATCH
    assert error.evidence["total minus parts"] == "0.01"
    assert error.evidence["goods"] == "12.00"


def test_a_tolerated_difference_passes() -> None:
    assert made(order(total=D("18.01")), replace(RULES, total_tolerance=D("0.01"))).totals.gross == D("18.00")


def test_taxes_that_miss_the_order_s_tax_await_finance() -> None:
    error = refused(order(tax=D("3.06")))
    assert error.case_class is CaseClass.TAX_MISMATCH
    assert "the taxes on the parts of order #1001 miss its tax" in str(error)
    assert error.evidence["tax minus parts"] == "0.06"


def test_vat_that_the_erp_would_compute_otherwise_awaits_finance() -> None:
    """S-11, SHO-11: 20 % of an item that the shop sold at 5 %."""
    wrong = order(lines=(line(taxes=(Tax(VAT, D("0.57")),)),), tax=D("1.57"))
    error = refused(wrong)
    assert error.case_class is CaseClass.TAX_MISMATCH
    assert (error.evidence["ERP tax"], error.evidence["ERP tax minus tax"]) == ("3.00", "1.43")


def test_a_net_order_whose_vat_the_erp_rounds_otherwise_is_not_sent() -> None:
    """SHO-15: the shop rounded VAT per unit (0.67 × 3), the ERP rounds it per line."""
    lines = (line(quantity=3, **taxed("3.33", "2.01")),)
    shop_order = order(gross=False, lines=lines, deliveries=(), tax=D("2.01"), total=D("12.00"))
    error = refused(shop_order, DELIVERED)
    assert error.case_class is CaseClass.TOTAL_MISMATCH
    assert (error.evidence["ERP total"], error.evidence["ERP total minus total"]) == ("11.99", "-0.01")


def test_a_price_finer_than_a_penny_cannot_slip_through() -> None:
    fine = order(lines=(line(quantity=3, **taxed("3.3333", "1.67")),), deliveries=(), tax=D("1.67"), total=D("9.9999"))
    assert refused(fine, DELIVERED).case_class is CaseClass.TOTAL_MISMATCH


def test_a_discount_of_nothing_is_no_line() -> None:
    free = line(discounts=(Discount("NONE", D(0)),))
    assert [one.stock_code for one in made(order(lines=(free,))).lines] == ["MUG"]


def test_the_one_rate_of_two_taxes_is_that_of_the_whole_line_less_its_discounts() -> None:
    channel = replace(DELIVERED, tax_codes={D("0.08"): 9})
    reduced = line(
        quantity=3,
        unit_price=D("50.00"),
        discounts=(Discount("TEN", D("30.00")), Discount("VIP", D("20.00"))),
        taxes=(Tax(D("0.06"), D("6.00")), Tax(D("0.02"), D("2.00"))),
    )
    shop_order = order(gross=False, lines=(reduced,), deliveries=(), tax=D("8.00"), total=D("108.00"))
    assert [one.tax_code for one in made(shop_order, channel).lines] == [9, 9, 9]


def american(taxes: tuple[Tax, ...], tax: str) -> OrderLine:
    return line(unit_price=D("100.00"), taxes=(*taxes, Tax(D("0.02"), D(tax))))


@pytest.mark.parametrize(("county", "fits"), [("2.00", True), ("2.02", True), ("2.03", False), ("2.12", False)])
def test_taxes_on_one_line_are_one_rate_only_when_they_add_up_to_it(county: str, fits: bool) -> None:
    channel = replace(DELIVERED, tax_codes={D("0.08"): 9, D(0): 2})
    one = american((Tax(D("0.06"), D("6.00")),), county)
    tax = D("6.00") + D(county)
    shop_order = order(gross=False, lines=(one,), deliveries=(), tax=tax, total=100 + tax)
    tolerant = replace(channel, total_tolerance=D("0.05"))
    if fits:
        assert made(shop_order, tolerant).lines[0].tax_code == 9
    else:
        error = refused(shop_order, tolerant)
        assert error.case_class is CaseClass.UNMAPPED_TAX_RATE
        assert error.evidence["taxes"] == f"6 % = 6.00 + 2 % = {county}"


def test_two_taxes_included_in_the_price_are_one_rate_of_the_net() -> None:
    channel = replace(DELIVERED, tax_codes={D("0.08"): 9})
    both = line(unit_price=D("108.00"), taxes=(Tax(D("0.06"), D("6.00")), Tax(D("0.02"), D("2.00"))))
    shop_order = order(lines=(both,), deliveries=(), tax=D("8.00"), total=D("108.00"))
    assert made(shop_order, channel).totals == Totals(D("100.00"), D("8.00"), D("108.00"))


@pytest.mark.parametrize(("rate", "told"), [("0.125", "12.5 %"), ("0.10", "10 %")])
def test_a_rate_without_a_code_awaits_finance(rate: str, told: str) -> None:
    error = refused(order(lines=(line(taxes=(Tax(D(rate), D("2.00")),)),)))
    assert error.case_class is CaseClass.UNMAPPED_TAX_RATE
    assert error.evidence == {"rate": told}


def test_a_line_without_tax_is_booked_at_rate_zero() -> None:
    composed = made(order(lines=(line(taxes=()),), tax=D("1.00")))
    assert (composed.lines[0].tax_rate, composed.lines[0].tax_code) == (D(0), 2)


def test_a_reference_that_does_not_fit_refuses_the_order() -> None:
    assert refused(order(order_id="9" * 15)).case_class is CaseClass.REFERENCE_TOO_LONG


def test_figures_are_proved_before_names_are_mapped() -> None:
    wrong = order(lines=(line("VASE"),), total=D("1.00"), currency="EUR", billing=None, shipping=None)
    assert refused(wrong).case_class is CaseClass.TOTAL_MISMATCH


def test_money_that_went_back_before_the_order_is_sent_is_not_booked_as_paid() -> None:
    """S-12: one of two mugs was refunded first; 18.00 of the 30.00 paid stand for what is sold."""
    paid = (
        Payment("gift_card", Decimal("10.00"), "txn-1", captured=True),
        Payment("shopify_payments", Decimal("20.00"), "txn-2", captured=True),
    )
    made = compose(order(payments=paid), rules(), {"MUG": stock_item()})
    assert [payment.amount for payment in made.payments] == [Decimal("10.00"), Decimal("8.00")]
    assert sum(payment.amount for payment in made.payments) == made.totals.gross


BUNDLED = rules(bundles={"SET-1": {"MUG": 2, "TRAY": 1}})


def test_a_bundle_with_a_part_that_the_erp_lacks_is_told_by_that_part() -> None:
    """SHO-F1, S-5."""
    error = refused(order(lines=(line("SET-1"),)), BUNDLED)
    assert error.case_class is CaseClass.UNMAPPED_SKU
    assert "'SET-1': the ERP has no stock code TRAY" in str(error)
    assert error.evidence["stock codes"] == "MUG, TRAY"


def test_a_bundle_with_a_discontinued_part_is_not_sold() -> None:
    """S-9."""
    error = refused(order(lines=(line("SET-1"),)), BUNDLED, TRAY=stock_item("TRAY", discontinued=True))
    assert error.case_class is CaseClass.DISCONTINUED_ITEM
    assert "stock code TRAY is discontinued" in str(error)


ACME = Company("gid://shopify/Company/7", "Acme Ltd")


@pytest.mark.parametrize(
    ("companies", "told", "code"),
    [
        ({}, replace(ACME, code="ACME01"), "ACME01"),
        ({"gid://shopify/Company/7": "MAPPED"}, replace(ACME, code="ACME01"), "MAPPED"),
        ({"7": "MAPPED"}, ACME, "MAPPED"),
        ({"acme-eu": "MAPPED"}, replace(ACME, code="acme-eu"), "MAPPED"),
        ({"8": "OTHER"}, replace(ACME, code="ACME01"), "ACME01"),
    ],
)
def test_a_business_order_goes_to_its_customer_in_the_erp(companies: dict[str, str], told: Company, code: str) -> None:
    """SHO-F5: the configuration comes before what the shop keeps."""
    assert made(order(company=told), rules(companies=companies)).customer_code == code


def test_a_business_without_a_customer_code_awaits_a_person() -> None:
    """S-6, SHO-11."""
    error = refused(order(company=ACME))
    assert error.case_class is CaseClass.UNMAPPED_CUSTOMER
    assert error.evidence == {"company": "Acme Ltd", "company id": "gid://shopify/Company/7"}


def test_a_private_customer_needs_no_code() -> None:
    assert made(order()).customer_code == ""


def test_an_order_on_terms_carries_no_payment_that_was_not_made() -> None:
    """SHO-F5: nothing unpaid is booked as paid."""
    composed = made(order(on_terms=True, payment=PaymentState.PENDING, payments=()))
    assert composed.on_terms
    assert composed.payments == ()
