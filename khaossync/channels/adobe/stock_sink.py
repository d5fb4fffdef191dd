"""Sets what lies at the sources, so that what is salable becomes what was asked for: that, and what is reserved."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from khaossync.channels.adobe import operations as op
from khaossync.channels.adobe.client import Client
from khaossync.channels.adobe.levels import Write, writes
from khaossync.channels.adobe.shelves import Shelf, Shelves, existing
from khaossync.domain.documents import Kind
from khaossync.domain.errors import RejectedError
from khaossync.domain.messages import Delivery, Outcome
from khaossync.domain.money import ZERO

Rows = Sequence[Mapping[str, Any]]


class Setter(Protocol):
    """How rows of source items are set."""

    async def set(self, rows: Rows) -> list[RejectedError | None] | None:
        """What each row was refused for; None where all were set. Raises SyncError, RejectedError for all of them."""


@dataclass(frozen=True, slots=True)
class AtOnce:
    """One call for all: one bad row has all of them refused."""

    client: Client

    async def set(self, rows: Rows) -> None:
        await self.client.call(op.SET_SOURCE_ITEMS, told={"sourceItems": list(rows)})


@dataclass(frozen=True, slots=True)
class Planned:
    """A write with the row that it makes, and what will then be shown."""

    write: Write
    quantity: int
    row: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class StockLevels:
    """Sets quantities of sources.

    A batch is taken or refused as a whole, so it is halved until the culprit stands alone. The shop accepts a SKU that
    it has no product for, so those are looked for. Between the look and the write nothing may be shipped, for both
    what lies there and what is reserved would change: `turn` is held by whoever ships, too. A sale in between does no
    harm, for it changes only what is reserved.
    """

    client: Client
    shelves: Shelves
    setter: Setter
    turn: asyncio.Lock
    max_batch: int
    kind: Kind = Kind.STOCK_LEVEL
    parallel: int = 1
    blind: bool = False

    async def deliver(self, batch: Sequence[Delivery]) -> Sequence[Outcome]:
        outcomes: dict[int, Outcome] = {}
        async with self.turn:
            await self._set(await self._planned(writes(batch), outcomes), outcomes)
        return [outcomes[index] for index in range(len(batch))]

    async def _planned(self, wanted: list[Write], outcomes: dict[int, Outcome]) -> list[Planned]:
        skus = list(dict.fromkeys(write.level.sku for write in wanted))
        shelves = await self.shelves.read(skus, self.client) if skus else {}
        doubtful = [sku for sku in skus if sku not in shelves or shelves[sku].salable is None]
        gone = set(doubtful) - await existing(self.client, doubtful) if doubtful else set()
        outcomes |= {write.index: write.absent() for write in wanted if write.level.sku in gone}
        return [_planned(write, shelves.get(write.level.sku)) for write in wanted if write.level.sku not in gone]

    async def _set(self, planned: list[Planned], outcomes: dict[int, Outcome]) -> None:
        if not planned:
            return
        try:
            refused = await self.setter.set([one.row for one in planned])
        except RejectedError as error:
            await self._halved(planned, error, outcomes)
            return
        for one, why in zip(planned, refused or [None] * len(planned), strict=True):
            outcomes[one.write.index] = one.write.rejected(str(why)) if why else one.write.done(one.quantity)

    async def _halved(self, planned: list[Planned], error: RejectedError, outcomes: dict[int, Outcome]) -> None:
        if len(planned) == 1:
            outcomes[planned[0].write.index] = planned[0].write.rejected(str(error))
            return
        middle = len(planned) // 2
        await self._set(planned[:middle], outcomes)
        await self._set(planned[middle:], outcomes)


def _planned(write: Write, shelf: Shelf | None) -> Planned:
    place = write.level.location
    quantity = write.quantity(shelf.shown([place]).get(place) if shelf else None)
    lying = max(ZERO, quantity + (shelf.reserved_at(place) if shelf else Decimal(0)))
    row = {"sku": write.level.sku, "source_code": place, "quantity": lying, "status": 1}
    return Planned(write, quantity, row)
