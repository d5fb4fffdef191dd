"""The rows of an order as REST shows them, with the rewritten row totals."""

from decimal import Decimal
from typing import Any

from khaossync.sandbox.adobe.money import NOTHING, part
from khaossync.sandbox.adobe.orders import Item, Order
from khaossync.sandbox.adobe.wire.values import money, number, stamp, without_none


def item(order: Order, row: Item, *, copies_prices: bool = False, nested: bool = True) -> dict[str, Any]:
    """One row. `copies_prices`: the child of a configurable repeats its parent's price."""
    told: dict[str, Any] = {
        "applied_rule_ids": "1" if row.discount else None,
        "created_at": stamp(order.created_at),
        "discount_percent": number(row.discount_percent),
        "free_shipping": 0,
        "is_qty_decimal": 0,
        "is_virtual": int(row.product.is_virtual),
        "item_id": row.number,
        "name": row.name,
        "no_discount": 0,
        "order_id": order.number,
        "parent_item_id": row.parent.number if row.parent else None,
        "product_id": row.product.number,
        "product_type": row.type,
        "qty_canceled": number(row.cancelled),
        "qty_invoiced": number(row.invoiced),
        "qty_ordered": number(row.ordered),
        "qty_refunded": number(row.refunded),
        "qty_shipped": number(row.shipped),
        "quote_item_id": row.number,
        "row_weight": number(row.product.weight * row.ordered),
        "sku": row.sku,
        "store_id": 1,
        "tax_percent": number(row.taxed.percent),
        "updated_at": stamp(order.updated_at),
        "weight": number(row.product.weight),
    }
    told |= _money(order, row, copies_prices)
    if row.options:
        told["product_option"] = {"extension_attributes": dict(row.options)}
    if nested and row.parent is not None:
        told["parent_item"] = item(order, row.parent, nested=False)
    return without_none(told)


def _money(order: Order, row: Item, copies_prices: bool) -> dict[str, Any]:
    taxed, ordered = row.taxed, row.ordered
    shown = row.parent.taxed if copies_prices and row.parent and row.parent.type == "configurable" else taxed
    invoiced = {
        "row_invoiced": part(taxed.row_total, NOTHING, row.invoiced, ordered),
        "tax_invoiced": part(taxed.tax, NOTHING, row.invoiced, ordered),
        "discount_invoiced": part(row.discount, NOTHING, row.invoiced, ordered),
    }
    refunded = {
        "amount_refunded": row.amount_refunded,
        "tax_refunded": row.tax_refunded,
        "discount_refunded": row.discount_refunded,
    }
    return money(
        order.rate,
        {
            **rewritten(row),
            **invoiced,
            **(refunded if row.refunded else {"amount_refunded": NOTHING}),
            "discount_amount": row.discount,
            "discount_tax_compensation_amount": taxed.compensation,
            "original_price": shown.price,
            "price": shown.price,
            "price_incl_tax": shown.price_incl_tax,
            "tax_amount": taxed.tax,
        },
    )


def rewritten(row: Item) -> dict[str, Decimal]:
    """The row totals of an order's row in REST: the discount is taken off them, and below none there is none.

    https://github.com/magento/magento2/blob/2.4-develop/app/code/Magento/Sales/Model/Order/Webapi/ChangeOutputArray.php
    """
    taxed = row.taxed
    net = taxed.row_total - row.discount
    return {
        "row_total": max(net, NOTHING),
        "row_total_incl_tax": max(net + taxed.tax + taxed.compensation, NOTHING),
    }
