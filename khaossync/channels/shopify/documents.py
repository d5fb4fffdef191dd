"""A record of the Admin API as a Document, or as an Unreadable that says why not."""

import hashlib
import json
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from khaossync.channels.shopify.fields import MalformedError, Node
from khaossync.channels.shopify.mapping import read_order
from khaossync.channels.shopify.refund_mapping import read_refund
from khaossync.domain.documents import Document, Kind, Page, Unreadable
from khaossync.domain.errors import RejectedError
from khaossync.domain.orders import order_key
from khaossync.domain.stock import Listing


@dataclass(slots=True)
class Harvest:
    """What records yielded."""

    documents: list[Document]
    unreadable: list[Unreadable]

    @classmethod
    async def of(
        cls, records: Iterable[object], source: str, kind: Kind, read: Callable[[Node], Awaitable[Iterable[Document]]]
    ) -> "Harvest":
        """Read each record by itself: one that cannot be read is kept with its reason and hides no other."""
        harvest = cls([], [])
        for record in records:
            try:
                harvest.documents += await read(Node.of(record, kind.value))
            except (MalformedError, RejectedError) as error:
                harvest += cls.refused(record, source, kind, error)
        return harvest

    @classmethod
    def refused(cls, record: object, source: str, kind: Kind, error: Exception) -> "Harvest":
        """A record that cannot be read, and why."""
        return cls([], [Unreadable(source, kind, key_of(source, kind, record), str(error), raw(record))])

    def page(self, cursor: str) -> Page:
        """It as a page of a stream."""
        return Page(tuple(self.documents), cursor, tuple(self.unreadable))

    def __add__(self, other: "Harvest") -> "Harvest":
        return Harvest([*self.documents, *other.documents], [*self.unreadable, *other.unreadable])


def order_document(node: Node, channel: str) -> Document:
    """A whole order. Raises MalformedError."""
    order, text = read_order(node, channel), raw(node.value)
    version = f"{order_mark(node)}~{_digest(text)}"
    return Document(channel, Kind.ORDER, order.key, version, order.updated_at, order, text)


def order_mark(node: Node) -> str:
    """How the version of an order begins: what a list tells of it without reading it. Raises MalformedError.

    It holds the fraud analysis, for nothing says that its change counts as an update of the order.
    """
    risk = node.node_or_none("risk")
    return f"{_second(node.instant('updatedAt'))}~{risk.text_or('recommendation')[:40] if risk else ''}"


def refund_document(node: Node, channel: str) -> Document:
    """A whole refund; its version changes with its transactions. Raises MalformedError."""
    refund, text = read_refund(node, channel), raw(node.value)
    moment = node.instant("updatedAt")
    version = f"{_second(moment)}~{_digest(text)}"
    return Document(channel, Kind.REFUND, refund.refund_id, version, moment, refund, text)


def listing_document(node: Node, listing: Listing, channel: str, seen_at: datetime) -> Document:
    """A listing as it was seen at an instant; its version is its content, for a level may change unannounced."""
    version = _digest(repr(replace(listing, shown=dict(sorted(listing.shown.items())))))
    return Document(channel, Kind.LISTING, listing.sku, version, seen_at, listing, raw(node.value))


def raw(record: object) -> str:
    """The record as JSON text, the same for the same content; exact numbers become text."""
    return json.dumps(record, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)


def key_of(source: str, kind: Kind, record: object) -> str:
    """The key that the record's document would have, as far as it can be told; empty text where it cannot."""
    name = "sku" if kind is Kind.LISTING else "id"
    found = record.get(name) if isinstance(record, dict) else None
    if not isinstance(found, str):
        return ""
    found = found[:255]  # enough to find it by
    return order_key(source, found) if kind is Kind.ORDER else found


def _digest(text: str) -> str:
    # Half a surrogate pair is what is left of an emoji that somebody cut in two.
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:16]


def _second(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
