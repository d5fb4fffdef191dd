"""Errors sorted by remedy: what a caller should do next decides the class, not where it came from.

SyncError
├── ConfigError             a person edits the configuration; the process exits with 78
├── TransientError          try again later
│   └── RateLimitedError    wait as long as told; spends no attempt
├── ConnectorDownError      stop calling until `ping` succeeds; log once down, once up
├── RejectedError           understood and refused: park the message and open a case
│   └── DefectError         our own fault, so nobody knows what happened: look first, try a few times, then park
├── AmbiguousError          sent, but the answer is lost: look before sending again
├── ForgedError             a webhook whose signature is wrong: answer 401, believe nothing
└── OwnershipLostError      another process owns this connector now: complete nothing
"""

from collections.abc import Mapping
from datetime import timedelta

from khaossync.domain.cases import CaseClass


class SyncError(Exception):
    """Base of every error that is ours; its text tells what happened, to which record, and what to do."""


class ConfigError(SyncError):
    """The configuration cannot work; the text says where and what to write instead."""


class TransientError(SyncError):
    """A failure that time is expected to cure (a 5xx before any effect, a refused connection)."""


class RateLimitedError(TransientError):
    """The platform asked us to slow down; `wait` is how long it wants to be left alone."""

    def __init__(self, text: str, wait: timedelta) -> None:
        super().__init__(text)
        self.wait = wait


class ConnectorDownError(SyncError):
    """The whole system cannot be used (401, 403, maintenance); calling on would only make it worse."""


class RejectedError(SyncError):
    """The record was understood and refused.

    `final` tells that the same record will be refused again for certain; a platform's own refusal with an
    unknown cause is not final and is tried a few times before it is parked.
    """

    def __init__(
        self, text: str, case_class: CaseClass, *, evidence: Mapping[str, str] | None = None, final: bool = True
    ) -> None:
        super().__init__(text)
        self.case_class = case_class
        self.evidence = dict(evidence or {})
        self.final = final


class DefectError(RejectedError):
    """A fault of ours struck while the record was being delivered: it may or may not have had its effect."""

    def __init__(self, text: str) -> None:
        super().__init__(text, CaseClass.ATTEMPTS_EXHAUSTED, final=False)


class AmbiguousError(SyncError):
    """The request left us and no trustworthy answer came back: it may or may not have had its effect."""


class ForgedError(SyncError):
    """A message claims to come from a platform and its signature does not prove it."""


class OwnershipLostError(SyncError):
    """Our hold on a connector was taken over while we were away; whatever we knew about its queue is stale."""
