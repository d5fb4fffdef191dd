"""Units that a channel has sold and its ERP does not count yet."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from decimal import Decimal

from khaossync.domain.eligibility import hindrance
from khaossync.domain.links import Link, LinkState
from khaossync.domain.orders import Order
from khaossync.domain.plan import Held
from khaossync.domain.rules import ChannelRules
from khaossync.domain.stock import StockItem


def unposted(order: Order, rules: ChannelRules, link: Link | None) -> Mapping[str, int] | None:
    """SKU → units that this order keeps from being sold again; None once the ERP has it, for then the ERP counts it.

    Also an order that waits (for its payment, for a person) holds its goods: the shop has taken them off its own
    count already. One that will never go holds nothing.
    """
    if link and link.state in (LinkState.SENT, LinkState.CLOSED):
        return None
    obstacle = hindrance(order, rules)
    if (link and link.state is LinkState.WITHDRAWN) or (obstacle and obstacle.final):
        return {}
    units: Counter[str] = Counter()
    for line in order.lines:
        if line.sku and line.quantity and not line.gift_card:
            units[line.sku] += line.quantity
    return units


def in_stock_codes(units: Mapping[str, int], rules: ChannelRules, items: Mapping[str, StockItem]) -> Held:
    """The same units as the ERP will take them from its shelves: a pack or a bundle as its parts."""
    held: dict[str, Decimal] = defaultdict(Decimal)
    for sku, count in units.items():
        code = rules.stock_code(sku)
        item = items.get(code)
        for part, each in (item.pack if item and item.pack else {code: Decimal(1)}).items():
            held[part] += each * count
    return dict(held)
