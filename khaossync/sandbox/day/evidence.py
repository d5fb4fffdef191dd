"""What a trading day left behind in a shop and the ERP, read back from them and never from the daemon's own tables."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property

from khaossync.sandbox.day.face import Face, Order, Paid
from khaossync.sandbox.day.notes import Notes
from khaossync.sandbox.day.people import People
from khaossync.sandbox.khaosws import Invoice, KhaosServer
from khaossync.sandbox.khaosws import Order as SalesOrder

PAID = frozenset({Paid.PAID, Paid.AUTHORISED, Paid.PARTLY_REFUNDED})
"""The payments of an order whose goods the customer is to have."""

NEVER = frozenset({Paid.VOID, Paid.REFUNDED})
"""Those of an order that will not be delivered any more."""

HOLDING = frozenset(
    {
        "unmapped_sku",
        "unmapped_delivery_method",
        "unmapped_customer",
        "unknown_money",
        "total_mismatch",
        "order_refused",
        "order_held",
        "address_does_not_fit",
    }
)
"""The cases that keep an order from the ERP until a person has acted."""


@dataclass(frozen=True, slots=True)
class ToldCase:
    """What people were asked to do: the class of the case, whose matter it is, and the record it names."""

    case_class: str
    source: str
    subject: str
    is_open: bool = True


@dataclass(slots=True)
class Law:
    """One law of the day: how many records were held against it, and which broke it."""

    text: str
    checked: int = 0
    broken: list[str] = field(default_factory=list)

    def hold(self, good: bool, complaint: str) -> None:
        """Hold one record against the law."""
        self.checked += 1
        if not good:
            self.broken.append(complaint)


@dataclass(frozen=True, slots=True)
class Peak:
    """A time in which the merchant keeps more back."""

    begins_at: datetime
    ends_at: datetime
    buffer: int


@dataclass(frozen=True, slots=True)
class World:
    """What a judge needs to know of the merchant's settings.

    `sites` are the ERP's that feed each place of the shop, by its name. `packs` are the ERP's, `bundles` the shop's
    own. `buffers` are by SKU where they differ from `buffer`; while one of the `peaks` lasts no buffer is below its.
    For as long as `hold` no order leaves the shop, unless it carries the label `release`. `others` are the prefixes
    of the other shops that sell what the same ERP has.
    """

    channel: str
    prefix: str
    skus: Mapping[str, str]
    buffer: int
    sites: Mapping[str, Sequence[str]]
    packs: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    bundles: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    buffers: Mapping[str, int] = field(default_factory=dict)
    peaks: Sequence[Peak] = ()
    hold: timedelta = timedelta(0)
    release: str = "release-to-erp"
    others: Sequence[str] = ()

    def ref(self, serial: str) -> str:
        """The reference under which an order must be found in the ERP."""
        return self.prefix + serial.rsplit("/", 1)[-1]

    def stock_code(self, sku: str) -> str:
        """The stock code of a SKU."""
        return self.skus.get(sku, sku)

    @property
    def all_sites(self) -> Sequence[str]:
        """Every site that feeds some place."""
        return sorted({site for sites in self.sites.values() for site in sites})

    def buffer_of(self, sku: str, at: datetime) -> int:
        """How many units of a SKU are never shown at a place at this moment."""
        lasting = [peak.buffer for peak in self.peaks if peak.begins_at <= at < peak.ends_at]
        return max([self.buffers.get(sku, self.buffer), *lasting])

    def parts(self, sku: str) -> Mapping[str, int]:
        """What lies on the shelf for one unit of a SKU, by stock code."""
        code = self.stock_code(sku)
        return self.bundles.get(sku) or self.packs.get(code) or {code: 1}


@dataclass(frozen=True)
class Evidence:
    """A shop and the ERP as they are `at` a moment, the cases that people were given, and what the script knows.

    `elsewhere` are units that other shops have sold and the ERP does not count, by stock code.
    """

    at: datetime
    shop: Face
    khaos: KhaosServer
    people: People
    cases: Sequence[ToldCase]
    world: World
    notes: Notes = field(default_factory=Notes)
    untold: Sequence[str] = ()
    elsewhere: Mapping[str, int] = field(default_factory=dict)

    @cached_property
    def orders(self) -> Sequence[Order]:
        """Every order of the shop."""
        return self.shop.orders()

    @cached_property
    def all_sales_orders(self) -> Sequence[SalesOrder]:
        """Every sales order of the ERP that belongs to no other shop."""
        return [one for one in self.khaos.orders() if one.ref.rstrip("0123456789") not in self.world.others]

    @cached_property
    def sales_orders(self) -> Mapping[str, Sequence[SalesOrder]]:
        """The sales orders of an order, by its id."""
        by_ref: dict[str, list[SalesOrder]] = defaultdict(list)
        for one in self.all_sales_orders:
            by_ref[one.ref].append(one)
        return {order.id: by_ref[self.world.ref(order.serial)] for order in self.orders}

    @cached_property
    def open_cases(self) -> Mapping[str, set[str]]:
        """The classes of the open cases about an order, by its id."""
        by_order: dict[str, set[str]] = defaultdict(set)
        for case in self.cases:
            if case.is_open:
                by_order[case.subject.removeprefix(f"{self.world.channel}:").split(" ")[0]].add(case.case_class)
        return by_order

    @cached_property
    def unposted(self) -> Counter[str]:
        """Units that the shop has sold and the ERP does not count, by stock code."""
        units: Counter[str] = Counter()
        for order in self.orders:
            gone = order.test or order.cancelled_at or order.payment in NEVER
            if gone or self.sales_orders[order.id]:
                continue
            for line in order.lines:
                for code, each in self.world.parts(line.sku).items():
                    units[code] += each * line.quantity
        return units

    def left(self, code: str, place: str) -> Mapping[str, Decimal]:
        """What may still be sold of a stock code at a place, by site.

        That is what is free there, less what was sold already and what the other places lack, from the fullest site.
        """
        left = {site: self.khaos.available(code, site) for site in self.world.sites[place]}
        others = (sites for other, sites in self.world.sites.items() if other != place)
        lacking = sum((min(self._free(code, sites), Decimal(0)) for sites in others), Decimal(0))
        left[max(left, key=lambda site: left[site])] += lacking - self.unposted[code]
        return left

    def missing(self, code: str) -> Decimal:
        """How many more of a stock code were sold than there are, all sites together."""
        return self.unposted[code] + self.elsewhere.get(code, 0) - self._free(code, self.world.all_sites)

    def _free(self, code: str, sites: Sequence[str]) -> Decimal:
        return sum((self.khaos.available(code, site) for site in sites), Decimal(0))

    def is_due(self, order: Order) -> bool:
        """Whether an order belongs into the ERP."""
        return (order.payment in PAID or order.on_terms) and not order.test and order.cancelled_at is None

    def shipped(self, order: Order) -> list[Invoice]:
        """What has left the warehouse for an order."""
        invoices = (invoice for one in self.sales_orders[order.id] for invoice in one.invoices)
        return [invoice for invoice in invoices if invoice.shipped_at is not None]
