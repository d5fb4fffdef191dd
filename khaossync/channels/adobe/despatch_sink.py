"""Tells the shop that goods left the warehouse: looks first, ships once, and looks again when in doubt."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from khaossync.channels.adobe import operations as op
from khaossync.channels.adobe.client import Client
from khaossync.channels.adobe.config import Settings
from khaossync.channels.adobe.shelves import Shelves
from khaossync.channels.adobe.shipment_reading import lacking, shipments
from khaossync.channels.adobe.shipping import (
    Places,
    Shipment,
    call,
    mark,
    of_goods,
    refused,
    still_to_tell,
    told_already,
)
from khaossync.channels.adobe.tracking import correct, track
from khaossync.domain.despatch import Consignment
from khaossync.domain.documents import Kind
from khaossync.domain.errors import AmbiguousError, ConnectorDownError, RejectedError, SyncError
from khaossync.domain.messages import Delivery, Done, Outcome


@dataclass(frozen=True, slots=True)
class Despatches:
    """Makes shipments, or gives them a number. Magento cannot recognise a repeated call, so it is read first.

    Each shipment carries the despatch's id in a comment of its own, by which it is recognised ever after. While one is
    made no stock is written: `turn` is held by whoever changes what lies at the sources.
    """

    client: Client
    shelves: Shelves
    settings: Settings
    turn: asyncio.Lock
    kind: Kind = Kind.DESPATCH
    max_batch: int = 1
    parallel: int = 2
    blind: bool = True

    async def deliver(self, batch: Sequence[Delivery]) -> Sequence[Outcome]:
        return [await self._tell(delivery) for delivery in batch]

    async def _tell(self, delivery: Delivery) -> Outcome:
        consignment = delivery.payload
        if not isinstance(consignment, Consignment):
            raise TypeError(f"a despatch sink cannot take {type(consignment).__name__}")
        consignment = replace(consignment, tracking_number=consignment.tracking_number.strip())
        try:
            if consignment.told_as:
                return await correct(self.client, consignment, self.settings)
            return await self._look_and_ship(consignment)
        except ConnectorDownError:
            raise
        except SyncError as error:
            return error

    async def _look_and_ship(self, consignment: Consignment) -> Outcome:
        where = await lacking(self.client, consignment.order_id)
        if where is None:
            raise refused(consignment, "the shop has no such order", final=True)
        consignment = of_goods(consignment, where)
        if not consignment.lines:
            return Done("nothing to ship", found=True)
        told = told_already(consignment, await shipments(self.client, consignment.order_id))
        left = still_to_tell(consignment.lines, told, where)
        if not left:
            return _done(told)
        try:
            items = call(consignment, left, where)
            made = await self._ship(consignment, items, where)
        except (AmbiguousError, RejectedError) as error:
            return await self._look_again(consignment, where, error)
        return Done(" ".join([*(each.ident for each in told), made]))

    async def _look_again(self, consignment: Consignment, where: Places, error: SyncError) -> Outcome:
        """After a lost or refused call the shop's own word decides; where it has none the doubt remains."""
        try:
            told = told_already(consignment, await shipments(self.client, consignment.order_id))
        except SyncError:
            return error
        return error if still_to_tell(consignment.lines, told, where) else _done(told)

    async def _ship(self, consignment: Consignment, items: Mapping[str, int], where: Places) -> str:
        told: dict[str, object] = {
            "items": [{"order_item_id": int(item), "qty": count} for item, count in items.items()],
            "notify": self.settings.notify_customer,
            "appendComment": False,
            "comment": {"comment": mark(consignment), "is_visible_on_front": 0},
        }
        if consignment.tracking_number:
            told["tracks"] = [track(consignment, self.settings)]
        if self.settings.msi:
            source = await self._source(items, where)
            told["arguments"] = {"extension_attributes": {"source_code": source}}
        async with self.turn:
            made = await self.client.call(op.SHIP, told=told, id=consignment.order_id)
        if isinstance(made, bool) or not isinstance(made, int | str) or not str(made).strip():
            raise AmbiguousError("adobe: the call that ships was not answered with the id of a shipment")
        return str(made)

    async def _source(self, items: Mapping[str, int], where: Places) -> str:
        """The first of our sources that has all of it, for a shipment leaves from one; else the first."""
        first, *others = self.settings.locations
        if not others:
            return first
        wanted: dict[str, int] = {}
        for place in where.values():
            wanted[place.sku] = wanted.get(place.sku, 0) + items.get(place.item, 0) * place.each
        wanted = {sku: count for sku, count in wanted.items() if count}
        found = await self.shelves.read(list(wanted), self.client)
        for source in self.settings.locations:
            if all(sku in found and found[sku].lying.get(source, 0) >= count for sku, count in wanted.items()):
                return source
        return first


def _done(told: Sequence[Shipment]) -> Done:
    """The consignment is told in full."""
    return Done(" ".join(each.ident for each in told), found=True)
