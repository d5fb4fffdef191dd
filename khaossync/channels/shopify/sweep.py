"""The second look: the orders of the last days by name, so that one that the search hid is read all the same."""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from khaossync.channels.shopify import operations as op
from khaossync.channels.shopify.client import Client
from khaossync.channels.shopify.config import Settings
from khaossync.channels.shopify.documents import Harvest, key_of, order_mark
from khaossync.channels.shopify.fields import MalformedError, Node
from khaossync.channels.shopify.sources import EVERY_STATUS, order_now, stamp, updated_at
from khaossync.channels.shopify.windows import Position, Window, dump, load
from khaossync.clock import Clock
from khaossync.domain.documents import Document, Kind, Page
from khaossync.ports import Memory

_LISTED = 250


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
        """What is read keeps the cursor before its list, until all of the list is read."""
        position = self._begin(cursor)
        window = Window(op.LISTED_ORDERS, "orders", _LISTED, recent, updated_at)
        async for stretch in window.read(self.client, position):
            missed = await self._missed(stretch.records)
            size = self.settings.order_page
            for start in range(0, len(missed), size):
                yield await self._read(missed[start : start + size], position)
            position = stretch.position
            yield Page((), dump(position))

    def _begin(self, cursor: str | None) -> Position:
        """In the middle of the sweep that broke off, else at the beginning of a new one."""
        begun, _ = load(cursor) if cursor else (Position(), {})
        if begun.under_way:
            return begun
        floor = self.clock.now() - timedelta(hours=self.settings.sweep_hours)
        return Position(floor=stamp(max(floor, self.settings.orders_since or floor)), after="")

    async def _missed(self, records: Sequence[object]) -> list[object]:
        """The listed orders that are not stored in this state; one that cannot be read is for the report."""
        keys = {key_of(self.channel, Kind.ORDER, record) for record in records}
        stored = await self.memory.versions(self.channel, Kind.ORDER, keys - {""})
        return [each for each in records if _is_missed(each, stored.get(key_of(self.channel, Kind.ORDER, each)))]

    async def _read(self, records: Sequence[object], position: Position) -> Page:
        harvest = await Harvest.of(records, self.channel, Kind.ORDER, self._order)
        return Page(tuple(harvest.documents), dump(position), tuple(harvest.unreadable))

    async def _order(self, listed: Node) -> Iterable[Document]:
        found = await order_now(self.client, self.channel, listed.text("id"), self.settings)
        return [found] if found else []


def recent(floor: str) -> str:
    """The search for orders in any state that came into being or were updated at or after an instant."""
    return f"(created_at:>='{floor}' OR updated_at:>='{floor}') AND {EVERY_STATUS}"


def _is_missed(record: object, stored: str | None) -> bool:
    try:
        mark = order_mark(Node.of(record))
    except MalformedError:
        return True
    return stored is None or not (stored.startswith(f"{mark}~") or _second(mark) < _second(stored))


def _second(version: str) -> str:
    return version.partition("~")[0]
