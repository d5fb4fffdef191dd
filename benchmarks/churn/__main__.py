"""`python -m benchmarks.churn`: churn at full speed, and the size of every table meanwhile as a table and a plot."""

import argparse
import asyncio
import logging
import tempfile
import time
from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import structlog

from benchmarks import page
from benchmarks.churn.load import Churn, Rushing
from benchmarks.churn.plot import Line, plot
from benchmarks.churn.samples import Sample, sample
from khaossync.cli.table import table
from khaossync.embedded import Server
from khaossync.outbox import DatabaseSettings, PostgresOutbox, Retention, open_outbox, verify

SAMPLES = 120
RETENTION = Retention(history=timedelta(days=180))
ROUNDS = 12
"""How often the longest time but one, that of what names a person, passes in a run."""
NOTED = 150_000
"""Bytes below which a table is not worth a row."""
COLUMNS = (
    "table",
    "rows kept",
    *(f"{part} third: largest, most dead rows" for part in ("first", "middle", "last")),
    "",
)
FOR_EVER = {"ledger": "an effect per order, for ever", "links": "a reference per order, for ever"}
FOR_EVER |= {"documents": "an order's skeleton, for ever", "cases": "what a person closed, for ever"}
FOR_EVER["case_messages"] = FOR_EVER["cases"]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.churn", description=__doc__)
    parser.add_argument("--minutes", type=float, default=3, metavar="N", help="how long (60 for the figures in docs/)")
    parser.add_argument(
        "--write", type=Path, metavar="PAGE", help="also put table and plot (churn.svg) beside this page"
    )
    parser.add_argument("--folder", type=Path, metavar="DIR", help="where the database is put meanwhile")
    options = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        samples, told = asyncio.run(_measured(Path(folder), options.minutes * 60))
    rows = [_row(name, samples) for name, last in sorted(samples[-1].tables.items()) if last.size >= NOTED]
    print(table(COLUMNS, rows, width=150), told, sep="\n\n")
    if options.write:
        options.write.with_name("churn.svg").write_text(_picture(samples))
        page.write(options.write, "churn", page.markdown(COLUMNS, rows, told))


async def _measured(folder: Path, seconds: float) -> tuple[list[Sample], str]:
    clock = Rushing(RETENTION.personal.total_seconds() * ROUNDS / seconds)
    async with Server(folder) as dsn:
        settings = DatabaseSettings(dsn)
        async with open_outbox(settings, clock, migrating=True, retention=RETENTION) as outbox:
            await outbox.own(["khaos", "shop"])
            churn = Churn(outbox, clock)
            samples = await _sampled(outbox, churn, seconds)
            await outbox.seal()
            trail = await verify(outbox.database, lambda _: None)
    longest = ", ".join(f"{name} {took:.2f} s" for name, took in sorted(churn.longest.items()))
    whole = "whole" if trail.broken is None else f"BROKEN at seal {trail.broken.seal}"
    return samples, (
        f"{churn.settled:,} verdicts in {seconds / 60:g} minutes ({churn.settled / seconds:,.0f} a second); longest "
        f"turn of {longest}; the trail of {trail.entries:,} entries is {whole}, {trail.pruned:,} seals were pruned"
    )


async def _sampled(outbox: PostgresOutbox, churn: Churn, seconds: float) -> list[Sample]:
    began = time.monotonic()
    working = asyncio.create_task(churn.run())
    samples = []
    while not working.done() and (past := time.monotonic() - began) < seconds:
        samples.append(await sample(outbox.database, past / 60, churn.settled))
        await asyncio.wait([working], timeout=seconds / SAMPLES)
    churn.stop.set()
    await working
    return samples


def _row(name: str, samples: Sequence[Sample]) -> Sequence[str]:
    """Of each third the largest: a table breathes between two turns of the vacuum."""
    bounds = [len(samples) * part // 3 for part in range(4)]
    thirds = [[one.tables[name] for one in samples[begin:end]] for begin, end in pairwise(bounds)]
    sizes = [max(one.size for one in third) for third in thirds]
    dead = [max(one.dead for one in third) for third in thirds]
    flat = sizes[2] <= max(1.2 * sizes[1], sizes[1] + 1_000_000)
    verdict = FOR_EVER.get(name) or ("flat" if flat else "GROWS")
    told = (f"{size / 1e6:,.1f} MB, {rows:,}" for size, rows in zip(sizes, dead, strict=True))
    return (name, f"{samples[-1].tables[name].live:,}", *told, verdict)


def _picture(samples: Sequence[Sample]) -> str:
    largest = sorted(samples[-1].tables, key=lambda name: -samples[-1].tables[name].size)[:8]
    times = [one.minute for one in samples]
    sizes = [Line(name, [one.tables[name].size / 1e6 for one in samples]) for name in largest]
    dead = [Line(name, [one.tables[name].dead / 1e3 for one in samples]) for name in largest]
    return plot(times, "minutes", (("size with indexes, MB", sizes), ("dead rows, thousands", dead)))


main()
