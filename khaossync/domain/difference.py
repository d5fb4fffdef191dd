"""Differences between two plain values, field by field, and what thousands of them have in common."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

_MANY = 5
"""How many ways of changing are told apart at one place; where there are more, they follow from the record."""

_WIDEST = 160
"""Characters of a value that are shown."""

_MOST = 500
"""How many patterns are told apart, so that memory stays bounded whatever differs."""


class Each(str):
    """A name that differs from record to record: a SKU, a place in a list. Patterns leave it open."""

    __slots__ = ()


class _Absent:
    """Nothing there."""


_ABSENT = _Absent()

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """One place where two values differ; each side as JSON, empty where it has nothing there."""

    path: Path
    was: str
    now: str

    @property
    def pattern(self) -> Path:
        """The place without what differs from record to record, and whether something appears or goes."""
        place = tuple("*" if isinstance(part, Each) else part for part in self.path)
        return (*place, "gone" if not self.now else "added" if not self.was else "")

    @property
    def turn(self) -> str:
        """What became of what, in words that are the same for records with the same cause: numbers by their step."""
        if not self.now:
            return f"gone: {_clipped(self.was)}"
        if not self.was:
            return f"added: {_clipped(self.now)}"
        if _is_whole(self.was) and _is_whole(self.now):
            return f"{int(self.now) - int(self.was):+d}"
        return f"{_clipped(self.was)} → {_clipped(self.now)}"


def changes(was: object, now: object, path: Path = ()) -> Iterator[Change]:
    """Every place where two plain values (JSON) differ; nothing when they are equal byte for byte."""
    before, after = canonical(was), canonical(now)
    if before == after:
        return
    if isinstance(was, Mapping) and isinstance(now, Mapping):
        names = {str(name): name for name in (*was, *now)}
        for name in sorted(names.values()):
            yield from changes(was.get(name, _ABSENT), now.get(name, _ABSENT), (*path, name))
    elif isinstance(was, list) and isinstance(now, list):
        for place, (one, other) in enumerate(zip_longest(was, now, fillvalue=_ABSENT)):
            yield from changes(one, other, (*path, Each(place)))
    else:
        yield Change(path, before, after)


def canonical(value: object) -> str:
    """The one text of a plain value; empty for what is not there."""
    if value is _ABSENT:
        return ""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _is_whole(text: str) -> bool:
    return text.lstrip("-").isdigit() and len(text) < _WIDEST


def _clipped(text: str) -> str:
    return text if len(text) <= _WIDEST else text[:_WIDEST] + "…"


@dataclass(slots=True)
class Group:
    """What records with the same pattern have in common: how many they are, and which values became which."""

    count: int = 0
    trouble: str = ""
    examples: list[str] = field(default_factory=list)
    values: dict[Path, Counter[str]] = field(default_factory=dict)

    def add(self, record: str, found: Sequence[Change], shown: int) -> None:
        """Count one record more."""
        self.count += 1
        if len(self.examples) < shown:
            self.examples.append(record)
        for change in found:
            turns = self.values.setdefault(change.pattern, Counter())
            if change.turn in turns or len(turns) <= _MANY:
                turns[change.turn] += 1

    def common(self, pattern: Path) -> Sequence[str]:
        """What happens to the values at this place, the most frequent first; empty when that is too much to tell."""
        turns = self.values[pattern]
        return [] if len(turns) > _MANY else [turn for turn, _ in turns.most_common()]


@dataclass(slots=True)
class Groups:
    """Records by what they have in common; past a bound all others are one group."""

    shown: int = 3
    by_pattern: dict[tuple[str, frozenset[Path]], Group] = field(default_factory=dict)

    def add(self, what: str, record: str, found: Sequence[Change], trouble: str = "") -> None:
        """Count a record of this sort that differs so, or that cannot be compared for this trouble."""
        key = (what, frozenset(change.pattern for change in found))
        if key not in self.by_pattern and len(self.by_pattern) >= _MOST:
            key = ("others", frozenset())
        self.by_pattern.setdefault(key, Group(trouble=trouble)).add(record, found, self.shown)

    def largest_first(self) -> list[tuple[str, Group]]:
        """(what, group), the one with the most records first."""
        return [(what, group) for (what, _), group in sorted(self.by_pattern.items(), key=lambda one: -one[1].count)]
