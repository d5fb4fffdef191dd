"""Staff edit an order: its lines and its addresses, in a draft or at once; everything is reckoned anew."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from khaossync.sandbox.shopware import checkout, stock
from khaossync.sandbox.shopware.lines import extra, goods, product_of
from khaossync.sandbox.shopware.people import Address
from khaossync.sandbox.shopware.purchase import Extra
from khaossync.sandbox.shopware.reckoning import order_fields, reckon, terms_of
from khaossync.sandbox.shopware.state import State
from khaossync.sandbox.shopware.store import Draft, Row, Rows

_TREE = (
    ("order_line_item", "orderId"),
    ("order_delivery", "orderId"),
    ("order_transaction", "orderId"),
    ("order_customer", "orderId"),
    ("order_address", "orderId"),
)


def open_draft(state: State, order: str) -> str:
    """Copy an order and what belongs to it under a version of its own; the id of that version."""
    live = state.live
    copied = {"order": {order: dict(live.get("order", order) or {})}}
    for entity, field in _TREE:
        copied[entity] = {row["id"]: dict(row) for row in live.children(entity, field, order)}
    positions = [live.children("order_delivery_position", "orderDeliveryId", key) for key in copied["order_delivery"]]
    copied["order_delivery_position"] = {row["id"]: dict(row) for each in positions for row in each}
    version = state.ids.new()
    state.drafts[version] = Draft(version, live, copied, state.now)
    return version


def merge(state: State, version: str, order: str) -> None:
    """Write a draft into the live order, stock included."""
    before = stock.units(state.live.children("order_line_item", "orderId", order))
    state.drafts.pop(version).merge()
    _take(state, before, stock.units(state.live.children("order_line_item", "orderId", order)))
    state.tell("order.written", "order", [order])


def edit(state: State, rows: Rows, order: str, quantities: Mapping[str, int], address: Address | None) -> None:
    """Set units per SKU (none takes the line off, a new SKU adds one) and where it goes.

    Raises ValueError where a product was deleted: https://github.com/shopware/shopware/issues/4417
    """
    gone = [row["label"] for row in rows.children("order_line_item", "orderId", order) if _is_gone(row)]
    if gone:
        raise ValueError(f"this order cannot be reckoned anew: {', '.join(gone)} was deleted")
    before = stock.units(rows.children("order_line_item", "orderId", order))
    kept = rows.children("order_line_item", "orderId", order)
    for sku, count in quantities.items():
        _set(state, rows, order, kept, sku, count)
    if address is not None:
        for delivery in rows.children("order_delivery", "orderId", order):
            rows.change("order_address", delivery["shippingOrderAddressId"], **checkout.shown(address))
    settle(state, rows, order)
    if rows is state.live:
        _take(state, before, stock.units(rows.children("order_line_item", "orderId", order)))
        state.tell("order.written", "order", [order])


def _is_gone(line: Row) -> bool:
    return line["type"] == "product" and line["productId"] is None


def add_credit(state: State, order: str, label: str, amount: Decimal) -> str:
    """Staff take something off an order with a credit line; its id."""
    rows = state.live
    position = max((row["position"] for row in rows.children("order_line_item", "orderId", order)), default=0) + 1
    terms = terms_of(rows.get("order", order) or {})
    (line,) = extra(state, order, Extra("credit", label, -amount), terms)
    reckon([*map(dict, rows.children("order_line_item", "orderId", order)), line], [], terms)
    rows.add("order_line_item", {**line, "position": position})
    settle(state, rows, order)
    state.tell("order.written", "order", [order])
    return str(line["id"])


def misprice(state: State, order: Row, difference: Decimal) -> None:
    """Move the total of an order, and nothing that it is worked out from."""
    total = order["amountTotal"] + float(difference)
    bill = {**order["price"], "totalPrice": total, "rawTotal": total}
    state.live.change("order", order["id"], price=bill, amountTotal=total)


def settle(state: State, rows: Rows, order: str) -> None:
    """Reckon an order anew and write what came out; only rows that are different now are touched, and the order."""
    kept = rows.get("order", order) or {}
    lines = [dict(row) for row in rows.children("order_line_item", "orderId", order)]
    lines.sort(key=lambda row: row["position"])
    deliveries = [dict(row) for row in rows.children("order_delivery", "orderId", order)]
    bill = reckon(lines, deliveries, terms_of(kept))
    _write(rows, "order_line_item", lines)
    _write(rows, "order_delivery", deliveries)
    _positions(state, rows, order, lines)
    rows.change("order", order, **order_fields(bill, deliveries))


def _set(state: State, rows: Rows, order: str, kept: Iterable[Row], sku: str, count: int) -> None:
    found = [row for row in kept if row["type"] == "product" and row["payload"].get("productNumber") == sku]
    if not found:
        terms = terms_of(rows.get("order", order) or {})
        line = goods(state, order, product_of(state, sku), count, terms)
        reckon([line], [], terms)
        rows.add("order_line_item", {**line, "position": max(row["position"] for row in kept) + 1})
    for row in found[1:] if count else found:
        rows.remove("order_line_item", row["id"])
    if found and count:
        told = {**found[0]["priceDefinition"], "quantity": count}
        rows.change("order_line_item", found[0]["id"], quantity=count, priceDefinition=told)


def _positions(state: State, rows: Rows, order: str, lines: Iterable[Row]) -> None:
    """The deliveries' positions mirror the lines."""
    wanted = {line["id"]: line for line in lines if line["good"]}
    deliveries = rows.children("order_delivery", "orderId", order)
    for delivery in deliveries:
        for row in rows.children("order_delivery_position", "orderDeliveryId", delivery["id"]):
            line = wanted.pop(row["orderLineItemId"], None)
            if line is None:
                rows.remove("order_delivery_position", row["id"])
            elif row["quantity"] != line["quantity"]:
                rows.change("order_delivery_position", row["id"], **_mirrored(line))
    real = [row for row in deliveries if row["shippingCosts"]["totalPrice"] >= 0]
    for line in wanted.values() if real else ():
        rows.add("order_delivery_position", checkout.position(state, real[0]["id"], line))


def _mirrored(line: Row) -> Row:
    return {field: line[field] for field in ("price", "unitPrice", "totalPrice", "quantity")}


def _write(rows: Rows, entity: str, reckoned: Iterable[Row]) -> None:
    for row in reckoned:
        kept = rows.get(entity, row["id"]) or {}
        changed = {field: told for field, told in row.items() if kept.get(field) != told}
        if changed:
            rows.change(entity, row["id"], **changed)


def _take(state: State, before: Mapping[str, int], after: Mapping[str, int]) -> None:
    changes = {key: after.get(key, 0) - before.get(key, 0) for key in {**before, **after}}
    stock.sold(state, {key: count for key, count in changes.items() if count})
