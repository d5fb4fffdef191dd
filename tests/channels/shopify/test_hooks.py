"""A webhook is believed for its signature alone, and is worth a hint."""

import base64
import hashlib
import hmac
import json

import pytest
from channels.shopify.scripts import settings
from hypothesis import given
from hypothesis import strategies as st

from khaossync.channels.shopify.echoes import Echoes
from khaossync.channels.shopify.hooks import Webhooks
from khaossync.domain.errors import ForgedError
from khaossync.ports import Hint

SECRET, OLD = b"new secret", b"old secret"
HOOKS = Webhooks("example.myshopify.com", (SECRET, OLD))
BODY = '{"id": 820982911946154508, "name": "Zoë"}'.encode()


def signed(body: bytes = BODY, secret: bytes = SECRET, prefix: str = "X-Shopify-", **changes: str) -> dict[str, str]:
    headers = {
        "Hmac-Sha256": base64.b64encode(hmac.new(secret, body, hashlib.sha256).digest()).decode(),
        "Topic": "orders/updated",
        "Shop-Domain": "example.myshopify.com",
        "Webhook-Id": "b54557e4",
        "Event-Id": "98880550",
    } | {name.replace("_", "-"): value for name, value in changes.items()}
    return {prefix + name: value for name, value in headers.items()}


@pytest.mark.parametrize("prefix", ["X-Shopify-", "x-shopify-", "shopify-", "SHOPIFY-"])
def test_a_signed_order_wakes_the_orders_whatever_the_spelling_of_its_headers(prefix: str) -> None:
    """SHO-21: a webhook only hastens what polling would find."""
    order = "gid://shopify/Order/820982911946154508"
    hint = Hint("orders", "orders/updated b54557e4", "orders/updated", order)
    assert HOOKS.receive(signed(prefix=prefix), BODY) == hint


def test_for_an_hour_after_a_rotation_the_old_secret_still_signs() -> None:
    assert HOOKS.receive(signed(secret=OLD), BODY)


@pytest.mark.parametrize(
    "headers",
    [
        signed(secret=b"guess"),
        signed(body=BODY + b" "),
        signed(Hmac_Sha256=""),
        signed(Hmac_Sha256="ünïcödé"),
        signed(Hmac_Sha256="\udcff"),
        {},
    ],
    ids=["other secret", "other body", "empty", "not ASCII", "not even text", "no headers"],
)
def test_a_signature_that_does_not_fit_is_a_forgery(headers: dict[str, str]) -> None:
    with pytest.raises(ForgedError, match="does not fit any of the secrets"):
        HOOKS.receive(headers, BODY)


def test_a_delivery_for_another_shop_is_a_forgery_even_when_signed() -> None:
    with pytest.raises(ForgedError, match="another shop"):
        HOOKS.receive(signed(Shop_Domain="other.myshopify.com"), BODY)


@pytest.mark.parametrize(
    ("topic", "stream"),
    [
        ("orders/create", "orders"),
        ("orders/cancelled", "orders"),
        ("orders/edited", "orders"),
        ("refunds/create", "refunds"),
        ("products/update", "catalogue"),
        ("order_transactions/create", "orders"),
    ],
)
def test_each_topic_wakes_its_stream(topic: str, stream: str) -> None:
    hint = HOOKS.receive(signed(Topic=topic), BODY)
    assert hint
    assert (hint.stream, hint.topic) == (stream, topic)


@pytest.mark.parametrize("topic", ["app/uninstalled", "carts/create", ""])
def test_a_topic_that_concerns_nobody_wakes_nothing(topic: str) -> None:
    assert HOOKS.receive(signed(Topic=topic), BODY) is None


@pytest.mark.parametrize(
    ("topic", "body", "subject"),
    [
        ("orders/create", b'{"id": 7}', "gid://shopify/Order/7"),
        ("orders/updated", b'{"id": 271878346596884015}', "gid://shopify/Order/271878346596884015"),
        ("orders/risk_assessment_changed", b'{"order_id": 7, "risk_level": "high"}', "gid://shopify/Order/7"),
        ("orders/edited", b'{"order_edit": {"order_id": 7}}', ""),
        ("inventory_items/update", b'{"id": 8}', "gid://shopify/InventoryItem/8"),
        ("inventory_levels/update", b'{"inventory_item_id": 8}', "gid://shopify/InventoryItem/8"),
        ("products/update", b'{"id": 9}', ""),
        ("refunds/create", b'{"id": 9}', ""),
        ("orders/create", b'{"id": "7 OR id:8"}', ""),
        ("orders/create", b'{"id": true}', ""),
        ("orders/create", b'{"id": -1}', ""),
        ("orders/create", b'{"id": 1e300}', ""),
        ("orders/create", b"[]", ""),
        ("orders/create", b"\xff", ""),
    ],
)
def test_a_delivery_names_what_it_is_about_as_far_as_it_can_be_trusted_to(
    topic: str, body: bytes, subject: str
) -> None:
    """S-2: what is named is read by its name, for the search may not know it yet."""
    hint = HOOKS.receive(signed(body, Topic=topic), body)
    assert hint
    assert hint.subject == subject


def level(quantity: int, item: int = 8, location: int = 3) -> bytes:
    told = {"inventory_item_id": item, "location_id": location, "available": quantity}
    return json.dumps(told).encode()


def test_a_quantity_that_somebody_else_set_is_told_and_our_own_write_is_not() -> None:
    """ADB-F3, S-39: the shop repeats every write of ours, and each reading has its price."""
    hooks = Webhooks("example.myshopify.com", (SECRET,), Echoes())
    hooks.echoes.note({("gid://shopify/InventoryItem/8", "gid://shopify/Location/3"): 5})
    told = {
        body: hooks.receive(signed(body, Topic="inventory_levels/update"), body)
        for body in (level(5), level(4), level(5, item=9), level(5, location=4), b'{"inventory_item_id": 8}', b"null")
    }
    assert [body for body, hint in told.items() if hint is None] == [level(5)]
    assert [hint.subject for hint in told.values() if hint] == [
        "gid://shopify/InventoryItem/8",
        "gid://shopify/InventoryItem/9",
        "gid://shopify/InventoryItem/8",
        "gid://shopify/InventoryItem/8",
        "",
    ]


def test_what_we_wrote_before_the_last_time_is_somebody_elses_now() -> None:
    echoes = Echoes()
    for quantity in (5, 6):
        echoes.note({("item", "place"): quantity})
    assert [echoes.holds("item", "place", quantity) for quantity in (5, 6)] == [False, True]


def test_the_memory_of_our_writes_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("khaossync.channels.shopify.echoes._MOST", 3)
    echoes = Echoes()
    for item in "abcab":
        echoes.note({(item, "place"): 1})
    echoes.note({("d", "place"): 1})
    assert [item for item in "abcd" if echoes.holds(item, "place", 1)] == ["a", "b", "d"]


def test_money_that_goes_back_wakes_the_refunds() -> None:
    body = b'{"kind": "refund"}'
    hint = HOOKS.receive(signed(body, Topic="order_transactions/create"), body)
    assert hint
    assert hint.stream == "refunds"


def test_the_same_delivery_told_again_has_the_same_id_and_another_topic_another() -> None:
    first, again = HOOKS.receive(signed(), BODY), HOOKS.receive(signed(), BODY)
    other = HOOKS.receive(signed(Topic="orders/paid"), BODY)
    assert first
    assert again
    assert other
    assert first.delivery_id == again.delivery_id != other.delivery_id


def test_a_delivery_without_an_id_is_known_by_its_body() -> None:
    headers = signed()
    del headers["X-Shopify-Webhook-Id"], headers["X-Shopify-Event-Id"]
    hint = HOOKS.receive(headers, BODY)
    assert hint
    assert hint.delivery_id == f"orders/updated {hashlib.sha256(BODY).hexdigest()}"


@given(st.dictionaries(st.text(), st.text()), st.binary())
def test_no_headers_and_no_body_do_more_than_be_refused(headers: dict[str, str], body: bytes) -> None:
    with pytest.raises(ForgedError):
        HOOKS.receive(headers, body)


@given(st.binary())
def test_a_signed_body_of_any_kind_does_no_harm(body: bytes) -> None:
    hint = HOOKS.receive(signed(body, Topic="order_transactions/create"), body)
    assert hint
    assert hint.stream in ("orders", "refunds")


def test_an_app_signs_with_its_client_secret_unless_told_otherwise() -> None:
    app = {"access_token": None, "client_id": "id", "client_secret": "app secret"}
    assert settings(**app).signing_secrets == (b"app secret",)
    assert settings(**app, webhook_secrets=["other"]).signing_secrets == (b"other",)
    assert settings().signing_secrets == ()
