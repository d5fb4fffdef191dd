"""How far a stream of stock codes has been read: the cursor's meaning."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

SKEW = timedelta(minutes=1)
"""By how much the clocks of two daemons that follow each other may differ."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Changes are read up to `since`. The last full sweep began at `swept`, None before the first.

    A sweep under way began at `began` and has passed the codes up to `after`, so that a restart goes on from there.
    """

    since: datetime
    swept: datetime | None = None
    began: datetime | None = None
    after: str = ""

    @property
    def cursor(self) -> str:
        """As opaque text."""
        return json.dumps(
            {
                "since": self.since.isoformat(),
                "swept": self.swept and self.swept.isoformat(),
                "began": self.began and self.began.isoformat(),
                "after": self.after,
            }
        )

    @classmethod
    def at(cls, cursor: str | None, now: datetime, sweep: timedelta) -> "Progress":
        """Where a cursor stands, with a new sweep begun when one is due. No cursor is the first sweep.

        A cursor of later than now was left by a clock that was ahead, and nobody knows what was asked for in vain.
        """
        if cursor is None:
            return cls(now, began=now)
        told = json.loads(cursor)
        since, swept = _instant(told["since"]) or now, _instant(told["swept"])
        known = cls(min(since, now), swept, _instant(told["began"]), told["after"])
        if since <= now + SKEW and (known.began or (swept and now - swept < sweep)):
            return known
        return cls(known.since, swept, began=now)


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
