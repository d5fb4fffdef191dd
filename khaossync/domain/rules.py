"""The settings that rules read: one set per channel, already validated by the configuration."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Peak:
    """A time of heavy sale, from its beginning up to its end, in which at least `buffer` units are never shown."""

    begins_at: datetime
    ends_at: datetime
    buffer: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelRules:
    """How one channel meets one ERP.

    `skus` maps a SKU to a stock code where they differ; it must be one to one. `couriers` maps a delivery
    method to the ERP's courier. `sites` maps a location of the channel to the ERP sites whose stock it shows.
    `tax_codes` maps a rate (0.20) to the ERP's tax code. `money_codes` maps the name of an extra component
    (`tip`, `gift_card`, …) to the non-stock code that books it. Tolerances are amounts per order.
    `buffers` maps a SKU to units of it that are never shown, where they differ from the channel's `buffer`.
    `bundles` maps a SKU that only the channel knows to the stock codes it is made of, with the units of each in one.
    `companies` maps a business that buys (its id or its code in the channel) to the ERP's customer code.
    For `hold_seconds` after it was placed an order stays with the channel; by the label `release_tag` a person ends
    that time, or lets an order go that the channel's fraud screening advises against.
    """

    channel: str
    erp: str
    prefix: str
    go_live_at: datetime
    currencies: frozenset[str]
    accept_authorised: bool = True
    accept_on_terms: bool = False
    hold_seconds: int = 0
    hold_investigated: bool = True
    release_tag: str = "release-to-erp"
    reference_limit: int = 15
    skus: Mapping[str, str] = field(default_factory=dict)
    bundles: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    companies: Mapping[str, str] = field(default_factory=dict)
    couriers: Mapping[str, str] = field(default_factory=dict)
    default_courier: str = ""
    discount_code: str = "DISCOUNT"
    money_codes: Mapping[str, str] = field(default_factory=dict)
    tax_codes: Mapping[Decimal, int] = field(default_factory=dict)
    sites: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    buffer: int = 0
    buffers: Mapping[str, int] = field(default_factory=dict)
    peaks: tuple[Peak, ...] = ()
    site: str = ""
    sales_source: str = ""
    company_class: str = ""
    total_tolerance: Decimal = Decimal(0)
    tax_tolerance: Decimal = Decimal("0.05")
    _by_code: Mapping[str, str] = field(init=False, repr=False, compare=False)
    _by_part: Mapping[str, tuple[str, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_code", {code: sku for sku, code in self.skus.items()})
        by_part: dict[str, list[str]] = {}
        for sku, parts in self.bundles.items():
            for code in parts:
                by_part.setdefault(code, []).append(sku)
        object.__setattr__(self, "_by_part", {code: tuple(skus) for code, skus in by_part.items()})

    def buffer_of(self, sku: str) -> int:
        """Units of a SKU that are never shown: its own or else the channel's, and in a peak no less than the peak's."""
        return max(self.buffers.get(sku, self.buffer), *(peak.buffer for peak in self.peaks), 0)

    def at(self, now: datetime) -> "ChannelRules":
        """These rules with only those peaks that last at this moment."""
        return replace(self, peaks=tuple(peak for peak in self.peaks if peak.begins_at <= now < peak.ends_at))

    def stock_code(self, sku: str) -> str:
        """The stock code that a SKU stands for."""
        return self.skus.get(sku, sku)

    def sku(self, stock_code: str) -> str:
        """The SKU under which the channel sells a stock code; empty for one whose name stands for another's goods."""
        return self._by_code.get(stock_code) or ("" if stock_code in self.skus else stock_code)

    def bundles_with(self, stock_code: str) -> tuple[str, ...]:
        """The SKUs of the bundles that a stock code is a part of."""
        return self._by_part.get(stock_code, ())


@dataclass(frozen=True, slots=True)
class Rules:
    """All channels of an install."""

    channels: Mapping[str, ChannelRules]

    @classmethod
    def of(cls, channels: Iterable[ChannelRules]) -> "Rules":
        """Index the rules by channel name."""
        return cls({rules.channel: rules for rules in channels})

    def at(self, now: datetime) -> "Rules":
        """These rules with only those peaks that last at this moment."""
        return Rules({name: rules.at(now) for name, rules in self.channels.items()})

    def of_erp(self, erp: str) -> tuple[ChannelRules, ...]:
        """The channels that an ERP serves."""
        return tuple(rules for rules in self.channels.values() if rules.erp == erp)
