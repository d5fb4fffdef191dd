"""Shipments, invoices and credit memos as REST shows them: their row totals are as stored."""

from decimal import Decimal
from typing import Any

from khaossync.sandbox.adobe.money import NOTHING
from khaossync.sandbox.adobe.papers import Bill, CreditMemo, Document, Invoice, Part, Shipment, Track
from khaossync.sandbox.adobe.wire.addresses import document_comment
from khaossync.sandbox.adobe.wire.values import currencies, money, number, stamp, without_none

Told = dict[str, Any]


def _head(document: Document) -> Told:
    order = document.order
    return {
        "billing_address_id": order.number * 2,
        "created_at": stamp(document.created_at),
        "email_sent": int(document.mailed) or None,
        "entity_id": document.number,
        "increment_id": document.name,
        "order_id": order.number,
        "shipping_address_id": order.number * 2 - 1 if order.delivery else None,
        "store_id": 1,
        "updated_at": stamp(document.updated_at),
    }


def _comments(document: Document) -> list[Told]:
    return [document_comment(note, document.number) for note in document.comments]


def shipment(document: Shipment) -> Told:
    """What was sent, with its tracks and its source."""
    told = _head(document) | {
        "customer_id": document.order.customer_number,
        "total_qty": number(sum((part.quantity for part in document.parts), NOTHING)),
    }
    return without_none(told) | {
        "items": [_sent(document, part) for part in document.parts],
        "tracks": [track(document, each) for each in document.tracks],
        "comments": _comments(document),
        "packages": [],
        "extension_attributes": {"source_code": document.source},
    }


def _sent(document: Shipment, part: Part) -> Told:
    item = part.item
    return {
        "entity_id": part.number,
        "name": item.name,
        "parent_id": document.number,
        "price": number(item.taxed.price),
        "product_id": item.product.number,
        "sku": item.sku,
        "weight": number(item.product.weight),
        "order_item_id": item.number,
        "qty": number(part.quantity),
    }


def track(document: Shipment, told: Track) -> Told:
    """A parcel's number."""
    return {
        "order_id": document.order.number,
        "created_at": stamp(told.at),
        "entity_id": told.number,
        "parent_id": document.number,
        "updated_at": stamp(told.at),
        "weight": number(told.weight),
        "qty": number(told.qty),
        "description": told.description,
        "track_number": told.track_number,
        "title": told.title,
        "carrier_code": told.carrier_code,
    }


def _bill(bill: Bill) -> Told:
    order = bill.order
    totals = {
        "discount_amount": -bill.discount,
        "grand_total": bill.total,
        "discount_tax_compensation_amount": bill.compensation,
        "shipping_amount": bill.shipping,
        "shipping_discount_tax_compensation_amount": bill.shipping_compensation,
        "shipping_incl_tax": bill.shipping + _whole_tax(bill),
        "shipping_tax_amount": bill.shipping_tax,
        "subtotal": bill.subtotal,
        "subtotal_incl_tax": sum((_gross(part) for part in bill.counted), NOTHING),
        "tax_amount": bill.tax,
    }
    return {
        **_head(bill),
        **currencies(order.base_currency, order.currency, order.rate),
        "state": bill.state,
        **money(order.rate, totals),
    }


def _whole_tax(bill: Bill) -> Decimal:
    """The tax of a delivery charge before its discount."""
    return bill.shipping_tax + bill.shipping_compensation


def _gross(part: Part) -> Decimal:
    return part.row_total + part.tax + part.compensation


def _billed(bill: Bill, part: Part) -> Told:
    item, taxed = part.item, part.item.taxed
    amounts = {"price": taxed.price}
    if not item.hollow and not _is_carried(part):
        amounts |= {
            "price_incl_tax": taxed.price_incl_tax,
            "row_total": part.row_total,
            "row_total_incl_tax": _gross(part),
            "tax_amount": part.tax,
            "discount_tax_compensation_amount": part.compensation,
        }
    if part.discount:
        amounts["discount_amount"] = part.discount
    return {
        "entity_id": part.number,
        "name": item.name,
        "order_item_id": item.number,
        "parent_id": bill.number,
        "product_id": item.product.number,
        "qty": number(part.quantity),
        "sku": item.sku,
        **money(bill.order.rate, amounts),
    }


def _is_carried(part: Part) -> bool:
    parent = part.item.parent
    return parent is not None and not parent.hollow


def invoice(bill: Invoice) -> Told:
    """A bill. Where a bundle's parts have the money, its own row has but a price."""
    told = _bill(bill) | {"total_qty": number(sum((part.quantity for part in bill.parts), NOTHING))}
    rows = [_billed(bill, part) for part in bill.parts]
    return without_none(told) | {"items": rows, "comments": _comments(bill)}


def memo(bill: CreditMemo) -> Told:
    """Money given back. Some fields of its rows are there also when they are empty."""
    adjustments = {
        "adjustment": bill.positive - bill.negative,
        "adjustment_negative": bill.negative,
        "adjustment_positive": bill.positive,
    }
    told = _bill(bill) | money(bill.order.rate, adjustments)
    told |= {"invoice_id": bill.invoice.number if bill.invoice else None}
    rows = [_billed(bill, part) | {"base_cost": None} for part in bill.parts]
    return without_none(told) | {"items": rows, "comments": _comments(bill)}


def column(told: Document, field: str) -> Any:
    """One column of a document. Raises KeyError."""
    if field == "order_id":
        return told.order.number
    if field in ("created_at", "updated_at"):
        return stamp(told.created_at if field == "created_at" else told.updated_at)
    if field == "entity_id":
        return told.number
    shown = (
        shipment(told) if isinstance(told, Shipment) else invoice(told) if isinstance(told, Invoice) else _memo(told)
    )
    if field not in shown and field not in _EMPTY:
        raise KeyError(field)
    value = shown.get(field)
    return Decimal(str(value)) if isinstance(value, float) else value


_EMPTY = frozenset({"invoice_id", "email_sent", "customer_id", "shipping_address_id"})
"""Columns that may hold nothing."""


def _memo(told: Document) -> Told:
    assert isinstance(told, CreditMemo)  # noqa: S101  there is no fourth kind
    return memo(told)
