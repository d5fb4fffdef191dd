"""Links: which sales order in the ERP stands for which order of a channel, and what it was sent with."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from khaossync.domain.orders import order_key


class LinkState(StrEnum):
    """The life of a link: intended (reference given) → sent (in the ERP) → closed (nothing more to come)."""

    INTENDED = "intended"
    SENT = "sent"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class SentLine:
    """An order line as it went to the ERP."""

    line_id: str
    sku: str
    stock_code: str
    quantity: int


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
