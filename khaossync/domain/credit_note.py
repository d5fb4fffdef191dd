"""A credit note as finance would key it: the mirror of one refund against one sales order."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class CreditLine:
    """Units credited on one stock code; `amount` includes tax, `restocked` tells that the goods came back."""

    stock_code: str
    sku: str
    quantity: int
    amount: Decimal
    tax: Decimal
    restocked: bool


@dataclass(frozen=True, slots=True)
class CreditNote:
    """What the ERP must book for a refund: `total` is the money that moved, tax included."""

    channel: str
    order_id: str
    order_number: str
    ref: str
    sales_order_code: str
    refund_id: str
    refunded_at: datetime
    currency: str
    lines: tuple[CreditLine, ...]
    delivery: Decimal
    adjustment: Decimal
    total: Decimal
    note: str = ""
