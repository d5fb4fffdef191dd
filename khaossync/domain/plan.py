"""What a document sets in motion, as plain data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from khaossync.domain.cases import Case, CaseClass
from khaossync.domain.messages import NewMessage
from khaossync.domain.stock import Wanted

Closing = tuple[CaseClass, str, str]
"""(class, source, subject) of a case whose condition was looked at and is false."""

Held = Mapping[str, Decimal]
"""Stock code → units of it that one order holds."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a document asks for.

    `refs` is order key → (erp, ref). `holds` is order key → (erp, what that order keeps from being sold again until
    the ERP counts it).
    """

    messages: tuple[NewMessage, ...] = ()
    levels: tuple[Wanted, ...] = ()
    cases: tuple[Case, ...] = ()
    closed: tuple[Closing, ...] = ()
    refs: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    holds: Mapping[str, tuple[str, Held]] = field(default_factory=dict)

    def __add__(self, other: "Plan") -> "Plan":
        return Plan(
            self.messages + other.messages,
            self.levels + other.levels,
            self.cases + other.cases,
            self.closed + other.closed,
            {**self.refs, **other.refs},
            {**self.holds, **other.holds},
        )


NOTHING = Plan()
