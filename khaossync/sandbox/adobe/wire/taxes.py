"""Which taxes were charged on what, as REST shows it."""

from decimal import Decimal
from typing import Any

from khaossync.sandbox.adobe.orders import Order
from khaossync.sandbox.adobe.taxes import Applied
from khaossync.sandbox.adobe.wire.values import number


def applied_taxes(order: Order) -> list[dict[str, Any]]:
    """The taxes of the whole order."""
    sums: dict[str, tuple[Applied, Decimal]] = {}
    for applied in _all(order):
        so_far = sums[applied.rate.code][1] if applied.rate.code in sums else Decimal(0)
        sums[applied.rate.code] = (applied, so_far + applied.amount)
    return [_told(order, applied, amount) for applied, amount in sums.values()]


def item_applied_taxes(order: Order) -> list[dict[str, Any]]:
    """The taxes of each row, and those of the delivery."""
    found: list[dict[str, Any]] = [
        {"type": "product", "item_id": row.number, "applied_taxes": _each(order, row.taxed.applied)}
        for row in order.items
        if row.taxed.applied
    ]
    if order.delivery and order.delivery.taxed.applied:
        found.append({"type": "shipping", "applied_taxes": _each(order, order.delivery.taxed.applied)})
    return found


def _all(order: Order) -> list[Applied]:
    rows = [applied for row in order.items for applied in row.taxed.applied]
    return [*rows, *(order.delivery.taxed.applied if order.delivery else ())]


def _each(order: Order, applied: tuple[Applied, ...]) -> list[dict[str, Any]]:
    return [_told(order, one, one.amount) for one in applied]


def _told(order: Order, applied: Applied, amount: Decimal) -> dict[str, Any]:
    return {
        "code": applied.rate.code,
        "title": applied.rate.code,
        "percent": number(applied.percent),
        "amount": number(amount),
        "base_amount": number(amount / order.rate),
    }
