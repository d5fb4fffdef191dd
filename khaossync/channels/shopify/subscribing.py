"""Webhook subscriptions of our app: which are missing, and making them.

Shopify deletes a subscription that was made here after eight deliveries in a row have failed; those in an app's
configuration file stay, and are not told here (https://shopify.dev/docs/apps/build/webhooks/subscribe).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from khaossync.channels.shopify import operations as op
from khaossync.channels.shopify.client import Client
from khaossync.channels.shopify.hooks import TOPICS
from khaossync.channels.shopify.whole import whole_root
from khaossync.channels.shopify.wire import user_errors, words
from khaossync.domain.errors import RejectedError


@dataclass(frozen=True, slots=True)
class ShopSubscriptions:
    """The subscriptions that our app has made in one shop."""

    client: Client

    async def missing(self, url: str) -> Sequence[str]:
        found = await whole_root(self.client, op.SUBSCRIPTIONS, "webhookSubscriptions", uri=url)
        told = {node.text("topic") for node in found if node.text("uri") == url}
        return [topic for topic in TOPICS if _named(topic) not in told]

    async def subscribe(self, url: str, topics: Sequence[str]) -> Mapping[str, str]:
        refused = {}
        for topic in topics:
            try:
                data = await self.client.run(op.SUBSCRIBE, topic=_named(topic), uri=url)
            except RejectedError as error:  # a topic that this API version does not have
                refused[topic] = str(error)
                continue
            if errors := user_errors(data.node("webhookSubscriptionCreate")):
                refused[topic] = words(errors)
        return refused


def _named(topic: str) -> str:
    """A topic as the API names it: `orders/create` is ORDERS_CREATE."""
    return topic.upper().replace("/", "_")
