"""Makes a document anew from the text that was kept of it, by the mapping of this release."""

import json
from datetime import datetime
from decimal import Decimal

from khaossync.channels.adobe.config import Settings
from khaossync.channels.adobe.documents import listing_document, order_document, refund_document
from khaossync.channels.adobe.fields import MalformedError
from khaossync.channels.adobe.listing_mapping import read_listing
from khaossync.domain.documents import Document, Kind, Unreadable


def retell(kept: Document | Unreadable, settings: Settings, now: datetime) -> Document | Unreadable | None:
    """The same as it would be read today, by the settings of today."""
    try:
        record = json.loads(kept.raw, parse_float=Decimal)
        if kept.kind is Kind.ORDER:
            return order_document(record, kept.source, settings)
        if kept.kind is Kind.REFUND:
            return refund_document(record, kept.source)
        seen_at = kept.moment if isinstance(kept, Document) else now
        return listing_document(record, read_listing(record, settings), kept.source, seen_at)
    except (MalformedError, json.JSONDecodeError) as error:
        return Unreadable(kept.source, kept.kind, kept.key, str(error), kept.raw)
