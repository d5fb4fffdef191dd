"""`python -m benchmarks.stock`: catalogues of several sizes, each in a process of its own, as a table."""

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks import page
from benchmarks.stock.one import DELTA, Figures
from khaossync.cli.table import table

COLUMNS = (
    "stock codes × 2 locations",
    "first reading",
    "full sweep, nothing changed",
    "full sweep, 1 in 100 changed",
    "levels queued",
    f"{DELTA} changes read and stored",
    f"seen → the shop has all {DELTA}",
    "peak memory",
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.stock", description=__doc__)
    sizes = [10_000, 50_000, 250_000]
    parser.add_argument("--codes", type=int, nargs="+", default=sizes, metavar="N", help="sizes of the catalogue")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="also put the table into this page")
    options = parser.parse_args()
    rows = [_row(_measured(count)) for count in options.codes]
    print(table(COLUMNS, rows, width=170))
    if options.write:
        measured = "Seconds of wall time, in brackets of the daemon's own processor time"
        page.write(options.write, "stock", page.markdown(COLUMNS, rows, measured))


def _measured(count: int) -> Figures:
    command = (sys.executable, "-m", "benchmarks.stock.one", str(count))
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE)  # noqa: S603  our own module
    return Figures(**json.loads(told.stdout))


def _row(run: Figures) -> Sequence[str]:
    return (
        f"{run.codes:,}",
        f"{run.first:.1f} s ({run.first_cpu:.1f})",
        f"{run.sweep:.1f} s ({run.sweep_cpu:.1f})",
        f"{run.drifted:.1f} s ({run.drifted_cpu:.1f})",
        f"{run.queued:,}",
        f"{run.delta:.2f} s ({run.delta_cpu:.2f})",
        f"{run.reached:.2f} s",
        f"{run.peak} MB",
    )


main()
