"""Findings as a person reads them, and as a machine does."""

import json

from examples import NOON

from khaossync import __version__
from khaossync.cli.findings import Findings, page, report, verdict
from khaossync.domain.findings import Finding, Severity

MANY = tuple(f"SKU-{number:03}" for number in range(33))
FOUND: Findings = [
    ("database", [Finding.ok("version", "PostgreSQL 16.3")]),
    (
        "shop",
        [
            Finding.warn("duplicate SKUs", "33 SKUs are on several variants", "give each its own", items=MANY),
            Finding.fail("scopes", "missing: " + "read_orders (orders), " * 6, "grant them to the app"),
        ],
    ),
]


def test_a_page_is_grouped_aligned_and_ends_with_a_summary() -> None:
    lines = page(FOUND[:1], 80).splitlines()
    assert lines == ["database", "  ok    version  PostgreSQL 16.3", "", "1 ok, 0 warn, 0 fail"]


def test_a_page_fits_and_says_what_to_do_under_what_is_wrong() -> None:
    told = page(FOUND, 80)
    assert max(len(line) for line in told.splitlines()) <= 80
    assert "  WARN  duplicate SKUs" in told
    assert "→ give each its own" in told
    assert told.index("FAIL") < told.index("→ grant them to the app")


def test_a_page_names_the_first_items_and_counts_the_others() -> None:
    told = " ".join(page(FOUND, 80).split())
    assert "SKU-019 … and 13 more (--json lists all)" in told
    assert "SKU-020" not in told


def test_twenty_items_are_told_without_a_word_of_more() -> None:
    told = page([("shop", [Finding.warn("SKUs", "twenty", "look", items=MANY[:20])])], 80)
    assert "SKU-019" in told
    assert "more" not in told


def test_a_page_is_no_wider_than_can_be_read_and_no_narrower_than_can_be_written() -> None:
    assert max(len(line) for line in page(FOUND, 300).splitlines()) <= 100
    assert page(FOUND, 5)


def test_a_system_of_which_nothing_was_found_is_left_out() -> None:
    assert page([("nobody", [])], 80) == "0 ok, 0 warn, 0 fail"


def test_a_report_has_one_stable_shape_with_every_item() -> None:
    """The keys are a promise to whoever reads it with a machine; `format` grows when one changes."""
    told = json.loads(json.dumps(report(FOUND, NOON)))
    assert {key: told[key] for key in told if key != "findings"} == {
        "format": 1,
        "version": __version__,
        "checked_at": "2026-11-02T12:00:00+00:00",
        "verdict": "fail",
        "counts": {"ok": 1, "warn": 1, "fail": 1},
    }
    assert told["findings"][0] == {
        "system": "database",
        "severity": "ok",
        "subject": "version",
        "detail": "PostgreSQL 16.3",
        "remedy": "",
        "items": [],
    }
    assert told["findings"][1]["items"] == list(MANY)


def test_the_verdict_is_the_worst_of_all() -> None:
    assert verdict(FOUND) is Severity.FAIL
    assert verdict([("shop", FOUND[1][1][:1])]) is Severity.WARN
    assert verdict(FOUND[:1]) is Severity.OK
    assert verdict([]) is Severity.OK
