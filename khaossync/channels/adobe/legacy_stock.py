"""Stock of a shop without sources: one quantity per product, which falls when an order is placed."""

from collections.abc import Sequence
from dataclasses import dataclass

from khaossync.channels.adobe import operations as op
from khaossync.channels.adobe.client import Client
from khaossync.channels.adobe.fields import Node
from khaossync.channels.adobe.levels import Write, writes
from khaossync.channels.adobe.wire import MissingError
from khaossync.domain.documents import Kind
from khaossync.domain.errors import ConnectorDownError, RateLimitedError, RejectedError, SyncError
from khaossync.domain.messages import Delivery, Outcome


async def stock_item(client: Client, sku: str) -> Node | None:
    """The stock item of a product; None where there is no such product. Raises SyncError."""
    try:
        return Node.of(await client.call(op.STOCK_ITEM, sku=sku), op.STOCK_ITEM.name)
    except MissingError:
        return None


def shown(item: Node) -> int:
    """What a stock item shows: what was ordered is off it already."""
    return int(item.number_or("qty") // 1)


@dataclass(frozen=True, slots=True)
class LegacyLevels:
    """Sets quantities one by one, each looked at just before; the shop offers no way to make a batch of them."""

    client: Client
    max_batch: int = 20
    kind: Kind = Kind.STOCK_LEVEL
    parallel: int = 2
    blind: bool = False

    async def deliver(self, batch: Sequence[Delivery]) -> Sequence[Outcome]:
        return [await self._outcome(write) for write in writes(batch)]

    async def _outcome(self, write: Write) -> Outcome:
        try:
            return await self._set(write)
        except (ConnectorDownError, RateLimitedError):
            raise
        except RejectedError as error:
            return write.rejected(str(error))
        except SyncError as error:
            return error

    async def _set(self, write: Write) -> Outcome:
        item = await stock_item(self.client, write.level.sku)
        if item is None:
            return write.absent()
        quantity = write.quantity(shown(item))
        told = {"stockItem": {"qty": quantity, "is_in_stock": quantity > 0}}
        await self.client.call(op.SET_STOCK_ITEM, told=told, sku=write.level.sku, item=item.ident("item_id"))
        return write.done(quantity)
