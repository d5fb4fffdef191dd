"""Recognises one of our orders in what Khaos Control says it has."""

from dataclasses import dataclass
from decimal import Decimal

from khaossync.domain.money import ZERO
from khaossync.domain.sales_order import SalesOrder
from khaossync.erp.khaosws.markup import Element, UnintelligibleError, child, content, value
from khaossync.erp.khaosws.order_states import orders
from khaossync.erp.khaosws.wire import number


@dataclass(frozen=True, slots=True)
class FoundOrder:
    """A sales order that exists; its figures are None where the answer does not carry them."""

    code: str
    currency: str
    gross: Decimal | None
    net: Decimal | None


def find(root: Element, ref: str) -> FoundOrder | None:
    """The sales order with exactly this reference in a STATUS_LIST; other rows are none of ours."""
    for record in orders(root):
        code = value(record, "SORDER_CODE")
        if code and value(record, "ASSOCIATED_REF") == ref:
            return FoundOrder(code, value(record, "CURRENCY_CODE"), _total(record, ""), _total(record, "NET_VALUE"))
    return None


def agrees(found: FoundOrder, order: SalesOrder, tolerance: Decimal) -> bool:
    """Whether it can be the order that we sent: its net or its gross comes to ours, as far as it tells.

    Which of its two figures holds what depends on the customer's company class, so either may prove it.
    """
    if found.currency and found.currency != order.currency:
        return False
    pairs = [(found.gross, order.totals.gross), (found.net, order.totals.net)]
    told = [(theirs, ours) for theirs, ours in pairs if theirs is not None]
    return not told or any(abs(theirs - ours) <= tolerance for theirs, ours in told)


def _total(record: Element, attribute: str) -> Decimal | None:
    """Items and delivery together; None unless both are told as plain numbers."""
    total = ZERO
    for tag in ("ITEMS_TOTAL", "DELIVERY_TOTAL"):
        part = child(record, tag)
        if part is None:
            return None
        try:
            total += number(value(part, attribute) if attribute else content(part), tag)
        except UnintelligibleError:
            return None
    return total
