"""Webhooks: a signature over the raw bytes proves the sender, and the topic says which stream to read."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from khaossync.channels.shopify.echoes import Echoes
from khaossync.channels.shopify.fields import MalformedError, Node
from khaossync.domain.errors import ForgedError
from khaossync.ports import Hint

# Refunds wake by their own topic; a refund's money arrives later, as a transaction.
# https://shopify.dev/docs/api/admin-graphql/latest/enums/WebhookSubscriptionTopic
_STREAMS = {
    "orders/create": "orders",
    "orders/updated": "orders",
    "orders/edited": "orders",
    "orders/paid": "orders",
    "orders/cancelled": "orders",
    "orders/risk_assessment_changed": "orders",
    "refunds/create": "refunds",
    "products/create": "catalogue",
    "products/update": "catalogue",
    "inventory_items/create": "catalogue",
    "inventory_items/update": "catalogue",
    "inventory_levels/update": "catalogue",
}
_TRANSACTION, _LEVEL = "order_transactions/create", "inventory_levels/update"

# Topic → the kind of record that it is about, and the field that holds its number. Of a refund the money comes later,
# and a product has many items: their streams are read.
_SUBJECTS = {
    "orders/create": ("Order", "id"),
    "orders/updated": ("Order", "id"),
    "orders/paid": ("Order", "id"),
    "orders/cancelled": ("Order", "id"),
    "orders/risk_assessment_changed": ("Order", "order_id"),
    "inventory_items/create": ("InventoryItem", "id"),
    "inventory_items/update": ("InventoryItem", "id"),
    _LEVEL: ("InventoryItem", "inventory_item_id"),
}

TOPICS = (*_STREAMS, _TRANSACTION)
"""Every topic that wakes something, as deliveries name it."""


@dataclass(frozen=True, slots=True)
class Webhooks:
    """Verifies deliveries for one shop; `secrets` are the keys that may have signed them.

    https://shopify.dev/docs/apps/build/webhooks/verify-deliveries
    """

    shop: str
    secrets: tuple[bytes, ...]
    echoes: Echoes = field(default_factory=Echoes)

    def receive(self, headers: Mapping[str, str], body: bytes) -> Hint | None:
        told = _headers(headers)
        if not self._signed(told.get("hmac-sha256", ""), body):
            raise ForgedError("shopify: a webhook's signature does not fit any of the secrets")
        if told.get("shop-domain", "").lower() != self.shop:
            raise ForgedError(f"shopify: a webhook was signed for another shop than {self.shop}")
        topic = told.get("topic", "")
        if topic not in TOPICS:
            return None
        content = _content(body)
        if topic == _LEVEL and self._is_echo(content):
            return None
        stream = _transaction_stream(content) if topic == _TRANSACTION else _STREAMS[topic]
        # Two header names are documented as the one to recognise a repetition by; the delivery's own is unique.
        # The signature does not cover them, so they may be of any length.
        delivery = (told.get("webhook-id") or told.get("event-id") or hashlib.sha256(body).hexdigest())[:200]
        return Hint(stream, f"{topic} {delivery}", topic, subject(topic, content))

    def _is_echo(self, content: Node) -> bool:
        """Whether it tells of our own write; what is told serves for nothing else."""
        location, quantity = content.value.get("location_id"), content.value.get("available")
        item = subject(_LEVEL, content)
        return isinstance(quantity, int) and self.echoes.holds(item, f"gid://shopify/Location/{location}", quantity)

    def _signed(self, signature: str, body: bytes) -> bool:
        """Every secret is tried, however early one fits, in constant time, and on bytes: a header may hold anything."""
        given = signature.strip().encode("utf-8", "surrogateescape")
        fits = [
            hmac.compare_digest(base64.b64encode(hmac.new(secret, body, hashlib.sha256).digest()), given)
            for secret in self.secrets
        ]
        return any(fits)


def _headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Shopify's own headers by their bare names; the newer ones come without `X-`."""
    found: dict[str, str] = {}
    for name, value in headers.items():
        bare = name.lower().removeprefix("x-")
        if bare.startswith("shopify-"):
            found.setdefault(bare.removeprefix("shopify-"), value)
    return found


def subject(topic: str, content: Node) -> str:
    """The gid of the order or inventory item that a delivery is about; empty where it names none, or many.

    https://shopify.dev/docs/api/webhooks shows what each topic tells.
    """
    kind, name = _SUBJECTS.get(topic, ("", ""))
    number = content.value.get(name)
    return f"gid://shopify/{kind}/{number}" if _is_number(number) else ""


def _is_number(value: object) -> bool:
    """Whether it can be the number of a record: Shopify's have up to 64 bits."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**63


def _content(body: bytes) -> Node:
    """The body as an object; one of nothing where it is none."""
    try:
        return Node.of(json.loads(body))
    except (ValueError, RecursionError, MalformedError):
        return Node({})


def _transaction_stream(content: Node) -> str:
    """Money that goes back wakes the refunds, any other the orders."""
    return "refunds" if content.value.get("kind") == "refund" else "orders"
