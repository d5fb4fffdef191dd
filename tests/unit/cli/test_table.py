"""Plain text tables."""

from datetime import timedelta

import pytest

from khaossync.cli.table import age, table


def test_a_table_is_as_wide_as_it_needs() -> None:
    assert table(("a", "what"), [("1", "x"), ("22", "yy")], 80).splitlines() == [
        "a   what",
        "--  ----",
        "1   x",
        "22  yy",
    ]


def test_a_long_cell_is_folded_and_nothing_is_cut_off() -> None:
    told = table(("n", "text"), [("1", "word " * 30)], 40)
    assert told.count("word") == 30
    assert max(len(line) for line in told.splitlines()) <= 40


def test_no_rows_leave_the_heading() -> None:
    assert table(("a", "b"), [], 80) == "a  b\n-  -"


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0, "0 s"), (119, "119 s"), (120, "2 min"), (7199, "119 min"), (7200, "2 h"), (200_000, "2 d"), (-5, "0 s")],
)
def test_an_age_is_told_in_its_largest_fitting_unit(seconds: int, expected: str) -> None:
    assert age(timedelta(seconds=seconds)) == expected
