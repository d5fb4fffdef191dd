"""Knowledge: what the rules need to know besides the document, asked for first and looked up once."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from khaossync.domain.documents import Kind
from khaossync.domain.links import Link
from khaossync.domain.refunds import Refund
from khaossync.domain.stock import Listing, StockItem, StockLevel

Address = tuple[str, str]
"""(connector, key): a stock code of an ERP, a SKU of a channel, a reference of an ERP."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a rule wants looked up; questions add up, so that a page is one look-up.

    `refunds` asks for the refunds told of these orders, `packs_of` for the pack headers that contain these codes.
    """

    orders: frozenset[str] = frozenset()
    refunds: frozenset[str] = frozenset()
    refs: frozenset[Address] = frozenset()
    stock_items: frozenset[Address] = frozenset()
    stock_levels: frozenset[Address] = frozenset()
    listings: frozenset[Address] = frozenset()
    packs_of: frozenset[Address] = frozenset()
    complete: frozenset[tuple[str, Kind]] = frozenset()

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
        )


@dataclass(frozen=True, slots=True)
class Knowledge:
    """The answer to a Question: what is not in a mapping is not known.

    `links` by order key, `links_by_ref` by (erp, ref), `packs` the pack headers by component; `complete` names the
    (connector, kind) whose catalogue has been read to its end at least once, so that a missing record means that
    there is none.
    """

    links: Mapping[str, Link] = field(default_factory=dict)
    links_by_ref: Mapping[Address, Link] = field(default_factory=dict)
    refunds: Mapping[str, tuple[Refund, ...]] = field(default_factory=dict)
    stock_items: Mapping[Address, StockItem] = field(default_factory=dict)
    stock_levels: Mapping[Address, StockLevel] = field(default_factory=dict)
    listings: Mapping[Address, Listing] = field(default_factory=dict)
    packs: Mapping[Address, tuple[StockItem, ...]] = field(default_factory=dict)
    complete: frozenset[tuple[str, Kind]] = frozenset()

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
        )

    def items_of(self, erp: str) -> dict[str, StockItem]:
        """The items of one ERP that were asked for, by stock code."""
        return {code: item for (of_erp, code), item in self.stock_items.items() if of_erp == erp}

    def item(self, erp: str, code: str) -> StockItem | None:
        """The ERP's record of a stock code, asked for by itself or as the header of a pack."""
        found = self.stock_items.get((erp, code))
        headers = (item for (of_erp, _), items in self.packs.items() if of_erp == erp for item in items)
        return found or next((item for item in headers if item.stock_code == code), None)
