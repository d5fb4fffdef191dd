"""A record of the REST API as a Document, or as an Unreadable that says why not."""

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from khaossync.channels.adobe.config import Settings
from khaossync.channels.adobe.fields import MalformedError, Node
from khaossync.channels.adobe.mapping import Papers, read_order
from khaossync.channels.adobe.refund_mapping import read_refund
from khaossync.domain.documents import Document, Kind, Page, Unreadable
from khaossync.domain.orders import order_key
from khaossync.domain.stock import Listing


@dataclass(slots=True)
class Harvest:
    """What records yielded."""

    documents: list[Document]
    unreadable: list[Unreadable]

    @classmethod
    def of(
        cls, records: Iterable[object], source: str, kind: Kind, read: Callable[[object], Iterable[Document]]
    ) -> "Harvest":
        """Read each record by itself: one that cannot be read is kept with its reason and hides no other."""
        harvest = cls([], [])
        for record in records:
            try:
                harvest.documents += read(record)
            except MalformedError as error:
                key = key_of(source, kind, record)
                harvest.unreadable.append(Unreadable(source, kind, key, str(error), raw(record)))
        return harvest

    def page(self, cursor: str, *, complete: bool = False) -> Page:
        """It as a page of a stream."""
        return Page(tuple(self.documents), cursor, tuple(self.unreadable), complete=complete)


def order_document(record: object, channel: str, settings: Settings) -> Document:
    """An order: `{order, creditmemos, products}` as `order_reading` gathers them. Raises MalformedError."""
    told = Node.of(record, Kind.ORDER)
    products = {each.ident("id"): each for each in told.items("products")}
    papers = Papers(told.node("order"), told.items("creditmemos"), products)
    order, text = read_order(papers, channel, settings), raw(record)
    return Document(channel, Kind.ORDER, order.key, _version(order.updated_at, text), order.updated_at, order, text)


def refund_document(record: object, channel: str) -> Document:
    """A credit memo: `{creditmemo, order}`. Raises MalformedError."""
    told = Node.of(record, Kind.REFUND)
    memo = told.node("creditmemo")
    refund, text = read_refund(memo, told.node("order"), channel), raw(record)
    moment = memo.instant("updated_at")
    return Document(channel, Kind.REFUND, refund.refund_id, _version(moment, text), moment, refund, text)


def listing_document(record: object, listing: Listing, channel: str, seen_at: datetime) -> Document:
    """A listing as it was seen at an instant; its version is its content, for a level changes unannounced."""
    version = _digest(repr(replace(listing, shown=dict(sorted(listing.shown.items())))))
    return Document(channel, Kind.LISTING, listing.sku, version, seen_at, listing, raw(record))


def raw(record: object) -> str:
    """The record as JSON text, the same for the same content; exact numbers become text."""
    return json.dumps(record, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)


def key_of(source: str, kind: Kind, record: object) -> str:
    """The key that the record's document would have, as far as it can be told; empty text where it cannot."""
    outer, name = {
        Kind.ORDER: ("order", "entity_id"),
        Kind.REFUND: ("creditmemo", "entity_id"),
        Kind.LISTING: ("product", "sku"),
    }[kind]
    inner: Any = record.get(outer) if isinstance(record, dict) else None
    found = inner.get(name) if isinstance(inner, dict) else None
    if not isinstance(found, str | int) or isinstance(found, bool):
        return ""
    text = str(found)[:255]  # enough to find it by
    return order_key(source, text) if kind is Kind.ORDER else text


def _version(moment: datetime, text: str) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}~{_digest(text)}"


def _digest(text: str) -> str:
    # Half a surrogate pair is what is left of an emoji that somebody cut in two.
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:16]
