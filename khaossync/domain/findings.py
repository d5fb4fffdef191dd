"""What `khaossync check` finds: how something is, and what to do about it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """What a finding means: FAIL cannot work or breaks a promise, WARN is for a person to look at soon."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of `khaossync check`: what was looked at, how it is, and what to do about it.

    `items` name the records that it is about. `offers` are what the tables of channels may name, where the subject is
    such a list: of an ERP `sales sources`, `company classes`, `couriers`, `site names` and `sites` (the ids whose stock
    is read), of a channel `locations`, `selling locations` and `currencies`.
    """

    severity: Severity
    subject: str
    detail: str
    remedy: str = ""
    items: tuple[str, ...] = ()
    offers: tuple[str, ...] = ()

    @classmethod
    def ok(cls, subject: str, detail: str, *, offers: Iterable[str] = ()) -> "Finding":
        """All is well, or merely told."""
        return cls(Severity.OK, subject, detail, offers=tuple(offers))

    @classmethod
    def warn(cls, subject: str, detail: str, remedy: str, *, items: Iterable[str] = ()) -> "Finding":
        """Things go on, but a person should look."""
        return cls(Severity.WARN, subject, detail, remedy, tuple(items))

    @classmethod
    def fail(cls, subject: str, detail: str, remedy: str, *, items: Iterable[str] = ()) -> "Finding":
        """Something cannot work until a person acts."""
        return cls(Severity.FAIL, subject, detail, remedy, tuple(items))
