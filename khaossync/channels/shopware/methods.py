"""The ways of delivery that the shop is set up with, so that a new one is known before an order chooses it."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from khaossync.channels.shopware import wire
from khaossync.channels.shopware.client import Client
from khaossync.channels.shopware.config import Settings
from khaossync.channels.shopware.documents import Harvest, digest, raw
from khaossync.channels.shopware.fields import Node
from khaossync.clock import Clock
from khaossync.domain.documents import Document, Kind, Page
from khaossync.domain.methods import DeliveryMethod

_FIELDS = ["id", "technicalName", "name", "translated", "active"]


@dataclass(frozen=True, slots=True)
class DeliveryMethods:
    """All delivery methods at each reading; a shop has a handful."""

    channel: str
    client: Client
    settings: Settings
    clock: Clock
    name: str = "delivery methods"

    @property
    def interval(self) -> timedelta:
        return timedelta(seconds=self.settings.methods_interval)

    async def changes(self, cursor: str | None) -> AsyncIterator[Page]:
        """The cursor is the number of the page that comes next; a reading that has ended begins anew."""
        number = int(cursor) if cursor and cursor.isdecimal() else 1
        while True:
            seen_at = self.clock.now()
            rows = await methods(self.client, number, self.settings.page)
            number = number + 1 if len(rows) == self.settings.page else 1
            yield self._harvest(rows, seen_at).page(str(number), complete=number == 1)
            if number == 1:
                return

    def _harvest(self, rows: Sequence[Node], seen_at: datetime) -> Harvest:
        return Harvest.of(
            rows, self.channel, Kind.DELIVERY_METHOD, lambda node: [method_document(node, self.channel, seen_at)]
        )


def method_document(node: Node, channel: str, seen_at: datetime) -> Document:
    """A delivery method as it was seen. Raises MalformedError."""
    method = read_method(node)
    return Document(channel, Kind.DELIVERY_METHOD, method.method, digest(repr(method)), seen_at, method, raw(node))


def read_method(node: Node) -> DeliveryMethod:
    """A delivery method; before 6.7 one may be without a technical name, and then goes by its id."""
    translated = node.node_or_none("translated") or Node({})
    title = translated.text_or("name") or node.text_or("name")
    return DeliveryMethod(node.text_or("technicalName") or node.text("id"), title, node.flag("active", False))


async def methods(client: Client, page: int, limit: int) -> tuple[Node, ...]:
    """One page of the shop's delivery methods. Raises SyncError."""
    asked = {"page": page, "limit": limit, "sort": [{"field": "id", "order": "ASC"}]}
    return await client.rows(wire.search("shipping_method", {**asked, "includes": {"shipping_method": _FIELDS}}))
