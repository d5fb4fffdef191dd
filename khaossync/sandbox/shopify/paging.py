"""Relay connections: pages of a sorted list, with opaque cursors that survive new records.

https://shopify.dev/docs/api/usage/pagination-graphql
"""

import base64
import binascii
import json
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from graphql import GraphQLError

LARGEST_PAGE = 250
DEEPEST = 25_000

Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Edge:
    """One record of a page."""

    cursor: str
    node: Any


class Connection:
    """One page; edges and page info are only made where they are asked for."""

    __slots__ = ("_key", "has_next_page", "has_previous_page", "nodes")

    def __init__(self, nodes: Sequence[Any], key: Callable[[Any], Key], has_next: bool, has_previous: bool) -> None:
        self.nodes = nodes
        self._key = key
        self.has_next_page = has_next
        self.has_previous_page = has_previous

    @property
    def edges(self) -> list[Edge]:
        """The page with a cursor beside each record."""
        return [Edge(_cursor(self._key(node)), node) for node in self.nodes]

    @property
    def page_info(self) -> "Connection":
        """The page knows its own ends."""
        return self

    @property
    def start_cursor(self) -> str | None:
        """Where the page begins."""
        return _cursor(self._key(self.nodes[0])) if self.nodes else None

    @property
    def end_cursor(self) -> str | None:
        """Where the next page goes on."""
        return _cursor(self._key(self.nodes[-1])) if self.nodes else None


def page(
    records: Sequence[Any],
    key: Callable[[Any], Key],
    *,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
    reverse: bool = False,
) -> Connection:
    """A page of `records`, which are sorted by `key` (a tuple that no two share) and shown backwards on `reverse`.

    Raises GraphQLError for a cursor that is none and beyond Shopify's 25,000th record.
    """
    if reverse:
        first, after, last, before = last, before, first, after
    start = bisect_right(records, _read(after), key=key) if after else 0
    stop = bisect_left(records, _read(before), key=key) if before else len(records)
    low, high = start, max(start, stop)
    if first is not None:
        high = min(high, low + first)
    elif last is not None:
        low = max(low, high - last)
    if (len(records) - low if reverse else high) > DEEPEST:
        raise GraphQLError(f"Pagination beyond {DEEPEST} records is not supported; narrow the query.")
    nodes = list(records[low:high])
    if reverse:
        return Connection(nodes[::-1], key, low > 0, high < len(records))
    return Connection(nodes, key, high < len(records), low > 0)


def _cursor(key: Key) -> str:
    plain = [part.isoformat() if isinstance(part, datetime) else part for part in key]
    return base64.b64encode(json.dumps(plain).encode()).decode()


def _read(cursor: str) -> Key:
    try:
        parts = json.loads(base64.b64decode(cursor, validate=True))
        return tuple(datetime.fromisoformat(p) if isinstance(p, str) and p[4:5] == "-" else p for p in parts)
    except (binascii.Error, ValueError, TypeError) as error:
        raise GraphQLError("Invalid cursor for current pagination sort.") from error


def numbered(records: Sequence[Any], **window: Any) -> Connection:
    """A page of records that are sorted by their number."""
    return page(records, lambda record: (record.number,), **window)


def listed(records: Sequence[Any], **window: Any) -> Connection:
    """A page of a short list in the order it is in."""
    positions = {id(record): position for position, record in enumerate(records)}
    return page(records, lambda record: (positions[id(record)],), **window)
