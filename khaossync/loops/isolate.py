"""One bad document must not stop the rest: whatever handling it raises becomes a value that the caller records."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import structlog

log = structlog.get_logger()


@dataclass(slots=True)
class Trouble:
    """What went wrong inside an `isolated` block; empty as long as nothing did."""

    text: str = ""


@contextmanager
def isolated(record: str) -> Iterator[Trouble]:
    """Keep whatever the block raises from the other documents; the traceback is logged once with its record."""
    trouble = Trouble()
    try:
        yield trouble
    except Exception as error:  # the one place where a document's own trouble is kept from the others
        log.exception("unexpected_error", record=record)
        trouble.text = f"{type(error).__name__}: {error}"
