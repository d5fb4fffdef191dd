"""What every source here needs: documents with their version, and lists in pieces."""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime

from khaossync.domain.documents import Document, DocumentBody, Kind, Unreadable
from khaossync.erp.khaosws.markup import UnintelligibleError


def told(source: str, kind: Kind, key: str, body: DocumentBody, moment: datetime, raw: str) -> Document:
    """A document whose version is its content: a repeated reading of an unchanged record is no news."""
    version = hashlib.sha256(repr(body).encode()).hexdigest()[:16]
    return Document(source, kind, key, version, moment, body, raw)


def unread(source: str, kind: Kind, key: str, error: UnintelligibleError, raw: str) -> Unreadable:
    """A record that says something else than agreed; the others of its page go on."""
    return Unreadable(source, kind, key or "(no code)", str(error), raw)


def chunked(values: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    """The list in pieces: KhaosWS breaks down over large answers (Web Integration Guide v7.8d, p8, p13, p14)."""
    for start in range(0, len(values), size):
        yield values[start : start + size]
