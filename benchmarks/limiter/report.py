"""The figures as a table, for a terminal and for the documentation."""

import os
import platform
from collections.abc import Mapping
from pathlib import Path

from benchmarks.limiter.figures import Figures
from benchmarks.limiter.load import BACKLOG

_BEGIN, _END = "<!-- limiter: begin -->", "<!-- limiter: end -->"

COLUMNS = (
    "way",
    "used of grantable",
    "levels/s",
    f"{BACKLOG:,} levels after",
    "refused, of these after 1 min",
    "despatches told",
    "despatch waits: median, 99 %, longest",
    "order readings done, longest wait",
)


def rows(runs: Mapping[str, Figures]) -> list[list[str]]:
    """A row of texts for each way; levels as a multiple of the first way's stand beside them."""
    first = next(iter(runs.values()))
    return [_row(name, run, first) for name, run in runs.items()]


def _row(name: str, run: Figures, first: Figures) -> list[str]:
    speed, best = run.levels / run.seconds, first.levels / first.seconds
    due = len(run.waits["despatch"])
    told = due - run.undone["despatch"]
    waits = ", ".join(f"{run.wait('despatch', part):.1f}" for part in (0.5, 0.99, 1.0))
    return [
        name,
        f"{run.used:.1%}",
        f"{speed:,.0f} ({speed / best:.2f}×)" if best else f"{speed:,.0f}",
        f"{run.backlog_at:.0f} s" if run.backlog_at else "not reached",
        f"{run.refused}, {run.refused_late}",
        f"{told} of {due}",
        f"{waits} s",
        f"{len(run.waits['orders']) - run.undone['orders']}, {run.wait('orders', 1.0):.1f} s",
    ]


def markdown(runs: Mapping[str, Figures]) -> str:
    """The table for the documentation, with what it was measured on."""
    lines = [COLUMNS, ["---"] * len(COLUMNS), *rows(runs)]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    run = next(iter(runs.values()))
    machine = f"Python {platform.python_version()}, {os.cpu_count()} processors"
    return f"{_BEGIN}\n{table}\n\nMeasured for {run.seconds:.0f} s each; {machine}.\n{_END}"


def write(page: Path, section: str) -> None:
    """Put the table into a page, in place of the one from last time. Raises ValueError where none was."""
    before, begin, rest = page.read_text().partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not (begin and end):
        raise ValueError(f"{page} has no place for the table: {_BEGIN} … {_END}")
    page.write_text(before + section + after)
