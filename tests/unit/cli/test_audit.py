"""`khaossync audit verify` says in words what was found."""

from dataclasses import replace
from datetime import UTC, datetime

from khaossync.cli.audit import _told
from khaossync.outbox import Verified
from khaossync.outbox.auditing import Break

NOON = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
WHOLE = Verified(1200, 3, 0, 0, "3:abcd", 0, None, None)


def test_a_whole_trail_is_said_so_with_the_anchor_to_keep() -> None:
    assert _told(WHOLE).splitlines() == [
        "WHOLE   1,200 entries in 3 seals are as they were sealed",
        "anchor  3:abcd",
    ]


def test_what_limits_the_verdict_is_said() -> None:
    text = _told(replace(WHOLE, forgotten=7, pruned=2, unsealed=4, unsealed_since=NOON))
    assert "of 7 the reason was forgotten" in text
    assert "2 older seals are not looked at" in text
    assert "4 entries since 2026-11-02 12:00:00 UTC are not sealed yet" in text


def test_the_first_break_is_named_by_seal_entry_and_moment() -> None:
    edited = _told(replace(WHOLE, broken=Break(2, "was edited", 1001, NOON)))
    assert edited.startswith("BROKEN  seal 2: entry 1001 of 2026-11-02 12:00:00 UTC was edited\n")
    assert _told(replace(WHOLE, broken=Break(2, "was removed", 1001))).startswith(
        "BROKEN  seal 2: entry 1001 was removed\n"
    )
    assert _told(replace(WHOLE, broken=Break(2, "is gone"))).startswith("BROKEN  seal 2 is gone\n")


def test_of_a_trail_without_seals_it_is_said_that_nothing_is_proved() -> None:
    told = _told(Verified(0, 0, 0, 0, "0:", 4, NOON, None))
    assert told.startswith("EMPTY   there is no seal to verify: nothing is proved\n        4 entries since")
    assert "WHOLE" not in told
