"""A refund as the channel tells it: the money that moved, and what came back for it."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from khaossync.domain.orders import order_key


@dataclass(frozen=True, slots=True)
class RefundLine:
    """Units given back; `amount` is what they are worth, tax included, and `tax` is the tax in it; both positive."""

    line_id: str
    sku: str
    quantity: int
    restocked: bool
    amount: Decimal
    tax: Decimal


@dataclass(frozen=True, slots=True)
class Refund:
    """One refund of one order.

    `total` is the money that really moved (its successful transactions), never the sum of its lines;
    `pending` tells that some of it is still under way. `adjustment` is the part that no line and no
    delivery explains (total − lines − delivery), as the channel reports it.
    """

    channel: str
    order_id: str
    order_number: str
    order_placed_at: datetime
    refund_id: str
    refunded_at: datetime
    currency: str
    total: Decimal
    pending: bool
    lines: tuple[RefundLine, ...]
    delivery: Decimal
    adjustment: Decimal
    note: str = ""

    @property
    def key(self) -> str:
        """The lane of the refunded order."""
        return order_key(self.channel, self.order_id)
