"""What the shop tells about sales: orders and refunds, each by what was updated since the last reading."""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from khaossync.channels.shopify import operations as op
from khaossync.channels.shopify.client import Client
from khaossync.channels.shopify.config import Settings
from khaossync.channels.shopify.documents import Harvest, order_document, refund_document
from khaossync.channels.shopify.fields import MalformedError, Node
from khaossync.channels.shopify.whole import whole_list, whole_order, whole_refund
from khaossync.channels.shopify.windows import Position, Window, dump, load
from khaossync.domain.cases import CaseClass
from khaossync.domain.documents import Document, Kind, Page
from khaossync.domain.errors import RejectedError
from khaossync.transport.priority import Priority

# What `orders` leaves out when no status is named is not documented, so every one is named:
# https://shopify.dev/docs/api/admin-graphql/latest/queries/orders
EVERY_STATUS = "(status:open OR status:closed OR status:cancelled)"


@dataclass(frozen=True, slots=True)
class Orders:
    """Every order that changed, whatever its state."""

    channel: str
    client: Client
    settings: Settings
    name: str = "orders"

    @property
    def interval(self) -> timedelta:
        return timedelta(seconds=self.settings.orders_interval)

    async def changes(self, cursor: str | None) -> AsyncIterator[Page]:
        window = Window(op.ORDERS, "orders", self.settings.order_page, updated_since, updated_at)
        begun, first = resumed(cursor, self.settings), is_first(cursor)
        reader = replace(self, client=self.client.at(Priority.BACKFILL)) if first else self
        async for stretch in window.read(reader.client, begun, lines=self.settings.line_page):
            harvest = await Harvest.of(stretch.records, self.channel, Kind.ORDER, reader._read)
            yield Page(tuple(harvest.documents), cursor_at(stretch.position, first), tuple(harvest.unreadable))

    async def _read(self, node: Node) -> Iterable[Document]:
        return [order_document(await whole_order(self.client, node), self.channel)]

    async def named(self, subjects: Sequence[str]) -> Page:
        """Orders by their gids, however late the search comes to know them. Raises SyncError."""
        harvest = await Harvest.of([{"id": each} for each in subjects], self.channel, Kind.ORDER, self._now)
        return Page(tuple(harvest.documents), "", tuple(harvest.unreadable))

    async def _now(self, node: Node) -> Iterable[Document]:
        found = await order_now(self.client, self.channel, node.text("id"), self.settings)
        return [found] if found else []


async def order_now(client: Client, channel: str, order_id: str, settings: Settings) -> Document | None:
    """An order as it is this moment; None when there is none. Raises MalformedError, SyncError."""
    data = await client.run(op.ORDER, id=order_id, lines=settings.line_page)
    node = data.node_or_none("order")
    return order_document(await whole_order(client, node), channel) if node else None


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
            refunds = [refund for record in stretch.records for refund in await reader._refunds(record)]
            harvest = await Harvest.of(refunds, self.channel, Kind.REFUND, reader._read)
            yield Page(tuple(harvest.documents), cursor_at(stretch.position, first), tuple(harvest.unreadable))

    async def _refunds(self, order: object) -> Iterable[object]:
        """The refunds of one order by id; an order that cannot be read stands for itself, to be reported."""
        try:
            node = Node.of(order)
            known = node.items("refunds")
            return [each.value for each in await whole_list(self.client, op.ORDER_REFUNDS, node.text("id"), known, 5)]
        except MalformedError:
            return [order]

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
            return await order_now(self.client, self.channel, order_id, self.settings)
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


def reaching_back(mark: str, seconds: float) -> str:
    """A mark, earlier by the overlap."""
    return stamp(datetime.fromisoformat(mark) - timedelta(seconds=seconds)) if mark else ""


def stamp(moment: datetime) -> str:
    """An instant as Shopify's search takes it: whole seconds, UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def updated_at(node: Node) -> str:
    """When a record was last updated, as the search takes it. Raises MalformedError."""
    return stamp(node.instant("updatedAt"))
