"""What a shop looks like to those who prove something of it."""

from collections.abc import Iterable

from khaossync.sandbox.adobe.orders import Order
from khaossync.sandbox.adobe.papers import CreditMemo, Shipment
from khaossync.sandbox.adobe.records import (
    FulfilmentRecord,
    OrderRecord,
    RefundRecord,
    fulfilment_record,
    order_record,
    refund_record,
)
from khaossync.sandbox.adobe.state import Mail, State


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
        found: Iterable[Shipment] = self._order(order).shipments if order else self.state.shipments.values()
        return [fulfilment_record(done) for done in found]

    def refunds(self, order: str | None = None) -> list[RefundRecord]:
        """The credit memos of one order, or all."""
        found: Iterable[CreditMemo] = self._order(order).memos if order else self.state.memos.values()
        return [refund_record(given) for given in found]

    @property
    def mails(self) -> list[Mail]:
        """What customers were written, oldest first."""
        return list(self.state.mails)

    def listed(self) -> list[str]:
        """The SKUs of all products, the first listed first; which of them are counted `is_counted` tells."""
        return [product.sku for product in self.state.catalogue.by_number.values()]

    def is_counted(self, sku: str) -> bool:
        """Whether the shop keeps stock of a product itself, and not of its parts or variants only."""
        return self.state.inventory.is_kept(self.state.catalogue.sold_as(sku).sku)

    def salable(self, sku: str) -> int:
        """What can be sold of a SKU; of a bundle or a group, how many its parts make up."""
        product = self.state.catalogue.find(sku)
        if product is not None and product.parts:
            return min(self.salable(part) // each for part, each in product.parts.items())
        return int(self.state.inventory.salable(product.sku if product else sku))

    def available(self, sku: str, location: str) -> int:
        """What can be sold of a SKU as far as a source has it: nobody knows which source a sale will come from."""
        product = self.state.catalogue.find(sku)
        if product is not None and product.parts:
            return min(self.available(part, location) // each for part, each in product.parts.items())
        return min(self.salable(sku), self.on_hand(sku, location))

    def on_hand(self, sku: str, location: str) -> int:
        """What lies at a source, sold or not; also of a SKU that no product has."""
        product = self.state.catalogue.find(sku)
        return int(self.state.inventory.at(product.sku if product else sku, location))

    def reserved(self, sku: str) -> int:
        """Units that open orders have reserved."""
        return -int(self.state.inventory.reservations[self.state.catalogue.sold_as(sku).sku])

    def _order(self, order: str) -> Order:
        if not order.isdigit() or int(order) not in self.state.orders:
            raise KeyError(f"there is no order {order}")
        return self.state.orders[int(order)]
