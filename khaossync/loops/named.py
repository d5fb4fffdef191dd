"""The records that webhooks named, as a stream: each is read by its name, for a search may not know it yet."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count, islice

from khaossync.domain.documents import Page
from khaossync.ports import Reader

_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class Named:
    """A source without a past: it tells what was named since, and has no cursor to go back to.

    A name that is lost with the process is no loss: the stream itself, or its next full reading, tells the record.
    """

    stream: str
    reader: Reader
    _names: dict[str, int] = field(default_factory=dict)
    _serial: "count[int]" = field(default_factory=count)

    @property
    def name(self) -> str:
        return f"{self.stream} by name"

    @property
    def interval(self) -> timedelta:
        """How soon it is tried again where a reading broke off without an error."""
        return timedelta(minutes=1)

    def add(self, subject: str) -> None:
        """Have this record read; named often before its turn comes, it is read once."""
        self._names[subject] = next(self._serial)

    async def changes(self, _cursor: str | None) -> AsyncIterator[Page]:
        """A name goes when its page is stored, unless it was named again meanwhile."""
        while batch := dict(islice(self._names.items(), _AT_ONCE)):
            yield await self.reader.named(tuple(batch))
            for subject, serial in batch.items():
                if self._names[subject] == serial:
                    del self._names[subject]
