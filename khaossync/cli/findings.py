"""How findings are told: grouped by system for a person, in one stable shape for a machine."""

import shutil
import textwrap
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from khaossync import __version__
from khaossync.domain.findings import Finding, Severity

Findings = Sequence[tuple[str, Sequence[Finding]]]
"""(system, what was found of it), in the order in which they are told."""

FORMAT = 1
"""Grows when the shape of `report` changes in a way that a reader must know."""

_WIDEST, _NARROWEST = 100, 40
_MOST_ITEMS = 20
_MARKS = {Severity.OK: "ok", Severity.WARN: "WARN", Severity.FAIL: "FAIL"}


def verdict(found: Findings) -> Severity:
    """The worst severity of all."""
    return max(_all(found), key=list(Severity).index, default=Severity.OK)


def report(found: Findings, at: datetime) -> dict[str, Any]:
    """The findings for a machine; every key is always there, and `items` is complete."""
    return {
        "format": FORMAT,
        "version": __version__,
        "checked_at": at.isoformat(timespec="seconds"),
        "verdict": verdict(found).value,
        "counts": _counts(found),
        "findings": [
            {
                "system": system,
                "severity": one.severity.value,
                "subject": one.subject,
                "detail": one.detail,
                "remedy": one.remedy,
                "items": list(one.items),
            }
            for system, findings in found
            for one in findings
        ],
    }


def page(found: Findings, width: int | None = None) -> str:
    """The findings for a person: a block for each system, what to do under what is not well, a summary at the end."""
    room = max(_NARROWEST, min(width or shutil.get_terminal_size().columns, _WIDEST))
    blocks = ["\n".join([system, *_block(findings, room)]) for system, findings in found if findings]
    counts = ", ".join(f"{count} {name}" for name, count in _counts(found).items())
    return "\n\n".join([*blocks, counts])


def _block(findings: Sequence[Finding], room: int) -> Iterator[str]:
    # The longest subjects take a line of their own, so that they do not push all others aside.
    wide = min(24, max(len(one.subject) for one in findings))
    for one in findings:
        head = f"  {_MARKS[one.severity]:<4}  {one.subject:<{wide}}  "
        margin = " " * (10 + wide)
        yield from textwrap.wrap(one.detail, room, initial_indent=head, subsequent_indent=margin) or [head.rstrip()]
        if one.items:
            yield from textwrap.wrap(_listed(one.items), room, initial_indent=margin, subsequent_indent=margin)
        if one.remedy:
            arrow = f"{margin}→ "
            yield from textwrap.wrap(one.remedy, room, initial_indent=arrow, subsequent_indent=f"{margin}  ")


def _listed(items: Sequence[str]) -> str:
    more = len(items) - _MOST_ITEMS
    shown = ", ".join(items[:_MOST_ITEMS])
    return f"{shown} … and {more} more (--json lists all)" if more > 0 else shown


def _counts(found: Findings) -> dict[str, int]:
    told = list(_all(found))
    return {severity.value: told.count(severity) for severity in Severity}


def _all(found: Findings) -> Iterator[Severity]:
    return (one.severity for _, findings in found for one in findings)
