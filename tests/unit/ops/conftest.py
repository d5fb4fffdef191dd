"""A clock that stands still until told otherwise, and a log that is put back afterwards."""

import io
import json
import logging
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import pytest
import structlog

from khaossync.ops.logging import configure

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


class StillClock:
    """Moves only by `pass_time`."""

    def __init__(self) -> None:
        self.instant = NOON
        self.elapsed = 1000.0

    def now(self) -> datetime:
        return self.instant

    def monotonic(self) -> float:
        return self.elapsed

    def pass_time(self, time: timedelta) -> None:
        self.instant += time
        self.elapsed += time.total_seconds()


class LogFile(Protocol):
    """What was written so far."""

    def __call__(self, *secrets: str, level: str = "info", fmt: str = "json") -> "Written": ...


class Written(io.BytesIO):
    """A log kept in memory."""

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.getvalue().splitlines()]

    def text(self) -> str:
        return self.getvalue().decode()


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def log_to_memory() -> Iterator[LogFile]:
    root = logging.getLogger()
    handlers, level, hook = root.handlers[:], root.level, sys.excepthook

    def start(*secrets: str, level: str = "info", fmt: str = "json") -> Written:
        written = Written()
        configure(level=level, fmt=fmt, secrets=secrets, stream=written)  # type: ignore[arg-type]  # tests pass text
        return written

    yield start
    logging.captureWarnings(False)
    root.handlers[:] = handlers
    root.setLevel(level)
    sys.excepthook = hook
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
