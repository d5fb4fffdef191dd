"""What a shop looks like to those who prove something of it."""

from khaossync.sandbox.shopware.lines import product_of
from khaossync.sandbox.shopware.records import (
    FulfilmentRecord,
    OrderRecord,
    RefundRecord,
    fulfilment_records,
    order_record,
    refund_record,
)
from khaossync.sandbox.shopware.state import Mail, State
from khaossync.sandbox.shopware.store import Row


class Looks:
    """Plain records of everything in a shop, and its stock."""

    state: State

    def orders(self) -> list[OrderRecord]:
        """Every order, oldest first."""
        return [order_record(self.state, row) for row in self.state.live.rows("order")]

    def order(self, order: str) -> OrderRecord:
        """One order."""
        return order_record(self.state, self._order(order))

    def fulfilments(self, order: str | None = None) -> list[FulfilmentRecord]:
        """The shipments of one order, or all."""
        name = self._order(order)["orderNumber"] if order else None
        return [done for done in fulfilment_records(self.state) if name in (None, done.order)]

    def refunds(self, order: str | None = None) -> list[RefundRecord]:
        """The refunds of one order, or all."""
        given = self.state.refunds.values()
        return [refund_record(self.state, told) for told in given if order in (None, told.order)]

    @property
    def mails(self) -> list[Mail]:
        """What customers were written, oldest first."""
        return list(self.state.mails)

    def available(self, sku: str) -> int:
        """What the shop says can be sold of a SKU."""
        return int(product_of(self.state, sku)["availableStock"])

    def on_hand(self, sku: str) -> int:
        """What the shop keeps as stock: before 6.6 what lies on the shelf, from then on what can be sold."""
        return int(product_of(self.state, sku)["stock"])

    def delivery(self, order: str) -> str:
        """The id of an order's real delivery, the one with goods on it."""
        rows = self.state.live.children("order_delivery", "orderId", self._order(order)["id"])
        positions = self.state.live.children
        return str(
            max(rows, key=lambda row: len(positions("order_delivery_position", "orderDeliveryId", row["id"])))["id"]
        )

    def transaction(self, order: str) -> str:
        """The id of an order's newest payment."""
        return str(self.state.live.children("order_transaction", "orderId", self._order(order)["id"])[-1]["id"])

    def _order(self, order: str) -> Row:
        found = self.state.live.get("order", order)
        if found is None:
            raise KeyError(f"this shop has no order {order}")
        return found
