"""Dates as a Khaos Control server in Britain writes and reads them: London time, no offset, two habits out, one in."""

import re
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
NULL_DAY = "30/12/1899"  # day zero of a Delphi TDateTime: "there is no date"
NULL_STAMP = "1899-12-30T00:00:00"
_INCOMING = re.compile(r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2})?", re.ASCII)


def day(instant: datetime | None) -> str:
    """`DD/MM/YYYY` in London, or the null date."""
    return NULL_DAY if instant is None else instant.astimezone(LONDON).strftime("%d/%m/%Y")


@lru_cache(maxsize=4096)  # a list of all codes writes few different instants many times
def stamp(instant: datetime | None) -> str:
    """`YYYY-MM-DDTHH:MM:SS` in London without an offset, or the null date."""
    return NULL_STAMP if instant is None else instant.astimezone(LONDON).strftime("%Y-%m-%dT%H:%M:%S")


def parse(text: str) -> datetime:
    """An incoming `YYYY-MM-DD` or `YYYY-MM-DDTHH:MM:SS` of London as aware UTC; anything else raises ValueError."""
    if not _INCOMING.fullmatch(text):
        raise ValueError(f"'{text}' is not a valid date and time")
    return datetime.fromisoformat(text).replace(tzinfo=LONDON).astimezone(UTC)
