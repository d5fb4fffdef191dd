"""What people in the building can look at."""

from collections import Counter
from decimal import Decimal

from khaossync.sandbox.khaosws.endpoint import CallRecord, Endpoint
from khaossync.sandbox.khaosws.importing import Importer
from khaossync.sandbox.khaosws.orders import OrderBook
from khaossync.sandbox.khaosws.records import Customer, Order
from khaossync.sandbox.khaosws.stock import Stockroom


class Looks:
    """Orders, customers, stock and calls, as they are now."""

    _orders: OrderBook
    _stockroom: Stockroom
    _importer: Importer
    _endpoint: Endpoint

    def orders(self) -> list[Order]:
        """Every sales order, oldest first: live records, to be looked at only."""
        return [order for order in self._orders if not order.credit]

    def credit_notes(self) -> list[Order]:
        """Every credit note, oldest first."""
        return [order for order in self._orders if order.credit]

    def order(self, ref: str) -> Order | None:
        """The sales order with an associated ref."""
        return self._orders.by_ref(ref)

    @property
    def imports_seen(self) -> Counter[str]:
        """How often an import of each associated ref was read."""
        return self._importer.tally.seen

    @property
    def import_outcomes(self) -> Counter[str]:
        """How imports ended: orders `imported` and `skipped`, documents `faulted`."""
        return self._importer.tally.outcomes

    @property
    def calls(self) -> list[CallRecord]:
        """Every call that was worked on, oldest first."""
        return self._endpoint.calls

    @property
    def writing(self) -> bool:
        """Whether a write is at work, also one for which nobody waits any more."""
        return self._endpoint.writing

    @property
    def most_writes_at_once(self) -> int:
        """The high-water mark of ImportOrders calls under way at the same time."""
        return self._endpoint.most_writes_at_once

    def knows(self, code: str) -> bool:
        """Whether there is such a stock code."""
        return self._stockroom.find(code) is not None

    def available(self, code: str, site: str = "1") -> Decimal:
        """Available to sell on a site."""
        return self._stockroom.level(self._stockroom[code], site).available

    def on_hand(self, code: str, site: str = "1") -> Decimal:
        """On the shelf of a site, reserved or not; no call tells this."""
        return self._stockroom.level(self._stockroom[code], site).on_hand

    def company(self, code: str) -> Customer | None:
        """The company of a URN."""
        return self._importer.customers.find("COMPANY_CODE", code)
