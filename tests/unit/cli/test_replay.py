"""What may be asked of `khaossync replay`, and how its answer is told."""

import argparse
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from khaossync.app.replay import Judged
from khaossync.cli import main
from khaossync.cli.demo import _repeatable
from khaossync.cli.differences import Tally, detail, line, report, summary
from khaossync.cli.replay import instant
from khaossync.domain.difference import Change, Each
from khaossync.outbox.decisions import Configuration

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
COURIER = Change(("SalesOrder", "courier"), '"RM48"', '"DPD"')
THEN = {"c1": Configuration("c1", "0.1.0", {"channel": {"shop": {"couriers": {"Standard": "RM48"}}}})}
TODAY: Mapping[str, Any] = {"channel": {"shop": {"couriers": {"Standard": "DPD"}}}}


def judged(number: int, *found: Change, **changes: Any) -> Judged:
    return Judged("order for khaos", f"shop:{number}", NOON, "c1", found=found, reread=True, **changes)


def tally(*records: Judged) -> Tally:
    made = Tally()
    for one in records:
        made.add(one)
    return made


def test_it_insists_on_being_told_that_nothing_is_to_be_done(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", "--since", "1d"]) == 2
    assert "--dry-run" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words", [["--dry-run"], ["--since", "yesterday", "--dry-run"], ["--since", "99", "--dry-run"]]
)
def test_misuse_is_two(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["replay", *words])
    assert ended.value.code == 2
    assert "since" in capsys.readouterr().err


def test_a_span_that_ends_before_it_begins_is_misuse(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", "--since", "1d", "--until", "2d", "--dry-run"]) == 2
    assert "later" in capsys.readouterr().err


def test_an_instant_may_be_said_in_several_ways() -> None:
    assert instant("2026-11-02T12:00Z") == instant("2026-11-02T12:00") == instant("2026-11-02T13:00+01:00") == NOON
    assert instant("2026-11-02") == NOON - timedelta(hours=12)
    for text, span in (("30m", timedelta(minutes=30)), ("6h", timedelta(hours=6)), ("7d", timedelta(days=7))):
        assert abs(datetime.now(UTC) - span - instant(text)) < timedelta(minutes=1)
    for text in ("7 days", "d", "", "999999d", "-1d"):
        with pytest.raises(argparse.ArgumentTypeError):
            instant(text)


def test_equality_is_told_in_one_line() -> None:
    told = report(tally(judged(1), judged(2)), {}, {})
    assert "\n" not in told
    assert "2 come out the same byte for byte, 0 would differ" in told


def test_thousands_with_one_cause_are_told_once_with_the_setting_behind_them() -> None:
    told = report(tally(*(judged(number, COURIER) for number in range(2000)), judged(2000)), THEN, TODAY)
    assert "1 come out the same byte for byte, 2,000 would differ" in told
    assert '2,000 × order for khaos\n  SalesOrder courier: "RM48" → "DPD"\n    such as shop:0, decided' in told
    assert told.count("such as") == 1
    assert "2,001 were decided by configuration c1 of khaossync 0.1.0; since then" in told
    assert 'channel shop couriers Standard: "RM48" → "DPD"' in told


def test_one_record_is_told_field_by_field() -> None:
    more = Change(("level", "shop", Each("MUG@loc-1"), "level", "quantity"), "8", "5")
    told = detail(judged(1, COURIER, more))
    assert told.splitlines() == [
        "order for khaos shop:1, decided 2026-11-02 12:00:00",
        '  SalesOrder courier: "RM48" → "DPD"',
        "  level shop MUG@loc-1 level quantity: 8 → 5",
    ]


def test_what_cannot_be_judged_again_is_said_and_is_no_equality() -> None:
    found = tally(judged(1, trouble="KeyError: 'documents'"))
    assert found.differing == 1
    assert "cannot be judged again: KeyError: 'documents'" in report(found, {}, {})


def test_a_machine_is_told_a_line_for_each_and_a_summary() -> None:
    one = json.loads(line(judged(1, COURIER)))
    assert (one["key"], one["at"], one["changes"]) == (
        "shop:1",
        NOON.isoformat(),
        [{"place": "SalesOrder courier", "was": '"RM48"', "now": '"DPD"'}],
    )
    told = json.loads(summary(tally(judged(1, COURIER), judged(2)), THEN, TODAY))
    assert (told["records"], told["same"], told["differ"], told["read_again"]) == (2, 1, 1, 2)
    [configuration] = told["configurations"]
    assert configuration["settings"][0]["place"] == "channel shop couriers Standard"


def test_a_day_that_comes_out_otherwise_or_was_not_judged_breaks_its_law() -> None:
    total = {"records": 2, "same": 2}
    assert _repeatable([total]).holds
    other = {"what": "order for khaos", "key": "shop:1"}
    assert _repeatable([other, {"records": 2, "same": 1}]).bad == ("order for khaos shop:1 would come out otherwise",)
    assert not _repeatable([other, {"records": 2, "same": 1}]).holds
    assert not _repeatable([]).holds
