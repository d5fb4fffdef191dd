"""How one order looks in a status document."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from khaossync.sandbox.khaosws.dates import day, stamp
from khaossync.sandbox.khaosws.records import STAGES, Box, Invoice, Order, Portion
from khaossync.sandbox.khaosws.seasoning import Seasoning
from khaossync.sandbox.khaosws.xmlout import element, leaf, long_text, money, yes_no

_CANCELLED, _PICKING = 1, 12


class StatusWriter:
    """Writes ORDER_STATUS elements. Writing an order resets its MOVED marks: they tell one reader only."""

    def __init__(self, seasoning: Seasoning) -> None:
        self._seasoning = seasoning

    def write(self, order: Order, *, items: bool) -> str:
        """One order with its invoices, and with what is in them if `items`."""
        optional = self._seasoning.optional(
            leaf("DELIVERY_DATE", day(None)),
            leaf("COURIER", order.courier),
            leaf("QTY_ASSIGNED", money(_assigned(order))),
        )
        return element(
            "ORDER_STATUS",
            long_text("COMPANY_NAME", order.customer.name, **_company(order)),
            self._order_type(order),
            leaf("CURRENCY_CODE", order.currency),
            leaf("DATE_CREATED", day(order.created_at)),
            leaf("ITEMS_TOTAL", money(order.items.gross), NET_VALUE=money(order.items.net)),
            leaf("DELIVERY_TOTAL", money(order.delivery.gross), NET_VALUE=money(order.delivery.net)),
            leaf("COMPLETE", yes_no(order.complete)),
            leaf("QTY_SOLD", money(sum((line.quantity for line in order.lines), Decimal(0)))),
            optional,
            self._seasoning.extra(),
            _cancellation(order),
            element("INVOICES", *(self._invoice(invoice, items) for invoice in order.invoices)),
            SORDER_CODE=order.sorder_code,
            ASSOCIATED_REF=order.ref,
        )

    def _order_type(self, order: Order) -> str:
        """The vendor's comment counts the types, the vendor's example spells them."""
        if order.credit:
            return leaf("ORDER_TYPE", "Credit Note", TYPE_ID="2")
        return leaf("ORDER_TYPE", "Sales Order", TYPE_ID=self._seasoning.either("1", "S"))

    def _invoice(self, invoice: Invoice, items: bool) -> str:
        quantity = sum((portion.quantity for portion in invoice.items), Decimal(0))
        attributes = {
            "INVOICE_CODE": invoice.code,
            "INVOICE_DATE": day(invoice.created_at),
            **self._date("SHIP_DATE", invoice.shipped_at),
            **self._date("ISSUE_DATE", invoice.issued_at),
            "INVOICE_STAGE_ID": str(invoice.stage),
            "INVOICE_STAGE_DESC": STAGES[invoice.stage],
            "COURIER": invoice.courier,
            "CONSIGNMENT_REF": invoice.consignment,
            "TRACKING_URL": invoice.tracking_url,
            "QTY_SOLD": money(quantity),
            "QTY_SENT": money(quantity if invoice.shipped_at else Decimal(0)),
            "MOVED": yes_no(invoice.moved),
        }
        invoice.moved = False
        boxes = [_box(box, invoice, items) for box in invoice.boxes]
        contents = (
            [element("INVOICE_ITEMS", *_sent("INVOICE_ITEM", invoice.items, invoice.shipped_at))] if items else []
        )
        return element("INVOICE", *boxes, *contents, **attributes)

    def _date(self, name: str, instant: datetime | None) -> Mapping[str, str]:
        """A date that has not come is null, or empty, or not there at all."""
        if instant is not None:
            return {name: day(instant)}
        missing = self._seasoning.either("null", "empty", "absent")
        return {} if missing == "absent" else {name: day(None) if missing == "null" else ""}


def _company(order: Order) -> dict[str, str]:
    return {"COMPANY_CODE": order.customer.code, "OTHER_REF": order.customer.other_ref}


def _assigned(order: Order) -> Decimal:
    """Units that have been picked, or are gone."""
    worked_on = (invoice for invoice in order.invoices if invoice.stage >= _PICKING or invoice.shipped_at)
    return sum((portion.quantity for invoice in worked_on for portion in invoice.items), Decimal(0))


def _cancellation(order: Order) -> str:
    if order.cancelled is None:
        return ""
    return element(
        "CANCELLED",
        leaf("CANCELLED_DATE_TIME", stamp(order.cancelled.at)),
        long_text("REASON", order.cancelled.reason),
        leaf("USER_NAME", order.cancelled.user),
    )


def _box(box: Box, invoice: Invoice, items: bool) -> str:
    contents = _sent("BOX_ITEM", box.items, invoice.shipped_at) if items else []
    return element(
        "BOX",
        *contents,
        SHIPPED=yes_no(invoice.shipped_at is not None),
        SHIP_DATE=day(invoice.shipped_at),
        COURIER=box.courier,
        CONSIGNMENT_REF=box.consignment,
        TRACKING_URL=box.tracking_url,
    )


def _sent(tag: str, portions: list[Portion], shipped_at: datetime | None) -> list[str]:
    return [
        element(tag, STOCK_CODE=portion.stock_code, QTY_SENT=money(portion.quantity if shipped_at else Decimal(0)))
        for portion in portions
    ]
