"""Knowledge: what the rules need to know besides the document, asked for first and looked up once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from khaossync.domain.despatch import Despatch
from khaossync.domain.documents import Kind
from khaossync.domain.links import Link
from khaossync.domain.refunds import Refund
from khaossync.domain.stock import Listing, StockItem, StockLevel

K = TypeVar("K")
V = TypeVar("V")

Address = tuple[str, str]
"""(connector, key): a stock code of an ERP, a SKU of a channel, a reference of an ERP."""

Effect = tuple[str, Kind, str, str]
"""(destination, kind, key, version): what names a message for ever."""


@dataclass(frozen=True, slots=True)
class Unposted:
    """Asks how many units of a stock code a channel has sold that the ERP does not count yet.

    `read_at` is when the ERP's level was read, where it was read just now: it counts all that was posted before.
    """

    channel: str
    code: str
    read_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """What a rule wants looked up; questions add up, so that a page is one look-up.

    `refunds` asks for the refunds told of these orders, `packs_of` for the pack headers that contain these codes,
    `held` for the units that these orders hold, `orders_read` for the moment up to which these channels' orders are
    known, `despatches` for what was last told of them, `told` for what the other side calls these effects.
    """

    orders: frozenset[str] = frozenset()
    refunds: frozenset[str] = frozenset()
    refs: frozenset[Address] = frozenset()
    stock_items: frozenset[Address] = frozenset()
    stock_levels: frozenset[Address] = frozenset()
    listings: frozenset[Address] = frozenset()
    packs_of: frozenset[Address] = frozenset()
    complete: frozenset[tuple[str, Kind]] = frozenset()
    unposted: frozenset[Unposted] = frozenset()
    held: frozenset[str] = frozenset()
    orders_read: frozenset[str] = frozenset()
    despatches: frozenset[Address] = frozenset()
    told: frozenset[Effect] = frozenset()

    def __or__(self, other: "Question") -> "Question":
        return Question(
            self.orders | other.orders,
            self.refunds | other.refunds,
            self.refs | other.refs,
            self.stock_items | other.stock_items,
            self.stock_levels | other.stock_levels,
            self.listings | other.listings,
            self.packs_of | other.packs_of,
            self.complete | other.complete,
            self.unposted | other.unposted,
            self.held | other.held,
            self.orders_read | other.orders_read,
            self.despatches | other.despatches,
            self.told | other.told,
        )

    def __bool__(self) -> bool:
        return any(getattr(self, each.name) for each in fields(self))

    def __sub__(self, other: "Question") -> "Question":
        """What is asked for here and not there."""
        return Question(*(getattr(self, each.name) - getattr(other, each.name) for each in fields(self)))


def union(questions: Iterable[Question]) -> Question:
    """All that these questions ask for, in one."""
    asked = list(questions)
    return Question(*(frozenset().union(*(getattr(one, each.name) for one in asked)) for each in fields(Question)))


@dataclass(frozen=True, slots=True)
class Knowledge:
    """The answer to a Question: what is not in a mapping is not known.

    `links` by order key, `links_by_ref` by (erp, ref), `packs` the pack headers by component; `complete` names the
    (connector, kind) whose catalogue has been read to its end at least once, so that a missing record means that
    there is none. `unposted` is (channel, stock code) → units sold that the ERP does not count yet, `held` order key
    → stock code → units, `orders_read` channel → the moment up to which its orders are known.
    """

    links: Mapping[str, Link] = field(default_factory=dict)
    links_by_ref: Mapping[Address, Link] = field(default_factory=dict)
    refunds: Mapping[str, tuple[Refund, ...]] = field(default_factory=dict)
    stock_items: Mapping[Address, StockItem] = field(default_factory=dict)
    stock_levels: Mapping[Address, StockLevel] = field(default_factory=dict)
    listings: Mapping[Address, Listing] = field(default_factory=dict)
    packs: Mapping[Address, tuple[StockItem, ...]] = field(default_factory=dict)
    complete: frozenset[tuple[str, Kind]] = frozenset()
    unposted: Mapping[Address, Decimal] = field(default_factory=dict)
    held: Mapping[str, Mapping[str, Decimal]] = field(default_factory=dict)
    orders_read: Mapping[str, datetime] = field(default_factory=dict)
    despatches: Mapping[Address, Despatch] = field(default_factory=dict)
    told: Mapping[Effect, str] = field(default_factory=dict)

    def __or__(self, other: "Knowledge") -> "Knowledge":
        return Knowledge(
            {**self.links, **other.links},
            {**self.links_by_ref, **other.links_by_ref},
            {**self.refunds, **other.refunds},
            {**self.stock_items, **other.stock_items},
            {**self.stock_levels, **other.stock_levels},
            {**self.listings, **other.listings},
            {**self.packs, **other.packs},
            self.complete | other.complete,
            {**self.unposted, **other.unposted},
            {**self.held, **other.held},
            {**self.orders_read, **other.orders_read},
            {**self.despatches, **other.despatches},
            {**self.told, **other.told},
        )

    def about(self, asked: Question) -> "Knowledge":
        """Only that part of it which answers a question."""
        return Knowledge(
            _of(self.links, asked.orders),
            _of(self.links_by_ref, asked.refs),
            _of(self.refunds, asked.refunds),
            _of(self.stock_items, asked.stock_items),
            _of(self.stock_levels, asked.stock_levels),
            _of(self.listings, asked.listings),
            _of(self.packs, asked.packs_of),
            self.complete & asked.complete,
            _of(self.unposted, {(one.channel, one.code) for one in asked.unposted}),
            _of(self.held, asked.held),
            _of(self.orders_read, asked.orders_read),
            _of(self.despatches, asked.despatches),
            _of(self.told, asked.told),
        )

    def holding(self, order: str, channel: str, units: Mapping[str, Decimal]) -> "Knowledge":
        """The same knowledge once this order of the channel holds these units, and no others."""
        before = self.held.get(order, {})
        unposted = dict(self.unposted)
        for code in {*before, *units}:
            change = units.get(code, Decimal(0)) - before.get(code, Decimal(0))
            unposted[channel, code] = unposted.get((channel, code), Decimal(0)) + change
        return replace(self, unposted=unposted, held={**self.held, order: units})

    def items_of(self, erp: str) -> dict[str, StockItem]:
        """The items of one ERP that were asked for, by stock code."""
        return {code: item for (of_erp, code), item in self.stock_items.items() if of_erp == erp}

    def item(self, erp: str, code: str) -> StockItem | None:
        """The ERP's record of a stock code, asked for by itself or as the header of a pack."""
        found = self.stock_items.get((erp, code))
        headers = (item for (of_erp, _), items in self.packs.items() if of_erp == erp for item in items)
        return found or next((item for item in headers if item.stock_code == code), None)


def _of(known: Mapping[K, V], asked: Iterable[K]) -> Mapping[K, V]:
    return {key: known[key] for key in asked if key in known}
