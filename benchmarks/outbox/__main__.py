"""`python -m benchmarks.outbox`: every queue in turn on one PostgreSQL, as tables and a picture."""

import argparse
import asyncio
import logging
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import structlog

from benchmarks import page
from benchmarks.outbox import plot, report, rounds
from benchmarks.outbox.arena import SETTINGS, contenders
from khaossync.cli.table import table

SHORT = rounds.Plan(rounds=1, backlogs=(2_000, 10_000), keys=(100,), deferred=2_000, ingest_seconds=1, seconds=5)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.outbox", description=__doc__)
    parser.add_argument("--short", action="store_true", help="a try of a minute; its figures say little")
    parser.add_argument("--rounds", type=int, metavar="N", help="how often everything is run (default 3)")
    parser.add_argument("--peers", type=Path, default=Path(".bench"), metavar="FOLDER", help="where they are installed")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="also put tables and picture into this page")
    options = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    plan = SHORT if options.short else rounds.Plan()
    plan = replace(plan, rounds=options.rounds or plan.rounds)
    known = contenders(options.peers.absolute())
    there = [one for one in known if one.there]
    began = time.monotonic()
    runs, version = asyncio.run(rounds.run(plan, there))
    names = [one.name for one in there]
    missing = ", ".join(one.name for one in known if not one.there)
    columns = ("", *names)
    figures, bars = report.rows(plan, runs, names), [bar.row for bar in report.bars(plan, runs)]
    print(table(columns, figures, width=150), table(report.BARS, bars, width=150), sep="\n\n")
    if missing:
        print(f"\nNot installed, so not measured: {missing}.")
    if options.write:
        minutes = f"{plan.rounds} interleaved rounds in {(time.monotonic() - began) / 60:.0f} minutes"
        measured = f"Medians of {minutes}; PostgreSQL {version} ({_settings()})"
        if missing:
            measured += f"; not installed: {missing}"
        _write(options.write, plan, runs, columns, figures, bars, measured)


def _write(
    target: Path,
    plan: rounds.Plan,
    runs: rounds.Runs,
    columns: Sequence[str],
    figures: Sequence[Sequence[str]],
    bars: Sequence[Sequence[str]],
    measured: str,
) -> None:
    picture = target.with_name("outbox.svg")
    picture.write_text(plot.svg(plan, runs, columns[1:]))
    judged = page.markdown(report.BARS, bars, measured)
    shown = f"![Messages a second]({picture.name})"
    page.write(target, "outbox", f"{page.markdown(columns, figures, measured)}\n\n{judged}\n\n{shown}")


def _settings() -> str:
    return ", ".join(f"{name} {value}" for name, value in SETTINGS.items())


main()
