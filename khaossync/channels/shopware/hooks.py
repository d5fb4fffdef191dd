"""Webhooks of an app: proved by the app's secret, and worth no more than which stream to read now.

Only apps get signed webhooks, and they come late, twice, out of order or not at all; polling finds everything itself.
https://developer.shopware.com/docs/guides/plugins/apps/webhook.html
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from khaossync.channels.shopware.fields import MalformedError, Node, parse
from khaossync.channels.shopware.reading import is_id
from khaossync.domain.errors import ForgedError
from khaossync.ports import CATALOGUE, ORDERS, Hint

_SIGNATURE = "shopware-shop-signature"
_EVENT_ID = "x-shopware-event-id"

_STREAMS = (
    ("state_enter.order_transaction_capture_refund.", "refunds"),
    ("state_enter.order_transaction.state.refunded", "refunds"),
    ("state_enter.order", ORDERS),
    ("checkout.order.placed", ORDERS),
    ("order.written", ORDERS),
    ("product.written", CATALOGUE),
)
"""What an event wakes, by how its name begins; the first that fits counts."""

_ENTITIES = {ORDERS: "order", CATALOGUE: "product"}


@dataclass(frozen=True, slots=True)
class Webhooks:
    """Verifies what an app is told; `secret` is the app's."""

    secret: bytes

    def receive(self, headers: Mapping[str, str], body: bytes) -> Hint | None:
        told = {name.lower(): value for name, value in headers.items()}
        given = told.get(_SIGNATURE, "").strip().encode("utf-8", "surrogateescape")
        proof = hmac.new(self.secret, body, hashlib.sha256).hexdigest().encode()
        if not hmac.compare_digest(proof, given):
            raise ForgedError("shopware: a webhook's signature does not fit the app's secret")
        try:
            content = parse(body, "webhook")
            data = content.node("data")
            topic = data.text("event")
        except MalformedError:
            return None
        stream = next((wakes for begins, wakes in _STREAMS if topic.startswith(begins)), None)
        if stream is None:
            return None
        event = told.get(_EVENT_ID) or _event(content) or hashlib.sha256(body).hexdigest()
        return Hint(stream, f"{topic} {event}"[:200], topic, _subject(stream, data))


def _event(content: Node) -> str:
    try:
        return content.node("source").text_or("eventId")
    except MalformedError:
        return ""


def _subject(stream: str, data: Node) -> str:
    """The one record that was written, of those that can be read by name; empty where it names none, or many."""
    entity = _ENTITIES.get(stream)
    try:
        keys = {each.text("primaryKey") for each in data.items("payload") if each.text_or("entity") == entity}
    except MalformedError:
        return ""
    return keys.pop() if len(keys) == 1 and all(map(is_id, keys)) else ""
