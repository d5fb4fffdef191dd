"""Refunds and movements of money."""

from khaossync.sandbox.shopify.money import NOTHING
from khaossync.sandbox.shopify.orders import RefundLine
from khaossync.sandbox.shopify.paging import listed
from khaossync.sandbox.shopify.purchase import MANUAL
from khaossync.sandbox.shopify.schema import Table


def _restocked(line: RefundLine) -> bool:
    return line.restock_type != "NO_RESTOCK"


TABLE: Table = {
    "OrderTransaction.amountRoundingSet": lambda moved, _: moved.rounding or None,
    "OrderTransaction.amountSet": lambda moved, _: moved.amount,
    "OrderTransaction.authorizationExpiresAt": lambda _moved, _: None,
    "OrderTransaction.errorCode": lambda moved, _: "GENERIC_ERROR" if moved.status == "ERROR" else None,
    "OrderTransaction.formattedGateway": lambda moved, _: moved.gateway.replace("_", " ").title(),
    "OrderTransaction.manualPaymentGateway": lambda moved, _: moved.gateway == MANUAL,
    "OrderTransaction.manuallyCapturable": lambda moved, _: moved.kind == "AUTHORIZATION",
    "OrderTransaction.parentTransaction": lambda moved, _: moved.parent,
    "OrderTransaction.paymentId": lambda moved, _: f"{moved.order.name}.{moved.number}",
    "OrderTransaction.processedAt": lambda moved, _: moved.created_at,
    "OrderTransaction.test": lambda moved, _: moved.order.test,
    "OrderTransaction.totalUnsettledSet": lambda _moved, _: None,
    "Refund.duties": lambda _refund, _: [],
    "Refund.orderAdjustments": lambda refund, _, **window: listed(refund.adjustments, **window),
    "Refund.processedAt": lambda refund, _: refund.created_at,
    "Refund.refundLineItems": lambda refund, _, **window: listed(refund.lines, **window),
    "Refund.refundShippingLines": lambda refund, _, **window: listed(refund.shipping, **window),
    "Refund.return": lambda _refund, _: None,
    "Refund.totalRefundedSet": lambda refund, _: refund.paid_back,
    "Refund.transactions": lambda refund, _, **window: listed(refund.transactions, **window),
    "Refund.updatedAt": lambda refund, _: refund.created_at,
    "RefundLineItem.lineItem": lambda line, _: line.line,
    "RefundLineItem.priceSet": lambda line, _: line.line.price,
    "RefundLineItem.restocked": lambda line, _: _restocked(line),
    "RefundLineItem.location": lambda line, _: line.location if _restocked(line) else None,
    "RefundLineItem.subtotalSet": lambda line, _: line.subtotal,
    "RefundLineItem.totalTaxSet": lambda line, _: line.tax,
    "RefundShippingLine.subtotalAmountSet": lambda charge, _: charge.subtotal,
    "RefundShippingLine.taxAmountSet": lambda charge, _: charge.tax,
    "OrderAdjustment.amountSet": lambda adjustment, _: adjustment.amount,
    "OrderAdjustment.taxAmountSet": lambda _adjustment, _: NOTHING,
}
