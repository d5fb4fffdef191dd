"""Clocks that run apart are noticed before a reading misses what lies between them."""

from datetime import timedelta

import pytest
from examples import NOON

from khaossync.domain.findings import Severity
from khaossync.transport.clocks import ahead, clock_finding

ENDLESS = "Mon, 02 Nov 2026 12:00:03 +99999999999999999999"


def test_a_date_is_compared_to_the_middle_of_its_second() -> None:
    assert ahead("Mon, 02 Nov 2026 12:00:03 GMT", NOON) == timedelta(seconds=3.5)


@pytest.mark.parametrize(
    "date", ["", "noon", "Mon, 02 Nov 2026 12:00:03 -0000", "Mon, 99 Nov 2026 12:00:03 GMT", ENDLESS]
)
def test_what_is_no_date_with_a_zone_tells_nothing_new(date: str) -> None:
    assert ahead(date, NOON) is None
    assert ahead(date, NOON, timedelta(seconds=7)) == timedelta(seconds=7)


@pytest.mark.parametrize(
    ("seconds", "severity"),
    [
        (0, Severity.OK),
        (-5, Severity.OK),
        (5.1, Severity.WARN),
        (-60, Severity.WARN),
        (60.1, Severity.FAIL),
        (-7200, Severity.FAIL),
    ],
)
def test_a_clock_is_judged_by_how_far_it_is_off(seconds: float, severity: Severity) -> None:
    assert clock_finding(timedelta(seconds=seconds)).severity is severity


def test_a_clock_is_told_in_which_direction_it_is_off() -> None:
    assert clock_finding(timedelta(seconds=-90)).detail == "90.0 s behind ours"
    assert clock_finding(timedelta(seconds=90)).detail == "90.0 s ahead of ours"


def test_a_system_that_does_not_tell_the_time_is_not_judged() -> None:
    assert clock_finding(None).severity is Severity.OK
