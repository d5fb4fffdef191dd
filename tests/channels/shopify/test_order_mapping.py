"""An order of the Admin API becomes an Order whose money adds up to what the customer owes now."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from channels.shopify.answers import (
    Json,
    address,
    line,
    money,
    nodes,
    off,
    order,
    refunded,
    shipping,
    tax,
    transaction,
)

from khaossync.channels.shopify.documents import order_document
from khaossync.channels.shopify.fields import MalformedError, Node
from khaossync.channels.shopify.mapping import read_order
from khaossync.domain.money import ZERO
from khaossync.domain.orders import Company, Delivery, Discount, Extra, Order, PaymentState, Risk, Tax
from khaossync.domain.proof import prove, prove_tax

D = Decimal


def read(node: Json) -> Order:
    return read_order(Node.of(node, "order"), "shop")


def proved(node: Json) -> Order:
    """The order, once its parts have been shown to make its total and its tax."""
    found = read(node)
    assert prove(found) == ZERO
    assert prove_tax(found) == ZERO
    return found


def test_a_plain_order_keeps_who_bought_what_and_where_it_goes() -> None:
    """SHO-6: a sales order needs the customer's record and the line items."""
    found = proved(order())
    assert (found.key, found.number, found.total) == ("shop:gid://shopify/Order/5001", "#1001", D("18.00"))
    assert found.placed_at == datetime(2026, 11, 2, 12, tzinfo=UTC)
    assert (found.customer.forename, found.customer.email) == ("Test", "test@example.com")
    assert found.shipping
    assert (found.shipping.line1, found.shipping.country_code, found.shipping.company) == ("1 High Street", "GB", "")
    assert [(each.line_id, each.sku, each.quantity, each.ordered) for each in found.lines] == [
        ("gid://shopify/LineItem/MUG", "MUG", 1, 1)
    ]
    assert found.deliveries == (Delivery("Standard", D("6.00")),)
    assert (found.confirmed, found.test, found.cancelled_at, found.gross) == (True, False, None, True)


def test_a_guest_has_no_customer_id_but_an_email() -> None:
    found = proved(order(customer=None))
    assert (found.customer.customer_id, found.customer.email) == ("", "test@example.com")


def test_a_customer_without_an_email_on_the_order_gives_the_own_one() -> None:
    assert proved(order(email=None)).customer.email == "other@example.com"


def test_an_order_without_addresses_is_still_an_order() -> None:
    found = proved(order(billingAddress=None, shippingAddress=None))
    assert (found.billing, found.shipping) == (None, None)


def test_taxes_inside_the_prices_are_told_and_not_added() -> None:
    node = order(
        "18.00",
        "3.00",
        lineItems=nodes(line(taxLines=[tax("2.00")])),
        shippingLines=nodes(shipping(taxLines=[tax("1.00")])),
    )
    found = proved(node)
    assert (found.gross, found.tax, found.lines[0].taxes) == (True, D("3.00"), (Tax(D("0.2"), D("2.00")),))


def test_taxes_on_top_of_the_prices_are_added() -> None:
    node = order(
        "21.60",
        "3.60",
        taxesIncluded=False,
        lineItems=nodes(line(taxLines=[tax("2.40")])),
        shippingLines=nodes(shipping(taxLines=[tax("1.20")])),
    )
    assert proved(node).total == D("21.60")


def test_lines_of_several_rates_keep_their_own_tax() -> None:
    """SHO-11: a mixed basket is where tax discrepancies come from."""
    book = line("BOOK", price="10.00", taxLines=[tax("0.00", "0.0")])
    seat = line("SEAT", price="105.00", taxLines=[tax("5.00", "0.05")])
    node = order("133.00", "8.00", lineItems=nodes(line(taxLines=[tax("2.00")]), book, seat))
    node["shippingLines"] = nodes(shipping(taxLines=[tax("1.00")]))
    found = proved(node)
    assert [[each.rate for each in item.taxes] for item in found.lines] == [[D("0.2")], [D("0.0")], [D("0.05")]]


def test_discounts_on_a_line_and_on_the_delivery_stay_where_they_were_given() -> None:
    node = order(
        "9.50",
        lineItems=nodes(line(discountAllocations=[off("1.50"), off("1.00", "EXTRA")])),
        shippingLines=nodes(
            shipping(
                discountAllocations=[off("6.00", "FREESHIP")],
                discountedPriceSet=money("0.00"),
                currentDiscountedPriceSet=money("0.00"),
            )
        ),
    )
    found = proved(node)
    assert found.lines[0].discounts == (Discount("SAVE", D("1.50")), Discount("EXTRA", D("1.00")))
    assert found.deliveries[0].discounts == (Discount("FREESHIP", D("6.00")),)


@pytest.mark.parametrize(
    ("application", "name"),
    [({"title": "Two for one"}, "Two for one"), ({}, "discount"), (None, "discount"), ({"code": "VIP"}, "VIP")],
)
def test_a_discount_of_any_kind_takes_its_money_off(application: Json | None, name: str) -> None:
    entry = {"allocatedAmountSet": money("2.00"), "discountApplication": application}
    found = proved(order("16.00", lineItems=nodes(line(discountAllocations=[entry]))))
    assert found.lines[0].discounts == (Discount(name, D("2.00")),)


def test_yen_have_no_pence() -> None:
    node = order(
        "3667",
        "333",
        "JPY",
        lineItems=nodes(
            line(
                quantity=3,
                price="1000",
                currency="JPY",
                currentQuantity=3,
                discountAllocations=[off("500", currency="JPY")],
                taxLines=[tax("227", "0.1", "JPY")],
            )
        ),
        shippingLines=nodes(shipping("1167", "JPY", taxLines=[tax("106", "0.1", "JPY")])),
        transactions=[],
    )
    assert proved(node).currency == "JPY"


def test_a_partial_refund_scales_discounts_and_taxes_to_what_is_left() -> None:
    """Allocations and tax lines of Shopify include refunded units; the order's current totals do not."""
    kept = line(
        quantity=3, price="10.00", currentQuantity=2, discountAllocations=[off("10.00")], taxLines=[tax("3.33")]
    )
    # Left: 2 × 10.00 − 6.66 (Shopify rounded the refunded third up) + 6.00 delivery; tax 2.23 of it.
    node = order("19.34", "3.23", lineItems=nodes(kept), refunds=[refunded(MUG=1)])
    node["shippingLines"] = nodes(shipping(taxLines=[tax("1.00")]))
    found = proved(node)
    (mug,) = found.lines
    assert (mug.quantity, mug.ordered) == (2, 3)
    assert mug.discounts == (Discount("SAVE", D("6.66")),)
    assert mug.taxes == (Tax(D("0.2"), D("2.23")),)
    assert found.refund_ids == ("gid://shopify/Refund/1",)


def test_units_that_were_edited_away_are_neither_wanted_nor_ordered() -> None:
    mug = line(quantity=4, price="12.00", currentQuantity=3, discountAllocations=[off("9.60")])
    gone = line("CUP", currentQuantity=0)
    found = proved(order("34.80", lineItems=nodes(mug, gone)))
    assert [(each.sku, each.quantity, each.ordered) for each in found.lines] == [("MUG", 3, 3)]
    assert found.lines[0].discounts == (Discount("SAVE", D("7.20")),)


@pytest.mark.parametrize(("status", "ordered"), [("SUCCESS", 3), ("PENDING", 3), ("FAILURE", 2)])
def test_units_taken_off_without_money_are_no_longer_ordered(status: str, ordered: int) -> None:
    """Shopify keeps units that were edited off an order as a refund without money: an edit, not a refund."""
    edited = order("26.00", lineItems=nodes(line(quantity=3, price="10.00", currentQuantity=2)))
    (mug,) = proved(edited | {"refunds": [refunded(status=status, MUG=1)]}).lines
    assert (mug.quantity, mug.ordered) == (2, ordered)
    without = refunded(MUG=1) | {"transactions": nodes()}
    assert proved(edited | {"refunds": [without]}).lines[0].ordered == 2


def test_a_line_that_was_refunded_in_full_stays_known_with_nothing_to_deliver() -> None:
    """So a refund does not look like an edit: the fingerprint is made of what was ordered."""
    before = proved(order("30.00", lineItems=nodes(line(), line("CUP"))))
    node = order("18.00", lineItems=nodes(line(), line("CUP", currentQuantity=0)), refunds=[refunded(CUP=1)])
    found = proved(node)
    assert [(each.sku, each.quantity, each.ordered) for each in found.lines] == [("MUG", 1, 1), ("CUP", 0, 1)]
    assert found.fingerprint == before.fingerprint


def test_a_refunded_delivery_is_told_at_what_remains_of_it() -> None:
    part = shipping(taxLines=[tax("1.00")], currentDiscountedPriceSet=money("2.00"))
    node = order("14.00", "2.33", lineItems=nodes(line(taxLines=[tax("2.00")])), shippingLines=nodes(part))
    found = proved(node)
    assert found.deliveries == (Delivery("Standard", D("2.00"), (), (Tax(D("0.2"), D("0.33")),)),)


def test_a_difference_that_rounding_cannot_explain_is_left_for_finance_to_see() -> None:
    """SHO-15: nothing is bent to fit."""
    kept = line(quantity=3, price="10.00", currentQuantity=2, discountAllocations=[off("10.00")])
    found = read(order("19.30", lineItems=nodes(kept), refunds=[refunded(MUG=1)]))
    assert found.lines[0].discounts == (Discount("SAVE", D("6.67")),)
    assert prove(found) == D("-0.03")


def test_an_untouched_order_is_never_adjusted() -> None:
    found = read(order("17.99", lineItems=nodes(line(discountAllocations=[off("0.00")]))))
    assert prove(found) == D("-0.01")


def test_a_tip_is_an_extra() -> None:
    found = proved(order("20.50", totalTipReceivedSet=money("2.50")))
    assert found.extras == (Extra("tip", D("2.50")),)


def test_a_tip_that_is_also_shown_as_a_line_counts_once() -> None:
    shown = line("TIP", price="2.50", requiresShipping=False) | {"sku": None}
    found = proved(order("20.50", totalTipReceivedSet=money("2.50"), lineItems=nodes(line(), shown)))
    assert [each.sku for each in found.lines] == ["MUG"]


def test_duties_fees_and_cash_rounding_are_extras() -> None:
    node = order(
        "23.00",
        currentTotalDutiesSet=money("4.00"),
        currentTotalAdditionalFeesSet=money("1.00"),
        totalCashRoundingAdjustment={"paymentSet": money("-0.02")},
    )
    found = proved(node)
    assert {each.name: each.amount for each in found.extras} == {
        "duties": D("4.00"),
        "additional_fees": D("1.00"),
        "cash_rounding": D("-0.02"),
    }
    assert found.total == D("22.98")


def test_duties_inside_the_prices_are_not_added_again() -> None:
    assert proved(order(dutiesIncluded=True, currentTotalDutiesSet=money("4.00"))).extras == ()


def test_tax_that_the_sales_channel_pays_itself_is_never_our_vat() -> None:
    """A tax on top becomes an extra of its own."""
    node = order(
        "20.40", "2.40", taxesIncluded=False, lineItems=nodes(line(taxLines=[tax("2.40", channelLiable=True)]))
    )
    found = proved(node)
    assert (found.tax, found.extras, found.lines[0].taxes) == (ZERO, (Extra("marketplace_tax", D("2.40")),), ())


def test_such_a_tax_inside_a_price_is_taken_out_of_it() -> None:
    node = order("18.00", "2.00", lineItems=nodes(line(taxLines=[tax("2.00", channelLiable=True)])))
    found = proved(node)
    assert found.lines[0].discounts == (Discount("marketplace_tax", D("2.00")),)
    assert found.extras == (Extra("marketplace_tax", D("2.00")),)
    assert found.tax == ZERO


def test_a_gift_card_that_was_sold_is_flagged() -> None:
    assert proved(order(lineItems=nodes(line(isGiftCard=True)))).lines[0].gift_card


def test_a_bundle_arrives_as_its_components() -> None:
    """SHO-F1: Shopify has no parent line, and a component may cost nothing."""
    parts = nodes(line("CUP", price="12.00"), line("SAUCER", price="0.00"))
    assert [(each.sku, each.unit_price) for each in proved(order(lineItems=parts)).lines] == [
        ("CUP", D("12.00")),
        ("SAUCER", D("0.00")),
    ]


def test_a_payment_is_counted_once_when_its_authorisation_was_captured() -> None:
    """SHO-1: Shopify is the master of what was paid."""
    held = transaction("AUTHORIZATION", number=1)
    taken = transaction("CAPTURE", number=2, parentTransaction={"id": held["id"]})
    (payment,) = proved(order(transactions=[held, taken])).payments
    assert (payment.amount, payment.captured, payment.reference) == (D("18.00"), True, "c2")


def test_a_capture_without_its_parent_spends_the_authorisation_of_its_gateway() -> None:
    both = [transaction("AUTHORIZATION", number=1), transaction("CAPTURE", number=2)]
    assert [each.captured for each in proved(order(transactions=both)).payments] == [True]


def test_an_authorisation_alone_is_a_payment_not_captured() -> None:
    """SHO-4."""
    found = proved(order(displayFinancialStatus="AUTHORIZED", transactions=[transaction("AUTHORIZATION")]))
    assert found.payment is PaymentState.AUTHORISED
    assert [each.captured for each in found.payments] == [False]


def test_a_voided_authorisation_and_a_failed_sale_are_no_payments() -> None:
    held = transaction("AUTHORIZATION", number=1)
    void = transaction("VOID", number=2, parentTransaction={"id": held["id"]})
    failed = transaction(number=3, status="FAILURE")
    assert proved(order(transactions=[held, void, failed])).payments == ()


def test_change_given_back_is_not_money_received() -> None:
    cash = transaction(amount="20.00", gateway="cash")
    change = transaction("CHANGE", "2.00", 2, parentTransaction={"id": cash["id"]})
    assert [each.amount for each in proved(order(transactions=[cash, change])).payments] == [D("18.00")]


def test_a_gift_card_that_paid_keeps_its_gateway() -> None:
    both = [transaction(amount="5.00", gateway="gift_card", paymentId=None), transaction(amount="13.00", number=2)]
    found = proved(order(transactions=both)).payments
    assert [(each.gateway, each.amount, each.reference) for each in found] == [
        ("gift_card", D("5.00"), "1"),
        ("shopify_payments", D("13.00"), "c2"),
    ]


@pytest.mark.parametrize(
    ("told", "state"),
    [
        ("PENDING", PaymentState.PENDING),
        ("AUTHORIZED", PaymentState.AUTHORISED),
        ("PARTIALLY_PAID", PaymentState.PARTIALLY_PAID),
        ("PAID", PaymentState.PAID),
        ("PARTIALLY_REFUNDED", PaymentState.PARTIALLY_REFUNDED),
        ("REFUNDED", PaymentState.REFUNDED),
        ("VOIDED", PaymentState.VOIDED),
        ("EXPIRED", PaymentState.EXPIRED),
        ("SOMETHING_NEW", PaymentState.UNKNOWN),
        (None, PaymentState.UNKNOWN),
    ],
)
def test_every_financial_status_has_a_state_and_a_new_one_is_unknown(told: str | None, state: PaymentState) -> None:
    """SHO-4."""
    assert read(order(displayFinancialStatus=told)).payment is state


def test_a_cancelled_test_order_says_both() -> None:
    found = proved(order(test=True, cancelledAt="2026-11-03T09:30:00+01:00"))
    assert found.test
    assert found.cancelled_at == datetime(2026, 11, 3, 8, 30, tzinfo=UTC)


def test_what_is_new_in_an_order_is_a_new_version_and_the_same_is_not() -> None:
    first = order_document(Node.of(order()), "shop")
    assert first == order_document(Node.of(order()), "shop")
    later = order_document(Node.of(order(updatedAt="2026-11-02T12:00:06Z")), "shop")
    other = order_document(Node.of(order(note="Ring the bell")), "shop")
    assert len({first.version, later.version, other.version}) == 3


def test_the_kept_raw_text_reads_as_the_same_order() -> None:
    document = order_document(Node.of(order(lineItems=nodes(line(taxLines=[tax("2.00")])))), "shop")
    assert read(json.loads(document.raw)) == document.body


BROKEN: list[tuple[Json, str]] = [
    ({"currencyCode": None}, "order.currencyCode is null where a text was expected"),
    ({"confirmed": "yes"}, "order.confirmed is a text where a boolean was expected"),
    ({"createdAt": "yesterday"}, "order.createdAt is a text where an instant"),
    ({"createdAt": "2026-11-02T12:00:00"}, "order.createdAt is a text where an instant with its offset"),
    ({"lineItems": nodes(None)}, "order.lineItems.nodes[0] is null"),
    ({"lineItems": nodes(line() | {"quantity": "1"})}, "quantity is a text where a whole number was expected"),
    ({"lineItems": nodes(line() | {"quantity": True})}, "quantity is a boolean"),
    ({"lineItems": nodes(line(currentQuantity=2))}, "has 2 units left of 1"),
    ({"lineItems": nodes(line(originalUnitPriceSet=money("NaN")))}, "an amount of a shop"),
    ({"lineItems": nodes(line(originalUnitPriceSet=money("1e400")))}, "an amount of a shop"),
    ({"lineItems": nodes(line(originalUnitPriceSet=money("12,00")))}, "an amount was expected"),
    ({"lineItems": nodes(line(originalUnitPriceSet=money("12.00", "EUR")))}, "is in EUR where the shop's GBP"),
    ({"lineItems": nodes(line(taxLines=[tax("2.00", "20")]))}, "which is no rate of tax"),
    ({"currentTotalPriceSet": None}, "order.currentTotalPriceSet is null where an object was expected"),
    ({"shippingAddress": "Leeds"}, "order.shippingAddress is a text where an object was expected"),
    ({"transactions": {}}, "order.transactions is an object where a list was expected"),
]


@pytest.mark.parametrize(("changes", "reason"), BROKEN)
def test_a_field_that_is_missing_or_wrong_is_named(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(MalformedError) as caught:
        read(order(**changes))
    assert reason in str(caught.value)


def test_a_field_that_was_not_told_is_named_as_missing() -> None:
    node = order()
    del node["name"]
    with pytest.raises(MalformedError, match=r"order\.name is missing where a text was expected"):
        read(node)


def test_a_null_in_an_address_is_empty_text() -> None:
    found = proved(order(shippingAddress=address(zip=None, province=None)))
    assert found.shipping
    assert (found.shipping.postcode, found.shipping.county) == ("", "")


@pytest.mark.parametrize(
    ("told", "meant"),
    [
        ({"recommendation": "ACCEPT"}, Risk.ACCEPT),
        ({"recommendation": "INVESTIGATE"}, Risk.INVESTIGATE),
        ({"recommendation": "CANCEL"}, Risk.CANCEL),
        ({"recommendation": "NONE"}, Risk.UNKNOWN),
        ({"recommendation": "A_WORD_OF_TOMORROW"}, Risk.UNKNOWN),
        (None, Risk.UNKNOWN),
    ],
)
def test_the_shops_fraud_analysis_is_read_and_a_new_word_is_no_judgement(told: Json | None, meant: Risk) -> None:
    """SHO-4."""
    assert proved(order(risk=told)).risk is meant


def test_the_shops_own_labels_are_told() -> None:
    assert proved(order(tags=["release-to-erp", "vip"])).tags == ("release-to-erp", "vip")


def business(location: str | None, own: str | None) -> Json:
    company = {"id": "gid://shopify/Company/3", "name": "Cafe Ltd", "externalId": own}
    return {"company": company, "location": {"externalId": location}}


@pytest.mark.parametrize(
    ("location", "own", "code"),
    [("CAFE01", "CAFE", "CAFE01"), (" ", "CAFE ", "CAFE"), (None, "CAFE", "CAFE"), (None, None, "")],
)
def test_a_business_is_told_with_the_nearest_code_that_the_shop_keeps_of_it(
    location: str | None, own: str | None, code: str
) -> None:
    """S-6."""
    found = proved(order(purchasingEntity=business(location, own)))
    assert found.company == Company("gid://shopify/Company/3", "Cafe Ltd", code)


@pytest.mark.parametrize("entity", [None, {}])
def test_a_person_buys_for_no_business(entity: Json | None) -> None:
    assert proved(order(purchasingEntity=entity)).company is None


@pytest.mark.parametrize(
    ("terms", "later"),
    [("NET", True), ("FIXED", True), ("FULFILLMENT", True), ("RECEIPT", False), ("UNKNOWN", False), (None, False)],
)
def test_an_order_on_terms_owes_its_money_later(terms: str | None, later: bool) -> None:
    """SHO-4: on account there is no payment to wait for."""
    told = {"paymentTermsType": terms} if terms else None
    found = proved(order(paymentTerms=told, displayFinancialStatus="PENDING", transactions=[]))
    assert (found.on_terms, found.payments, found.payment) == (later, (), PaymentState.PENDING)


def test_a_manual_payment_that_is_still_to_come_is_no_agreement_to_pay_later() -> None:
    """A bank deposit that was promised is money that the customer has yet to send."""
    promised = transaction(status="PENDING", gateway="Bank Deposit", manualPaymentGateway=True)
    found = proved(order(displayFinancialStatus="PENDING", transactions=[promised]))
    assert (found.on_terms, found.payments) == (False, ())


@pytest.mark.parametrize(
    "change", [{"risk": {"recommendation": "CANCEL"}}, {"tags": ["release-to-erp"]}, {"paymentTerms": None}]
)
def test_a_new_judgement_or_label_is_a_new_version_even_when_the_update_time_stands_still(change: Json) -> None:
    before = order(tags=["vip"], paymentTerms={"paymentTermsType": "NET"})
    versions = {order_document(Node.of(node, "order"), "shop").version for node in (before, before | change)}
    assert len(versions) == 2
