"""The stock book: items, what stands on each site, what is reserved, and what moved when."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from khaossync.sandbox.khaosws.recent import Recent

ZERO = Decimal(0)


@dataclass(slots=True)
class Level:
    """What one site holds of one item."""

    on_hand: Decimal = ZERO
    reserved: Decimal = ZERO
    on_order: Decimal = ZERO

    @property
    def available(self) -> Decimal:
        """Available to sell; below zero when oversold."""
        return self.on_hand - self.reserved


@dataclass(slots=True)
class StockItem:
    """One stock code. A pack (`pack`: child code → quantity) holds no stock itself."""

    stock_id: int
    code: str
    description: str
    created_at: datetime
    other_ref: str = ""
    barcode: str = ""
    tax_code: int = 1
    price: Decimal = ZERO
    discontinued: bool = False
    run_to_zero: bool = False
    controlled: bool = True
    pack: dict[str, Decimal] = field(default_factory=dict)
    levels: dict[str, Level] = field(default_factory=dict)


class Stockroom:
    """All items by code and by their other names, with registers of revisions and movements."""

    def __init__(self, now: Callable[[], datetime], sites: tuple[str, ...]) -> None:
        self._now = now
        self._sites = sites
        self._items: dict[str, StockItem] = {}
        self._names: dict[str, dict[str, str]] = {"id": {}, "other_ref": {}, "barcode": {}, "description": {}}
        self.revised = Recent()
        self.moved = Recent()

    def add(self, code: str, description: str, levels: Mapping[str, Decimal], **properties: object) -> StockItem:
        """Take up a new code; `properties` are fields of StockItem. ValueError for a known code or a strange site."""
        if code in self._items or not 0 < len(code) <= 50:
            raise ValueError(f"stock code {code!r} is known already, or not 1 to 50 characters long")
        item = StockItem(len(self._items) + 1, code, description, self._now(), **properties)  # type: ignore[arg-type]  # checked by the dataclass' caller
        self._items[code] = item
        for kind, name in zip(
            self._names, (str(item.stock_id), item.other_ref, item.barcode, description), strict=True
        ):
            self._names[kind].setdefault(name, code)
        for site, quantity in levels.items():
            self.level(item, site).on_hand = Decimal(quantity)
        self.revised.touch(code, self._now())
        self.moved.touch(code, self._now())
        return item

    def __iter__(self) -> Iterator[StockItem]:
        return iter(self._items.values())

    def __getitem__(self, code: str) -> StockItem:
        return self._items[code]

    def find(self, name: str, kind: str = "code") -> StockItem | None:
        """The item of that code, id, other_ref, barcode or description."""
        code = name if kind == "code" else self._names[kind].get(name, "") if name else ""
        return self._items.get(code)

    def level(self, item: StockItem, site: str) -> Level:
        """The item's level at a site id; ValueError for a site that does not exist."""
        if site not in self._sites:
            raise ValueError(f"there is no site {site!r}, only {', '.join(self._sites)}")
        return item.levels.setdefault(site, Level())

    def shift(
        self, code: str, site: str, *, on_hand: Decimal = ZERO, reserved: Decimal = ZERO, on_order: Decimal = ZERO
    ) -> None:
        """Move quantities by the differences given, and record the movement. Uncontrolled items do not move."""
        item = self._items[code]
        if not item.controlled:
            return
        level = self.level(item, site)
        level.on_hand += on_hand
        level.reserved += reserved
        level.on_order += on_order
        self.moved.touch(code, self._now())

    def discontinue(self, code: str) -> None:
        """Sell no more of it; a revision, not a movement."""
        self._items[code].discontinued = True
        self.revised.touch(code, self._now())

    def potential(self, item: StockItem, site: str) -> Decimal:
        """How many packs the children on a site would make."""
        children = ((self.level(self._items[code], site).available, quantity) for code, quantity in item.pack.items())
        return min((max(ZERO, available // quantity) for available, quantity in children), default=ZERO)
