"""Dates, booleans, numbers and lists in every spelling that KhaosWS is known for."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from khaossync.erp.khaosws.markup import UnintelligibleError, parse
from khaossync.erp.khaosws.wire import couriers, flag, instant, listed, local, number, states_between

LONDON = ZoneInfo("Europe/London")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("02/11/2026", datetime(2026, 11, 2, tzinfo=UTC)),
        ("03/07/2026", datetime(2026, 7, 2, 23, tzinfo=UTC)),
        ("03/07/2026 14:30:05", datetime(2026, 7, 3, 13, 30, 5, tzinfo=UTC)),
        ("2026-07-03", datetime(2026, 7, 2, 23, tzinfo=UTC)),
        ("2026-07-03T14:30:00", datetime(2026, 7, 3, 13, 30, tzinfo=UTC)),
        ("2026-07-03 14:30:00", datetime(2026, 7, 3, 13, 30, tzinfo=UTC)),
        ("2026-07-03T14:30:00.000Z", datetime(2026, 7, 3, 14, 30, tzinfo=UTC)),
        ("2026-07-03T14:30:00+01:00", datetime(2026, 7, 3, 13, 30, tzinfo=UTC)),
        ("2026-10-25T01:30:00", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        (" ", None),
        ("30/12/1899", None),
        ("1899-12-30", None),
        ("1899-12-31T00:00:00", None),
        ("30/12/1899 00:00:00", None),
    ],
)
def test_dates_come_in_three_kinds_and_1899_is_none(text: str, expected: datetime | None) -> None:
    assert instant(text, LONDON, "DATE") == expected


@pytest.mark.parametrize("text", ["31/02/2026", "2026-13-01", "soon", "11/2/26", "1/1/0000"])
def test_what_is_no_date_is_named(text: str) -> None:
    with pytest.raises(UnintelligibleError, match=r"SHIP_DATE is .* no date"):
        instant(text, LONDON, "SHIP_DATE")


@pytest.mark.parametrize(("text", "yes"), [("-1", True), ("0", False), ("True", True), ("False", False), ("", False)])
def test_booleans_are_minus_one_or_words(text: str, yes: bool) -> None:
    assert flag(text, "DELETED") is yes


def test_what_is_no_boolean_is_named() -> None:
    with pytest.raises(UnintelligibleError, match="DELETED is 'maybe'"):
        flag("maybe", "DELETED")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("90.50", "90.5"), ("5.00", "5"), ("-3", "-3"), ("17.5", "17.5"), ("100", "100"), (".5", "0.5")],
)
def test_equal_numbers_look_equal(text: str, expected: str) -> None:
    assert str(number(text, "LEVEL")) == expected


@pytest.mark.parametrize("text", ["1,234.50", "£5", "NaN", "1e9", "", "٣", "1" * 40, "--1"])
def test_what_is_no_plain_number_is_named(text: str) -> None:
    with pytest.raises(UnintelligibleError, match="LEVEL"):
        number(text, "LEVEL")


@given(st.text())
def test_any_text_is_a_value_or_a_controlled_error(text: str) -> None:
    for read in (lambda: instant(text, LONDON, "X"), lambda: flag(text, "X"), lambda: number(text, "X")):
        with suppress(UnintelligibleError):
            assert read() is None or isinstance(read(), bool | Decimal | datetime)


@pytest.mark.parametrize("code", ["A,B", "", " "])
def test_a_code_that_would_split_the_list_is_refused(code: str) -> None:
    with pytest.raises(UnintelligibleError, match="commas"):
        listed(["OK/1", code])


def test_a_list_is_one_text() -> None:
    assert listed(["A/1", "B 2"]) == "A/1,B 2"


def test_times_are_asked_for_in_the_servers_own_clock() -> None:
    call = states_between(
        local(datetime(2026, 7, 1, 12, tzinfo=UTC), LONDON), local(datetime(2026, 12, 1, tzinfo=UTC), LONDON)
    )
    assert str(call.arguments["DateFrom"]) == "2026-07-01 13:00:00"
    assert str(call.arguments["DateTo"]) == "2026-12-01 00:00:00"


@given(st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2030, 1, 1)))  # noqa: DTZ001 - made aware below
def test_two_hours_of_overlap_cover_the_autumn_hour(naive: datetime) -> None:
    """However the server reads a local time that exists twice, what is asked for begins before the instant."""
    at = naive.replace(tzinfo=UTC)
    asked = local(at - timedelta(hours=2), LONDON)
    readings = [asked.replace(tzinfo=LONDON, fold=fold).astimezone(UTC) for fold in (0, 1)]
    assert all(reading <= at for reading in readings)


def test_couriers_are_found_wherever_they_are_written() -> None:
    root = parse(
        "<SOPDATA><X><COURIER CODE='RM48'><DESC>Royal Mail 48</DESC></COURIER><COURIER>DPD</COURIER></X></SOPDATA>"
    )
    assert couriers(root) == ("RM48", "Royal Mail 48", "DPD")
