"""The benchmark of the outbox still runs against the code as it is; what it measures is nobody's to assert."""

from pathlib import Path

import pytest

from benchmarks.outbox import plot, report, rounds
from benchmarks.outbox.arena import contenders
from benchmarks.outbox.stage import Tally

TINY = rounds.Plan(rounds=1, backlogs=(300, 600), keys=(10, 1), deferred=100, ingest_seconds=0.2, seconds=20, wakes=25)


async def test_khaossync_is_measured_where_no_other_queue_is_installed(tmp_path: Path) -> None:
    there = [one for one in contenders(tmp_path) if one.there]
    assert [one.name for one in there] == ["khaossync"]
    runs, version = await rounds.run(TINY, there)
    assert version
    told = runs["khaossync", "drain 600"]
    assert [(one["done"], one["disorder"]) for one in told] == [(600, 0)]
    [keyed] = runs["khaossync", "keys 10"]
    assert (keyed["done"], keyed["disorder"]) == (300, 0)
    rows = report.rows(TINY, runs, ["khaossync"])
    assert all(cell != "–" for row in rows for cell in row)
    assert {bar.row[2] for bar in report.bars(TINY, runs) if "beside" in bar.what and "600" not in bar.what} == {
        "not measured"
    }
    assert plot.svg(TINY, runs, ["khaossync"]).count("<rect") == 1 + 1 + 5


@pytest.mark.parametrize(
    ("bar", "reached"),
    [
        (report.Bar("faster", 2, (1.0, 2.5, 3.0)), True),
        (report.Bar("faster", 2, (1.0, 1.5, 3.0)), False),
        (report.Bar("sooner", 0.5, (0.4, 0.4, 0.9), most=True), True),
        (report.Bar("sooner", 0.5, (0.4, 0.6, 0.9), most=True), False),
    ],
)
def test_a_bar_is_judged_by_the_median_of_the_rounds(bar: report.Bar, reached: bool) -> None:
    assert bar.reached is reached
    assert bar.row[-1] == ("yes" if reached else "no")


def test_a_key_whose_order_was_not_kept_is_counted() -> None:
    tally = Tally(wanted=3)
    for number in (1, 3, 2):
        tally.note("shop:1", number)
    assert tally.disorder == 1
