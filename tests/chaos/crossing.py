"""Every crash point crossed with every trouble: which round is which, and what came of them."""

import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from chaos.rounds import Field, Plan
from chaos.troubles import TROUBLES, Trouble

from khaossync.cli.table import table

SCRIPTS = 6
"""How many different days the rounds of one seed are taken from."""

FURTHEST = 60
"""How many points before the death a trouble begins at most."""

DEATHS = 250
"""How many points later a daemon dies again at most."""

Cell = tuple[str, Trouble]


class Crossing:
    """The cells in an order that the seed decides; round n plays the n-th of them, after the last the first anew."""

    def __init__(self, seed: int, traces: Mapping[str, Sequence[str]]) -> None:
        self.seed, self._traces = seed, traces
        self.points = sorted({name for trace in traces.values() for name in trace})
        self._cells: list[Cell] = [(point, trouble) for point in self.points for trouble in TROUBLES]
        random.Random(seed).shuffle(self._cells)

    def __len__(self) -> int:
        return len(self._cells)

    def plan(self, number: int) -> Plan:
        """What happens in a round of this number (from 1)."""
        dice = random.Random(f"{self.seed} {number}")
        point, trouble = self._cells[(number - 1) % len(self)]
        script = dice.choice([script for script, trace in self._traces.items() if point in trace])
        since = dice.choice([place for place, name in enumerate(self._traces[script], start=1) if name == point])
        return Plan(
            script,
            trouble,
            point,
            since,
            lead=dice.choice((0, dice.randint(1, 6), dice.randint(1, FURTHEST))),
            again=dice.choice((0, 0, dice.randint(1, DEATHS))),
        )


async def census(field: Field, seed: int) -> Crossing:
    """Play each script of this seed with nobody dying, and know what can be died at. Raises where that breaks a law."""
    traces: dict[str, Sequence[str]] = {}
    for script in (f"{seed}/{number}" for number in range(SCRIPTS)):
        played = await field.play(Plan(script))
        if played.broken:
            raise AssertionError(f"script {script} breaks a law in peace: {'; '.join(played.broken)}")
        traces[script] = played.trace
    return Crossing(seed, traces)


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
            played = await field.play(plan)
            self.note(plan.point, plan.trouble, len(played.died_at))
            if played.broken:
                self.fail(plan.point, plan.trouble, played.broken, f"make chaos SEED={crossing.seed} ROUND={number}")

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
