"""Who wants to be told of what: subscriptions that an app makes through the API.

https://shopify.dev/docs/apps/build/webhooks/customize
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from khaossync.sandbox.shopify import search
from khaossync.sandbox.shopify.errors import UserError
from khaossync.sandbox.shopify.scopes import missing
from khaossync.sandbox.shopify.state import State, Subscription

TOPICS = {
    "orders/create": "read_orders",
    "orders/updated": "read_orders",
    "orders/cancelled": "read_orders",
    "orders/edited": "read_orders",
    "orders/paid": "read_orders",
    "orders/risk_assessment_changed": "read_orders",
    "order_transactions/create": "read_orders",
    "refunds/create": "read_orders",
    "fulfillments/create": "read_fulfillments",
    "fulfillments/update": "read_fulfillments",
    "products/create": "read_products",
    "products/update": "read_products",
    "inventory_items/create": "read_inventory",
    "inventory_items/update": "read_inventory",
    "inventory_levels/update": "read_inventory",
}
"""What can be subscribed, though this shop does not tell all of it, and the right that is needed to hear it.

https://shopify.dev/docs/api/admin-graphql/latest/enums/WebhookSubscriptionTopic
"""

_HEADERS = {topic.upper().replace("/", "_"): topic for topic in TOPICS}


def subscribe(state: State, topic: str, told: Mapping[str, Any], version: str) -> Subscription | UserError:
    """Make a subscription, or say why not. `topic` is a WebhookSubscriptionTopic, `told` a WebhookSubscriptionInput.

    Shopify wants https; on this machine plain http to loopback is taken too.
    """
    name, uri = _HEADERS[topic], told.get("uri") or ""
    path = ("webhookSubscription", "uri")
    if missing(TOPICS[name], state.scopes):
        return UserError("You cannot create a webhook subscription with the specified topic", ("topic",))
    if not uri.startswith(("https://", "http://127.0.0.1", "http://localhost")):
        return UserError("Address is invalid", path)
    if any(held.topic == name and held.uri == uri for held in state.subscriptions.values()):
        return UserError("Address for this topic has already been taken", path)
    now = state.now()
    made = Subscription(
        number=state.numbers.next(),
        topic=name,
        uri=uri,
        created_at=now,
        updated_at=now,
        version=version,
        name=told.get("name"),
        include_fields=tuple(told.get("includeFields") or ()),
        filter=told.get("filter"),
    )
    state.subscriptions[made.number] = made
    return made


def wanted(state: State, topic: str, body: Mapping[str, Any]) -> Iterator[tuple[Subscription, dict[str, Any]]]:
    """The subscriptions that want an event, each with the part of the body that it asked for."""
    for held in state.subscriptions.values():
        if held.topic == topic and search.matches(search.parse(held.filter), body, _Fields()):
            named = held.include_fields
            yield held, {key: value for key, value in body.items() if not named or key in named}


class _Fields(dict[str, search.Test]):
    """A test for whatever field of a body a filter names."""

    def get(self, name: str, _default: Any = None) -> search.Test:
        return _compared(name)


def _compared(name: str) -> search.Test:
    def test(body: Mapping[str, Any], operator: str, value: str) -> bool:
        held = body.get(name)
        if value == "*":
            return held is not None
        read: Callable[[Any], Any] = float if isinstance(held, int | float) else str
        return search.compare(held, operator, read(value))

    return test
