"""Reading a long list page by page so that it can be resumed, shrinks dear pages, and never meets a depth limit."""

import json
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from khaossync.channels.shopify.client import Client
from khaossync.channels.shopify.fields import MalformedError, Node
from khaossync.channels.shopify.wire import Operation, TooDearError
from khaossync.domain.errors import ConfigError

# Shopify pages no deeper than 25,000 records: https://shopify.dev/docs/api/usage/limits
_DEEPEST = 20_000


@dataclass(frozen=True, slots=True)
class Position:
    """Where a reading stands: from `floor` on, after the page that ended at `after`; `top` is the highest mark seen.

    Marks are texts that sort as what they stand for (an instant in UTC, a number with leading zeros).
    """

    floor: str = ""
    after: str | None = None
    seen: int = 0
    top: str = ""

    @property
    def under_way(self) -> bool:
        """Whether the reading stopped before its end."""
        return self.after is not None

    def next(self, after: str | None, seen: int, top: str) -> "Position":
        """The position once a page is stored; too deep, the reading starts anew from its own top."""
        if after is not None and self.seen + seen >= _DEEPEST and top > self.floor:
            return Position(floor=top, after="", top=top)
        return Position(self.floor, after, self.seen + seen, top)

    def reached(self, mark: str) -> "Position":
        """From where to list again once all up to a mark of this page is stored; its like may be met once more."""
        return Position(floor=mark, after="", top=max(self.top, mark)) if mark > self.floor else self


@dataclass(frozen=True, slots=True)
class Stretch:
    """One page as it came: its records, unread, and the position behind it."""

    records: tuple[object, ...]
    position: Position


def dump(position: Position, **more: str) -> str:
    """A position as a cursor."""
    return json.dumps({**asdict(position), **more}, separators=(",", ":"))


def load(cursor: str) -> tuple[Position, dict[str, str]]:
    """The position in a cursor, and what was added to it. Raises ConfigError for a cursor that is not ours."""
    try:
        kept = json.loads(cursor)
        names = Position.__dataclass_fields__
        return Position(**{name: kept.pop(name) for name in names}), kept
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(f"shopify: the stored cursor {cursor!r} cannot be read: reset this stream") from error


@dataclass(frozen=True, slots=True)
class Window:
    """A list under `root` of an operation: how it is asked for from a floor on, and what marks a record.

    `mark` gives "" for a record that has none.
    """

    operation: Operation
    root: str
    page: int
    query: Callable[[str], str]
    mark: Callable[[Node], str]

    async def read(self, client: Client, begun: Position, **more: object) -> AsyncIterator[Stretch]:
        """Page after page from a position to the present. Raises SyncError."""
        position, size = replace(begun, after=begun.after or ""), self.page
        while position.under_way:
            asked = {"query": self.query(position.floor), "first": size, "after": position.after or None, **more}
            try:
                data = await client.run(self.operation, **asked)
            except TooDearError:
                if size == 1:
                    raise
                size = max(1, size // 2)
                continue
            records, after = _page(data.node(self.root))
            top = max(position.top, highest(records, self.mark))
            position = position.next(after, len(records), top)
            yield Stretch(records, position)


def highest(records: Iterable[object], mark: Callable[[Node], str]) -> str:
    """The highest mark among records; "" where none has one."""
    return max((_mark_or_none(record, mark) for record in records), default="")


def _mark_or_none(record: object, mark: Callable[[Node], str]) -> str:
    try:
        return mark(Node.of(record))
    except MalformedError:
        return ""


def updated_at(node: Node) -> str:
    """When a record was last updated, as the search takes it. Raises MalformedError."""
    return stamp(node.instant("updatedAt"))


def stamp(moment: datetime) -> str:
    """An instant as Shopify's search takes it: whole seconds, UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def reaching_back(mark: str, seconds: float) -> str:
    """The mark of an instant, earlier by some seconds; "" stays."""
    return stamp(datetime.fromisoformat(mark) - timedelta(seconds=seconds)) if mark else ""


def _page(connection: Node) -> tuple[tuple[object, ...], str | None]:
    info = connection.node("pageInfo")
    records: Any = connection.value.get("nodes")
    if not isinstance(records, list):
        raise MalformedError(f"{connection.path}.nodes is no list")
    return tuple(records), info.text("endCursor") if info.flag("hasNextPage") else None
