"""Who goes next when there is not enough for all: the most urgent, but nobody waits for ever."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from khaossync.transport.priority import Priority

SHARES: Mapping[Priority, float] = {
    Priority.ORDERS: 0.10,
    Priority.REFUNDS: 0.05,
    Priority.STOCK: 0.10,
    Priority.BACKFILL: 0.05,
}
"""What is put aside for a class that waits, as a part of what more urgent ones spend meanwhile."""

PATIENCE = 60.0
"""Seconds of waiting after which a share has grown to its double, where it stays."""

RESERVE = 0.05
"""The part of a full bucket that each class leaves more than the one above it, so that urgent calls find tokens."""

_KEPT = 0.5
"""The part of a full bucket that is kept for others at most; if all were, everybody would wait for a full one."""

_SPARE = 0.05
"""The part of a full bucket that may be put aside for a class beyond its next call."""


@dataclass(frozen=True, slots=True, eq=False)
class Caller:
    """Somebody who wants `cost` tokens and has waited since an instant (seconds of any clock)."""

    priority: Priority
    cost: float
    since: float


C = TypeVar("C", bound=Caller)


@dataclass(frozen=True, slots=True)
class Next(Generic[C]):
    """Who goes next, and how many tokens there must be before he does."""

    caller: C
    need: float


class Shares:
    """The judgement, and what is put aside for each class that waits.

    The most urgent goes next; of one class, who came first. Everybody leaves what is put aside for others, and all
    but the most urgent leave a reserve. A class for which its whole next call is put aside goes before all others
    and needs no more than that. So a dear call gathers its tokens while urgent ones still pass.
    """

    def __init__(self) -> None:
        self._aside: dict[Priority, float] = {}

    def choose(self, waiting: Iterable[C], maximum: float) -> Next[C] | None:
        """Who of those that wait goes next, from a bucket of `maximum` tokens; a full bucket is enough for anybody."""
        heads = _heads(waiting)
        if not heads:
            return None
        paid = [one for one in heads.values() if self._aside.get(one.priority, 0.0) >= min(one.cost, maximum)]
        if paid:
            first = min(paid, key=lambda one: one.since)
            return Next(first, min(first.cost, maximum))
        first = heads[min(heads)]
        others = sum(tokens for priority, tokens in self._aside.items() if priority is not first.priority)
        left = min(others, _KEPT * maximum) + RESERVE * first.priority * maximum
        return Next(first, min(first.cost + left, maximum))

    def spent(self, caller: Caller, waiting: Iterable[Caller], maximum: float, now: float) -> None:
        """Somebody took his tokens: put something aside for each less urgent class among those that still wait."""
        self._aside[caller.priority] = max(0.0, self._aside.get(caller.priority, 0.0) - caller.cost)
        heads = _heads(waiting)
        for priority, head in heads.items():
            if priority > caller.priority:
                grown = 1 + min(1.0, (now - head.since) / PATIENCE)
                aside = self._aside.get(priority, 0.0) + SHARES[priority] * grown * caller.cost
                self._aside[priority] = min(aside, max(head.cost, _SPARE * maximum), maximum)
        self.keep(heads)

    def keep(self, waiting: Iterable[Priority]) -> None:
        """Put nothing aside for classes of which nobody waits any more."""
        kept = set(waiting)
        self._aside = {priority: tokens for priority, tokens in self._aside.items() if priority in kept}

    def cut(self, tokens: float) -> None:
        """Put no more aside than there is: when another app drains the bucket, urgent calls need not fill it first."""
        total = sum(self._aside.values())
        if total > tokens:
            left = max(tokens, 0.0) / total
            self._aside = {priority: aside * left for priority, aside in self._aside.items()}


def _heads(waiting: Iterable[C]) -> dict[Priority, C]:
    """The first of each class, in the order given."""
    heads: dict[Priority, C] = {}
    for caller in waiting:
        heads.setdefault(caller.priority, caller)
    return heads
