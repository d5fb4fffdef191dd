"""What every source here needs: documents with their version, lists in pieces, and the piece that spoils a list."""

import hashlib
import re
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar

from khaossync.domain.documents import Document, DocumentBody, Kind, Unreadable
from khaossync.erp.khaosws.markup import UnintelligibleError
from khaossync.erp.khaosws.soap import FaultError

T = TypeVar("T")

_HOPELESS = 16
"""Faults in a row after which a list counts as refused as a whole."""

_LONGEST_REASON = 200
_EMAIL = re.compile(r"\S+@\S+")


def told(source: str, kind: Kind, key: str, body: DocumentBody, moment: datetime, raw: str) -> Document:
    """A document whose version is its content: a repeated reading of an unchanged record is no news."""
    version = hashlib.sha256(repr(body).encode()).hexdigest()[:16]
    return Document(source, kind, key, version, moment, body, raw)


def unread(source: str, kind: Kind, key: str, error: UnintelligibleError, raw: str) -> Unreadable:
    """A record that says something else than agreed; the others of its page go on."""
    return Unreadable(source, kind, key[:200] or "(no code)", str(error), raw)


def chunked(values: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    """The list in pieces: KhaosWS breaks down over large answers (Web Integration Guide v7.8d, p8, p13, p14)."""
    for start in range(0, len(values), size):
        yield values[start : start + size]


@dataclass(frozen=True, slots=True)
class Halved(Generic[T]):
    """What was answered, each with the keys that were asked for, and the keys that are refused even alone."""

    answers: list[tuple[Sequence[str], T]] = field(default_factory=list)
    refused: dict[str, FaultError] = field(default_factory=dict)


async def halving(keys: Sequence[str], ask: Callable[[Sequence[str]], Awaitable[T]]) -> Halved[T]:
    """Ask for a list, and after a fault for its halves: one record must not keep back all others for ever.

    At most 2 × len(keys) calls, and 16 as long as nothing is answered: then the fault is raised.
    """
    found: Halved[T] = Halved()
    parts, faults = deque([keys]), 0
    while parts:
        part = parts.popleft()
        try:
            found.answers.append((part, await ask(part)))
        except FaultError as fault:
            faults += 1
            if faults >= _HOPELESS and not found.answers:
                raise
            if len(part) == 1:
                found.refused[part[0]] = fault
            else:
                middle = len(part) // 2
                parts += (part[:middle], part[middle:])
    return found


def refused(source: str, kind: Kind, key: str, fault: FaultError) -> Unreadable:
    """A record that Khaos Control will not tell, in its own words, without e-mail addresses and not at length."""
    reason = _EMAIL.sub("…", " ".join(fault.reason.split()))[:_LONGEST_REASON]
    return Unreadable(source, kind, key, f"Khaos Control does not tell it: {reason}", reason)
