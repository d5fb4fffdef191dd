"""ExportOrderStatus and ExportOrderStatusEx: which orders they list."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta

from khaossync.sandbox.khaosws.habits import Habits
from khaossync.sandbox.khaosws.orders import OrderBook
from khaossync.sandbox.khaosws.records import FINISHED, Order
from khaossync.sandbox.khaosws.signatures import Arguments
from khaossync.sandbox.khaosws.soap import SoapFaultError
from khaossync.sandbox.khaosws.statusxml import StatusWriter
from khaossync.sandbox.khaosws.xmlout import element

_MEMORY = timedelta(hours=48)
_AUTHORISE_PAYMENT = 11


class StatusDesk:
    """Answers what has become of orders."""

    def __init__(self, orders: OrderBook, habits: Habits, writer: StatusWriter, now: Callable[[], datetime]) -> None:
        self._orders, self._habits, self._writer, self._now = orders, habits, writer, now

    def basic(self, _: Arguments) -> str:
        """Web orders that are not issued, and those issued in the last 48 hours: the older ones are forgotten."""
        since = self._now() - _MEMORY
        listed = (order for order in self._orders if order.web and not order.cancelled and _recent(order, since))
        return element("ORDER_STATUSES", *(self._writer.write(order, items=False) for order in listed))

    def extended(self, arguments: Arguments) -> str:
        """Orders by ids or by a window of changes, filtered as asked."""
        orders = [order for order in self._candidates(arguments) if self._wanted(order, arguments)]
        items = arguments.flag("ShowItems")
        return element("STATUS_LIST", *(self._writer.write(order, items=items) for order in orders))

    def _candidates(self, arguments: Arguments) -> Iterable[Order]:
        ids, mapping = arguments.codes("IDs"), arguments.integer("MappingType", 0)
        if mapping not in (1, 2, 3, 4):
            raise SoapFaultError(f"MappingType {mapping} is not valid for ExportOrderStatusEx")
        window = self._window(arguments)
        if not ids and window is None:
            raise SoapFaultError("IDs, or both DateFrom and DateTo, must be given")
        if not ids:
            return [order for code in sorted(window or ()) if (order := self._orders.by_code(code))]
        found = {order.sorder_code: order for identifier in ids for order in self._orders.find(identifier, mapping)}
        return [order for code, order in sorted(found.items()) if window is None or code in window]

    def _window(self, arguments: Arguments) -> set[str] | None:
        """The codes of orders that changed between the dates, None when no dates are given."""
        start, end = arguments.instant("DateFrom"), arguments.instant("DateTo")
        if start is None or end is None:
            return None
        registers = [self._orders.changed]
        if arguments.flag("IncludeTracking"):
            registers.append(self._orders.tracked)
        latest = end + timedelta(seconds=1)  # the bound has whole seconds, the register has not
        return {code for register in registers for code in register.since(start) if register.at(code) < latest}

    def _wanted(self, order: Order, arguments: Arguments) -> bool:
        return all(self._tests(order, arguments))

    def _tests(self, order: Order, arguments: Arguments) -> Iterator[bool]:
        yield not order.credit or self._habits.credit_notes_in_status
        yield order.web or not arguments.flag("WebOnly")
        yield order.stage != _AUTHORISE_PAYMENT or not arguments.flag("ConfirmedOnly")
        yield not order.cancelled or arguments.flag("IncludeCancelled")
        stages = arguments.codes("InvoiceStageIDs")
        yield not stages or any(str(invoice.stage) in stages for invoice in order.invoices)


def _recent(order: Order, since: datetime) -> bool:
    return any(
        invoice.stage not in FINISHED - {16} or (invoice.issued_at is not None and invoice.issued_at >= since)
        for invoice in order.invoices
    )
