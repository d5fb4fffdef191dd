"""An order's items as the goods that are sold, each with the money that belongs to it, whatever kind of product it is.

`row_total` of an order's item is what was stored less its discount, and never below none: Magento rewrites it for REST
(Magento\\Sales\\Model\\Order\\Webapi\\ChangeOutputArray). Those of invoices and credit memos are as stored.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from khaossync.channels.adobe.fields import MalformedError, Node
from khaossync.domain.money import ZERO, share

CONFIGURABLE, BUNDLE, GIFT_CARD = "configurable", "bundle", "giftcard"
INTANGIBLE = ("virtual", "downloadable", GIFT_CARD)
"""Kinds of product that are not shipped."""


@dataclass(frozen=True, slots=True)
class Money:
    """What a row comes to after its discount; both as exact as the shop stores them."""

    net: Decimal = ZERO
    tax: Decimal = ZERO

    @property
    def gross(self) -> Decimal:
        return self.net + self.tax

    def __add__(self, other: "Money") -> "Money":
        return Money(self.net + other.net, self.tax + other.tax)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.net - other.net, self.tax - other.tax)

    def part(self, weights: Sequence[Decimal], place: int, currency: str) -> "Money":
        """The part of it at a place, when it is shared by weights."""
        return Money(share(self.net, weights, currency)[place], share(self.tax, weights, currency)[place])


@dataclass(frozen=True, slots=True)
class Row:
    """Goods of one SKU that were sold together.

    `item` is the order's item that goods and shipments are counted by, `payer` the one that carries the money; they
    differ for what belongs to a bundle of a fixed price, whose money is shared by `weights`, this being at `place`.
    """

    item: Node
    payer: Node
    sku: str
    weights: tuple[Decimal, ...] = (Decimal(1),)
    place: int = 0

    @property
    def line_id(self) -> str:
        return self.item.ident("item_id")

    @property
    def ordered(self) -> int:
        """Units that were ordered."""
        return units(self.item, "qty_ordered")

    @property
    def rate(self) -> Decimal:
        """The rate that was in force: 0.20 for 20 %. What was charged may differ."""
        percent = self.payer.number_or("tax_percent")
        if not 0 <= percent < 1000:
            raise MalformedError(f"{self.payer.path}.tax_percent is {percent}, which is no rate of tax")
        return percent / 100

    def shared(self, money: Money, currency: str) -> Money:
        """This row's part of the money of its payer."""
        return money if len(self.weights) == 1 else money.part(self.weights, self.place, currency)


def rows(order: Node) -> list[Row]:
    """The goods of an order, in the order of its items. Raises MalformedError.

    A configurable's child tells only which variant it is. A bundle's children are the goods; where they carry no money
    the bundle has a price of its own, which is shared over them. Members of a group are rows like any other.
    """
    items = order.items("items")
    children: dict[str, list[Node]] = defaultdict(list)
    for item in items:
        if parent := item.ident_or("parent_item_id"):
            children[parent].append(item)
    found: list[Row] = []
    for item in items:
        if not item.ident_or("parent_item_id"):
            found += _sold(item, children[item.ident("item_id")])
    return found


def _sold(item: Node, children: Sequence[Node]) -> list[Row]:
    if item.text_or("product_type") == CONFIGURABLE:
        variant = children[0] if children and not chosen(item) else item
        return [Row(item, item, variant.ident_or("sku"))]
    if not children:
        return [Row(item, item, item.ident_or("sku"))]
    if any(_stored(child) for child in children) or not _stored(item):
        return [Row(child, child, child.ident_or("sku")) for child in children]
    weights = tuple(child.number_or("price") * units(child, "qty_ordered") for child in children)
    if not all(weights):
        weights = tuple(Decimal(units(child, "qty_ordered")) for child in children)
    return [Row(child, item, child.ident_or("sku"), weights, place) for place, child in enumerate(children)]


def chosen(item: Node) -> tuple[Node, ...]:
    """The custom options that the customer chose: `option_id` and `option_value` each."""
    return item.node_or_empty("product_option").node_or_empty("extension_attributes").items("custom_options")


def charged(item: Node) -> Money:
    """What an item of an order comes to, without what was taken off."""
    off, compensation = item.number_or("discount_amount"), item.number_or("discount_tax_compensation_amount")
    return Money(_stored(item) - off + compensation, item.number_or("tax_amount"))


def given_back(item: Node) -> Money:
    """What an item of a credit memo comes to."""
    off, compensation = item.number_or("discount_amount"), item.number_or("discount_tax_compensation_amount")
    return Money(item.number_or("row_total") - off + compensation, item.number_or("tax_amount"))


def units(item: Node, name: str) -> int:
    """A quantity of an item. Raises MalformedError for what is sold by measure: the ERP is told whole units."""
    count = item.number_or(name)
    if count != int(count) or not 0 <= count < 10**9:
        raise MalformedError(f"{item.path}.{name} is {count.normalize():f}, which is no whole number of units")
    return int(count)


def by_item(memo: Node) -> Mapping[str, Node]:
    """The items of a credit memo by the order's items that they give back."""
    return {item.ident("order_item_id"): item for item in memo.items("items")}


def _stored(item: Node) -> Decimal:
    """The row's price before its discount; where the rewriting cut it off at none, what its units cost."""
    told, off = item.number_or("row_total"), item.number_or("discount_amount")
    whole = item.number_or("price") * item.number_or("qty_ordered")
    return whole if off and not told and whole < off else told + off
