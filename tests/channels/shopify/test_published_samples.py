"""Shopify's own published orders, refunds and webhooks are read right to the penny, or refused for a reason."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from channels.shopify import rest
from examples import rules

from khaossync.channels.shopify.fields import Node
from khaossync.channels.shopify.hooks import Webhooks
from khaossync.channels.shopify.mapping import read_order
from khaossync.channels.shopify.refund_mapping import read_refund
from khaossync.domain.agreement import require_identity
from khaossync.domain.eligibility import hindrance
from khaossync.domain.errors import RejectedError
from khaossync.domain.money import ZERO
from khaossync.domain.orders import Order, PaymentState
from khaossync.domain.proof import prove, prove_tax
from khaossync.domain.refunds import Refund

SAMPLES = Path(__file__).resolve().parents[4] / "shared" / "samples" / "shopify"
TEST_NOTIFICATION = "gid://shopify/Order/820982911946154508"

pytestmark = pytest.mark.skipif(not SAMPLES.exists(), reason="the published samples do not lie beside this checkout")

Json = dict[str, Any]

# Shopify's documentation refunds these orders in one answer and leaves `current_total_price` as it was before, so
# they cannot add up; they show that such an order becomes a finance case.
CONTRADICTORY = {"gid://shopify/Refund/929361465", "gid://shopify/Refund/929361464"}


def content(name: str) -> Any:
    return json.loads((SAMPLES / name).read_text(), parse_float=Decimal)


def found(told: Any, wanted: str) -> Iterator[Json]:
    """Every object that lies under one of these names, however deep."""
    if isinstance(told, list):
        for each in told:
            yield from found(each, wanted)
    elif isinstance(told, dict):
        for name, value in told.items():
            if name == wanted and isinstance(value, dict):
                yield value
            elif name == f"{wanted}s" and isinstance(value, list):
                yield from (each for each in value if isinstance(each, dict))
            else:
                yield from found(value, wanted)


def whole_orders() -> list[Json]:
    """The samples that are whole orders: some answers tell only the fields that were asked for."""
    published = [*found(content("rest_2026-07_order.json"), "order")]
    published += [content(f"webhook_2026-07_orders_{topic}.json") for topic in TOPICS]
    return [each for each in published if "line_items" in each and "taxes_included" in each]


TOPICS = ("create", "paid", "updated", "cancelled", "fulfilled")


def read(told: Json) -> Order:
    return read_order(Node.of(rest.order(told), "order"), "shop")


def test_there_are_samples_to_be_right_about() -> None:
    assert len(whole_orders()) >= 30


def test_every_published_order_adds_up_to_the_penny_or_becomes_a_finance_case() -> None:
    """SHO-15: lines − discounts + delivery + tax = total on Shopify's own orders."""
    right = 0
    for told in whole_orders():
        order = read(told)
        if CONTRADICTORY & set(order.refund_ids):
            with pytest.raises(RejectedError, match="miss its total"):
                require_identity(order, rules())
        else:
            assert (prove(order), prove_tax(order)) == (ZERO, ZERO), order.order_id
            right += 1
    assert right >= 20


def test_the_partly_refunded_order_is_told_as_what_is_left_of_it() -> None:
    told = next(each for each in whole_orders() if each["id"] == 450789469 and each["refunds"][0]["id"] == 509562969)
    order = read(told)
    assert order.total == Decimal("199.65")
    assert {line.sku: (line.quantity, line.ordered) for line in order.lines} == {
        "IPOD2008GREEN": (0, 1),
        "IPOD2008RED": (1, 1),
        "IPOD2008BLACK": (0, 1),
    }
    assert order.tax == Decimal("3.98")


@pytest.mark.parametrize("topic", TOPICS)
def test_the_test_notification_is_never_eligible(topic: str) -> None:
    """SHO-4: Shopify's test button sends an order that nobody placed."""
    order = read(content(f"webhook_2026-07_orders_{topic}.json"))
    assert order.order_id == TEST_NOTIFICATION
    hurdle = hindrance(order, rules(go_live_at=order.placed_at))
    assert hurdle
    assert hurdle.final
    assert (order.test, order.payment) == (True, PaymentState.VOIDED)


def test_an_order_of_the_old_fixtures_without_current_figures_is_read() -> None:
    order = read(content("python_api_order.json")["order"])
    assert (order.total, len(order.lines)) == (Decimal("409.94"), 3)


def refunds() -> list[tuple[Refund, Json]]:
    orders = {each["id"]: each for each in whole_orders()}
    told = [*found(content("rest_2026-07_refund.json"), "refund"), content("python_api_refund.json")["refund"]]
    told.append(content("webhook_2026-07_refunds_create.json"))
    told += [each for order in whole_orders() for each in order["refunds"]]
    # The answers to a calculation are refunds that do not exist yet and so have no id.
    real = [each for each in told if each.get("id")]
    return [(read_refund(Node.of(rest.refund(each, orders.get(each["order_id"], {}))), "shop"), each) for each in real]


def test_every_published_refund_is_the_money_that_moved() -> None:
    """SHO-F3: booked from its lines, refund 509562969 would be 399.29 where 209.00 moved."""
    assert len(refunds()) >= 10
    for refund, told in refunds():
        moved = sum(
            (Decimal(str(each["amount"])) for each in told["transactions"] if each["status"] == "success"), ZERO
        )
        assert refund.total == moved
        parts = refund.delivery + refund.adjustment + sum((line.amount for line in refund.lines), ZERO)
        assert parts == refund.total
    sums = {refund.refund_id: refund.total for refund, _ in refunds()}
    assert sums["gid://shopify/Refund/509562969"] == Decimal("209.00")


def test_the_published_transactions_count_each_pound_once() -> None:
    told = content("rest_2026-07_transaction.json")
    for answer in told:
        listed = answer.get("transactions", [])
        if listed and "kind" in listed[0]:
            order = whole_orders()[0]
            node = rest.order(order) | {"transactions": rest.transactions(listed, order["currency"])}
            found = read_order(Node.of(node), "shop").payments
            captured = [each for each in listed if each["kind"] in ("capture", "sale") and each["status"] == "success"]
            assert [each.amount for each in found if each.captured] == [Decimal(each["amount"]) for each in captured]


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("webhook_*.json")), ids=lambda path: path.stem)
def test_every_published_webhook_is_at_most_a_hint(path: Path) -> None:
    """SHO-21: its content is never taken for data."""
    body = path.read_bytes()
    topic = path.stem.removeprefix("webhook_2026-07_")
    family = next(each for each in FAMILIES if topic.startswith(each))
    topic = f"{family}/{topic.removeprefix(family + '_')}"
    headers = {
        "X-Shopify-Hmac-Sha256": base64.b64encode(hmac.new(b"secret", body, hashlib.sha256).digest()).decode(),
        "X-Shopify-Topic": topic,
        "X-Shopify-Shop-Domain": "example.myshopify.com",
        "X-Shopify-Webhook-Id": "1",
    }
    hint = Webhooks("example.myshopify.com", (b"secret",)).receive(headers, body)
    expected = {
        "orders": "orders",
        "order_transactions": "orders",
        "refunds": "refunds",
        "inventory_levels": "catalogue",
    }
    assert (hint.stream if hint else None) == (None if topic == "orders/fulfilled" else expected.get(family))


FAMILIES = (
    "app",
    "bulk_operations",
    "companies",
    "company_locations",
    "disputes",
    "draft_orders",
    "fulfillment_orders",
    "fulfillments",
    "inventory_levels",
    "order_transactions",
    "orders",
    "payment_terms",
    "refunds",
    "returns",
    "tender_transactions",
)
