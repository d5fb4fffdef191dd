"""What `make chaos` prints."""

from chaos.crossing import Crossing, Tally
from chaos.rounds import Plan
from chaos.troubles import TROUBLES

CALM, LOST = TROUBLES[:2]


def test_a_violation_stands_in_its_cell_and_tells_how_to_play_it_again() -> None:
    tally = Tally()
    for trouble in (CALM, CALM, LOST):
        tally.note("settle: after the commit", trouble, deaths=1)
    tally.fail("settle: after the commit", LOST, ["nothing was oversold: MUG"], "make chaos SEED=7 ROUND=3")
    told = tally.told()
    (row,) = (line.split() for line in told.splitlines() if line.startswith("settle"))
    assert row[4:6] == ["2", "1!1"]
    assert "BROKEN  make chaos SEED=7 ROUND=3\n    nothing was oversold: MUG" in told
    assert told.endswith("FAIL  3 deaths, 1 of 3 rounds broke a law")


def test_a_table_of_nothing_but_good_rounds_passes() -> None:
    tally = Tally()
    tally.note("claim: known", CALM, deaths=2)
    assert tally.told().endswith("PASS  2 deaths, 0 of 1 rounds broke a law")


def test_a_crossing_plays_every_cell_once_before_it_plays_one_twice() -> None:
    traces = {Plan("a"): ["x", "y", "x"], Plan("b"): ["y", "z"]}
    crossing = Crossing(5, traces)
    plans = [crossing.plan(number) for number in range(1, len(crossing) + 1)]
    assert len({(plan.point, plan.trouble.name) for plan in plans}) == 3 * len(TROUBLES)
    assert all(traces[Plan(plan.script)][plan.since - 1] == plan.point for plan in plans)
    assert plans == [Crossing(5, traces).plan(number) for number in range(1, len(crossing) + 1)]
