"""A customer's order made ready for the ERP: checked, mapped and proved, or refused with the reason."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from khaossync.domain.agreement import require_agreement, require_identity
from khaossync.domain.buyers import customer_code
from khaossync.domain.cases import CaseClass
from khaossync.domain.errors import RejectedError
from khaossync.domain.money import ZERO
from khaossync.domain.orders import Address, Order, Payment
from khaossync.domain.reference import reference
from khaossync.domain.rules import ChannelRules
from khaossync.domain.sales_lines import delivery_discounts, sales_lines
from khaossync.domain.sales_order import SalesLine, SalesOrder, Totals
from khaossync.domain.stock import StockItem
from khaossync.domain.stock_codes import require_stock_codes


def compose(order: Order, rules: ChannelRules, stock_items: Mapping[str, StockItem]) -> SalesOrder:
    """Turn an order into a sales order that the ERP will compute to the same penny.

    `stock_items` holds the ERP's record of every ordered stock code, by code; a missing one does not exist. Raises
    RejectedError with the class of the case, and as evidence every figure or name that a person needs.
    """
    require_identity(order, rules)
    _require_currency(order, rules)
    require_stock_codes(order, rules, stock_items)
    invoice_address, delivery_address = _addresses(order)
    off_delivery = delivery_discounts(order, rules)
    composed = SalesOrder(
        channel=order.channel,
        order_id=order.order_id,
        number=order.number,
        ref=reference(order.own, rules),
        placed_at=order.placed_at,
        currency=order.currency,
        customer=order.customer,
        invoice_address=invoice_address,
        delivery_address=delivery_address,
        courier=_courier(order, rules),
        lines=(*sales_lines(order, rules, stock_items), *off_delivery),
        delivery=_delivery(order, off_delivery),
        payments=_payments(order),
        site=rules.site,
        sales_source=rules.sales_source,
        company_class=rules.company_class,
        fingerprint=order.fingerprint,
        customer_code=customer_code(order, rules),
        on_terms=order.on_terms,
        refund_ids=order.refund_ids,
        note=order.note,
        purchase_order=order.purchase_order,
    )
    require_agreement(order, composed, rules)
    return composed


def _require_currency(order: Order, rules: ChannelRules) -> None:
    if order.currency not in rules.currencies:
        accepted = ", ".join(sorted(rules.currencies))
        raise RejectedError(
            f"order {order.number} is in {order.currency}; {rules.channel} accepts {accepted}",
            CaseClass.FOREIGN_CURRENCY,
            evidence={"currency": order.currency, "total": f"{order.total:f}"},
        )


def _addresses(order: Order) -> tuple[Address, Address]:
    """Where the invoice goes and where the goods go; one stands in for the other."""
    invoice, delivery = order.billing or order.shipping, order.shipping or order.billing
    if invoice and order.company and not invoice.company:
        invoice = replace(invoice, company=order.company.name)
    if invoice is None or delivery is None:
        raise RejectedError(
            f"order {order.number} has neither a billing nor a delivery address, and the ERP takes none without; "
            "add one in the shop",
            CaseClass.ADDRESS_DOES_NOT_FIT,
            evidence={"missing": "billing address, delivery address"},
        )
    return invoice, delivery


def _payments(order: Order) -> tuple[Payment, ...]:
    """What was paid for what is sold now: of an order that was partly refunded before it is sent, the rest.

    The part of the money that went back for units which this sales order lacks must not stay in the ERP's books.
    """
    left, kept = order.total, []
    for payment in order.payments:
        amount = min(payment.amount, left)
        if amount > 0:
            kept.append(replace(payment, amount=amount))
            left -= amount
    return tuple(kept)


def _courier(order: Order, rules: ChannelRules) -> str:
    """The courier of the dearest delivery: a sales order has one, and the customer chose that one for its price."""
    dearest = max(order.deliveries, key=lambda delivery: delivery.amount, default=None)
    method = dearest.method if dearest else ""
    courier = rules.couriers.get(method) or rules.default_courier
    if not courier:
        told = f"the delivery method {method!r}" if dearest else "an order without a delivery method"
        raise RejectedError(
            f"order {order.number}: {rules.channel} maps {told} to no courier and has no default courier",
            CaseClass.UNMAPPED_DELIVERY_METHOD,
            evidence={"delivery method": method or "(none)"},
        )
    return courier


def _delivery(order: Order, off: Iterable[SalesLine]) -> Totals:
    """All deliveries in one, before what the lines take off them; the ERP books these figures as they are.

    Each line's tax is worked out by the ERP, so what it will come to is added here: together they are as the shop says.
    """
    discounts = sum((discount.amount for one in order.deliveries for discount in one.discounts), ZERO)
    charged = sum((one.amount for one in order.deliveries), ZERO) - discounts
    tax = sum((part.amount for one in order.deliveries for part in one.taxes), ZERO)
    paid = Totals(charged - tax, tax, charged) if order.gross else Totals(charged, tax, charged + tax)
    return sum((line.totals(order.currency).negated for line in off), paid)
