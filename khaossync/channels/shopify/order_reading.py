"""Reads orders whole by their gids, so many in one call; one that cannot be read hides no other."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from khaossync.channels.shopify import operations as op
from khaossync.channels.shopify.client import Client
from khaossync.channels.shopify.config import Settings
from khaossync.channels.shopify.documents import Harvest, order_document
from khaossync.channels.shopify.fields import Node
from khaossync.channels.shopify.whole import whole_named, whole_order
from khaossync.domain.documents import Document, Kind
from khaossync.domain.errors import RejectedError


@dataclass(frozen=True, slots=True)
class OrderReader:
    """Orders as they are this moment; of those that are gone, nothing."""

    channel: str
    client: Client
    settings: Settings

    async def read(self, records: Sequence[object]) -> Harvest:
        """The orders that these records name by `id`; a record that names none is unreadable. Raises SyncError."""
        gids = [gid for each in records if (gid := _gid(each))]
        harvest = await self._harvest([each for each in records if not _gid(each)])
        for start in range(0, len(gids), self.settings.order_page):
            harvest += await self._batch(gids[start : start + self.settings.order_page])
        return harvest

    async def one(self, gid: str) -> Document | None:
        """One order; None when there is none. Raises MalformedError, SyncError."""
        for found in await self._nodes([gid]):
            return await self._document(Node.of(found, Kind.ORDER))
        return None

    async def _batch(self, gids: Sequence[str]) -> Harvest:
        """A call that is refused is halved until the culprit stands alone."""
        try:
            return await self._harvest(await self._nodes(gids))
        except RejectedError as error:
            if len(gids) == 1:
                return Harvest.refused({"id": gids[0]}, self.channel, Kind.ORDER, error)
        middle = len(gids) // 2
        return await self._batch(gids[:middle]) + await self._batch(gids[middle:])

    async def _nodes(self, gids: Sequence[str]) -> list[object]:
        return await whole_named(self.client, op.ORDERS, gids, lines=self.settings.line_page)

    async def _harvest(self, nodes: Sequence[object]) -> Harvest:
        return await Harvest.of(nodes, self.channel, Kind.ORDER, self._documents)

    async def _documents(self, node: Node) -> Iterable[Document]:
        return [await self._document(node)]

    async def _document(self, node: Node) -> Document:
        return order_document(await whole_order(self.client, node), self.channel)


def _gid(record: object) -> str:
    gid = record.get("id") if isinstance(record, dict) else None
    return gid if isinstance(gid, str) else ""
