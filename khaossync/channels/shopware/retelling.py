"""Makes a document anew from the text that was kept of it, by the mapping of this release."""

from datetime import datetime

from khaossync.channels.shopware.config import Settings
from khaossync.channels.shopware.documents import listing_document, order_document
from khaossync.channels.shopware.fields import MalformedError, Node, parse
from khaossync.channels.shopware.methods import method_document
from khaossync.channels.shopware.refund_mapping import RETURN, bare, told
from khaossync.channels.shopware.refunds import refund_document
from khaossync.domain.documents import Document, Kind, Unreadable
from khaossync.domain.errors import RejectedError


def retell(kept: Document | Unreadable, settings: Settings, now: datetime) -> Document | Unreadable | None:
    """The same as it would be read today; None where its text does not suffice.

    Which of an order's refunds are the same money was decided by what was told before, so that is not asked again.
    """
    try:
        node = parse(kept.raw, kept.kind.value)
        if kept.kind is Kind.ORDER:
            return order_document(node, kept.source, settings)
        if kept.kind is Kind.REFUND:
            return _refund(kept, node, settings)
        if kept.kind is Kind.DELIVERY_METHOD:
            return method_document(node, kept.source, kept.moment if isinstance(kept, Document) else now)
        return listing_document(node, kept.source, kept.moment if isinstance(kept, Document) else now)
    except (MalformedError, RejectedError) as error:
        return Unreadable(kept.source, kept.kind, kept.key, str(error), kept.raw)


def _refund(kept: Document | Unreadable, node: Node, settings: Settings) -> Document | None:
    if isinstance(kept, Unreadable):
        return None
    order, record, source = node.node("order"), node.node("record"), node.text("source")
    returns = (record,) if source == RETURN else ()
    every = [*told(order, returns), *bare(order)]
    found = next((one for one in every if (one.source, one.id) == (source, record.text("id"))), None)
    return refund_document(found, order, kept.source, settings) if found else None
