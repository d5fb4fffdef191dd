"""The simulated shop on the smallest plan, its goods and its orders, and its own books."""

import itertools
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

from benchmarks.limiter.figures import Figures
from khaossync.domain.despatch import Consignment, ConsignmentLine, Despatch, DespatchLine
from khaossync.domain.stock import ChannelLevel
from khaossync.sandbox.shopify import ShopifyShop
from khaossync.sandbox.shopify.ids import gid

MAXIMUM, RATE = 2000.0, 100.0
"""Points of Shopify's standard plan; restored per second (https://shopify.dev/docs/api/usage/limits)."""

LATENCY = (0.15, 0.40)
"""Seconds until a call is answered, from and to."""

LOCATION = "Leeds"
GOODS = 2000
PLENTY = 1_000_000


class BenchShop:
    """A shop with goods, and with orders that await their despatch."""

    def __init__(self, orders: int) -> None:
        self.shop = ShopifyShop(
            now=_now, dice=random.Random(7), name="bench", maximum=MAXIMUM, restore_rate=RATE, locations=(LOCATION,)
        )
        stock = {LOCATION: PLENTY}
        self._items = [self.shop.list_product(f"SKU{n}", "Thing", Decimal(10), stock) for n in range(GOODS)]
        self._location = self.shop.state.catalogue.location(LOCATION).id
        self._changes = self._endless()
        self.sold = [self.sell() for _ in range(orders)]
        self.despatch = Despatch("S1", "SO1", "INV1:1", _now(), "RM48", "T1", "", (DespatchLine("SKU1", Decimal(1)),))
        self.shop.latency = LATENCY

    def sell(self) -> str:
        """Somebody buys two things. Returns the order's id."""
        return self.shop.place_order([("SKU0", 1), ("SKU1", 2)])

    def levels(self, count: int) -> list[ChannelLevel]:
        """The next changes of the backlog."""
        return list(itertools.islice(self._changes, count))

    def consignment(self, number: int) -> Consignment:
        """All that one of the sold orders holds, as a despatch."""
        order_id = self.sold[number]
        (order,) = (one for one in self.shop.state.orders.values() if gid("Order", one.number) == order_id)
        lines = [
            ConsignmentLine(line.item.sku, (gid("LineItem", line.number),), line.current_quantity)
            for line in order.lines
        ]
        return Consignment(order_id, f"INV{number}", _now(), "Royal Mail", f"T{number}", "", tuple(lines))

    def open_books(self) -> None:
        """Begin to count with a full bucket."""
        self._began, self._lost, self._granted = _now(), self.shop.bucket.lost, self.shop.bucket.granted

    def close_books(self, figures: Figures) -> None:
        """Write down what was granted, lost and refused since the books were opened."""
        bucket, began = self.shop.bucket, self._began
        figures.granted = bucket.granted - self._granted
        figures.lost = bucket.lost - self._lost
        figures.grantable = MAXIMUM + (_now() - began).total_seconds() * RATE
        figures.refused = bucket.refused.total()
        late = began.timestamp() + 60
        figures.refused_late = sum(count for second, count in bucket.refused.items() if second > late)

    def _endless(self) -> Iterator[ChannelLevel]:
        for turn in itertools.count(1):
            for n, item in enumerate(self._items):
                yield ChannelLevel(f"SKU{n}", item, self._location, PLENTY - turn)


def _now() -> datetime:
    return datetime.now(UTC)
