"""Every crash point crossed with every trouble: which round is which, and what came of them."""

import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from chaos.rounds import TOLD_AT_ONCE, Field, Plan
from chaos.shops import SHOPS
from chaos.stories import STORIES, Story
from chaos.troubles import TROUBLES, Trouble, possible

from khaossync.cli.table import table

FURTHEST = 60
"""How many points before the death a trouble begins at most."""

DEATHS = 250
"""How many points later a daemon dies again at most."""

Cell = tuple[str, Trouble]


class Crossing:
    """The cells of a shop in an order that the seed decides; round n plays the n-th, after the last the first anew."""

    def __init__(self, seed: int, shop: str, traces: Mapping[Plan, Sequence[str]]) -> None:
        self.seed, self.shop, self._traces = seed, shop, traces
        self._later = SHOPS[shop].LATER
        reached = {name for trace in traces.values() for name in trace}
        self.points = sorted({*reached, *(later for later, first in self._later.items() if first in reached)})
        self._cells: list[Cell] = [(point, trouble) for point in self.points for trouble in possible(SHOPS[shop])]
        random.Random(seed).shuffle(self._cells)

    def __len__(self) -> int:
        return len(self._cells)

    def plan(self, number: int) -> Plan:
        """What happens in a round of this number (from 1)."""
        dice = random.Random(f"{self.seed} {number}")
        point, trouble = self._cells[(number - 1) % len(self)]
        first = self._later.get(point, point)
        script = dice.choice([script for script, trace in self._traces.items() if first in trace])
        since = dice.choice([place for place, name in enumerate(self._traces[script], start=1) if name == first])
        return replace(
            script,
            trouble=trouble,
            point=first,
            since=since,
            lead=dice.choice((0, dice.randint(1, 6), dice.randint(1, FURTHEST))),
            again=1 if point in self._later else dice.choice((0, 0, dice.randint(1, DEATHS))),
            then=point if point in self._later else "",
        )


async def census(field: Field, seed: int, shop: str) -> Crossing:
    """Play each script of this seed in such a shop with nobody dying, and know what can be died at.

    Raises AssertionError where that breaks a law.
    """
    traces: dict[Plan, Sequence[str]] = {}
    for script in scripts(seed, shop):
        played = await field.play(script)
        if played.broken:
            raise AssertionError(f"script {script.script} of {shop} breaks a law in peace: {'; '.join(played.broken)}")
        traces[script] = played.trace
    return Crossing(seed, shop, traces)


def scripts(seed: int, shop: str) -> list[Plan]:
    """The peaceful days from which the rounds of a seed are taken: together they tell every story."""
    stories: Sequence[Story] = random.Random(seed).sample(STORIES, len(STORIES))
    parts = (stories[first : first + TOLD_AT_ONCE] for first in range(0, len(stories) - 1, TOLD_AT_ONCE - 1))
    return [Plan(f"{seed}/{number}", shop, stories=tuple(part)) for number, part in enumerate(parts)]


class Place(NamedTuple):
    """Where a round belongs in the table: the platform, the crash point and the trouble's name."""

    shop: str
    point: str
    trouble: str


@dataclass(slots=True)
class Tally:
    """What came of the rounds. `broken` has the command that plays a round again, and which laws were broken in it."""

    rounds: Counter[Place] = field(default_factory=Counter)
    bad: Counter[Place] = field(default_factory=Counter)
    broken: list[tuple[str, Sequence[str]]] = field(default_factory=list)
    deaths: int = 0

    async def play(self, field: Field, crossing: Crossing, numbers: Iterable[int]) -> None:
        """Play these rounds of a crossing."""
        for number in numbers:
            plan = crossing.plan(number)
            played, point = await field.play(plan), plan.then or plan.point
            place = Place(plan.shop, point, plan.trouble.name)
            self.note(place, len(played.died_at))
            if played.broken:
                command = f"make chaos SEED={crossing.seed} SHOP={plan.shop} ROUND={number}"
                self.fail(place, played.broken, command)

    def note(self, place: Place, deaths: int) -> None:
        """Such deaths were died there."""
        self.rounds[place] += 1
        self.deaths += deaths

    def fail(self, place: Place, broken: Sequence[str], command: str) -> None:
        """That broke laws; the command plays it again."""
        self.bad[place] += 1
        self.broken.append((command, broken))

    def told(self) -> str:
        """The table: crash points by platforms and by troubles, how many rounds of each, and how many broke a law."""
        points = [[point, *self._row(point)] for point in sorted({place.point for place in self.rounds})]
        head = ["the daemon dies at", *SHOPS, *(trouble.name for trouble in TROUBLES)]
        lines = [table(head, [*points, [""] * len(head), ["all", *self._row()]], width=220), ""]
        lines += [f"  {trouble.name:6} {trouble.text}" for trouble in TROUBLES]
        lines += ["  n = so many rounds; n!k = k of them broke a law; . = not played", ""]
        for command, broken in self.broken:
            lines += [f"BROKEN  {command}", *(f"    {one}" for one in broken)]
        verdict = "FAIL" if self.broken else "PASS"
        return "\n".join(
            [*lines, f"{verdict}  {self.deaths} deaths, {len(self.broken)} of {self.rounds.total()} rounds broke a law"]
        )

    def _row(self, point: str = "") -> list[str]:
        """What was played at a point, or at all: by platform, and by trouble."""
        by_shop = [self._cell(point, shop=shop) for shop in SHOPS]
        return by_shop + [self._cell(point, trouble=trouble.name) for trouble in TROUBLES]

    def _cell(self, point: str, **where: str) -> str:
        wanted = where | ({"point": point} if point else {})
        played, bad = (
            sum(times for place, times in count.items() if wanted.items() <= place._asdict().items())
            for count in (self.rounds, self.bad)
        )
        return f"{played}!{bad}" if bad else f"{played or '.'}"
