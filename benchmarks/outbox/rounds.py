"""What is run: every contender in turn, round after round, so that what else the machine does meets all alike."""

import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.outbox.arena import Arena, Contender

Runs = dict[tuple[str, str], list[dict[str, Any]]]
"""(contender, what) → what each round told."""

SLOW = 4_000
"""The backlog of a contender to which more cannot be told within a round."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is run. Backlogs in messages, the smallest first; at most `seconds` for one run."""

    rounds: int = 3
    backlogs: tuple[int, ...] = (20_000, 200_000, 1_000_000)
    keys: tuple[int, ...] = (1_000, 100, 1)
    deferred: int = 200_000
    ingest_seconds: float = 5
    seconds: float = 15
    wakes: int = 220


@dataclass(slots=True)
class Rounds:
    """The contenders in their arena, and what they told."""

    arena: Arena
    plan: Plan
    contenders: Sequence[Contender]
    runs: Runs = field(default_factory=lambda: defaultdict(list))
    _began: float = field(default_factory=time.monotonic)

    async def all(self) -> Runs:
        """Everything, interleaved."""
        for contender in self.contenders:
            await self._prepare(contender)
        for number in range(self.plan.rounds):
            turn = number % len(self.contenders)
            order = [*self.contenders[turn:], *self.contenders[:turn]]
            await self._round(f"round {number + 1} of {self.plan.rounds}", order)
        return self.runs

    async def _prepare(self, contender: Contender) -> None:
        """Its tables, and its large backlogs to copy from."""
        empty = f"empty_{contender.slug}"
        await self.arena.fresh(empty)
        await self.arena.play(contender, empty, do="install")
        if is_slow(contender):
            return
        for count in self.plan.backlogs[1:]:
            await self._filled(contender, f"full_{count}_{contender.slug}", count=count)
        await self._filled(contender, f"deferred_{contender.slug}", count=self.plan.deferred, deferred=True)

    async def _round(self, name: str, contenders: Sequence[Contender]) -> None:
        for contender in contenders:
            self._say(f"{name}: {contender.name} takes in")
            await self._one(contender, "ingest", do="ingest", seconds=self.plan.ingest_seconds)
        for contender in contenders:
            await self._drain(contender, self.plan.backlogs[0])
        for contender in contenders:
            self._say(f"{name}: {contender.name} wakes up")
            await self._wake(contender, "wake idle", f"empty_{contender.slug}")
        for keys in self.plan.keys:
            for contender in contenders:
                if contender.name != "PgQueuer":
                    self._say(f"{name}: {contender.name} works off {keys} keys")
                    await self._drain(contender, self.plan.backlogs[0], keys=keys)
        for contender in contenders:
            if not is_slow(contender):
                await self._wake(contender, "wake deferred", f"deferred_{contender.slug}")
        for count in self.plan.backlogs[1:]:
            for contender in contenders:
                if not is_slow(contender):
                    self._say(f"{name}: {contender.name} works off {count:,}")
                    template = f"full_{count}_{contender.slug}"
                    order = {"do": "drain", "count": count, "seconds": self.plan.seconds}
                    await self._one(contender, f"drain {count}", template, **order)

    async def _drain(self, contender: Contender, count: int, keys: int = 0) -> None:
        """Of a backlog told in the same database before, so that no page is new to the log."""
        name, told = f"run_{contender.slug}", min(count, SLOW) if is_slow(contender) else count
        await self.arena.fresh(name, f"empty_{contender.slug}")
        filled = await self.arena.play(contender, name, do="fill", count=told, keys=keys)
        await self.arena.settle(name)
        seconds = self.plan.seconds / 3 if keys else self.plan.seconds
        drained = await self.arena.play(contender, name, do="drain", count=told, keys=keys, seconds=seconds)
        if not keys:
            self.runs[contender.name, "fill"].append(filled)
        self.runs[contender.name, f"keys {keys}" if keys else f"drain {count}"].append(drained)
        await self.arena.drop(name)

    async def _wake(self, contender: Contender, what: str, template: str) -> None:
        order = {"do": "wake", "first": 10**8, "count": self.plan.wakes, "seconds": self.plan.seconds}
        await self._one(contender, what, template, **order)

    async def _one(self, contender: Contender, what: str, template: str = "", **order: Any) -> None:
        name = f"run_{contender.slug}"
        await self.arena.fresh(name, template or f"empty_{contender.slug}")
        self.runs[contender.name, what].append(await self.arena.play(contender, name, **order))
        await self.arena.drop(name)

    async def _filled(self, contender: Contender, name: str, **order: Any) -> None:
        self._say(f"{contender.name} is told {order['count']:,} messages")
        await self.arena.fresh(name, f"empty_{contender.slug}")
        await self.arena.play(contender, name, do="fill", **order)
        await self.arena.settle(name)

    def _say(self, text: str) -> None:
        print(f"{time.monotonic() - self._began:6.0f} s  {text}", file=sys.stderr, flush=True)


def is_slow(contender: Contender) -> bool:
    """Whether large backlogs are more than it can be asked: at its pace a million would take half an hour."""
    return contender.name == "Procrastinate"


async def run(plan: Plan, contenders: Sequence[Contender]) -> tuple[Runs, str]:
    """All rounds on one PostgreSQL; with its version."""
    async with Arena() as arena:
        return await Rounds(arena, plan, contenders).all(), arena.version
