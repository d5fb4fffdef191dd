"""The bodies of webhooks: records in the shape of Shopify's REST API, as far as a receiver looks at them.

https://shopify.dev/docs/api/webhooks
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from khaossync.sandbox.shopify import figures
from khaossync.sandbox.shopify.catalogue import Level
from khaossync.sandbox.shopify.fulfilments import Fulfilment
from khaossync.sandbox.shopify.ids import gid
from khaossync.sandbox.shopify.orders import Allocation, Assessment, Line, Order, Refund, TaxLine
from khaossync.sandbox.shopify.people import Address


def body(record: Any) -> dict[str, Any]:
    """What is sent for an order, its risk, a refund, a fulfilment or a level."""
    if isinstance(record, Order):
        return _order(record)
    if isinstance(record, Refund):
        return _refund(record)
    if isinstance(record, Fulfilment):
        return _fulfilment(record)
    if isinstance(record, Level):
        return _level(record)
    if isinstance(record, Assessment):
        return _assessment(record)
    raise TypeError(f"{type(record).__name__} has no webhook body")


def _at(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds")


def _money(amount: Decimal) -> str:
    return f"{amount:.2f}"


def _order(order: Order) -> dict[str, Any]:
    bought, now = figures.whole(order), figures.current(order)
    shipped = figures.fulfilment_status(order)
    return {
        "id": order.number,
        "admin_graphql_api_id": gid("Order", order.number),
        "name": order.name,
        "order_number": order.position,
        "number": order.position - 1000,
        "test": order.test,
        "confirmed": True,
        "created_at": _at(order.created_at),
        "processed_at": _at(order.created_at),
        "updated_at": _at(order.updated_at),
        "cancelled_at": _at(order.cancelled_at),
        "cancel_reason": order.cancel_reason.lower() if order.cancel_reason else None,
        "closed_at": _at(order.closed_at),
        "currency": order.currency,
        "presentment_currency": order.exchange.currency if order.exchange else order.currency,
        "email": order.email,
        "note": order.note,
        "po_number": order.po_number,
        "tags": ", ".join(order.tags),
        "financial_status": figures.financial_status(order).lower(),
        "fulfillment_status": {"FULFILLED": "fulfilled", "PARTIALLY_FULFILLED": "partial"}.get(shipped),
        "taxes_included": order.taxes_included,
        "subtotal_price": _money(bought.subtotal),
        "total_discounts": _money(bought.discounts),
        "total_tax": _money(bought.tax),
        "total_tip_received": _money(order.tip),
        "total_price": _money(bought.total),
        "current_subtotal_price": _money(now.subtotal),
        "current_total_discounts": _money(now.discounts),
        "current_total_tax": _money(now.tax),
        "current_total_price": _money(now.total),
        "tax_lines": _taxes(bought.tax_lines),
        "discount_codes": [
            {
                "code": a.name,
                "amount": _money(a.amount),
                "type": "fixed_amount" if a.percentage is None else "percentage",
            }
            for a in order.applications
        ],
        "line_items": [_line(line) for line in order.lines],
        "shipping_lines": [_charge(charge) for charge in order.shipping_lines],
        "shipping_address": _address(order.shipping_address),
        "billing_address": _address(order.billing_address),
        "refunds": [_refund(given) for given in order.refunds],
        "fulfillments": [_fulfilment(done) for done in order.fulfilments],
    }


def _assessment(judged: Assessment) -> dict[str, Any]:
    """Level, facts, provider and order, but no recommendation, says the list of topics; the names are a guess."""
    return {
        "order_id": judged.order.number,
        "admin_graphql_api_order_id": gid("Order", judged.order.number),
        "provider_id": None,
        "provider_title": None,
        "risk_level": judged.order.risk_level.lower(),
        "risk_facts": [],
        "created_at": _at(judged.at),
    }


def _line(line: Line) -> dict[str, Any]:
    return {
        "id": line.number,
        "admin_graphql_api_id": gid("LineItem", line.number),
        "sku": line.item.sku,
        "name": line.item.title,
        "title": line.item.title,
        "price": _money(line.price),
        "quantity": line.quantity,
        "current_quantity": line.current_quantity,
        "fulfillable_quantity": max(line.current_quantity - line.fulfilled, 0),
        "gift_card": line.item.gift_card,
        "requires_shipping": line.item.requires_shipping,
        "taxable": bool(line.item.tax_rate),
        "product_id": line.item.number,
        "variant_id": line.item.number,
        "sales_line_item_group_id": line.group.number if line.group else None,
        "tax_lines": _taxes(line.taxes(line.quantity)),
        "discount_allocations": _allocations(line.allocations),
    }


def _charge(charge: Any) -> dict[str, Any]:
    return {
        "id": charge.number,
        "code": charge.title,
        "title": charge.title,
        "price": _money(charge.price),
        "discounted_price": _money(charge.discounted),
        "is_removed": False,
        "tax_lines": _taxes(charge.taxes(charge.discounted)),
        "discount_allocations": _allocations(charge.allocations),
    }


def _allocations(allocations: Sequence[Allocation]) -> list[dict[str, Any]]:
    return [
        {"amount": _money(each.amount), "discount_application_index": each.discount_application.index}
        for each in allocations
    ]


def _taxes(taxes: Sequence[TaxLine]) -> list[dict[str, Any]]:
    return [{"title": each.title, "rate": float(each.rate), "price": _money(each.amount)} for each in taxes]


def _address(address: Address | None) -> dict[str, Any] | None:
    if address is None:
        return None
    fields = (
        "first_name",
        "last_name",
        "company",
        "address1",
        "address2",
        "city",
        "province",
        "zip",
        "country",
        "phone",
    )
    plain = {name: getattr(address, name) for name in fields}
    return {**plain, "country_code": address.country_code_v2, "province_code": address.province_code}


def _refund(given: Refund) -> dict[str, Any]:
    return {
        "id": given.number,
        "admin_graphql_api_id": gid("Refund", given.number),
        "order_id": given.order.number,
        "created_at": _at(given.created_at),
        "processed_at": _at(given.created_at),
        "note": given.note,
        "refund_line_items": [
            {
                "id": line.number,
                "line_item_id": line.line.number,
                "quantity": line.quantity,
                "restock_type": line.restock_type.lower(),
                "subtotal": float(line.subtotal),
                "total_tax": float(line.tax),
            }
            for line in given.lines
        ],
        "order_adjustments": [
            {"id": each.number, "amount": _money(each.amount), "kind": "refund_discrepancy", "tax_amount": "0.00"}
            for each in given.adjustments
        ],
        "transactions": [
            {"id": each.number, "kind": "refund", "status": each.status.lower(), "amount": _money(each.amount)}
            for each in given.transactions
        ],
    }


def _fulfilment(done: Fulfilment) -> dict[str, Any]:
    return {
        "id": done.number,
        "admin_graphql_api_id": gid("Fulfillment", done.number),
        "order_id": done.order.number,
        "name": f"{done.order.name}.{done.position}",
        "status": done.status.lower(),
        "created_at": _at(done.created_at),
        "updated_at": _at(done.updated_at),
        "location_id": done.location.number,
        "tracking_company": done.tracking[0].company if done.tracking else None,
        "tracking_numbers": [each.number for each in done.tracking if each.number],
        "tracking_urls": [each.url for each in done.tracking if each.url],
        "line_items": [
            {
                "id": each.fulfilment_line.line.number,
                "sku": each.fulfilment_line.line.item.sku,
                "quantity": each.quantity,
            }
            for each in done.lines
        ],
    }


def _level(level: Level) -> dict[str, Any]:
    return {
        "inventory_item_id": level.item.number,
        "location_id": level.location.number,
        "available": level.available,
        "updated_at": _at(level.updated_at),
        "admin_graphql_api_id": level.id,
    }
