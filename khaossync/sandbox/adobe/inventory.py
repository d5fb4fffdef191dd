"""Where stock lies: sources with their quantities and the reservations of open orders, or one legacy stock item.

https://developer.adobe.com/commerce/webapi/rest/inventory/
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from khaossync.sandbox.adobe.errors import Refusal
from khaossync.sandbox.adobe.money import NOTHING

STOCK_ID = 1
WEBSITE = "base"


class OutOfStock(Exception):  # noqa: N818  the shop says it as a shopper reads it
    """The basket asks for more than the shop can sell."""


@dataclass(slots=True, eq=False)
class Source:
    """A place that keeps stock."""

    code: str
    name: str
    enabled: bool = True


@dataclass(slots=True, eq=False)
class SourceItem:
    """What lies at a source. With status 0, or none of it, nothing is sold from there."""

    sku: str
    source: str
    quantity: Decimal
    status: int = 1


@dataclass(slots=True, eq=False)
class StockItem:
    """The stock of a product in the one legacy stock."""

    qty: Decimal = NOTHING
    in_stock: bool = True
    manage: bool = True


class Inventory:
    """All stock of a shop: one website, one MSI stock fed by all sources. Without `msi`, legacy stock items only.

    With MSI placing an order leaves the sources alone and adds a reservation, which the shipment takes away again;
    without it the order lowers the stock item at once.
    """

    def __init__(self, sources: Sequence[str], *, msi: bool) -> None:
        self.msi = msi
        self.sources = {code: Source(code, "Default Source" if code == "default" else code) for code in sources}
        self.items: dict[tuple[str, str], SourceItem] = {}
        self.reservations: defaultdict[str, Decimal] = defaultdict(Decimal)
        self.legacy: dict[str, StockItem] = {}
        self.threshold = NOTHING

    @property
    def default(self) -> str:
        """The source that ships when none is named."""
        return next(iter(self.sources))

    def keep(self, sku: str, stock: Mapping[str, int]) -> None:
        """Begin to keep a product, so many per source."""
        if not self.msi:
            total = Decimal(sum(stock.values()))
            self.legacy[sku] = StockItem(total, total > 0)
            return
        for source, units in stock.items():
            self.set(sku, source, Decimal(units))

    def set(self, sku: str, source: str, quantity: Decimal, status: int = 1) -> None:
        """Write a source's quantity. The default source is also the legacy stock item. Raises KeyError."""
        source = self.sources[source].code
        found = self.items.setdefault((sku, source), SourceItem(sku, source, quantity))
        found.quantity, found.status = quantity, status
        if source == self.default:
            self.legacy[sku] = StockItem(quantity, status == 1)

    def is_kept(self, sku: str) -> bool:
        """Whether the shop counts a product at all."""
        return sku in self.legacy or any((sku, source) in self.items for source in self.sources)

    def at(self, sku: str, source: str) -> Decimal:
        """What lies at a source."""
        if not self.msi:
            return self.legacy[sku].qty if sku in self.legacy else NOTHING
        found = self.items.get((sku, source))
        return found.quantity if found else NOTHING

    def salable(self, sku: str) -> Decimal:
        """What can still be sold."""
        if not self.msi:
            return self.legacy[sku].qty if sku in self.legacy else NOTHING
        there = (self.items.get((sku, code)) for code, source in self.sources.items() if source.enabled)
        whole = sum((each.quantity for each in there if each and each.status == 1), NOTHING)
        return whole + self.reservations[sku] - self.threshold

    def sell(self, wanted: Mapping[str, Decimal], backorders: frozenset[str]) -> None:
        """Promise units to somebody. Raises OutOfStock, and then nothing was promised."""
        for sku, units in wanted.items():
            if sku not in backorders and units > self.salable(sku):
                raise OutOfStock(f"{units} × {sku} were asked for, {self.salable(sku)} are there")
        for sku, units in wanted.items():
            self.promise(sku, units)

    def promise(self, sku: str, units: Decimal) -> None:
        """Promise units, or with fewer than none let go of them."""
        if self.msi:
            self.reservations[sku] -= units
        elif sku in self.legacy:
            self.legacy[sku].qty -= units

    def can_ship(self, wanted: Mapping[str, Decimal], source: str, backorders: frozenset[str]) -> None:
        """Raises Refusal unless the source has all of it."""
        if not self.msi:
            return
        if source not in self.sources:
            raise Refusal(404, 'Source with code "%value" does not exist.', {"value": source})
        if any(sku not in backorders and units > self.at(sku, source) for sku, units in wanted.items()):
            raise Refusal(400, "Not all of your products are available in the requested quantity.")

    def ship(self, sku: str, units: Decimal, source: str) -> None:
        """Units leave the source, and their reservation with them."""
        if self.msi:
            self.set(sku, source, self.at(sku, source) - units)
            self.reservations[sku] += units

    def take_back(self, sku: str, units: Decimal, source: str) -> None:
        """Units that had been sent come back."""
        if self.msi:
            self.set(sku, source, self.at(sku, source) + units)
        elif sku in self.legacy:
            self.legacy[sku].qty += units
