"""Reading what was written since the last time, list by list, so that it can be resumed and nothing slips through.

A row that changes while its list is read moves to the list's end. Pages by number would then leave out the row that
takes its place, so every page begins at the instant at which the last one ended.
"""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta

from khaossync.channels.shopware import wire
from khaossync.channels.shopware.client import Client
from khaossync.channels.shopware.fields import Node
from khaossync.domain.errors import ConfigError

_BEGINNING = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True, slots=True)
class Poll:
    """A list by one of its instants; `filters` narrow it down, `optional` tells that a shop may be without it.

    `key` is the field that names the order; where none does, it is found by `paths` from orders to what `key` names.
    """

    name: str
    entity: str
    instant: str
    key: str = "orderId"
    paths: tuple[str, ...] = ()
    filters: tuple[wire.Json, ...] = ()
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Position:
    """Where a reading stands: in which poll ("" is none: the reading has ended), from which instant and page on.

    `marks` are the newest instants that were seen, by poll; `began` is when the reading began, by the shop's clock.
    """

    marks: Mapping[str, str] = field(default_factory=dict)
    poll: str = ""
    floor: str = ""
    page: int = 1
    began: str = ""
    first: bool = False

    def dump(self) -> str:
        """It as a cursor."""
        return json.dumps(asdict(self), separators=(",", ":"), sort_keys=True)


def load(cursor: str) -> Position:
    """The position in a cursor. Raises ConfigError for a cursor that is not ours."""
    try:
        return Position(**json.loads(cursor))
    except (ValueError, TypeError) as error:
        raise ConfigError(f"shopware: the stored cursor {cursor!r} cannot be read: reset this stream") from error


@dataclass(frozen=True, slots=True)
class Stretch:
    """One page of a poll: its rows, and the position behind it."""

    poll: Poll
    rows: tuple[Node, ...]
    position: Position


@dataclass(frozen=True, slots=True)
class Polls:
    """Several lists, read one after the other.

    A first reading begins at `since` (None is the beginning of everything) in those lists that tell what there is, and
    in those that only tell what changed (`changes`, by name) when it began itself.
    """

    lists: Sequence[Poll]
    page: int
    overlap: float
    since: datetime | None = None
    changes: frozenset[str] = frozenset()

    def begin(self, cursor: str | None, now: datetime) -> Position:
        """Where a reading begins: in the middle of the last one if that broke off, else a little before its end.

        `now` is by the shop's clock.
        """
        if cursor is None:
            marks = {name: stamp(now) for name in sorted(self.changes)}
            return self._enter(Position(marks, began=stamp(now), first=True), 0)
        position = load(cursor)
        return position if position.poll else self._enter(replace(position, began=stamp(now), first=False), 0)

    async def read(self, client: Client, position: Position) -> AsyncIterator[Stretch]:
        """Page after page to the present. Raises SyncError."""
        while position.poll:
            poll = self.lists[self._index(position)]
            rows = await self._rows(client, poll, position)
            position = self.behind(rows, position)
            yield Stretch(poll, rows, position)

    async def _rows(self, client: Client, poll: Poll, position: Position) -> tuple[Node, ...]:
        criteria = {
            "page": position.page,
            "limit": self.page,
            "filter": [wire.between(poll.instant, least=position.floor), *poll.filters],
            "sort": [{"field": poll.instant, "order": "ASC"}, {"field": "id", "order": "ASC"}],
            "includes": {poll.entity: ["id", poll.instant, poll.key]},
        }
        try:
            return await client.rows(wire.search(poll.entity, criteria))
        except wire.RefusedError as error:
            if poll.optional and error.unknown:
                return ()
            raise

    def behind(self, rows: tuple[Node, ...], position: Position) -> Position:
        """Where a reading stands behind a page."""
        index = self._index(position)
        poll = self.lists[index]
        top = max((stamp(row.instant(poll.instant)) for row in rows), default="")
        marks = {**position.marks, poll.name: max(position.marks.get(poll.name, ""), top)}
        position = replace(position, marks=marks)
        if len(rows) < self.page:
            return self._enter(position, index + 1)
        # A page that ends at the instant at which it began holds only rows of that instant: the next has the others.
        stuck = top == position.floor
        return replace(position, floor=top, page=position.page + 1 if stuck else 1)

    def _index(self, position: Position) -> int:
        """A list that a newer release does not have any more is taken for the first."""
        return next((i for i, one in enumerate(self.lists) if one.name == position.poll), 0)

    def _enter(self, position: Position, index: int) -> Position:
        if index == len(self.lists):
            return replace(position, poll="", floor="", page=1)
        name = self.lists[index].name
        mark = position.marks.get(name, "")
        floor = reaching_back(mark, self.overlap) if mark else stamp(self.since or _BEGINNING)
        return replace(position, poll=name, floor=floor, page=1)


async def owners(client: Client, stretch: Stretch) -> list[str]:
    """The ids of the orders that the rows belong to, each once. Raises SyncError."""
    keys = list(dict.fromkeys(row.text(stretch.poll.key) for row in stretch.rows))
    if not keys or not stretch.poll.paths:
        return keys
    paths = [wire.any_of(path, keys) for path in stretch.poll.paths]
    asked = {"limit": len(keys), "filter": [wire.either(*paths)], "includes": {"order": ["id"]}}
    return [node.text("id") for node in await client.rows(wire.search("order", asked))]


def stamp(moment: datetime) -> str:
    """An instant as Shopware writes it, in UTC: such texts sort as the instants do."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


def reaching_back(mark: str, seconds: float) -> str:
    """The mark of an instant, earlier by some seconds."""
    return stamp(datetime.fromisoformat(mark) - timedelta(seconds=seconds))
