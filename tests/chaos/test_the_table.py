"""What `make chaos` prints."""

from chaos.crossing import Crossing, Place, Tally
from chaos.rounds import Plan
from chaos.troubles import TROUBLES

POINT = "settle: after the commit"
CALM, LOST = (Place("adobe", POINT, trouble.name) for trouble in TROUBLES[:2])


def test_a_violation_stands_in_its_cell_and_tells_how_to_play_it_again() -> None:
    tally = Tally()
    for place in (CALM, CALM, LOST):
        tally.note(place, deaths=1)
    tally.fail(LOST, ["nothing was oversold: MUG"], "make chaos SEED=7 SHOP=adobe ROUND=3")
    told = tally.told()
    (row,) = (line.split() for line in told.splitlines() if line.startswith("settle"))
    assert row[4:9] == [".", "3!1", ".", "2", "1!1"]
    assert "BROKEN  make chaos SEED=7 SHOP=adobe ROUND=3\n    nothing was oversold: MUG" in told
    assert told.endswith("FAIL  3 deaths, 1 of 3 rounds broke a law")


def test_a_table_of_nothing_but_good_rounds_passes() -> None:
    tally = Tally()
    tally.note(CALM, deaths=2)
    assert tally.told().endswith("PASS  2 deaths, 0 of 1 rounds broke a law")


def test_a_crossing_plays_every_cell_once_before_it_plays_one_twice() -> None:
    traces = {Plan("a"): ["x", "y", "x"], Plan("b"): ["y", "z"]}
    crossing = Crossing(5, "shopify", traces)
    plans = [crossing.plan(number) for number in range(1, len(crossing) + 1)]
    assert len({(plan.point, plan.trouble.name) for plan in plans}) == 3 * len(TROUBLES)
    assert all(traces[Plan(plan.script)][plan.since - 1] == plan.point for plan in plans)
    assert plans == [Crossing(5, "shopify", traces).plan(number) for number in range(1, len(crossing) + 1)]


def test_a_shop_without_webhooks_has_no_trouble_with_them() -> None:
    crossing = Crossing(5, "adobe", {Plan("a", "adobe"): ["x"]})
    plans = [crossing.plan(number) for number in range(1, len(crossing) + 1)]
    assert {plan.trouble.name for plan in plans} == {one.name for one in TROUBLES} - {"hook2", "hook~", "hook-"}
