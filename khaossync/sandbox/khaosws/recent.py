"""A register of what changed when, newest last, which answers "since" without looking at the rest."""

from collections.abc import Iterator
from datetime import datetime


class Recent:
    """Keys with the instant of their latest change. Time is expected not to run backwards."""

    def __init__(self) -> None:
        self._changed_at: dict[str, datetime] = {}

    def touch(self, key: str, at: datetime) -> None:
        """Record a change; the key becomes the newest."""
        self._changed_at.pop(key, None)
        self._changed_at[key] = at

    def at(self, key: str) -> datetime:
        """When the key changed last; KeyError if it never did."""
        return self._changed_at[key]

    def since(self, moment: datetime | None) -> Iterator[str]:
        """Keys changed at or after `moment` (or ever), newest first."""
        for key, changed_at in reversed(self._changed_at.items()):
            if moment is not None and changed_at < moment:
                return
            yield key
