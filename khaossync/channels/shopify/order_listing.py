"""Lists orders, which costs next to nothing, and reads only those that are news."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace

from khaossync.channels.shopify import operations as op
from khaossync.channels.shopify.documents import Harvest, key_of, order_mark
from khaossync.channels.shopify.fields import MalformedError, Node
from khaossync.channels.shopify.order_reading import OrderReader
from khaossync.channels.shopify.windows import Position, Window, highest, updated_at
from khaossync.domain.documents import Kind
from khaossync.ports import Memory

# The most that a page of Shopify holds: https://shopify.dev/docs/api/usage/pagination-graphql
_LISTED = 250

NOTHING = "~"
"""Sorts behind every instant: what is stored as it is listed is never read again."""


@dataclass(frozen=True, slots=True)
class OrderList:
    """The orders that a search finds, from a floor on, in the order of their updates."""

    reader: OrderReader
    memory: Memory
    search: Callable[[str], str]

    async def news(self, begun: Position, again: str) -> AsyncIterator[tuple[Harvest, Position]]:
        """What is not stored as it is listed, or was updated at `again` or later, in batches of a call each.

        With each batch goes the position from which nothing is left out once it is stored. Raises SyncError.
        """
        position = replace(begun, after=begun.after or "")
        window = Window(op.LISTED_ORDERS, "orders", _LISTED, self.search, updated_at)
        async for stretch in window.read(self.reader.client, position):
            news, size = await self._news(stretch.records, again), self.reader.settings.order_page
            *batches, last = [news[start : start + size] for start in range(0, len(news), size)] or [[]]
            for batch in batches:
                yield await self.reader.read(batch), position.reached(highest(batch, updated_at))
            yield await self.reader.read(last), stretch.position
            position = stretch.position

    async def _news(self, records: Sequence[object], again: str) -> list[object]:
        """The records to read; one that tells no state is news."""
        channel = self.reader.channel
        keys = {key_of(channel, Kind.ORDER, record) for record in records}
        stored = await self.memory.versions(channel, Kind.ORDER, keys - {""})
        return [each for each in records if _is_news(each, stored.get(key_of(channel, Kind.ORDER, each)), again)]


def _is_news(record: object, stored: str | None, again: str) -> bool:
    try:
        mark = order_mark(Node.of(record))
    except MalformedError:
        return True
    if stored is None or _second(mark) >= again:
        return True
    return not (stored.startswith(f"{mark}~") or _second(mark) < _second(stored))


def _second(version: str) -> str:
    return version.partition("~")[0]
