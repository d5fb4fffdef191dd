"""What to tell a target now: a pure judgement of what there is, of what it knows, and of how often it may be told."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID, uuid5

from khaossync.ops.alerts.matters import Matter
from khaossync.outbox.alerting import WINDOW, Key, Remembered, Told

GROWTH = timedelta(minutes=5)
"""A matter that grew is told again after this long at the soonest."""

DAILY = timedelta(days=1)
"""What is not urgent is told again once a day."""

_IDS = UUID("5b5f2ed1-6a0c-4c7e-9a53-0d9d6d0b8a11")


class Stage(StrEnum):
    """Why a matter is told just now."""

    NEW = "new"
    GROWN = "grown"
    LASTING = "still open"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a target wants to be told, and how often.

    No `owners` means everybody's matters. Only what has lasted for `after` is told, so that a target may be the next
    step of a ladder. What lasts is told again after `cool_down`. At most `per_hour` messages go out in an hour.
    """

    owners: frozenset[str] = frozenset()
    only_urgent: bool = False
    after: timedelta = timedelta(0)
    cool_down: timedelta = timedelta(hours=1)
    per_hour: int = 12

    def want(self, matter: Matter) -> bool:
        """Whether a matter is this target's business."""
        return (not self.owners or matter.owner in self.owners) and (matter.urgent or not self.only_urgent)


@dataclass(frozen=True, slots=True)
class Notice:
    """One matter as it is told now; `times` numbers its tellings to this target."""

    stage: Stage
    matter: Matter
    times: int

    @property
    def id(self) -> str:
        """The same for every attempt to tell the same, so that a receiver can leave out what it has."""
        name = (*self.matter.key, self.matter.since.isoformat(), self.stage.value, str(self.times))
        return str(uuid5(_IDS, "\n".join(name)))


def notices(
    matters: Sequence[Matter],
    known: Mapping[Key, Told],
    wishes: Wishes,
    answerable: frozenset[str],
    now: datetime,
    unsure: Collection[Key] = (),
) -> tuple[Notice, ...]:
    """What a target is to be told, the urgent first.

    `answerable` is whom and what we can speak for just now: what was told of others is neither told again nor called
    resolved, for it may only be out of our sight. Nor is what is `unsure`: it may last although no matter tells it.
    """
    told = [
        *_lasting(matters, known, wishes, answerable, now),
        *_over({*unsure, *(one.key for one in matters)}, known, answerable),
    ]
    order = list(Stage)
    return tuple(sorted(told, key=lambda one: (not one.matter.urgent, order.index(one.stage), one.matter.since)))


def may_send(sent_at: Sequence[datetime], wishes: Wishes, now: datetime) -> bool:
    """Whether a message may go now; what has to wait is summed up in the next one.

    The first half of an hour's messages may go at once, the others at even distances: so no hour has more of them, and
    there is always soon a place for what is urgent.
    """
    lately = [at for at in sent_at if at > now - WINDOW]
    if len(lately) < wishes.per_hour / 2:
        return True
    return now - max(lately) >= 2 * WINDOW / wishes.per_hour


def known_after(sent: Iterable[Notice], now: datetime) -> tuple[list[Told], list[Key]]:
    """What a target knows once it took these notices: what to note, and what to forget."""
    told = list(sent)
    lasting = [_noted(one, now) for one in told if one.stage is not Stage.RESOLVED]
    return lasting, [one.matter.key for one in told if one.stage is Stage.RESOLVED]


def applied(before: Remembered, sent: Iterable[Notice], now: datetime) -> Remembered:
    """What was known before, with what these notices made of it."""
    lasting, gone = known_after(sent, now)
    told = {key: one for key, one in before.told.items() if key not in gone} | {one.key: one for one in lasting}
    return Remembered(told, (*before.sent_at, now))


def _lasting(
    matters: Iterable[Matter], known: Mapping[Key, Told], wishes: Wishes, answerable: frozenset[str], now: datetime
) -> Iterator[Notice]:
    for matter in matters:
        before = known.get(matter.key)
        if matter.about not in answerable or not wishes.want(matter):
            continue
        if before is None:
            if now - matter.since >= max(matter.settle, wishes.after):
                yield Notice(Stage.NEW, matter, 1)
        elif stage := _again(matter, before, wishes, now):
            yield Notice(stage, matter, before.times + 1)


def _again(matter: Matter, before: Told, wishes: Wishes, now: datetime) -> Stage | None:
    """Growth counts once as much is new as is known, so that a flood is told in a few messages."""
    rest = now - before.told_at
    fresh = matter.count - before.count if matter.fresh is None else matter.fresh
    if fresh >= max(1, matter.count - fresh) and rest >= GROWTH:
        return Stage.GROWN
    pause = wishes.cool_down if matter.urgent else max(wishes.cool_down, DAILY)
    return Stage.LASTING if rest >= pause else None


def _over(lasting: Collection[Key], known: Mapping[Key, Told], answerable: frozenset[str]) -> Iterator[Notice]:
    for key, told in known.items():
        if key not in lasting and told.about in answerable:
            over = Matter(told.about, told.what, told.title, told.owner, False, told.since, count=told.count)
            yield Notice(Stage.RESOLVED, over, told.times)


def _noted(notice: Notice, now: datetime) -> Told:
    matter = notice.matter
    figures = (matter.since, now, matter.count, matter.newest, notice.times)
    return Told(matter.about, matter.what, matter.title, matter.owner, *figures)
