"""A message in words: for a screen, for a chat, for a mailbox, and as data for a program."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from khaossync import __version__
from khaossync.ops.alerts.policy import Notice, Stage
from khaossync.ops.health import spoken

AT_LENGTH = 8
"""How many notices of a message are told with all they hold; of the others only their heads."""

LONGEST = 3500
"""Characters; chats cut longer texts, or refuse them."""

_IDS = UUID("0a5a3f0e-54c8-4c53-8a0f-6a6f8c8b5d27")


@dataclass(frozen=True, slots=True)
class Telling:
    """One message to one target; `host` is where the daemon runs. Without notices it is a test."""

    host: str
    at: datetime
    notices: Sequence[Notice] = ()

    @property
    def id(self) -> str:
        """The same for every attempt to send the same; a test is always another."""
        name = [one.id for one in self.notices] or [self.host, self.at.isoformat()]
        return str(uuid5(_IDS, "\n".join(name)))


def headline(telling: Telling) -> str:
    """What it is about, in one line."""
    if not telling.notices:
        return f"khaossync on {telling.host}: this is a test"
    if len(telling.notices) == 1:
        return f"khaossync on {telling.host}: {_head(telling.notices[0])}"
    stages = Counter(one.stage for one in telling.notices)
    counts = ", ".join(f"{stages[stage]} {stage.value}" for stage in Stage if stages[stage])
    urgent = "URGENT: " if any(one.matter.urgent for one in telling.notices) else ""
    return f"khaossync on {telling.host}: {urgent}{counts}"


def text(telling: Telling) -> str:
    """Everything, as plain text of at most LONGEST characters."""
    if not telling.notices:
        return "If you can read this, khaossync can reach you here. There is nothing to do."
    told = "\n\n".join(
        "\n".join(_at_length(one, telling.at)) if place < AT_LENGTH else _head(one)
        for place, one in enumerate(telling.notices)
    )
    return told if len(told) <= LONGEST else f"{told[:LONGEST]}…\n(cut; see: khaossync cases, khaossync status)"


def data(telling: Telling) -> Mapping[str, Any]:
    """Everything, for a program; README.md of this folder describes it."""
    return {
        "type": "khaossync.alert" if telling.notices else "khaossync.test",
        "timestamp": telling.at.isoformat(),
        "data": {
            "host": telling.host,
            "version": __version__,
            "summary": headline(telling),
            "notices": [_notice(one) for one in telling.notices],
        },
    }


def _head(notice: Notice) -> str:
    matter = notice.matter
    stage = notice.stage.value.upper() + (", URGENT" if matter.urgent else "")
    times = f" ×{matter.count}" if matter.count > 1 else ""
    return f"{stage}: {matter.title} ({matter.about}){times}"


def _at_length(notice: Notice, now: datetime) -> Iterator[str]:
    matter = notice.matter
    yield _head(notice)
    if notice.stage is Stage.RESOLVED:
        yield f"  it began {matter.since:%Y-%m-%d %H:%M} UTC, {spoken(now - matter.since)} ago; nothing is left to do"
        return
    yield f"  for {matter.owner}, since {matter.since:%Y-%m-%d %H:%M} UTC"
    yield from (f"  {line}" for line in matter.lines)
    yield f"  what to do: {matter.recipe}"
    yield f"  look: {matter.look}"


def _notice(notice: Notice) -> Mapping[str, Any]:
    matter = notice.matter
    return {
        "id": notice.id,
        "stage": notice.stage.name.lower(),
        "about": matter.about,
        "what": matter.what,
        "title": matter.title,
        "owner": matter.owner,
        "urgent": matter.urgent,
        "since": matter.since.isoformat(),
        "count": matter.count,
        "lines": matter.lines,
        "recipe": matter.recipe,
        "look": matter.look,
    }
