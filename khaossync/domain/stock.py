"""Stock: what the ERP has, what a channel lists, and the level that one should show for the other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import ROUND_FLOOR, Decimal

_MOST = Decimal(1_000_000_000)


@dataclass(frozen=True, slots=True)
class StockItem:
    """What the ERP knows under a stock code; `pack` is component code → units for a pack header.

    `price` is the ERP's own selling price, in whatever terms it keeps it: good for comparing items, not for selling.
    `web` tells whether it is meant to be sold online; None where the ERP does not say.
    """

    stock_code: str
    description: str
    discontinued: bool = False
    run_to_zero: bool = False
    deleted: bool = False
    controlled: bool = True
    pack: Mapping[str, Decimal] = field(default_factory=dict)
    price: Decimal | None = None
    web: bool | None = None


@dataclass(frozen=True, slots=True)
class StockLevel:
    """What is free to sell of one stock code, per ERP site (absolute, possibly negative)."""

    stock_code: str
    available: Mapping[str, Decimal]
    controlled: bool = True


@dataclass(frozen=True, slots=True)
class Listing:
    """What a channel sells under a SKU.

    `listing_id` is the channel's own handle for stock writes; `shown` is the quantity it shows per location.
    `duplicates` names the other handles with the same SKU; `bundle` tells that its stock follows from parts, `closeout`
    that it is sold until there is none left and then no more.
    """

    sku: str
    listing_id: str
    title: str
    shown: Mapping[str, int]
    tracked: bool = True
    bundle: bool = False
    duplicates: tuple[str, ...] = ()
    closeout: bool = False


@dataclass(frozen=True, slots=True)
class ChannelLevel:
    """The quantity that a channel should show for a SKU at one of its locations.

    `expected` is what the channel was last seen or made to show, None when unknown; `seen_at` is when it was seen to,
    None where it was made to. A level that corrects what was seen says what we had `left` there.
    """

    sku: str
    listing_id: str
    location: str
    quantity: int
    expected: int | None = None
    seen_at: datetime | None = None
    left: int | None = None

    @property
    def key(self) -> str:
        """The lane of this level; newer levels replace older unsent ones of the same key."""
        return f"{self.sku}@{self.location}"


@dataclass(frozen=True, slots=True)
class Sale:
    """Units that a channel sold, and so took off its own count, at an instant; below zero when it took them back."""

    units: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Wanted:
    """A level that a destination should show, and the connector whose document asked for it.

    `seen` is what the destination itself was seen to show by a reading that began at `seen_at`. `sold` are the sales
    by which it shows less since; None where it sold and nobody knows from where.
    """

    destination: str
    source: str
    level: ChannelLevel
    seen: int | None = None
    seen_at: datetime | None = None
    sold: tuple[Sale, ...] | None = ()


def assembled(header: StockItem, parts: Mapping[str, StockLevel]) -> StockLevel | None:
    """The level of a pack: at each site as many as its scarcest part allows. None until all parts are known.

    Khaos Control has no level of its own for a pack header. Parts whose stock is not controlled never run out.
    """
    if not header.pack.keys() <= parts.keys():
        return None
    scarce = [(parts[code].available, units) for code, units in header.pack.items() if parts[code].controlled]
    sites = {site for available, _ in scarce for site in available}
    available = {
        site: min((of_part.get(site, Decimal(0)) / units).to_integral_value(ROUND_FLOOR) for of_part, units in scarce)
        for site in sites
    }
    return StockLevel(header.stock_code, available, controlled=bool(scarce))


def restricted(level: StockLevel, sites: Sequence[str]) -> StockLevel:
    """The level at these sites only."""
    return replace(level, available={site: level.available.get(site, Decimal(0)) for site in sites})


def less(level: StockLevel, units: Decimal) -> StockLevel:
    """The level without so many units, taken from the fullest sites first."""
    available = dict(level.available)
    for site in sorted(available, key=lambda site: available[site], reverse=True):
        taken = min(units, max(available[site], Decimal(0)))
        available[site], units = available[site] - taken, units - taken
    if units and available:
        fullest = max(available, key=lambda site: available[site])
        available[fullest] -= units
    return replace(level, available=available)


def owed(level: StockLevel, places: Mapping[str, Sequence[str]], place: str) -> Decimal:
    """Units that all other places together have sold beyond what their sites have free, and that must come from here.

    An ERP takes an order's goods from the site that the order was placed on, whatever it has and wherever they lie.
    """
    free = [sum(restricted(level, sites).available.values(), Decimal(0)) for at, sites in places.items() if at != place]
    return -sum((units for units in free if units < 0), Decimal(0))


def sellable(level: StockLevel, sites: Sequence[str], held_back: int) -> int:
    """Σ available over the sites − what is held back, whole units only; below zero when more was sold than there is."""
    total = sum((level.available.get(site, Decimal(0)) for site in sites), Decimal(0))
    total = min(total, _MOST)  # what follows from the scarcest part of a pack divides by figures of any size
    return int(total.to_integral_value(rounding=ROUND_FLOOR)) - held_back
