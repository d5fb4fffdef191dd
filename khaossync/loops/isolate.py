"""One bad document must not stop the rest: a bug in judging it becomes a value that its caller records."""

from collections.abc import Callable
from typing import TypeVar

import structlog

log = structlog.get_logger()
T = TypeVar("T")


def isolated(judge: Callable[[], T], record: str) -> T | Exception:
    """The result of a pure judgement, or whatever it raised; the traceback is logged once with its record."""
    try:
        return judge()
    except Exception as error:  # the one place where a document's own trouble is kept from the others
        log.exception("document_broke_a_rule", record=record)
        return error
