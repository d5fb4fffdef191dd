"""Makes a document anew from the text that was kept of it, by the mapping of this release."""

import json
from datetime import datetime

from khaossync.channels.shopify.config import Settings
from khaossync.channels.shopify.documents import listing_document, order_document, refund_document
from khaossync.channels.shopify.fields import MalformedError, Node
from khaossync.channels.shopify.listing_mapping import read_listing
from khaossync.domain.documents import Document, Kind, Unreadable
from khaossync.domain.errors import RejectedError
from khaossync.domain.stock import Listing


def retell(kept: Document | Unreadable, _settings: Settings, now: datetime) -> Document | Unreadable | None:
    """The same as it would be read today; None where its text does not suffice.

    Which listings share a SKU is not in the text of one, so that is taken from the document.
    """
    try:
        node = Node.of(json.loads(kept.raw), kept.kind.value)
        if kept.kind is Kind.ORDER:
            return order_document(node, kept.source)
        if kept.kind is Kind.REFUND:
            return refund_document(node, kept.source)
        listing, seen_at = (kept.body, kept.moment) if isinstance(kept, Document) else (None, now)
        handles = (listing.listing_id, *listing.duplicates) if isinstance(listing, Listing) else ()
        return listing_document(node, read_listing(node, handles), kept.source, seen_at)
    except (MalformedError, RejectedError, json.JSONDecodeError) as error:
        return Unreadable(kept.source, kept.kind, kept.key, str(error), kept.raw)
