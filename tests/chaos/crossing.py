"""Every crash point crossed with every trouble: which round is which, and what came of them."""

import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from chaos.points import LATER
from chaos.rounds import TOLD_AT_ONCE, Field, Plan
from chaos.stories import STORIES, Story
from chaos.troubles import TROUBLES, Trouble

from khaossync.cli.table import table

FURTHEST = 60
"""How many points before the death a trouble begins at most."""

DEATHS = 250
"""How many points later a daemon dies again at most."""

Cell = tuple[str, Trouble]


class Crossing:
    """The cells in an order that the seed decides; round n plays the n-th of them, after the last the first anew."""

    def __init__(self, seed: int, traces: Mapping[Plan, Sequence[str]]) -> None:
        self.seed, self._traces = seed, traces
        reached = {name for trace in traces.values() for name in trace}
        self.points = sorted({*reached, *(later for later, first in LATER.items() if first in reached)})
        self._cells: list[Cell] = [(point, trouble) for point in self.points for trouble in TROUBLES]
        random.Random(seed).shuffle(self._cells)

    def __len__(self) -> int:
        return len(self._cells)

    def plan(self, number: int) -> Plan:
        """What happens in a round of this number (from 1)."""
        dice = random.Random(f"{self.seed} {number}")
        point, trouble = self._cells[(number - 1) % len(self)]
        first = LATER.get(point, point)
        script = dice.choice([script for script, trace in self._traces.items() if first in trace])
        since = dice.choice([place for place, name in enumerate(self._traces[script], start=1) if name == first])
        return replace(
            script,
            trouble=trouble,
            point=first,
            since=since,
            lead=dice.choice((0, dice.randint(1, 6), dice.randint(1, FURTHEST))),
            again=1 if point in LATER else dice.choice((0, 0, dice.randint(1, DEATHS))),
            then=point if point in LATER else "",
        )


async def census(field: Field, seed: int) -> Crossing:
    """Play each script of this seed with nobody dying, and know what can be died at. Raises where that breaks a law."""
    traces: dict[Plan, Sequence[str]] = {}
    for script in scripts(seed):
        played = await field.play(script)
        if played.broken:
            raise AssertionError(f"script {script.script} breaks a law in peace: {'; '.join(played.broken)}")
        traces[script] = played.trace
    return Crossing(seed, traces)


def scripts(seed: int) -> list[Plan]:
    """The peaceful days from which the rounds of a seed are taken: together they tell every story."""
    stories: Sequence[Story] = random.Random(seed).sample(STORIES, len(STORIES))
    parts = (stories[first : first + TOLD_AT_ONCE] for first in range(0, len(stories) - 1, TOLD_AT_ONCE - 1))
    return [Plan(f"{seed}/{number}", stories=tuple(part)) for number, part in enumerate(parts)]


@dataclass(slots=True)
class Tally:
    """What came of the rounds. `broken` has the command that plays a round again, and which laws were broken in it."""

    rounds: Counter[tuple[str, str]] = field(default_factory=Counter)
    bad: Counter[tuple[str, str]] = field(default_factory=Counter)
    broken: list[tuple[str, Sequence[str]]] = field(default_factory=list)
    deaths: int = 0

    async def play(self, field: Field, crossing: Crossing, numbers: Iterable[int]) -> None:
        """Play these rounds of a crossing."""
        for number in numbers:
            plan = crossing.plan(number)
            played, point = await field.play(plan), plan.then or plan.point
            self.note(point, plan.trouble, len(played.died_at))
            if played.broken:
                self.fail(point, plan.trouble, played.broken, f"make chaos SEED={crossing.seed} ROUND={number}")

    def note(self, point: str, trouble: Trouble, deaths: int) -> None:
        """Such deaths were died in this trouble."""
        self.rounds[point, trouble.name] += 1
        self.deaths += deaths

    def fail(self, point: str, trouble: Trouble, broken: Sequence[str], command: str) -> None:
        """That broke laws; the command plays it again."""
        self.bad[point, trouble.name] += 1
        self.broken.append((command, broken))

    def told(self) -> str:
        """The table: crash points by troubles, how many rounds of each, and how many of them broke a law."""
        points = sorted({point for point, _ in self.rounds})
        rows = [[point, *(self._cell(point, trouble) for trouble in TROUBLES)] for point in points]
        head = ["the daemon dies at", *(trouble.name for trouble in TROUBLES)]
        lines = [table(head, [*rows, ["", *([""] * len(TROUBLES))], self._sums()], width=200), ""]
        lines += [f"  {trouble.name:6} {trouble.text}" for trouble in TROUBLES]
        lines += ["  n = so many rounds; n!k = k of them broke a law; . = not played", ""]
        for command, broken in self.broken:
            lines += [f"BROKEN  {command}", *(f"    {one}" for one in broken)]
        verdict = "FAIL" if self.broken else "PASS"
        return "\n".join(
            [*lines, f"{verdict}  {self.deaths} deaths, {len(self.broken)} of {self.rounds.total()} rounds broke a law"]
        )

    def _cell(self, point: str, trouble: Trouble) -> str:
        return _shown(self.rounds[point, trouble.name], self.bad[point, trouble.name])

    def _sums(self) -> list[str]:
        sums = []
        for trouble in TROUBLES:
            played = sum(count for (_, name), count in self.rounds.items() if name == trouble.name)
            bad = sum(count for (_, name), count in self.bad.items() if name == trouble.name)
            sums.append(_shown(played, bad))
        return ["all", *sums]


def _shown(played: int, bad: int) -> str:
    if not played:
        return "."
    return f"{played}!{bad}" if bad else f"{played}"
