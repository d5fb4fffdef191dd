"""A sales order as Khaos Control imports it: complete, fitted, and with the figures that it will come to."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import examples
import pytest
from channels.khaosws.service import sales_line, sales_order, settings
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from khaossync.domain.cases import CaseClass
from khaossync.domain.errors import RejectedError
from khaossync.domain.orders import Customer, Payment
from khaossync.domain.sales_order import SalesOrder, Totals
from khaossync.erp.khaosws.markup import Element, legal
from khaossync.erp.khaosws.order_document import order_document


def built(order: SalesOrder | None = None, **setting: Any) -> Element:
    root = etree.fromstring(order_document(order or sales_order(), settings(**setting)))
    (body,) = root
    return body


def told(body: Element, path: str) -> str | None:
    return body.findtext(path)


def test_an_order_has_its_four_parts_and_the_compulsory_fields() -> None:
    """SHO-6: a sales order with customer record and line items."""
    body = built()
    assert [part.tag for part in body] == ["CUSTOMER_DETAIL", "PAYMENTS", "ORDER_HEADER", "ORDER_ITEMS"]
    assert {one.tag: one.text for one in body.iterfind("CUSTOMER_DETAIL/*") if not len(one)} == {
        "IS_NEW_CUSTOMER": "0",
        "OTHER_REF": "shop-7",
        "WEB_USER": "test@example.com",
        "COMPANY_CLASS": "Retail",
    }
    assert {one.tag: one.text for one in body.iterfind("CUSTOMER_DETAIL/ADDRESSES/INVADDR/*")} == {
        "IADDRESS1": "1 High Street",
        "ITOWN": "Leeds",
        "ICOUNTY": "West Yorkshire",
        "IPOSTCODE": "LS1 1AA",
        "ICOUNTRY_CODE": "GB",
        "IFORENAME": "Test",
        "ISURNAME": "Customer",
        "IEMAIL": "test@example.com",
    }
    assert {one.tag: one.text for one in body.iterfind("ORDER_HEADER/*")} == {
        "ORDER_DATE": "2026-11-02T12:00:00",
        "ORDER_AMOUNT": "18.00",
        "ORDER_CURRENCY_CODE": "GBP",
        "SITE": "Main",
        "ASSOCIATED_REF": "S5001",
        "INVOICE_NOTE": "shop order #1001 (id 5001)",
        "DELIVERY_NET": "5.00",
        "DELIVERY_TAX": "1.00",
        "COURIER_CODE": "RM48",
        "SALES_SOURCE": "Web",
    }
    assert {one.tag: one.text for one in body.iterfind("ORDER_ITEMS/ORDER_ITEM/*")} == {
        "STOCK_CODE": "MUG",
        "MAPPING_TYPE": "1",
        "STOCK_DESC": "Mug",
        "ORDER_QTY": "1",
        "PRICE_GRS": "12.00",
        "TAX_RATE": "1",
        "IMPORT_REF": "11",
    }


def test_the_order_date_is_in_the_servers_own_clock() -> None:
    summer = sales_order(placed_at=datetime(2026, 7, 1, 23, 30, tzinfo=UTC))
    assert told(built(summer), "ORDER_HEADER/ORDER_DATE") == "2026-07-02T00:30:00"


def test_a_guest_has_no_customer_reference() -> None:
    """A constant would merge all guests into one customer."""
    guest = sales_order(customer=Customer("", "guest@example.com", "Test", "Customer", ""))
    assert told(built(guest), "CUSTOMER_DETAIL/OTHER_REF") is None
    assert told(built(guest), "CUSTOMER_DETAIL/WEB_USER") == "guest@example.com"


def test_customers_of_two_channels_with_one_id_are_two_customers() -> None:
    refs = {told(built(sales_order(channel=one)), "CUSTOMER_DETAIL/OTHER_REF") for one in ("shop", "market")}
    assert refs == {"shop-7", "market-7"}


def test_a_customer_id_that_is_too_long_becomes_a_stable_short_one() -> None:
    uuid = "0189c2f4d7e87f1f8f7a0d2c9b5e6a71"
    one, again, other = (
        told(built(sales_order(customer=Customer(i, "", "Test", "Customer", ""))), "CUSTOMER_DETAIL/OTHER_REF")
        for i in (uuid, uuid, uuid[:-1] + "2")
    )
    assert one is not None
    assert len(one) == 30
    assert one == again != other


def test_a_global_id_is_known_by_its_own_part() -> None:
    order = sales_order(
        customer=Customer("gid://shopify/Customer/7", "", "Test", "Customer", ""),
        lines=(sales_line(line_id="gid://shopify/LineItem/99"),),
    )
    assert told(built(order), "CUSTOMER_DETAIL/OTHER_REF") == "shop-7"
    assert told(built(order), "ORDER_ITEMS/ORDER_ITEM/IMPORT_REF") == "99"


def test_a_delivery_address_is_sent_only_when_it_differs() -> None:
    assert built().find("CUSTOMER_DETAIL/ADDRESSES/DELADDR") is None
    gift = sales_order(delivery_address=examples.address(line1="2 Low Street"))
    assert told(built(gift), "CUSTOMER_DETAIL/ADDRESSES/DELADDR/DADDRESS1") == "2 Low Street"


def test_a_paid_order_has_an_authorisation_and_no_card() -> None:
    detail = built().find("PAYMENTS/PAYMENT_DETAIL")
    assert detail is not None
    assert {one.tag: one.text for one in detail} == {
        "PAYMENT_AMOUNT": "18.00",
        "PAYMENT_TYPE": "2",
        "PREAUTH": "0",
        "AUTH_CODE": "ch_1",
        "TRANSACTION_ID": "ch_1",
    }


def test_money_that_is_only_promised_is_marked_so() -> None:
    promised = sales_order(payments=(Payment("card", Decimal("18.00"), "", captured=False),))
    detail = built(promised).find("PAYMENTS/PAYMENT_DETAIL")
    assert detail is not None
    assert (detail.findtext("PREAUTH"), detail.findtext("AUTH_CODE")) == ("-1", "card")


def test_each_gateway_is_booked_as_configured_and_nothing_is_not_booked() -> None:
    payments = (
        Payment("gift_card", Decimal("5.00"), "gc", captured=True),
        Payment("card", Decimal(0), "void", captured=True),
        Payment("paypal", Decimal("13.00"), "pp", captured=True),
    )
    maps = {"gift_card": {"type": 4}, "paypal": {"card_type": "PayPal", "account_name": "PayPal GBP"}}
    details = built(sales_order(payments=payments), payments=maps).findall("PAYMENTS/PAYMENT_DETAIL")
    assert [one.findtext("PAYMENT_TYPE") for one in details] == ["4", "2"]
    assert [one.findtext("ACCOUNT_NAME") for one in details] == [None, "PayPal GBP"]
    assert all(one.find("CARD_NUMBER") is None for one in details)


def test_paypal_is_known_by_its_fixed_code_and_keeps_its_transaction() -> None:
    paid = sales_order(payments=(Payment("paypal", Decimal("18.00"), "pp-1", captured=True),))
    detail = built(paid, payments={"paypal": {"fixed_code": "PAYPAL"}}).find("PAYMENTS/PAYMENT_DETAIL")
    assert detail is not None
    assert [detail.findtext(tag) for tag in ("CARD_NUMBER", "AUTH_CODE", "TRANSACTION_ID")] == [
        "PAYPAL",
        "PAYPAL",
        "pp-1",
    ]


def test_an_unpaid_order_has_no_payment() -> None:
    body = built(sales_order(payments=()))
    assert body.find("PAYMENTS") is not None
    assert body.find("PAYMENTS/PAYMENT_DETAIL") is None


@pytest.mark.parametrize(
    ("changes", "tag", "price"),
    [
        ({}, "PRICE_GRS", "12.00"),
        ({"gross": False, "unit_price": Decimal("10.00")}, "PRICE_NET", "10.00"),
        ({"tax_rate": Decimal(0), "tax_code": 2}, "PRICE_NET", "12.00"),
        ({"tax_rate": Decimal("0.05"), "tax_code": 4, "unit_price": Decimal("10.50")}, "PRICE_NET", "10"),
        ({"tax_rate": Decimal("0.05"), "tax_code": 4, "quantity": 3}, "PRICE_NET", "11.43"),
        ({"tax_rate": Decimal("0.05"), "tax_code": 4, "unit_price": Decimal("0.10")}, "PRICE_GRS", "0.10"),
        ({"unit_price": Decimal("-2.00"), "line_id": "", "stock_code": "DISCOUNT"}, "PRICE_GRS", "-2.00"),
    ],
)
def test_a_line_has_one_price_gross_for_the_standard_rate_and_net_for_others(
    changes: dict[str, Any], tag: str, price: str
) -> None:
    item = built(sales_order(lines=(sales_line(**changes),))).find("ORDER_ITEMS/ORDER_ITEM")
    assert item is not None
    assert [(one.tag, one.text) for one in item if str(one.tag).startswith("PRICE")] == [(tag, price)]


@given(
    st.decimals(min_value="0.01", max_value=9999, places=2),
    st.integers(1, 40),
    st.sampled_from(["0", "0.05", "0.125", "0.20"]),
    st.booleans(),
)
def test_the_price_sent_comes_to_our_own_total_by_the_erps_formula(
    price: Decimal, quantity: int, rate: str, gross: bool
) -> None:
    """S-12: gross lines by net = r(gross / (1 + rate)), net lines by tax = r(net · rate), half up per line."""
    code = {"0": 2, "0.20": 1}.get(rate, 4)
    line = sales_line(unit_price=price, quantity=quantity, tax_rate=Decimal(rate), tax_code=code, gross=gross)
    item = built(sales_order(lines=(line,))).find("ORDER_ITEMS/ORDER_ITEM")
    assert item is not None
    net = item.findtext("PRICE_NET")
    sent = replace(line, unit_price=Decimal(net or item.findtext("PRICE_GRS") or ""), gross=net is None)
    assert sent.totals("GBP") == line.totals("GBP")


@pytest.mark.parametrize(
    ("line", "totals"),
    [
        (sales_line(unit_price=Decimal("9.99"), quantity=3), ("24.98", "4.99", "29.97")),
        (sales_line(unit_price=Decimal("8.33"), quantity=3, gross=False), ("24.99", "5.00", "29.99")),
        (sales_line(unit_price=Decimal("0.01")), ("0.01", "0.00", "0.01")),
    ],
)
def test_totals_follow_the_vendors_calculation(line: Any, totals: tuple[str, str, str]) -> None:
    """SHO-15: worked by hand from the vendor's formula, rounding once per line and not per unit."""
    assert line.totals("GBP") == Totals(*map(Decimal, totals))


def test_the_courier_may_be_named_by_description() -> None:
    body = built(courier_by="description")
    assert told(body, "ORDER_HEADER/COURIER_DESC") == "RM48"
    assert told(body, "ORDER_HEADER/COURIER_CODE") is None


def test_a_free_delivery_is_said_so() -> None:
    """Left blank, Khaos Control would charge by its own tariff."""
    free = sales_order(delivery=Totals(Decimal(0), Decimal(0), Decimal(0)))
    assert told(built(free), "ORDER_HEADER/DELIVERY_NET") == "0"
    assert told(built(free), "ORDER_HEADER/DELIVERY_TAX") == "0"


def test_what_would_break_xml_arrives_whole() -> None:
    note = 'Ring <twice> & wait — "£5" tip\x0b\nthanks'
    assert told(built(sales_order(note=note)), "ORDER_HEADER/ORDER_NOTE") == 'Ring <twice> & wait — "£5" tip\nthanks'


@given(st.text(max_size=200))
def test_any_note_arrives_or_is_refused(text: str) -> None:
    sent = told(built(sales_order(note=text)), "ORDER_HEADER/ORDER_NOTE")
    assert (sent or "") == legal(text).strip()


@pytest.mark.parametrize("ref", ["S123456789012345", "S1,2", " ", "", "S1\x00"])
def test_a_reference_is_never_changed(ref: str) -> None:
    with pytest.raises(RejectedError) as caught:
        order_document(sales_order(ref=ref), settings())
    assert caught.value.case_class is CaseClass.REFERENCE_TOO_LONG


def test_a_longer_reference_is_taken_where_the_erp_takes_it() -> None:
    assert told(built(sales_order(ref="S" * 50), reference_limit=50), "ORDER_HEADER/ASSOCIATED_REF") == "S" * 50


@pytest.mark.parametrize("code", ["X" * 51, "A\x00B", " "])
def test_a_stock_code_is_never_changed(code: str) -> None:
    with pytest.raises(RejectedError) as caught:
        order_document(sales_order(lines=(sales_line(stock_code=code),)), settings())
    assert caught.value.case_class is CaseClass.UNMAPPED_SKU


@pytest.mark.parametrize(
    "changes",
    [{"note": "x" * 2001}, {"purchase_order": "x" * 31}, {"customer": Customer("", "x" * 50 + "@b.c", "", "", "")}],
)
def test_texts_that_matter_are_refused_not_cut(changes: dict[str, Any]) -> None:
    with pytest.raises(RejectedError) as caught:
        order_document(sales_order(**changes), settings())
    assert caught.value.case_class is CaseClass.ADDRESS_DOES_NOT_FIT
    assert "characters and Khaos Control takes" in str(caught.value)


def test_only_a_description_may_be_cut() -> None:
    long = built(sales_order(lines=(sales_line(description="mug " * 100),)))
    assert len(told(long, "ORDER_ITEMS/ORDER_ITEM/STOCK_DESC") or "") <= 250


def test_a_business_is_named_by_its_code_and_by_nothing_of_the_person_who_buys() -> None:
    """S-6, SHO-F5: the customer, its class and so its prices are the ERP's own."""
    body = built(sales_order(customer_code="ACME01"))
    assert {one.tag: one.text for one in body.iterfind("CUSTOMER_DETAIL/*") if not len(one)} == {
        "IS_NEW_CUSTOMER": "0",
        "COMPANY_CODE": "ACME01",
    }


@pytest.mark.parametrize("code", ["ELEVEN-LONG", "AC\x01ME"])
def test_a_customer_code_that_the_erp_cannot_hold_awaits_a_person(code: str) -> None:
    """S-6."""
    with pytest.raises(RejectedError) as caught:
        built(sales_order(customer_code=code))
    assert caught.value.case_class is CaseClass.UNMAPPED_CUSTOMER
    assert caught.value.evidence["customer code"] == code


def test_what_is_to_be_paid_later_is_never_booked_as_paid() -> None:
    """SHO-F5: without an authorisation code it is no payment."""
    half = sales_order(on_terms=True, payments=(Payment("card", Decimal("8.00"), "ch_1", captured=True),))
    assert [one.findtext("PAYMENT_AMOUNT") for one in built(half).iterfind("PAYMENTS/*")] == ["8.00"]
    booked = {"on_terms": {"type": 3, "account_name": "Sales ledger"}}
    _, promise = built(half, payments=booked).iterfind("PAYMENTS/*")
    assert {one.tag: one.text for one in promise} == {
        "PAYMENT_AMOUNT": "10.00",
        "PAYMENT_TYPE": "3",
        "ACCOUNT_NAME": "Sales ledger",
    }
    assert len(built(sales_order(on_terms=True), payments=booked).findall("PAYMENTS/*")) == 1, "it is paid in full"


def test_a_gift_card_pays_as_a_voucher_unless_the_settings_say_otherwise() -> None:
    order = sales_order(payments=(Payment("gift_card", Decimal("18.00"), "gc_1", captured=True),))
    assert told(built(order), "PAYMENTS/PAYMENT_DETAIL/PAYMENT_TYPE") == "4"
    assert told(built(order, payments={"gift_card": {"type": 1}}), "PAYMENTS/PAYMENT_DETAIL/PAYMENT_TYPE") == "1"


def test_the_lines_of_a_bundle_carry_no_reference_that_they_would_share() -> None:
    assert told(built(sales_order(lines=(sales_line(bundles=1),))), "ORDER_ITEMS/ORDER_ITEM/IMPORT_REF") is None
