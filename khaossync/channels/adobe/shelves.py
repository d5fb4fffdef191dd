"""What a shop shows of a SKU at each of its sources: what lies there, less what open orders have reserved.

Salable is what lies at all sources together less what was ordered and is not shipped yet. An order reserves at no
source in particular, so all reservations are counted at the first one.
https://experienceleague.adobe.com/en/docs/commerce-admin/inventory/basics/selection-reservations
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from khaossync.channels.adobe import operations as op
from khaossync.channels.adobe.client import Client
from khaossync.channels.adobe.config import Settings
from khaossync.channels.adobe.fields import Node
from khaossync.channels.adobe.wire import Filter, one_of
from khaossync.domain.money import ZERO

_AT_ONCE = 100
_LONGEST = 2000
"""SKUs, and their characters, in one search: an address may not be longer than a few thousand characters."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """One SKU: what lies at each source, and what may be sold of it all; `salable` is None where nobody says.

    `lying` has the sources from which the website sells, also those that are not ours to write.
    """

    lying: Mapping[str, Decimal]
    salable: Decimal | None
    holder: str

    @property
    def reserved(self) -> Decimal:
        """Units that open orders have reserved."""
        return ZERO if self.salable is None else sum(self.lying.values(), ZERO) - self.salable

    def reserved_at(self, location: str) -> Decimal:
        """Of them those that are counted at a location."""
        return self.reserved if location == self.holder else ZERO

    def shown(self, locations: Iterable[str]) -> dict[str, int]:
        """What each of these locations shows, where it has the item at all."""
        return {
            place: int((self.lying[place] - self.reserved_at(place)).to_integral_value(ROUND_FLOOR))
            for place in locations
            if place in self.lying
        }


@dataclass(slots=True)
class Shelves:
    """Reads shelves, many at once."""

    client: Client
    settings: Settings
    _selling: frozenset[str] = field(default_factory=frozenset)

    async def read(self, skus: Sequence[str], client: Client | None = None) -> dict[str, Shelf]:
        """The shelves of these SKUs; none of one that lies nowhere and cannot be bought. Raises SyncError."""
        client = client or self.client
        told = await self.told(skus, client)
        return {sku: shelf for sku in skus if (shelf := shelf_of(sku, told, self.settings))}

    async def told(self, skus: Sequence[str], client: Client) -> dict[str, list[Any]]:
        """What the shop tells of these SKUs: `source_items` of the sources that it sells from, and `salable`."""
        selling = await self._sources(client)
        items, salable = list[Any](), list[Any]()
        for some in _searches(skus):
            items += [
                one async for one in client.every(op.SOURCE_ITEMS, some, sort="sku", then="source_code", size=_AT_ONCE)
            ]
            found = client.every(op.SALABLE, some, sort="sku", size=_AT_ONCE, website=self.settings.website)
            salable += [one async for one in found]
        sold_from = [one for one in items if Node.of(one).text_or("source_code") in selling]
        return {"source_items": sold_from, "salable": salable}

    async def _sources(self, client: Client) -> frozenset[str]:
        """The enabled sources that the website sells from; asked once, for they hardly ever change."""
        if not self._selling:
            sources = [Node.of(one) async for one in client.every(op.SOURCES, sort="source_code", size=_AT_ONCE)]
            enabled = {one.text("source_code") for one in sources if one.flag("enabled", True)}
            self._selling = frozenset(enabled & set(await linked(client, self.settings)))
        return self._selling


async def linked(client: Client, settings: Settings) -> list[str]:
    """The codes of the sources from which the website sells. Raises SyncError."""
    stock = Node.of(await client.call(op.STOCK, website=settings.website), op.STOCK.name).ident("stock_id")
    links = client.every(op.STOCK_SOURCES, Filter("stock_id", "eq", stock), sort="source_code", size=_AT_ONCE)
    return [Node.of(each, op.STOCK_SOURCES.name).ident("source_code") async for each in links]


async def existing(client: Client, skus: Sequence[str]) -> set[str]:
    """Those of the SKUs that are products: a write of stock accepts any other as well. Raises SyncError."""
    found = set[str]()
    for some in _searches(skus):
        found |= {
            Node.of(one).ident("sku") async for one in client.every(op.PRODUCTS, some, sort="entity_id", size=100)
        }
    return found


def shelf_of(sku: str, told: Mapping[str, Sequence[Any]], settings: Settings) -> Shelf | None:
    """One SKU of what the shop told. Raises MalformedError."""
    items = [node for each in told["source_items"] if (node := Node.of(each)).ident("sku") == sku]
    salable = [node for each in told["salable"] if (node := Node.of(each)).ident("sku") == sku]
    if not items and not salable:
        return None
    # What a person has marked as out of stock counts for nothing, however much of it there is.
    lying = {one.ident("source_code"): one.number("quantity") if one.flag("status", True) else ZERO for one in items}
    holder = next((place for place in settings.locations if place in lying), settings.locations[0])
    return Shelf(lying, salable[0].number("qty") if salable else None, holder)


def _searches(skus: Sequence[str]) -> Iterator[Filter]:
    """Searches that together find all these SKUs; one with a comma is asked for alone."""
    plain = [sku for sku in skus if "," not in sku]
    some: list[str] = []
    for sku in plain:
        if some and (len(some) == _AT_ONCE or sum(map(len, some)) + len(sku) > _LONGEST):
            yield one_of("sku", some)
            some = []
        some.append(sku)
    if some:
        yield one_of("sku", some)
    for sku in skus:
        if "," in sku:
            yield Filter("sku", "eq", sku)
