"""What the shop tells about orders: no instant moves with everything, so several lists are asked for what changed."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from khaossync.channels.shopware import wire
from khaossync.channels.shopware.client import Client
from khaossync.channels.shopware.config import Settings
from khaossync.channels.shopware.polls import Poll, Polls, Stretch, owners, stamp
from khaossync.channels.shopware.reading import OrderReader, is_id
from khaossync.clock import Clock
from khaossync.domain.documents import Page
from khaossync.transport.priority import Priority

# `updatedAt` is null until a row is written again, and tells of its own row only; a second try to pay is a new row.
# https://github.com/mollie/Shopware6/pull/265
LISTS = (
    Poll("placed", "order", "createdAt", "id"),
    Poll("orders", "order", "updatedAt", "id"),
    Poll("deliveries", "order_delivery", "updatedAt"),
    Poll("new payments", "order_transaction", "createdAt"),
    Poll("payments", "order_transaction", "updatedAt"),
    Poll("lines", "order_line_item", "updatedAt"),
    Poll("addresses", "order_address", "updatedAt"),
    Poll(
        "states",
        "state_machine_history",
        "createdAt",
        "referencedId",
        ("id", "deliveries.id", "transactions.id"),
        (wire.any_of("entityName", ["order", "order_delivery", "order_transaction"]),),
    ),
)
"""Every list that tells of a change to an order."""

_CHANGES = frozenset(one.name for one in LISTS[1:])

_UNSURE = timedelta(seconds=5)
"""By how much a clock may be off, so that an order that was just read is read again."""


@dataclass(frozen=True, slots=True)
class Orders:
    """Every order that changed, whatever its state."""

    channel: str
    client: Client
    settings: Settings
    clock: Clock
    name: str = "orders"

    @property
    def interval(self) -> timedelta:
        return timedelta(seconds=self.settings.orders_interval)

    async def changes(self, cursor: str | None) -> AsyncIterator[Page]:
        polls = Polls(LISTS, self.settings.page, self.settings.overlap, self.settings.orders_since, _CHANGES)
        now = self.clock.now() + (self.client.skew or timedelta(0))
        position = polls.begin(cursor, now)
        client = self.client.at(Priority.BACKFILL if position.first else Priority.ORDERS)
        reader, seen = OrderReader(self.channel, client, self.settings), Seen(now)
        async for stretch in polls.read(client, position):
            ids = seen.unread(stretch, await owners(client, stretch))
            if ids or not stretch.position.poll:
                yield (await reader.read(ids)).page(stretch.position.dump())

    async def named(self, subjects: Sequence[str]) -> Page:
        """Orders by their ids. Raises SyncError."""
        reader = OrderReader(self.channel, self.client, self.settings)
        return (await reader.read([each for each in subjects if is_id(each)])).page("")


class Seen:
    """The orders that this reading has read already."""

    def __init__(self, began: datetime) -> None:
        self._before = stamp(began - _UNSURE)
        self._read: set[str] = set()

    def unread(self, stretch: Stretch, orders: Sequence[str]) -> list[str]:
        """Those to read: what was written before the reading began was in an order that it has read."""
        latest = max((stamp(row.instant(stretch.poll.instant)) for row in stretch.rows), default="")
        known = self._read if latest < self._before else set()
        ids = [each for each in orders if each not in known]
        self._read.update(ids)
        return ids
