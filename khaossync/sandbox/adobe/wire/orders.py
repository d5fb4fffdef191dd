"""An order as REST shows it."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from khaossync.sandbox.adobe.money import NOTHING
from khaossync.sandbox.adobe.orders import Order
from khaossync.sandbox.adobe.state import State
from khaossync.sandbox.adobe.taxes import Taxed
from khaossync.sandbox.adobe.wire.addresses import address, comment, extra_info, payment
from khaossync.sandbox.adobe.wire.items import item
from khaossync.sandbox.adobe.wire.taxes import applied_taxes, item_applied_taxes
from khaossync.sandbox.adobe.wire.values import currencies, money, number, stamp, without_none


def order(state: State, told: Order) -> dict[str, Any]:
    """The whole of an order."""
    rows = [item(told, row, copies_prices=state.habits.copies_prices) for row in told.items]
    extension = {
        "shipping_assignments": [_assignment(told, rows)] if told.delivery else None,
        "payment_additional_info": extra_info(told),
        "applied_taxes": applied_taxes(told),
        "item_applied_taxes": item_applied_taxes(told),
        "converting_from_quote": True,
        **_commerce(told),
    }
    where = told.billing_address
    return {
        **(scalars(state, told) if state.habits.sends_nulls else without_none(scalars(state, told))),
        "items": rows,
        **({"billing_address": address(told, where, "billing")} if where else {}),
        "payment": payment(told),
        "status_histories": [comment(note, told.number) for note in reversed(told.comments)],
        "extension_attributes": without_none(extension),
    }


def scalars(state: State, told: Order) -> dict[str, Any]:
    """The columns of an order's row in the database."""
    return {
        **_facts(state, told),
        **_relations(told),
        **money(told.rate, _totals(told)),
        **currencies(state.currency, told.currency, told.rate),
    }


def _facts(state: State, told: Order) -> dict[str, Any]:
    who = told.customer
    return {
        "applied_rule_ids": "1" if told.discount_description else None,
        "billing_address_id": told.number * 2 if told.billing_address else None,
        "coupon_code": told.coupon,
        "created_at": stamp(told.created_at),
        "customer_email": who.email if who else None,
        "customer_firstname": who.first_name if who else None,
        "customer_group_id": 0 if told.customer_number is None else 1,
        "customer_id": told.customer_number,
        "customer_is_guest": int(told.customer_number is None),
        "customer_lastname": who.last_name if who else None,
        "customer_note": told.note,
        "customer_note_notify": 1,
        "customer_taxvat": who.tax_number if who else None,
        "discount_description": told.discount_description,
        "email_sent": 1,
        "entity_id": told.number,
        "hold_before_state": told.held[0] if told.held else None,
        "hold_before_status": told.held[1] if told.held else None,
        "increment_id": told.name,
        "is_virtual": int(told.is_virtual),
        "protect_code": f"{told.number:032x}",
        "quote_id": told.number,
        "shipping_description": told.delivery.description if told.delivery else None,
        "state": told.state,
        "status": told.status,
        "store_id": 1,
        "store_name": f"Main Website\n{state.name}\nDefault Store View",
        "total_item_count": sum(1 for row in told.items if row.parent is None),
        "total_qty_ordered": number(sum((row.ordered for row in told.items if row.parent is None), NOTHING)),
        "updated_at": stamp(told.updated_at),
        "weight": number(sum((row.product.weight * row.ordered for row in told.items if row.is_leaf), NOTHING)),
    }


def _relations(told: Order) -> dict[str, Any]:
    """What an edit leaves: the old order names its child, the new one its parent and the first of them all."""
    return {
        "edit_increment": told.edits or None,
        "original_increment_id": told.original_name,
        "relation_child_id": str(told.child.number) if told.child else None,
        "relation_child_real_id": told.child.name if told.child else None,
        "relation_parent_id": str(told.parent.number) if told.parent else None,
        "relation_parent_real_id": told.parent.name if told.parent else None,
    }


def _totals(told: Order) -> dict[str, Decimal]:
    rows = told.counted
    totals = {
        "discount_amount": -told.discount,
        "grand_total": told.grand_total,
        "discount_tax_compensation_amount": sum((row.taxed.compensation for row in rows), NOTHING),
        "subtotal": told.subtotal,
        "subtotal_incl_tax": sum((row.taxed.row_total_incl_tax for row in rows), NOTHING),
        "tax_amount": told.tax,
        "total_due": max(told.grand_total - told.paid, NOTHING),
        **_shipping(told),
    }
    if told.invoices:
        totals |= {"total_paid": told.paid, "total_invoiced": sum((each.total for each in told.invoices), NOTHING)}
    if told.memos:
        totals |= _refunded(told)
    if told.state == "canceled":
        totals |= {"total_canceled": told.grand_total, "subtotal_canceled": told.subtotal}
    return totals


def _refunded(told: Order) -> dict[str, Decimal]:
    online = sum((each.total for each in told.memos if each.invoice), NOTHING)
    return {
        "subtotal_refunded": sum((each.subtotal for each in told.memos), NOTHING),
        "tax_refunded": sum((each.tax for each in told.memos), NOTHING),
        "discount_refunded": sum((each.discount for each in told.memos), NOTHING),
        "shipping_refunded": sum((each.shipping for each in told.memos), NOTHING),
        "total_refunded": told.refunded,
        "total_online_refunded": online,
        "total_offline_refunded": told.refunded - online,
        "adjustment_positive": sum((each.positive for each in told.memos), NOTHING),
        "adjustment_negative": sum((each.negative for each in told.memos), NOTHING),
    }


def _shipping(told: Order) -> dict[str, Decimal]:
    taxed = told.delivery.taxed if told.delivery else Taxed()
    return {
        "shipping_amount": taxed.row_total,
        "shipping_discount_amount": told.delivery.discount if told.delivery else NOTHING,
        "shipping_discount_tax_compensation_amount": taxed.compensation,
        "shipping_incl_tax": taxed.row_total_incl_tax,
        "shipping_tax_amount": taxed.tax,
    }


def _assignment(told: Order, rows: list[dict[str, Any]]) -> dict[str, Any]:
    assert told.delivery is not None  # noqa: S101  whoever calls has looked
    where = told.shipping_address
    shipping: dict[str, Any] = {"address": address(told, where, "shipping")} if where else {}
    shipping |= {"method": told.delivery.method, "total": money(told.rate, _shipping(told))}
    return {"shipping": shipping, "items": rows}


def _commerce(told: Order) -> dict[str, Any]:
    """Other ways to pay and other things to pay for, most of which Open Source does not have."""
    found: dict[str, Any] = {"coupon_codes": [told.coupon]} if told.coupon else {}
    if told.gift_card:
        found |= money(told.rate, {"gift_cards_amount": told.gift_card})
    if told.store_credit:
        found |= money(told.rate, {"customer_balance_amount": told.store_credit})
    if told.fees:
        found["custom_fees"] = [_fee(told, number, *fee) for number, fee in enumerate(told.fees, 1)]
    return found


def _fee(told: Order, at: int, name: str, amount: Decimal) -> dict[str, Any]:
    billed = amount if told.invoices else NOTHING
    return {
        "id": f"{told.number}-{at}",
        "order_id": str(told.number),
        "custom_fee_code": name.lower().replace(" ", "_"),
        "custom_fee_label": name,
        **money(told.rate, {"custom_fee_amount": amount}),
        "apply_fee_on_last_invoice": False,
        "apply_fee_on_last_creditmemo": False,
        **money(told.rate, {"custom_fee_amount_invoiced": billed, "custom_fee_amount_refunded": NOTHING}),
    }


_FAST: Mapping[str, Callable[[Order], Any]] = {
    "entity_id": lambda told: told.number,
    "increment_id": lambda told: told.name,
    "updated_at": lambda told: stamp(told.updated_at),
    "created_at": lambda told: stamp(told.created_at),
    "state": lambda told: told.state,
    "status": lambda told: told.status,
    "store_id": lambda _: 1,
}
"""The columns that are searched most, without working out the others."""


def column(state: State, told: Order, field: str) -> Any:
    """One column. Raises KeyError."""
    return _FAST[field](told) if field in _FAST else _exact(scalars(state, told)[field])


def _exact(value: Any) -> Any:
    return Decimal(str(value)) if isinstance(value, float) else value
