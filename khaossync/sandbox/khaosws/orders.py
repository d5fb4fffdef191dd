"""The order book: orders by code, ref and company, numbered as they come, with registers of what changed."""

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import count

from khaossync.sandbox.khaosws.recent import Recent
from khaossync.sandbox.khaosws.records import Invoice, Order, Portion


class OrderBook:
    """Every sales order and credit note of the server."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._orders: dict[str, Order] = {}
        self._by_ref: dict[str, str] = {}
        self._credits: dict[str, list[str]] = {}
        self._by_company: dict[str, list[str]] = {}
        self._by_other_ref: dict[str, list[str]] = {}
        self._order_codes = count(1)
        self._invoice_codes = count(1)
        self.changed = Recent()
        self.tracked = Recent()

    def next_code(self) -> str:
        """A new sales order code."""
        return f"SO{next(self._order_codes):07d}"

    def add(self, order: Order) -> None:
        """Take up an order; of two sales orders with one ref, the later answers to it."""
        self._orders[order.sorder_code] = order
        if order.credit:
            self._credits.setdefault(order.ref, []).append(order.sorder_code)
        else:
            self._by_ref[order.ref] = order.sorder_code
        self._by_company.setdefault(order.customer.code, []).append(order.sorder_code)
        if order.customer.other_ref:
            self._by_other_ref.setdefault(order.customer.other_ref, []).append(order.sorder_code)
        self.touch(order)

    def add_invoice(self, order: Order, stage: int, items: list[Portion]) -> Invoice:
        """Open another invoice for part of an order."""
        invoice = Invoice(f"INV{next(self._invoice_codes):07d}", self._now(), stage, items, courier=order.courier)
        order.invoices.append(invoice)
        return invoice

    def __iter__(self) -> Iterator[Order]:
        return iter(self._orders.values())

    def by_ref(self, ref: str) -> Order | None:
        """The sales order with an associated ref."""
        return self._orders.get(self._by_ref.get(ref, ""))

    def by_code(self, code: str) -> Order | None:
        """The order or credit note with a sales order code."""
        return self._orders.get(code)

    def find(self, identifier: str, mapping_type: int) -> list[Order]:
        """Orders and credit notes as ExportOrderStatusEx maps ids: 1 company, 2 its other ref, 3 code, 4 ref."""
        codes = {
            1: lambda: self._by_company.get(identifier, []),
            2: lambda: self._by_other_ref.get(identifier, []),
            3: lambda: [identifier],
            4: lambda: [self._by_ref.get(identifier, ""), *self._credits.get(identifier, [])],
        }[mapping_type]()
        return [self._orders[code] for code in codes if code in self._orders]

    def touch(self, order: Order) -> None:
        """Record that an order changed."""
        self.changed.touch(order.sorder_code, self._now())
