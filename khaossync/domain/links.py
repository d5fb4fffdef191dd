"""Links: which sales order in the ERP stands for which order of a channel, and what it was sent with."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from khaossync.domain.orders import order_key


class LinkState(StrEnum):
    """The life of a link: intended (reference given) → sent (in the ERP) → closed (nothing more to come)."""

    INTENDED = "intended"
    SENT = "sent"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class SentPart:
    """One stock code of a bundle's line: the units of the whole line, and the part of its price that they carry."""

    stock_code: str
    quantity: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class SentLine:
    """An order line as it went to the ERP; a bundle's went as its `parts`, and `stock_code` is its own SKU."""

    line_id: str
    sku: str
    stock_code: str
    quantity: int
    parts: tuple[SentPart, ...] = ()

    @property
    def codes(self) -> tuple[str, ...]:
        """The stock codes that the ERP knows it by."""
        return tuple(part.stock_code for part in self.parts) or (self.stock_code,)


@dataclass(frozen=True, slots=True)
class Link:
    """The pair of a channel's order and an ERP's sales order; `ref` is the ERP's ASSOCIATED_REF, stable for ever.

    `lines` and `refund_ids` are what it was sent with; `fingerprint` is of the newest edit that the ERP, or the person
    who keys there, was told of.
    """

    channel: str
    order_id: str
    erp: str
    ref: str
    state: LinkState
    sales_order_code: str = ""
    fingerprint: str = ""
    refund_ids: tuple[str, ...] = ()
    lines: tuple[SentLine, ...] = ()
    sent_at: datetime | None = None

    @property
    def key(self) -> str:
        """The lane of the order."""
        return order_key(self.channel, self.order_id)
