"""The checks that an order's money must pass: a difference is a finance case, never a rounding line."""

from decimal import Decimal

from khaossync.domain.cases import CaseClass
from khaossync.domain.errors import RejectedError
from khaossync.domain.orders import Order
from khaossync.domain.proof import figures, prove, prove_tax
from khaossync.domain.rules import ChannelRules
from khaossync.domain.sales_order import SalesOrder


def require_identity(order: Order, rules: ChannelRules) -> None:
    """The order's parts make its total, and the taxes of its parts its tax.

    Raises RejectedError (TOTAL_MISMATCH, TAX_MISMATCH) with every figure.
    """
    evidence = figures(order)
    off = prove(order)
    if abs(off) > rules.total_tolerance:
        text = f"the parts of order {order.number} miss its total of {order.total} {order.currency} by {off}"
        raise RejectedError(text, CaseClass.TOTAL_MISMATCH, evidence=evidence)
    off = prove_tax(order)
    if abs(off) > rules.tax_tolerance:
        text = f"the taxes on the parts of order {order.number} miss its tax of {order.tax} {order.currency} by {off}"
        raise RejectedError(text, CaseClass.TAX_MISMATCH, evidence=evidence)


def require_agreement(order: Order, composed: SalesOrder, rules: ChannelRules) -> None:
    """What the ERP will compute is what the customer owes and the VAT that the customer was charged.

    Raises RejectedError (TOTAL_MISMATCH, TAX_MISMATCH) with the figures of both sides.
    """
    erp = composed.totals
    off_total, off_tax = erp.gross - order.total, erp.tax - order.tax
    evidence = {
        **figures(order),
        "ERP net": f"{erp.net:f}",
        "ERP tax": f"{erp.tax:f}",
        "ERP total": f"{erp.gross:f}",
        "ERP total minus total": f"{off_total:f}",
        "ERP tax minus tax": f"{off_tax:f}",
    }
    if abs(off_total) > rules.total_tolerance:
        text = _differs(order, "total", erp.gross, order.total)
        raise RejectedError(text, CaseClass.TOTAL_MISMATCH, evidence=evidence)
    if abs(off_tax) > rules.tax_tolerance:
        text = _differs(order, "tax", erp.tax, order.tax)
        raise RejectedError(text, CaseClass.TAX_MISMATCH, evidence=evidence)


def _differs(order: Order, what: str, erp: Decimal, shop: Decimal) -> str:
    return f"the ERP will compute a {what} of {erp} for order {order.number}; the shop says {shop} {order.currency}"
