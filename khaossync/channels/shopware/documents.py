"""A record of the Admin API as a Document, or as an Unreadable that says why not."""

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from khaossync.channels.shopware.config import Settings
from khaossync.channels.shopware.fields import MalformedError, Node
from khaossync.channels.shopware.listing_mapping import read_listing
from khaossync.channels.shopware.mapping import read_order
from khaossync.domain.documents import Document, Kind, Page, Unreadable
from khaossync.domain.errors import RejectedError
from khaossync.domain.orders import order_key

_ORDERED = ("lineItems", "deliveries", "transactions", "tags", "captures", "refunds", "positions")
"""Lists whose order Shopware leaves to the database."""


@dataclass(slots=True)
class Harvest:
    """What records yielded."""

    documents: list[Document]
    unreadable: list[Unreadable]

    @classmethod
    def of(
        cls, records: Iterable[Node], source: str, kind: Kind, read: Callable[[Node], Iterable[Document]]
    ) -> "Harvest":
        """Read each record by itself: one that cannot be read is kept with its reason and hides no other."""
        harvest = cls([], [])
        for record in records:
            try:
                harvest.documents += read(record)
            except (MalformedError, RejectedError) as error:
                key = key_of(source, kind, record)
                harvest.unreadable.append(Unreadable(source, kind, key, str(error), raw(record)))
        return harvest

    def page(self, cursor: str, *, complete: bool = False) -> Page:
        """It as a page of a stream."""
        return Page(tuple(self.documents), cursor, tuple(self.unreadable), complete)


def order_document(node: Node, channel: str, settings: Settings) -> Document:
    """A whole order; its version is the hash of all that is read of it. Raises MalformedError."""
    order, text = read_order(node, channel, settings), raw(node)
    return Document(channel, Kind.ORDER, order.key, digest(text), order.updated_at, order, text)


def listing_document(node: Node, channel: str, seen_at: datetime) -> Document:
    """A product as it was seen at an instant; its version is its content, for stock changes unannounced."""
    listing = read_listing(node)
    version = digest(repr(replace(listing, shown=dict(sorted(listing.shown.items())))))
    return Document(channel, Kind.LISTING, listing.sku, version, seen_at, listing, raw(node))


def raw(node: Node) -> str:
    """The record as JSON text, the same for the same content; exact numbers become text."""
    told = _sorted(node.value)
    return json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)


def key_of(source: str, kind: Kind, node: Node) -> str:
    """The key that the record's document would have, as far as it can be told; empty text where it cannot."""
    found = node.value.get("productNumber" if kind is Kind.LISTING else "id")
    if not isinstance(found, str):
        return ""
    return order_key(source, found[:255]) if kind is Kind.ORDER else found[:255]


def digest(text: str) -> str:
    """A short hash of a text."""
    # Half a surrogate pair is what is left of an emoji that somebody cut in two.
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:16]


def _sorted(value: object, name: str = "") -> object:
    if isinstance(value, dict):
        return {key: _sorted(each, key) for key, each in value.items()}
    if isinstance(value, list):
        told = [_sorted(each) for each in value]
        return sorted(told, key=_id) if name in _ORDERED else told
    return value


def _id(record: object) -> str:
    return str(record.get("id")) if isinstance(record, dict) else ""
