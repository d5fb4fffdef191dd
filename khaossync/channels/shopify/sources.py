"""What the shop tells about sales: orders and refunds, each by what was updated since the last reading."""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from khaossync.channels.shopify import operations as op
from khaossync.channels.shopify.client import Client
from khaossync.channels.shopify.config import Settings
from khaossync.channels.shopify.documents import Harvest, refund_document
from khaossync.channels.shopify.fields import MalformedError, Node
from khaossync.channels.shopify.order_listing import OrderList
from khaossync.channels.shopify.order_reading import OrderReader
from khaossync.channels.shopify.whole import whole_list, whole_refund
from khaossync.channels.shopify.windows import Position, Window, dump, load, reaching_back, stamp, updated_at
from khaossync.clock import Clock
from khaossync.domain.cases import CaseClass
from khaossync.domain.documents import Document, Kind, Page
from khaossync.domain.errors import RejectedError
from khaossync.ports import Memory
from khaossync.transport.priority import Priority

# What `orders` leaves out when no status is named is not documented, so every one is named:
# https://shopify.dev/docs/api/admin-graphql/latest/queries/orders
EVERY_STATUS = "(status:open OR status:closed OR status:cancelled)"

UNSETTLED = 5.0
"""Seconds before a reading within which what it read may be out of date unnoticed.

`updatedAt` has whole seconds, so an order that changes once more in the second in which it was read looks unchanged
ever after; so it does when a webhook had it read and no webhook told of the second change. The next reading therefore
reads again all that changed since this long before the last one began: a second would do, were clocks and the search
exact.
"""


@dataclass(frozen=True, slots=True)
class Orders:
    """Every order that changed, whatever its state."""

    channel: str
    client: Client
    settings: Settings
    clock: Clock
    memory: Memory
    name: str = "orders"

    @property
    def interval(self) -> timedelta:
        return timedelta(seconds=self.settings.orders_interval)

    async def changes(self, cursor: str | None) -> AsyncIterator[Page]:
        times = times_of(cursor, self.clock.now() + (self.client.skew or timedelta(0)))
        client = self.client if times.again else self.client.at(Priority.BACKFILL)
        listed = OrderList(OrderReader(self.channel, client, self.settings), self.memory, updated_since)
        async for harvest, position in listed.news(resumed(cursor, self.settings), times.again):
            yield harvest.page(times.cursor(position))

    async def named(self, subjects: Sequence[str]) -> Page:
        """Orders by their gids, however late the search comes to know them. Raises SyncError."""
        reader = OrderReader(self.channel, self.client, self.settings)
        return (await reader.read([{"id": each} for each in subjects])).page("")


@dataclass(frozen=True, slots=True)
class Times:
    """When a reading of orders began, and from when on it reads again what is stored: "" is a first one, of all."""

    began: str
    again: str

    def cursor(self, position: Position) -> str:
        """The cursor behind a page; `again` matters only until the reading's end."""
        if position.under_way:
            return dump(position, began=self.began, again=self.again)
        return dump(position, began=self.began)


def times_of(cursor: str | None, now: datetime) -> Times:
    """The times of a reading that broke off, else of a new one. `now` is by the shop's clock."""
    position, kept = load(cursor) if cursor is not None else (Position(), {})
    if position.under_way:
        return Times(kept.get("began", ""), kept.get("again", ""))
    return Times(stamp(now), reaching_back(kept.get("began", ""), UNSETTLED))


@dataclass(frozen=True, slots=True)
class Refunds:
    """Every refund of an order that changed; the same refund again when its money has moved."""

    channel: str
    client: Client
    settings: Settings
    name: str = "refunds"

    @property
    def interval(self) -> timedelta:
        return timedelta(seconds=self.settings.refunds_interval)

    async def changes(self, cursor: str | None) -> AsyncIterator[Page]:
        window = Window(op.REFUNDED_ORDERS, "orders", self.settings.refund_page, updated_since, updated_at)
        first = is_first(cursor)
        reader = replace(self, client=self.client.at(Priority.BACKFILL if first else Priority.REFUNDS))
        async for stretch in window.read(reader.client, resumed(cursor, self.settings)):
            harvest = Harvest([], [])
            for order in stretch.records:
                harvest += await reader._refunds(order)
            yield harvest.page(cursor_at(stretch.position, first))

    async def _refunds(self, order: object) -> Harvest:
        """All refunds of one order; where nobody can tell which they are, the order itself is what cannot be read."""
        try:
            node = Node.of(order)
            known = node.items("refunds")
            named = await whole_list(self.client, op.ORDER_REFUNDS, node.text("id"), known, 5)
        except MalformedError as error:
            return Harvest.refused(order, self.channel, Kind.REFUND, error)
        return await Harvest.of((each.value for each in named), self.channel, Kind.REFUND, self._read)

    async def _read(self, node: Node) -> Iterable[Document]:
        data = await self.client.run(op.REFUND, id=node.text("id"))
        found = data.node_or_none("refund")
        return [refund_document(await whole_refund(self.client, found), self.channel)] if found else []


@dataclass(frozen=True, slots=True)
class LastLook:
    """Reads one order as it is this moment."""

    channel: str
    client: Client
    settings: Settings

    async def reread(self, key: str) -> Document | None:
        """Raises RejectedError (UNREADABLE_DOCUMENT) for an order that cannot be mapped, SyncError otherwise."""
        order_id = key.removeprefix(f"{self.channel}:")
        try:
            return await OrderReader(self.channel, self.client, self.settings).one(order_id)
        except MalformedError as error:
            raise RejectedError(f"{key} cannot be read: {error}", CaseClass.UNREADABLE_DOCUMENT) from error


def updated_since(floor: str) -> str:
    """The search for orders in any state that were updated at or after an instant; "" means all."""
    return f"updated_at:>='{floor}' AND {EVERY_STATUS}" if floor else EVERY_STATUS


def resumed(cursor: str | None, settings: Settings) -> Position:
    """Where a reading begins: in the middle of the last one if that broke off, else a little before its end."""
    if cursor is None:
        return Position(floor=stamp(settings.orders_since) if settings.orders_since else "")
    position, _ = load(cursor)
    if position.under_way:
        return position
    top = position.top or position.floor
    return Position(floor=reaching_back(top, settings.overlap), top=top)


def is_first(cursor: str | None) -> bool:
    """Whether this goes on with the very first reading, which may be long and keeps what happens now waiting."""
    if cursor is None:
        return True
    position, kept = load(cursor)
    return position.under_way and "first" in kept


def cursor_at(position: Position, first: bool) -> str:
    """The cursor behind a page; a first reading is marked until its end."""
    return dump(position, first="yes") if first and position.under_way else dump(position)
