"""What people do with orders in the building: pick, pack, despatch, issue, drag back, cancel."""

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from itertools import pairwise

from khaossync.sandbox.khaosws.masters import Masters
from khaossync.sandbox.khaosws.orders import OrderBook
from khaossync.sandbox.khaosws.records import FINISHED, Box, Cancellation, Invoice, Order, Portion
from khaossync.sandbox.khaosws.stock import Stockroom

_CANCELLED, _STAGING, _PAYMENT, _PICKING, _PACKING, _ISSUE, _ISSUED = 1, 10, 11, 12, 13, 16, 70
_PATH = (10, 12, 13, 14, 16, 70)
_BACK = {later: earlier for earlier, later in pairwise(_PATH)}


class Warehouse:
    """Every step names an order by its associated ref; a step that makes no sense raises ValueError."""

    def __init__(self, orders: OrderBook, stockroom: Stockroom, masters: Masters, now: Callable[[], datetime]) -> None:
        self._orders, self._stockroom, self._masters, self._now = orders, stockroom, masters, now

    def authorise(self, ref: str) -> None:
        """Take the payment that the order waits for; it goes to staging."""
        order = self._order(ref)
        if order.stage != _PAYMENT:
            raise ValueError(f"order {ref} does not wait for its payment")
        order.invoices[-1].stage = _STAGING
        self._touch(order, order.invoices[-1])

    def pick(self, ref: str) -> None:
        """Print the picking list of the open invoice."""
        self._advance(ref, _PICKING)

    def pack(self, ref: str) -> None:
        """Put the open invoice into the packing stage."""
        self._advance(ref, _PACKING)

    def despatch(
        self, ref: str, lines: Mapping[str, Decimal | int] | None, courier: str, consignment: str, url: str, boxes: int
    ) -> Invoice:
        """Ship the open invoice, or part of it: the rest goes to a new invoice in staging."""
        order = self._order(ref)
        invoice = self._open(order)
        name = self._courier(courier)
        if lines is not None:
            self._split(order, invoice, lines)
        if invoice.shipped_at is None:
            self._hand_over(invoice)
        invoice.shipped_at, invoice.stage = self._now(), _ISSUE
        invoice.courier, invoice.consignment, invoice.tracking_url = name, consignment, url
        invoice.boxes = _boxed(invoice, boxes)
        self._orders.tracked.touch(order.sorder_code, self._now())
        self._touch(order, invoice)
        return invoice

    def track(self, ref: str, consignment: str, url: str) -> None:
        """Write a consignment into the newest shipped invoice afterwards: its tracking changes, the order does not."""
        order = self._order(ref)
        shipped = [invoice for invoice in order.invoices if invoice.shipped_at]
        if not shipped:
            raise ValueError(f"order {ref} has not been despatched, so there is nothing to track")
        shipped[-1].consignment, shipped[-1].tracking_url, shipped[-1].moved = consignment, url, True
        shipped[-1].boxes = _boxed(shipped[-1], len(shipped[-1].boxes))
        self._orders.tracked.touch(order.sorder_code, self._now())

    def issue(self, ref: str) -> None:
        """Issue every despatched invoice; the order is complete when none is left open."""
        order = self._order(ref)
        waiting = [invoice for invoice in order.invoices if invoice.stage == _ISSUE]
        if not waiting:
            raise ValueError(f"order {ref} has no invoice that waits to be issued")
        for invoice in waiting:
            invoice.stage, invoice.issued_at = _ISSUED, self._now()
            self._touch(order, invoice)
        order.complete = all(invoice.stage in FINISHED for invoice in order.invoices)

    def regress(self, ref: str) -> None:
        """Drag the newest invoice one stage back; what was shipped keeps its date and consignment."""
        order = self._order(ref)
        invoice = order.invoices[-1]
        if invoice.stage not in _BACK:
            raise ValueError(f"the invoice of order {ref} is at stage {invoice.stage} and cannot go back")
        invoice.stage, invoice.issued_at, order.complete = _BACK[invoice.stage], None, False
        self._touch(order, invoice)

    def cancel(self, ref: str, reason: str) -> None:
        """Cancel what has not been shipped and free its stock; the order is cancelled if nothing was shipped."""
        order = self._order(ref)
        unshipped = [invoice for invoice in order.invoices if not invoice.shipped_at and invoice.stage != _CANCELLED]
        if not unshipped:
            raise ValueError(f"order {ref} has nothing left to cancel")
        for invoice in unshipped:
            invoice.stage = _CANCELLED
            for portion in invoice.items:
                self._stockroom.shift(portion.stock_code, portion.site, reserved=-portion.quantity)
            self._touch(order, invoice)
        if len(unshipped) == len(order.invoices):
            order.cancelled = Cancellation(self._now(), reason, "SALES")

    def _order(self, ref: str) -> Order:
        order = self._orders.by_ref(ref)
        if order is None:
            raise ValueError(f"there is no order {ref}")
        return order

    @staticmethod
    def _open(order: Order) -> Invoice:
        for invoice in order.invoices:
            if invoice.stage == _PAYMENT:
                raise ValueError(f"order {order.ref} waits for its payment to be authorised")
            if invoice.stage not in FINISHED:
                return invoice
        raise ValueError(f"order {order.ref} has no open invoice")

    def _advance(self, ref: str, stage: int) -> None:
        order = self._order(ref)
        invoice = self._open(order)
        invoice.stage = stage
        self._touch(order, invoice)

    def _courier(self, name: str) -> str:
        for code, description in self._masters.couriers:
            if name in (code, description):
                return description
        raise ValueError(f"there is no courier {name!r}")

    def _split(self, order: Order, invoice: Invoice, lines: Mapping[str, Decimal | int]) -> None:
        """Keep `lines` on the invoice, with whatever stands on no shelf, and move the rest to a new one."""
        if invoice.shipped_at:
            raise ValueError(f"invoice {invoice.code} has been shipped and cannot be split")
        left = {code: Decimal(quantity) for code, quantity in lines.items()}
        kept, rest = [], []
        for portion in invoice.items:
            here = self._share_of(portion, left)
            kept.append(Portion(portion.stock_code, here, portion.site))
            rest.append(Portion(portion.stock_code, portion.quantity - here, portion.site))
        if any(left.values()) or not any(lines.values()):
            raise ValueError(f"invoice {invoice.code} does not hold {dict(lines)}")
        invoice.items = [portion for portion in kept if portion.quantity]
        remaining = [portion for portion in rest if portion.quantity]
        if remaining:
            self._orders.add_invoice(order, _STAGING, remaining)

    def _share_of(self, portion: Portion, left: dict[str, Decimal]) -> Decimal:
        """How much of a portion goes along; `left` shrinks by it. What stands on no shelf waits for nothing."""
        if portion.stock_code not in left and not self._stockroom[portion.stock_code].controlled:
            return portion.quantity
        here = min(portion.quantity, left.get(portion.stock_code, Decimal(0)))
        left[portion.stock_code] = left.get(portion.stock_code, Decimal(0)) - here
        return here

    def _hand_over(self, invoice: Invoice) -> None:
        """The goods leave: what was reserved is no longer there; what is available to sell stays the same."""
        for portion in invoice.items:
            gone = -portion.quantity
            self._stockroom.shift(portion.stock_code, portion.site, on_hand=gone, reserved=gone)

    def _touch(self, order: Order, invoice: Invoice) -> None:
        invoice.moved = True
        self._orders.touch(order)


def _boxed(invoice: Invoice, boxes: int) -> list[Box]:
    """Spread an invoice's units over boxes as evenly as whole units allow; a box with nothing in it is not sent."""
    contents: list[list[Portion]] = [[] for _ in range(boxes)]
    for start, portion in enumerate(invoice.items):
        for place in range(boxes):
            share = _share(portion.quantity, boxes, place)
            if share:
                contents[(place + start) % boxes].append(Portion(portion.stock_code, share, portion.site))
    filled = [content for content in contents if content]
    return [
        Box(invoice.courier, _consignment(invoice.consignment, number), invoice.tracking_url, content)
        for number, content in enumerate(filled, start=1)
    ]


def _share(quantity: Decimal, boxes: int, place: int) -> Decimal:
    """How many units go into one of the boxes; a broken quantity stays together in the first."""
    if quantity % 1:
        return Decimal(0) if place else quantity
    return (quantity + boxes - 1 - place) // boxes


def _consignment(first: str, number: int) -> str:
    return f"{first}-{number}" if first and number > 1 else first
