"""Addresses, payments and notes as REST shows them."""

from collections.abc import Mapping
from typing import Any

from khaossync.sandbox.adobe.orders import Order
from khaossync.sandbox.adobe.papers import Comment
from khaossync.sandbox.adobe.people import Address
from khaossync.sandbox.adobe.wire.values import money, stamp, without_none

TITLES: Mapping[str, str] = {
    "checkmo": "Check / Money order",
    "banktransfer": "Bank Transfer Payment",
    "purchaseorder": "Purchase Order",
    "braintree": "Credit Card",
    "free": "No Payment Information Required",
}


def address(order: Order, where: Address, kind: str) -> dict[str, Any]:
    """An address of an order; `kind` is billing or shipping."""
    return without_none(
        {
            "address_type": kind,
            "city": where.city or "",
            "company": where.company,
            "country_id": where.country_code_v2 or "",
            "email": order.email,
            "entity_id": order.number * 2 - (kind == "shipping"),
            "firstname": where.first_name or "",
            "lastname": where.last_name or "",
            "parent_id": order.number,
            "postcode": where.zip or "",
            "region": where.province,
            "street": [line for line in (where.address1, where.address2) if line],
            "telephone": where.phone or "",
            "vat_id": order.customer.tax_number if order.customer else None,
        }
    )


def payment(order: Order) -> dict[str, Any]:
    """How an order is paid. Some fields are there also when they are empty."""
    amounts = {"amount_ordered": order.grand_total}
    if order.authorised:
        amounts["amount_authorized"] = order.authorised
    if order.paid:
        amounts["amount_paid"] = order.paid
    if order.refunded:
        amounts["amount_refunded"] = order.refunded
    if order.delivery:
        amounts["shipping_amount"] = order.delivery.taxed.row_total
    optional = {
        "last_trans_id": f"txn{order.number}" if order.paid or order.authorised else None,
        "po_number": order.po_number,
    }
    return {
        "account_status": None,
        "additional_information": [TITLES.get(order.method, order.method)],
        "cc_last4": None,
        "entity_id": order.number,
        "method": order.method,
        "parent_id": order.number,
        **money(order.rate, amounts),
        **without_none(optional),
    }


def comment(note: Comment, parent: int) -> dict[str, Any]:
    """A note on an order."""
    return {
        "comment": note.text,
        "created_at": stamp(note.at),
        "entity_id": note.number,
        "entity_name": "order",
        "is_customer_notified": int(note.notified),
        "is_visible_on_front": int(note.visible),
        "parent_id": parent,
        "status": note.status,
    }


def document_comment(note: Comment, parent: int) -> dict[str, Any]:
    """A note on a shipment, an invoice or a credit memo."""
    told = comment(note, parent)
    del told["entity_name"], told["status"]
    return told


def extra_info(order: Order) -> list[dict[str, str]]:
    """What the payment method adds."""
    return [{"key": "method_title", "value": TITLES.get(order.method, order.method)}]
