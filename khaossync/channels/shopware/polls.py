"""Reading what was written since the last time, list by list, so that it can be resumed and nothing slips through.

A row that changes while its list is read moves to the list's end. Pages by number would then leave out the row that takes
its place, so every page begins at the instant at which the last one ended.
"""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta

from khaossync.channels.shopware import wire
from khaossync.channels.shopware.client import Client
from khaossync.channels.shopware.fields import Node
from khaossync.domain.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Poll:
    """A list by one of its instants. `owner` is the field that names the order, `filters` narrow it down.

    `optional` tells that a shop may be without it.
    """

    name: str
    entity: str
    instant: str
    owner: str
    filters: tuple[wire.Json, ...] = ()
    more: tuple[str, ...] = ()
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
    """Several lists, read one after the other; the first one is of everything there is, in a first reading."""

    lists: Sequence[Poll]
    page: int
    overlap: float

    def begin(self, cursor: str | None, now: datetime, since: datetime | None) -> Position:
        """Where a reading begins: in the middle of the last one if that broke off, else a little before its end.

        `now` is by the shop's clock. What changes during a first reading is what the other lists begin with.
        """
        if cursor is None:
            marks = {poll.name: stamp(now) for poll in self.lists[1:]}
            floor = stamp(since) if since else ""
            return Position(marks, self.lists[0].name, floor, began=stamp(now), first=True)
        position = load(cursor)
        return position if position.poll else self._enter(replace(position, began=stamp(now), first=False), 0)

    async def read(self, client: Client, position: Position) -> AsyncIterator[Stretch]:
        """Page after page to the present. Raises SyncError."""
        while position.poll:
            index = next((i for i, one in enumerate(self.lists) if one.name == position.poll), 0)
            poll = self.lists[index]
            rows = await self._rows(client, poll, position)
            position = self._behind(rows, poll, index, position)
            yield Stretch(poll, rows, position)

    async def _rows(self, client: Client, poll: Poll, position: Position) -> tuple[Node, ...]:
        since = (wire.between(poll.instant, least=position.floor),) if position.floor else ()
        criteria = {
            "page": position.page,
            "limit": self.page,
            "filter": [*since, *poll.filters],
            "sort": [{"field": poll.instant, "order": "ASC"}, {"field": "id", "order": "ASC"}],
            "includes": {poll.entity: ["id", poll.instant, *filter(None, [poll.owner]), *poll.more]},
        }
        try:
            return await client.rows(wire.search(poll.entity, criteria))
        except wire.RefusedError as error:
            if poll.optional and error.unknown:
                return ()
            raise

    def _behind(self, rows: tuple[Node, ...], poll: Poll, index: int, position: Position) -> Position:
        top = max((stamp(row.instant(poll.instant)) for row in rows), default="")
        marks = {**position.marks, poll.name: max(position.marks.get(poll.name, ""), top)}
        position = replace(position, marks=marks)
        if len(rows) < self.page:
            return self._enter(position, index + 1)
        # A page that ends at the instant at which it began holds only rows of that instant: the next has the others.
        stuck = top == position.floor
        return replace(position, floor=top, page=position.page + 1 if stuck else 1)

    def _enter(self, position: Position, index: int) -> Position:
        if index == len(self.lists):
            return replace(position, poll="", floor="", page=1)
        name = self.lists[index].name
        mark = position.marks.get(name, "") or position.began
        return replace(position, poll=name, floor=reaching_back(mark, self.overlap), page=1)


def stamp(moment: datetime) -> str:
    """An instant as Shopware writes it, in UTC: such texts sort as the instants do."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


def reaching_back(mark: str, seconds: float) -> str:
    """The mark of an instant, earlier by some seconds."""
    return stamp(datetime.fromisoformat(mark) - timedelta(seconds=seconds))
