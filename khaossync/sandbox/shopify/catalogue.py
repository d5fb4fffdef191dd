"""What the shop sells and where it lies: variants, inventory items, locations, levels, with their indexes."""

from bisect import insort
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from khaossync.sandbox.shopify.ids import Numbers, gid


@dataclass(slots=True, eq=False)
class Location:
    """A place that keeps stock. `levels` is sorted by inventory item."""

    number: int
    name: str
    created_at: datetime
    updated_at: datetime
    levels: list["Level"] = field(default_factory=list)

    @property
    def id(self) -> str:
        """The global id."""
        return gid("Location", self.number)


@dataclass(slots=True, eq=False)
class Level:
    """The stock of one item at one location: on hand = available + committed."""

    item: "Item"
    location: Location
    available: int
    created_at: datetime
    updated_at: datetime
    committed: int = 0

    @property
    def on_hand(self) -> int:
        """What lies on the shelf."""
        return self.available + self.committed

    @property
    def id(self) -> str:
        """The global id, which names both halves."""
        return f"{gid('InventoryLevel', self.location.number)}?inventory_item_id={self.item.number}"


@dataclass(slots=True, eq=False)
class Item:
    """A product with its one variant and the inventory item behind it: the three share a number here."""

    number: int
    sku: str
    title: str
    price: Decimal
    tax_rate: Decimal
    created_at: datetime
    updated_at: datetime
    bundle_of: Mapping[str, int] = field(default_factory=dict)
    gift_card: bool = False
    requires_shipping: bool = True
    oversell: bool = False
    levels: dict[int, Level] = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)

    @property
    def id(self) -> str:
        """The global id of the inventory item."""
        return gid("InventoryItem", self.number)


class Catalogue:
    """All items and locations. `items` is sorted by number; a SKU may belong to several items."""

    def __init__(self, numbers: Numbers) -> None:
        self._numbers = numbers
        self.items: list[Item] = []
        self.by_number: dict[int, Item] = {}
        self.by_sku: dict[str, list[Item]] = {}
        self.locations: dict[int, Location] = {}
        self._by_name: dict[str, Location] = {}

    def open_location(self, name: str, now: datetime) -> Location:
        """Add a place that keeps stock."""
        location = Location(self._numbers.next(), name, now, now)
        self.locations[location.number] = self._by_name[name] = location
        return location

    def add(self, item: Item) -> None:
        """List one item for sale."""
        self.items.append(item)
        self.by_number[item.number] = item
        self.by_sku.setdefault(item.sku, []).append(item)

    def stock(self, item: Item, location: Location, available: int, now: datetime) -> Level:
        """Begin to keep an item at a location."""
        level = Level(item, location, available, now, now)
        item.levels[location.number] = level
        insort(location.levels, level, key=lambda each: each.item.number)
        return level

    def location(self, name: str) -> Location:
        """The location of that name. Raises KeyError."""
        return self._by_name[name]

    def sold_as(self, sku: str) -> Item:
        """The first item listed under a SKU. Raises KeyError."""
        return self.by_sku[sku][0]

    def components(self, item: Item) -> Iterable[tuple[Item, int]]:
        """The items inside a bundle, with how many of each are in one bundle."""
        return [(self.sold_as(sku), quantity) for sku, quantity in item.bundle_of.items()]
