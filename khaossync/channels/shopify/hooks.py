"""Webhooks: a signature over the raw bytes proves the sender, and the topic says which stream to read."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass

from khaossync.domain.errors import ForgedError
from khaossync.ports import Hint

# Refunds wake by their own topic; a refund's money arrives later, as a transaction. The topic
# inventory_levels/update wakes nothing: it mostly echoes our own writes.
# https://shopify.dev/docs/api/admin-graphql/latest/enums/WebhookSubscriptionTopic
_STREAMS = {
    "orders/create": "orders",
    "orders/updated": "orders",
    "orders/edited": "orders",
    "orders/paid": "orders",
    "orders/partially_paid": "orders",
    "orders/cancelled": "orders",
    "refunds/create": "refunds",
    "products/create": "catalogue",
    "products/update": "catalogue",
    "inventory_items/create": "catalogue",
    "inventory_items/update": "catalogue",
}
_TRANSACTION = "order_transactions/create"


@dataclass(frozen=True, slots=True)
class Webhooks:
    """Verifies deliveries for one shop; `secrets` are the keys that may have signed them.

    https://shopify.dev/docs/apps/build/webhooks/verify-deliveries
    """

    shop: str
    secrets: tuple[bytes, ...]

    def receive(self, headers: Mapping[str, str], body: bytes) -> Hint | None:
        told = _headers(headers)
        if not self._signed(told.get("hmac-sha256", ""), body):
            raise ForgedError("shopify: a webhook's signature does not fit any of the secrets")
        if told.get("shop-domain", "").lower() != self.shop:
            raise ForgedError(f"shopify: a webhook was signed for another shop than {self.shop}")
        topic = told.get("topic", "")
        stream = _transaction_stream(body) if topic == _TRANSACTION else _STREAMS.get(topic)
        if stream is None:
            return None
        # Two header names are documented as the one to recognise a repetition by; the delivery's own is unique.
        delivery = told.get("webhook-id") or told.get("event-id") or hashlib.sha256(body).hexdigest()
        return Hint(stream, f"{topic} {delivery}", topic)

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


def _transaction_stream(body: bytes) -> str:
    """Money that goes back wakes the refunds, any other the orders."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return "orders"
    return "refunds" if isinstance(told, dict) and told.get("kind") == "refund" else "orders"
