"""What must change about a sales order that the ERP has or may have: find it, stop it, match it to an edit."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Search:
    """The order must not go to the ERP (`why`), yet it may be there: it is looked for, and never created."""

    channel: str
    order_id: str
    number: str
    ref: str
    why: str


@dataclass(frozen=True, slots=True)
class Cancellation:
    """The customer's order is cancelled: the sales order must not be despatched."""

    channel: str
    order_id: str
    number: str
    ref: str
    sales_order_code: str


@dataclass(frozen=True, slots=True)
class Amendment:
    """The customer's order was edited; `differences` tells how, line by line."""

    channel: str
    order_id: str
    number: str
    ref: str
    sales_order_code: str
    differences: Mapping[str, str]
