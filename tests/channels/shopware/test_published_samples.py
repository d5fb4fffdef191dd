"""Shopware's own published records map right to the penny, or become a case that says why."""

import hashlib
import hmac
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from channels.shopware.simulated import posted, settings
from examples import NOON

from khaossync.channels.shopware.fields import MalformedError, Node, parse
from khaossync.channels.shopware.mapping import read_order
from khaossync.channels.shopware.refund_mapping import read_refund, told
from khaossync.domain.cases import CaseClass
from khaossync.domain.errors import RejectedError
from khaossync.domain.money import ZERO
from khaossync.domain.orders import Order
from khaossync.domain.proof import prove, prove_tax

SAMPLES = Path(__file__).resolve().parents[4] / "shared" / "samples" / "shopware"
D = Decimal

pytestmark = pytest.mark.skipif(not SAMPLES.exists(), reason="the published samples do not lie beside this checkout")

Json = dict[str, Any]


def sample(name: str) -> Node:
    return parse((SAMPLES / name).read_bytes(), name)


def read(node: Node) -> Order:
    return read_order(node, "shop", settings())


def filled(sparse: Node, **missing: Any) -> Node:
    """A sparse published order with what the samples leave out of it; nothing of its money is changed."""
    moment = NOON.isoformat()
    base: Json = {
        "id": "0" * 32,
        "autoIncrement": 1,
        "orderNumber": "10000",
        "orderDateTime": moment,
        "createdAt": moment,
        "stateMachineState": {"technicalName": "open"},
        "transactions": [],
        "deliveries": [],
        "lineItems": [],
        "currency": {"isoCode": "EUR"},
    }
    given = {name: value for name, value in sparse.value.items() if value is not None}
    return Node.of({**base, **given, **missing})


def lines(*names: str) -> list[Json]:
    published = sample("admin_spec_line_items_mixed_types.json")
    every = {line.text("type"): line.value for line in published.items("lineItems")}
    every["several rates"] = published.node("multipleTaxesCreditItem").value
    return [{**every[name], "id": f"{place}", "createdAt": NOON.isoformat()} for place, name in enumerate(names)]


def priced(total: str, *taxes: tuple[str, str]) -> Json:
    told = [{"taxRate": D(rate), "tax": D(tax), "price": D(0)} for rate, tax in taxes]
    return {"totalPrice": D(total), "taxStatus": "gross", "calculatedTaxes": told}


def test_the_paid_order_is_told_to_the_penny_as_far_as_shopware_told_it() -> None:
    """Its lines hold a tax that its own total does not know: then the lines' word counts."""
    order = read(recorded("app-php-sdk_payment.json"))
    assert order.total == D("395.01")
    assert prove(order) == ZERO
    assert prove_tax(order) == ZERO
    assert order.tax > ZERO
    assert order.shipping
    assert order.shipping.country_code


def test_what_the_erp_would_make_of_it_is_held_against_the_tax_that_the_customer_was_charged() -> None:
    """SHW-31: a rate that nobody maps, or a tax that differs, is a case and never posted."""
    with pytest.raises(RejectedError) as refused:
        posted(read(recorded("app-php-sdk_payment.json")))
    assert refused.value.case_class in (CaseClass.UNMAPPED_TAX_RATE, CaseClass.TAX_MISMATCH)
    assert refused.value.evidence


def test_the_tax_free_order_of_the_refund_adds_up_or_says_what_is_missing() -> None:
    order = sample("app-php-sdk_refund.json").node("order")
    lineless = filled(order, transactions=[], lineItems=[])
    told_order = read(lineless)
    assert (told_order.gross, told_order.tax, told_order.total) == (False, ZERO, D("420.69"))
    assert prove(told_order) == D("420.69"), "it was published without its lines, so it cannot be posted"


def test_the_published_refund_is_pending_until_its_state_says_completed() -> None:
    published = sample("app-php-sdk_refund.json")
    refund = {**published.node("refund").value, "positions": []}
    for state, total, pending in (("open", ZERO, True), ("completed", D("420.69"), False), ("failed", ZERO, False)):
        capture = {"refunds": [{**refund, "stateMachineState": {"technicalName": state}}]}
        transaction = {**published.node("refund").node("transactionCapture").node("transaction").value}
        order = filled(published.node("order"), transactions=[{**transaction, "captures": [capture]}])
        (one,) = told(order, ())
        found = read_refund(one, order, "shop", "")
        assert (found.total, found.pending) == (total, pending)
        assert found.total == found.delivery + found.adjustment + sum((line.amount for line in found.lines), ZERO)


def test_every_published_line_is_goods_or_takes_something_off() -> None:
    """SHW-F2: 200 + 100 − 100 − 100: a product, a typed line, a credit, a container that nobody explains.

    The credit has used up all goods of its rate, so nothing can carry the container: finance decides.
    """
    node = filled(
        Node({}),
        lineItems=lines("product", "custom", "credit", "container"),
        price=priced("100", ("20", "40"), ("10", "-10")),
    )
    order = read(node)
    assert [(line.sku, line.unit_price) for line in order.lines] == [
        ("product number", D(200)),
        ("Custom item", D(100)),
    ]
    assert [one.name for line in order.lines for one in line.discounts] == ["Credit item"]
    assert [(extra.name, extra.amount) for extra in order.extras] == [("Container item", D(-100))]
    assert prove(order) == ZERO
    with pytest.raises(RejectedError) as refused:
        posted(order)
    assert refused.value.case_class is CaseClass.TAX_MISMATCH


def test_the_published_credit_over_two_rates_is_cut_up_exactly() -> None:
    """Its parts are −66.66 and −33.33, and its total is −100."""
    node = filled(
        Node({}),
        lineItems=lines("product", "custom", "several rates"),
        price=priced("200", ("20", "26.67"), ("10", "6.67")),
    )
    order = read(node)
    off = {line.sku: [one.amount for one in line.discounts] for line in order.lines}
    assert off == {"product number": [D("66.67")], "Custom item": [D("33.33")]}
    assert (prove(order), prove_tax(order)) == (ZERO, ZERO)


def test_the_published_shipping_with_two_rates_keeps_both() -> None:
    published = sample("admin_spec_order_multi_tax_shipping.json")
    told_order = published.value
    delivery = {
        **published.items("deliveries")[0].value,
        "id": "d",
        "createdAt": NOON.isoformat(),
        "shippingMethodId": "m",
        "shippingCosts": {**published.node("shippingCosts").value},
        "shippingOrderAddress": None,
    }
    order = read(filled(Node({**told_order, "lineItems": []}), deliveries=[delivery], orderCustomer=None))
    (shipping,) = order.deliveries
    assert shipping.amount == 10
    assert sum((tax.amount for tax in shipping.taxes), ZERO) == D("2.9")
    assert prove(order) == D(129), "it was published without its lines, so it is a finance case"


def test_the_published_credit_note_order_has_its_credit_as_money_back() -> None:
    published = sample("admin_spec_order_credit_note.json")
    later = [{**line.value, "createdAt": "2026-11-05T12:00:00+00:00"} for line in published.items("lineItems")]
    order = filled(published, lineItems=later, price=priced("0"))
    (one,) = told(order, ())
    assert (one.source, one.amount, one.done) == ("credit", D(100), True)
    found = read_refund(one, order, "shop", "")
    assert (found.total, found.adjustment, found.lines[0].tax) == (D(100), ZERO, D(10))


def test_the_published_credit_note_without_a_price_cannot_be_read_and_says_why() -> None:
    with pytest.raises(MalformedError, match="price is null where an object was expected"):
        read(filled(sample("admin_spec_order_credit_note.json")))


def recorded(name: str) -> Node:
    """A recorded order; apps are not told everything that a search tells."""
    return filled(sample(name).node("order"), transactions=[])


def test_a_published_webhook_is_at_most_a_hint() -> None:
    body = (SAMPLES / "webhook_product_written.json").read_bytes()
    assert json.loads(body)["data"]["event"] == "product.written"
    assert hmac.new(b"secret", body, hashlib.sha256).hexdigest()
