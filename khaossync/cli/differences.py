"""What a replay found, told to a person in groups and to a machine record by record."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from khaossync.app.replay import Judged
from khaossync.domain.difference import Change, Group, Groups, changes
from khaossync.outbox.decisions import Configuration


@dataclass(slots=True)
class Tally:
    """What was found so far; its size does not grow with the number of records."""

    records: int = 0
    same: int = 0
    reread: int = 0
    groups: Groups = field(default_factory=Groups)
    by_configuration: Counter[str] = field(default_factory=Counter)
    at: datetime | None = None

    def add(self, judged: Judged) -> None:
        """Count a record."""
        self.records += 1
        self.same += judged.same
        self.reread += judged.reread
        self.at = judged.at or self.at
        if judged.configuration:
            self.by_configuration[judged.configuration] += 1
        if not judged.same:
            decided = f", decided {judged.at:%Y-%m-%d %H:%M:%S}" if judged.at else ""
            self.groups.add(judged.what, f"{judged.key}{decided}", judged.found, judged.trouble)

    @property
    def differing(self) -> int:
        """How many records would not come out the same."""
        return self.records - self.same


def line(judged: Judged) -> str:
    """A record that differs, for a machine: a line of JSON."""
    told = {
        "what": judged.what,
        "key": judged.key,
        "at": judged.at and judged.at.isoformat(),
        "configuration": judged.configuration,
        "trouble": judged.trouble,
        "changes": [_plain(change) for change in judged.found],
    }
    return json.dumps(told)


def summary(tally: Tally, by: Mapping[str, Configuration], today: Mapping[str, Any]) -> str:
    """The last line for a machine."""
    told = {
        "records": tally.records,
        "same": tally.same,
        "differ": tally.differing,
        "read_again": tally.reread,
        "configurations": [
            {
                "hash": one.hash,
                "release": one.release,
                "records": tally.by_configuration[one.hash],
                "settings": [_plain(change) for change in changes(one.settings, today)],
            }
            for one in by.values()
        ],
    }
    return json.dumps(told)


def report(tally: Tally, by: Mapping[str, Configuration], today: Mapping[str, Any]) -> str:
    """All of it for a person: first how much, then what has which pattern, then which settings are others now."""
    parts = [
        f"{tally.records:,} records were judged again, {tally.reread:,} of them read again from their kept text: "
        f"{tally.same:,} come out the same byte for byte, {tally.differing:,} would differ"
    ]
    parts += ["\n".join(_group(what, group)) for what, group in tally.groups.largest_first()]
    for one in by.values():
        if other := list(changes(one.settings, today)):
            count = tally.by_configuration[one.hash]
            head = f"{count:,} were decided by configuration {one.hash} of khaossync {one.release}; since then"
            parts.append("\n".join([head, *(f"  {_place(change.path)}: {_turn(change)}" for change in other)]))
    return "\n\n".join(parts)


def detail(judged: Judged) -> str:
    """A record that differs, field by field, for a person."""
    head = f"{judged.what} {judged.key}" + (f", decided {judged.at:%Y-%m-%d %H:%M:%S}" if judged.at else "")
    told = [f"  {_place(change.path)}: {_turn(change)}" for change in judged.found]
    return "\n".join([head, *told, *([f"  cannot be judged again: {judged.trouble}"] if judged.trouble else [])])


def _group(what: str, group: Group) -> Iterator[str]:
    yield f"{group.count:,} × {what}"
    if group.trouble:
        yield f"  cannot be judged again: {group.trouble}"
    for pattern in sorted(group.values):
        turns = group.common(pattern) or [f"{pattern[-1] or 'changed'}, differently in each"]
        yield from (f"  {_place(pattern[:-1])}: {turn}" for turn in turns)
    yield from (f"    {'such as' if number == 0 else '       '} {one}" for number, one in enumerate(group.examples))


def _turn(change: Change) -> str:
    """In full: who asks for one record wants all of it."""
    return f"{change.was or 'nothing'} → {change.now or 'nothing'}"


def _place(path: Sequence[str]) -> str:
    return " ".join(path) or "all of it"


def _plain(change: Change) -> Mapping[str, str]:
    return {"place": _place(change.path), "was": change.was, "now": change.now}
