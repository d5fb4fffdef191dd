"""What a shop looks like to those who prove something of it."""

from collections.abc import Iterable
from typing import Any

from khaossync.sandbox.shopify import ids
from khaossync.sandbox.shopify.fulfilments import Mail
from khaossync.sandbox.shopify.orders import Order
from khaossync.sandbox.shopify.records import (
    FulfilmentRecord,
    OrderRecord,
    RefundRecord,
    fulfilment_record,
    order_record,
    refund_record,
)
from khaossync.sandbox.shopify.state import State


class Looks:
    """Plain records of everything in a shop, and its stock."""

    state: State

    def orders(self) -> list[OrderRecord]:
        """Every order, oldest first."""
        return [order_record(order) for order in self.state.orders.values()]

    def order(self, order: str) -> OrderRecord:
        """One order."""
        return order_record(self._order(order))

    def fulfilments(self, order: str | None = None) -> list[FulfilmentRecord]:
        """The shipments of one order, or all."""
        found: Iterable[Any] = self._order(order).fulfilments if order else self.state.fulfilments.values()
        return [fulfilment_record(done) for done in found]

    def refunds(self, order: str | None = None) -> list[RefundRecord]:
        """The refunds of one order, or all."""
        found: Iterable[Any] = self._order(order).refunds if order else self.state.refunds.values()
        return [refund_record(given) for given in found]

    @property
    def mails(self) -> list[Mail]:
        """What customers were written, oldest first."""
        return list(self.state.mails)

    def available(self, sku: str, location: str) -> int:
        """What can be sold of a SKU at a location; of a bundle, how many its components make up."""
        item, place = self.state.catalogue.sold_as(sku), self.state.catalogue.location(location)
        if item.bundle_of:
            return min(self.available(part, location) // each for part, each in item.bundle_of.items())
        level = item.levels.get(place.number)
        return level.available if level else 0

    def on_hand(self, sku: str, location: str) -> int:
        """What lies on the shelf, sold or not."""
        level = self.state.catalogue.sold_as(sku).levels.get(self.state.catalogue.location(location).number)
        return level.on_hand if level else 0

    def _order(self, order: str) -> Order:
        parsed = ids.parse(order)
        if parsed is None or parsed[1] not in self.state.orders:
            raise KeyError(f"this shop has no order {order}")
        return self.state.orders[parsed[1]]
