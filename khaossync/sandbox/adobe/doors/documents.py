"""Calls about what follows an order: shipments, invoices, credit memos."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from khaossync.sandbox.adobe import despatch, payments, refunds
from khaossync.sandbox.adobe.bodies import INVOICE, NEW_TRACK, REFUND, SHIP
from khaossync.sandbox.adobe.doors.calls import Call, Route
from khaossync.sandbox.adobe.errors import Refusal
from khaossync.sandbox.adobe.orders import Order
from khaossync.sandbox.adobe.papers import CreditMemo, Invoice
from khaossync.sandbox.adobe.wire import documents

_VIEW = "Magento_Sales::actions_view"
_SHIP = "Magento_Sales::ship"
_INVOICE = "Magento_Sales::invoice"
_REFUND = "Magento_Sales::creditmemo"


def _shipments(call: Call) -> dict[str, Any]:
    return call.found(list(call.state.shipments.values()), documents.column, documents.shipment)


def _shipment(call: Call) -> dict[str, Any]:
    return documents.shipment(call.one(call.state.shipments))


def _ship(call: Call) -> int:
    return despatch.ship(call.state, call.order, call.body or {}).number


def _track(call: Call) -> dict[str, Any]:
    told = call.body["entity"]
    shipment = despatch.find(call.state, told["parent_id"])
    if shipment.order.number != told["order_id"]:
        raise Refusal(400, "Could not save the shipment tracking.")
    return documents.track(shipment, despatch.add_track(call.state, shipment, told))


def _tell(call: Call) -> bool:
    despatch.tell(call.state, call.one(call.state.shipments))
    return True


def _invoices(call: Call) -> dict[str, Any]:
    return call.found(list(call.state.invoices.values()), documents.column, documents.invoice)


def _invoice(call: Call) -> dict[str, Any]:
    return documents.invoice(call.one(call.state.invoices))


def _bill(call: Call) -> int:
    told = call.body or {}
    made = payments.invoice(call.state, call.order, _units(told), paid=bool(told.get("capture")))
    if told.get("notify"):
        payments.mail(call.state, made, "invoice")
    return made.number


def _capture(call: Call) -> str:
    """Published as a text, whatever is in it."""
    payments.capture(call.state, call.one(call.state.invoices))
    return "1"


def _memos(call: Call) -> dict[str, Any]:
    return call.found(list(call.state.memos.values()), documents.column, documents.memo)


def _memo(call: Call) -> dict[str, Any]:
    return documents.memo(call.one(call.state.memos))


def _refund(call: Call) -> int:
    return _credit(call, call.order, None).number


def _refund_online(call: Call) -> int:
    invoice: Invoice = call.one(call.state.invoices)
    return _credit(call, invoice.order, invoice).number


def _credit(call: Call, order: Order, invoice: Invoice | None) -> CreditMemo:
    """Without items and arguments all that is left is given back."""
    told = call.body or {}
    arguments = told.get("arguments") or {}
    units = _units(told)
    whole = {item.number: item.invoiced - item.refunded for item in order.items if item.parent is None}
    left = order.delivery.taxed.row_total - order.delivery.refunded if order.delivery else Decimal(0)
    wish = refunds.Wish(
        whole if units is None else units,
        _amount(arguments, "shipping_amount", left),
        _amount(arguments, "adjustment_positive"),
        _amount(arguments, "adjustment_negative"),
        restock=bool((arguments.get("extension_attributes") or {}).get("return_to_stock_items")),
        invoice=invoice if told.get("isOnline") else None,
        note=(told.get("comment") or {}).get("comment"),
        notify=bool(told.get("notify")),
    )
    return refunds.refund(call.state, order, wish)


def _units(told: Mapping[str, Any]) -> dict[int, Decimal] | None:
    rows = told.get("items")
    return {row["order_item_id"]: Decimal(str(row["qty"])) for row in rows} if rows else None


def _amount(told: Mapping[str, Any], name: str, otherwise: Decimal = Decimal(0)) -> Decimal:
    return Decimal(str(told[name])) if told.get(name) is not None else otherwise


ROUTES = (
    Route("GET", "shipments", _VIEW, _shipments),
    Route("GET", "shipment/{id}", _VIEW, _shipment),
    Route("POST", "order/{id}/ship", _SHIP, _ship, SHIP, bulk=True),
    Route("POST", "shipment/track", _SHIP, _track, NEW_TRACK, bulk=True),
    Route("POST", "shipment/{id}/emails", _SHIP, _tell),
    Route("GET", "invoices", _VIEW, _invoices),
    Route("GET", "invoices/{id}", _VIEW, _invoice),
    Route("POST", "order/{id}/invoice", _INVOICE, _bill, INVOICE),
    Route("POST", "invoices/{id}/capture", _INVOICE, _capture),
    Route("GET", "creditmemos", _VIEW, _memos),
    Route("GET", "creditmemo/{id}", _VIEW, _memo),
    Route("POST", "order/{id}/refund", _REFUND, _refund, REFUND),
    Route("POST", "invoice/{id}/refund", _REFUND, _refund_online, REFUND),
)
