"""The second look: the orders of the last days by name, so that one that the search hid is read all the same."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

from khaossync.channels.shopify.client import Client
from khaossync.channels.shopify.config import Settings
from khaossync.channels.shopify.order_listing import NOTHING, OrderList
from khaossync.channels.shopify.order_reading import OrderReader
from khaossync.channels.shopify.sources import EVERY_STATUS
from khaossync.channels.shopify.windows import Position, dump, load, stamp
from khaossync.clock import Clock
from khaossync.domain.documents import Page
from khaossync.ports import Memory


@dataclass(frozen=True, slots=True)
class OrderSweep:
    """Lists what was created or updated in the last days, and reads what is not stored as it is listed.

    How late Shopify's search may be is not documented, nor whether everything that changes an order moves its
    `updatedAt`. An order's creation never moves, so here even an order that came late to the index is found.
    """

    channel: str
    client: Client
    settings: Settings
    clock: Clock
    memory: Memory
    name: str = "order sweep"

    @property
    def interval(self) -> timedelta:
        return timedelta(seconds=self.settings.sweep_interval)

    async def changes(self, cursor: str | None) -> AsyncIterator[Page]:
        listed = OrderList(OrderReader(self.channel, self.client, self.settings), self.memory, recent)
        async for harvest, position in listed.news(self._begin(cursor), NOTHING):
            yield harvest.page(dump(position))

    def _begin(self, cursor: str | None) -> Position:
        """In the middle of the sweep that broke off, else at the beginning of a new one."""
        begun, _ = load(cursor) if cursor else (Position(), {})
        if begun.under_way:
            return begun
        floor = self.clock.now() - timedelta(hours=self.settings.sweep_hours)
        return Position(floor=stamp(max(floor, self.settings.orders_since or floor)), after="")


def recent(floor: str) -> str:
    """The search for orders in any state that came into being or were updated at or after an instant."""
    return f"(created_at:>='{floor}' OR updated_at:>='{floor}') AND {EVERY_STATUS}"
