"""The records that webhooks named, as a stream: each is read by its name, for a search may not know it yet."""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count, islice

from khaossync.domain.documents import Page
from khaossync.domain.errors import ConnectorDownError, RateLimitedError
from khaossync.ports import Reader

_AT_ONCE = 20

MOST = 1_000
"""How many names wait at most, in fifty pages; what an outage gathers beyond that the stream's own reading tells, which
takes more records at a time."""


@dataclass(frozen=True, slots=True)
class Named:
    """A source without a past: it tells what was named since, and has no cursor to go back to.

    A name that is lost with the process is no loss: the stream itself, or its next full reading, tells the record.
    A page that broke off is tried again after all others and name by name, for one name may spoil a page.
    """

    stream: str
    reader: Reader
    _names: dict[str, int] = field(default_factory=dict)
    _again: dict[str, int] = field(default_factory=dict)
    _serial: "count[int]" = field(default_factory=count)

    @property
    def name(self) -> str:
        return f"{self.stream} by name"

    @property
    def interval(self) -> timedelta:
        """How soon it is tried again where a reading broke off without an error."""
        return timedelta(minutes=1)

    def add(self, subject: str) -> None:
        """Have this record read; named often before its turn comes, it is read once. The oldest of too many goes."""
        names = self._again if subject in self._again else self._names
        names[subject] = next(self._serial)
        if len(self._names) + len(self._again) > MOST:
            oldest = self._again or self._names
            del oldest[next(iter(oldest))]

    async def changes(self, _cursor: str | None) -> AsyncIterator[Page]:
        """A name goes when its page is stored, unless it was named again meanwhile."""
        while batch := dict(islice(self._names.items(), _AT_ONCE)) or dict(islice(self._again.items(), 1)):
            self._set_aside(batch)
            try:
                page = await self.reader.named(tuple(batch))
            except (RateLimitedError, ConnectorDownError):  # no fault of a name
                self._put_back(batch)
                raise
            yield page
            for subject, serial in batch.items():
                if self._again.get(subject) == serial:
                    del self._again[subject]
            self._put_back(batch)

    def _set_aside(self, subjects: Iterable[str]) -> None:
        for subject in subjects:
            serial = self._names.pop(subject, None)
            self._again[subject] = self._again.pop(subject) if serial is None else serial

    def _put_back(self, subjects: Iterable[str]) -> None:
        for subject in subjects:
            if subject in self._again:
                self._names[subject] = self._again.pop(subject)
