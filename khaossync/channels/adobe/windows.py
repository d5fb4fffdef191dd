"""Reading a list by the time of its records' last change: resumable, and no page shifts under the reader."""

import json
from collections.abc import AsyncIterator, Iterable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from khaossync.channels.adobe import wire
from khaossync.channels.adobe.client import Client
from khaossync.channels.adobe.wire import Filter, Operation
from khaossync.domain.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Position:
    """Where a reading stands: at this page of what was changed at `floor` or later; `top` is the latest change seen.

    Page 0 is a reading that has ended. `first` tells that it goes on with the very first one.
    """

    floor: str = ""
    page: int = 0
    top: str = ""
    first: bool = False

    @property
    def under_way(self) -> bool:
        """Whether the reading stopped before its end."""
        return self.page > 0

    def after(self, marks: Iterable[str], *, ended: bool) -> "Position":
        """The position behind a page.

        The window's beginning moves rather than the page: what is saved meanwhile goes to the end of the list, and all
        pages behind it would lose their place. Only within one second it is the page that moves.
        """
        last = max(marks, default="")
        top = max(self.top, last)
        if ended:
            return Position(floor=top, top=top)
        if last > self.floor:
            return replace(self, floor=last, page=1, top=top)
        return replace(self, page=self.page + 1, top=top)


def dump(position: Position) -> str:
    """A position as a cursor."""
    return json.dumps(asdict(position), separators=(",", ":"))


def begun(cursor: str | None, since: datetime | None, overlap: float) -> Position:
    """Where a reading begins: in the middle of the last one if that broke off, else a little before its end.

    Raises ConfigError for a cursor that is not ours.
    """
    if cursor is None:
        return Position(floor=stamp(since) if since else "", page=1, first=True)
    try:
        position = Position(**json.loads(cursor))
        if position.under_way:
            return position
        return replace(position, floor=reaching_back(position.top, overlap), page=1)
    except (ValueError, TypeError) as error:
        raise ConfigError(f"adobe: the stored cursor {cursor!r} cannot be read: reset this stream") from error


async def read(
    client: Client, operation: Operation, position: Position, size: int
) -> AsyncIterator[tuple[list[Any], Position]]:
    """Page after page to the present, each with the position behind it. Raises SyncError.

    https://developer.adobe.com/commerce/webapi/rest/use-rest/performing-searches/ says nothing of ties, so the id
    breaks them. Older versions repeat their last page for ever: the count tells where the end is.
    """
    while position.under_way:
        since = [Filter("updated_at", "gteq", position.floor)] if position.floor else []
        query = wire.criteria(*since, sort=("updated_at", "entity_id"), size=size, page=position.page)
        records, total = await client.page(operation, query)
        ended = not records or position.page * size >= total
        position = position.after(map(_mark, records), ended=ended)
        yield records, position


def stamp(moment: datetime) -> str:
    """An instant as Magento's search takes it: whole seconds, UTC, without saying so."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def reaching_back(mark: str, seconds: float) -> str:
    """The mark of an instant, earlier by some seconds; "" stays."""
    return stamp(datetime.fromisoformat(mark).replace(tzinfo=UTC) - timedelta(seconds=seconds)) if mark else ""


def _mark(record: object) -> str:
    """When a record was changed; "" for one that does not say so as it should, which then moves nothing."""
    told = record.get("updated_at") if isinstance(record, dict) else None
    try:
        return stamp(datetime.fromisoformat(told).replace(tzinfo=UTC)) if isinstance(told, str) else ""
    except (ValueError, OverflowError):
        return ""
