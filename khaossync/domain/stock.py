"""Stock: what the ERP has, what a channel lists, and the level that one should show for the other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_FLOOR, Decimal


@dataclass(frozen=True, slots=True)
class StockItem:
    """What the ERP knows under a stock code; `pack` is component code → units for a pack header."""

    stock_code: str
    description: str
    discontinued: bool = False
    run_to_zero: bool = False
    deleted: bool = False
    controlled: bool = True
    pack: Mapping[str, Decimal] = field(default_factory=dict)


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
    `duplicates` names the other handles with the same SKU; `bundle` tells that its stock follows from parts.
    """

    sku: str
    listing_id: str
    title: str
    shown: Mapping[str, int]
    tracked: bool = True
    bundle: bool = False
    duplicates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ChannelLevel:
    """The quantity that a channel should show for a SKU at one of its locations.

    `expected` is what the channel was last seen or made to show, None when unknown.
    """

    sku: str
    listing_id: str
    location: str
    quantity: int
    expected: int | None = None

    @property
    def key(self) -> str:
        """The lane of this level; newer levels replace older unsent ones of the same key."""
        return f"{self.sku}@{self.location}"


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


def sellable(level: StockLevel, sites: Sequence[str], buffer: int) -> int:
    """max(0, Σ available over the sites − buffer), whole units only.

    Half a unit cannot be sold, and a level below zero is shown as none.
    """
    total = sum((level.available.get(site, Decimal(0)) for site in sites), Decimal(0))
    return max(0, int(total.to_integral_value(rounding=ROUND_FLOOR)) - buffer)
