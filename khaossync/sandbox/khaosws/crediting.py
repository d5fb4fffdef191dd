"""Credit notes, which no call can make: a person keys them, and the goods go back on the shelf."""

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal

from khaossync.sandbox.khaosws.orders import OrderBook
from khaossync.sandbox.khaosws.records import Order, OrderLine, Portion
from khaossync.sandbox.khaosws.stock import Stockroom
from khaossync.sandbox.khaosws.totals import Totals, from_gross, rounded

_ISSUED = 70


class CreditDesk:
    """Keys credit notes against sales orders."""

    def __init__(self, orders: OrderBook, stockroom: Stockroom, now: Callable[[], datetime]) -> None:
        self._orders, self._stockroom, self._now = orders, stockroom, now

    def credit(self, ref: str, lines: Mapping[str, Decimal | int], amount: Decimal, *, restock: bool) -> Order:
        """Credit quantities of codes for `amount`, tax included; ValueError for what the order does not hold."""
        order = self._orders.by_ref(ref)
        if order is None:
            raise ValueError(f"there is no order {ref}")
        credited = [_credited(order, code, Decimal(quantity)) for code, quantity in lines.items()]
        difference = amount - sum((line.gross for line in credited), Decimal(0))
        note = self._note(order, credited, from_gross(difference, Decimal(1), Decimal(0), _rate(order)), restock)
        if restock:
            for line in credited:
                self._stockroom.shift(line.stock_code, line.site, on_hand=line.quantity)
        self._orders.add(note)
        return note

    def _note(self, order: Order, lines: list[OrderLine], rest: Totals, restock: bool) -> Order:
        """The record; what the lines do not explain (delivery, goodwill) stands where delivery does."""
        note = Order(
            sorder_code=self._orders.next_code(),
            ref=order.ref,
            created_at=self._now(),
            currency=order.currency,
            customer=order.customer,
            lines=lines,
            delivery=rest,
            payments=[],
            site=order.site,
            courier="",
            sales_source=order.sales_source,
            invoice_address=order.invoice_address,
            delivery_address=order.delivery_address,
            header={},
            complete=True,
            credit=order.sorder_code,
            restocked=restock,
            web=False,
        )
        items = [Portion(line.stock_code, line.quantity, line.site) for line in lines]
        self._orders.add_invoice(note, _ISSUED, items).issued_at = self._now()
        return note


def _credited(order: Order, code: str, quantity: Decimal) -> OrderLine:
    """A line of the credit note: the share of the first order line of that code that holds so much."""
    for line in order.lines:
        if line.stock_code == code and 0 < quantity <= line.quantity:
            gross, net = (rounded(value * quantity / line.quantity) for value in (line.gross, line.net))
            totals = Totals(net, gross - net, gross)
            return OrderLine(
                code, quantity, line.price, line.gross_price, line.discount, line.tax_code, totals, line.site
            )
    raise ValueError(f"order {order.ref} has no line with {quantity} of {code}")


def _rate(order: Order) -> Decimal:
    """The tax that the order's own lines bear, as a fraction."""
    return order.items.tax / order.items.net if order.items.net else Decimal(0)
