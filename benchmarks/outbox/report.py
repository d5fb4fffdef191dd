"""The figures as tables: what each contender did, and how far khaossync is from what it is to reach."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from benchmarks.outbox.rounds import Plan, Runs

OURS, PGQUEUER, GRAPHILE, PROCRASTINATE = "khaossync", "PgQueuer", "Graphile Worker", "Procrastinate"
BARS = ("what", "wanted", "measured: median of the rounds", "each round", "reached")

Told = Mapping[str, Any]


def pace(told: Told) -> float:
    """Messages a second."""
    return float(told["done"] / told["seconds"])


def longest(told: Told) -> float:
    """What 99 of 100 messages did not exceed, in milliseconds."""
    return float(told["waits"][1])


def written(told: Told) -> float:
    """WAL bytes for a message."""
    return float(told["wal"] / told.get("finished", told["done"]))


def _waits(told: Sequence[Told]) -> str:
    p50, p99 = (median(one["waits"][place] for one in told) for place in (0, 1))
    return f"{p50:,.1f} / {p99:,.1f}"


def _cost(told: Sequence[Told]) -> str:
    """Client and server, microseconds for a message."""
    count = [one.get("finished", one["done"]) for one in told]
    client = median(1e6 * one["cpu"] / number for one, number in zip(told, count, strict=True))
    server = median(1e6 * one["server"] / number for one, number in zip(told, count, strict=True))
    return f"{client:,.0f} + {server:,.0f}"


def _pace(told: Sequence[Told]) -> str:
    kept = "" if not any(one.get("disorder") for one in told) else " (order broken)"
    return f"{median(map(pace, told)):,.0f}{kept}"


def _bytes(told: Sequence[Told]) -> str:
    return f"{median(map(written, told)):,.0f}"


def rows(plan: Plan, runs: Runs, names: Sequence[str]) -> list[list[str]]:
    """A row for each measure, a column for each contender; a dash where it was not run."""
    first = plan.backlogs[0]
    measures: list[tuple[str, str, Callable[[Sequence[Told]], str]]] = [
        ("taken in, 64 producers: messages/s", "ingest", _pace),
        ("… wait of a producer, median / 99 %: ms", "ingest", _waits),
        ("… WAL bytes/message", "ingest", _bytes),
        ("… CPU/message, client + server: µs", "ingest", _cost),
        *((f"worked off, {count:,} waiting: messages/s", f"drain {count}", _pace) for count in plan.backlogs),
        ("… WAL bytes/message", f"drain {first}", _bytes),
        ("… CPU/message, client + server: µs", f"drain {first}", _cost),
        *((f"in order, {keys:,} key{'s'[: keys > 1]}: messages/s", f"keys {keys}", _pace) for keys in plan.keys),
        ("told → begun when idle, median / 99 %: ms", "wake idle", _waits),
        (f"… behind {plan.deferred:,} deferred", "wake deferred", _waits),
    ]
    return [
        [text, *(show(runs[name, what]) if runs[name, what] else "–" for name in names)]
        for text, what, show in measures
    ]


@dataclass(frozen=True, slots=True)
class Bar:
    """What is to be reached, as a ratio in the same round."""

    what: str
    wanted: float
    ratios: tuple[float, ...]
    most: bool = False
    """Whether the ratio is not to exceed what is wanted, instead of not to fall short of it."""

    @property
    def reached(self) -> bool:
        """Whether the median of the rounds does."""
        return median(self.ratios) <= self.wanted if self.most else median(self.ratios) >= self.wanted

    @property
    def row(self) -> list[str]:
        """As a line of the table; one that could not be measured says so."""
        sign = "≤" if self.most else "≥"
        if not self.ratios:
            return [self.what, f"{sign} {self.wanted:g} ×", "not measured", "", ""]
        each = ", ".join(f"{ratio:.2f}" for ratio in self.ratios)
        return [
            self.what,
            f"{sign} {self.wanted:g} ×",
            f"{median(self.ratios):.2f} ×",
            each,
            "yes" if self.reached else "no",
        ]


def bars(plan: Plan, runs: Runs) -> list[Bar]:
    """What the outbox is to reach beside its peers."""
    first, last = f"drain {plan.backlogs[0]}", f"drain {plan.backlogs[-1]}"

    def against(peer: str, what: str, figure: Callable[[Told], float]) -> tuple[float, ...]:
        pairs = zip(runs[OURS, what], runs[peer, what], strict=False)
        return tuple(figure(ours) / figure(theirs) for ours, theirs in pairs)

    def of_peers(what: str) -> tuple[float, ...]:
        peers = [runs[name, what] for name in (GRAPHILE, PROCRASTINATE) if runs[name, what]]
        best = [max(map(pace, told)) for told in zip(*peers, strict=False)]
        return tuple(pace(ours) / theirs for ours, theirs in zip(runs[OURS, what], best, strict=False))

    ours = runs[OURS, last], runs[OURS, first]
    flat = tuple(pace(large) / pace(small) for large, small in zip(*ours, strict=False))
    in_and_out = zip(*(runs[name, what] for name in (OURS, PGQUEUER) for what in ("ingest", first)), strict=False)
    wal = tuple((written(a) + written(b)) / (written(c) + written(d)) for a, b, c, d in in_and_out)
    return [
        Bar("taken in, beside PgQueuer", 12, against(PGQUEUER, "ingest", pace)),
        Bar(f"worked off, {plan.backlogs[0]:,}, beside PgQueuer", 5, against(PGQUEUER, first, pace)),
        Bar(f"worked off, {plan.backlogs[0]:,}, beside Graphile Worker", 2, against(GRAPHILE, first, pace)),
        Bar("in order, 100 keys, beside the faster peer", 50, of_peers("keys 100")),
        Bar(f"worked off, {plan.backlogs[-1]:,} beside {plan.backlogs[0]:,}", 0.8, flat),
        Bar("told → begun when idle, 99 %, beside PgQueuer", 0.5, against(PGQUEUER, "wake idle", longest), most=True),
        Bar(f"… behind {plan.deferred:,} deferred", 0.1, against(PGQUEUER, "wake deferred", longest), most=True),
        Bar("WAL of a message in and out, beside PgQueuer", 0.5, wal, most=True),
    ]
