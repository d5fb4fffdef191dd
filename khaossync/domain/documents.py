"""Documents: what a source tells, each with the identity by which a second telling is recognised."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from khaossync.domain.despatch import Despatch, OrderState
from khaossync.domain.methods import DeliveryMethod
from khaossync.domain.orders import Order
from khaossync.domain.refunds import Refund
from khaossync.domain.stock import Listing, StockItem, StockLevel


class Kind(StrEnum):
    """What a document or a message is about."""

    ORDER = "order"
    CANCELLATION = "cancellation"
    AMENDMENT = "amendment"
    REFUND = "refund"
    DESPATCH = "despatch"
    ORDER_STATE = "order_state"
    STOCK_ITEM = "stock_item"
    STOCK_LEVEL = "stock_level"
    LISTING = "listing"
    DELIVERY_METHOD = "delivery_method"


DocumentBody = Order | Refund | Despatch | OrderState | StockItem | StockLevel | Listing | DeliveryMethod


@dataclass(frozen=True, slots=True)
class Document:
    """One thing that a source told.

    (source, kind, key) names the record and `version` its state: the same version told twice is one document.
    `moment` orders the versions of a record; `raw` is the text it was read from, kept for audit and replay.
    """

    source: str
    kind: Kind
    key: str
    version: str
    moment: datetime
    body: DocumentBody
    raw: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A record that a source could not turn into a document: its raw text is kept and a case is opened."""

    source: str
    kind: Kind
    key: str
    reason: str
    raw: str


@dataclass(frozen=True, slots=True)
class Page:
    """Some documents of a stream, and the cursor from which to go on once they are safely stored.

    `complete` marks the last page of a full reading of a catalogue or of all levels.
    """

    documents: tuple[Document, ...]
    cursor: str
    unreadable: tuple[Unreadable, ...] = ()
    complete: bool = False
