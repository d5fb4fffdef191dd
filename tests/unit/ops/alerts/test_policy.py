"""What is told when: once, again when it grew or lasts, over when it is over, and never in a flood."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from khaossync.ops.alerts.matters import Matter
from khaossync.ops.alerts.policy import DAILY, GROWTH, Notice, Stage, Wishes, applied, may_send, notices
from khaossync.outbox.alerting import Remembered

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
EVERYTHING = Wishes()
SIGHT = frozenset({"shop", "khaos", "here"})
NOTHING = Remembered({})


def matter(what: str = "unmapped_sku", about: str = "shop", **changes: Any) -> Matter:
    base = Matter(about, what, f"title of {what}", "operations", True, NOON)
    return replace(base, **changes)


def due(
    *matters: Matter,
    known: Remembered = NOTHING,
    wishes: Wishes = EVERYTHING,
    at: datetime = NOON,
    sight: frozenset[str] = SIGHT,
) -> Sequence[Notice]:
    return notices(matters, known.told, wishes, sight, at)


def stages(told: Sequence[Notice]) -> list[tuple[str, str]]:
    return [(one.matter.what, one.stage.value) for one in told]


def after(
    *matters: Matter, known: Remembered = NOTHING, at: datetime = NOON, wishes: Wishes = EVERYTHING
) -> Remembered:
    """What is known once everything that is due was told."""
    return applied(known, due(*matters, known=known, at=at, wishes=wishes), at)


def test_what_is_new_is_told_at_once_and_then_not_again() -> None:
    """ADB-27: immediately, and one incident for many orders."""
    known = after(matter(count=12))
    assert stages(due(matter(count=12))) == [("unmapped_sku", "new")]
    assert due(matter(count=12, fresh=0), known=known, at=NOON + MINUTE) == ()


def test_two_sources_are_two_causes() -> None:
    assert len(due(matter(), matter(about="khaos"))) == 2


@pytest.mark.parametrize(
    ("count", "fresh", "passed", "told"),
    [
        (2, 1, GROWTH, ["grown"]),
        (2, 1, GROWTH - MINUTE, []),
        (13, 1, GROWTH, []),
        (24, 12, GROWTH, ["grown"]),
        (1, 1, GROWTH, ["grown"]),  # the old one is mended, and another has come
        (6, 5, GROWTH, ["grown"]),
        (0, None, GROWTH, []),
        (2, None, GROWTH, ["grown"]),
    ],
)
def test_growth_is_told_when_as_much_is_new_as_is_known(
    count: int, fresh: int | None, passed: timedelta, told: list[str]
) -> None:
    known = after(matter())
    found = due(matter(count=count, fresh=fresh), known=known, at=NOON + passed)
    assert [one.stage.value for one in found] == told


@pytest.mark.parametrize(("urgent", "pause"), [(True, HOUR), (False, DAILY)])
def test_what_lasts_is_told_again_after_every_cool_down(urgent: bool, pause: timedelta) -> None:
    one = matter(urgent=urgent)
    known = after(one)
    assert due(one, known=known, at=NOON + pause - MINUTE) == ()
    again = due(one, known=known, at=NOON + pause)
    assert stages(again) == [("unmapped_sku", "still open")]
    known = applied(known, again, NOON + pause)
    assert due(one, known=known, at=NOON + pause + MINUTE) == ()
    assert due(one, known=known, at=NOON + 2 * pause)[0].times == 3


def test_a_cool_down_of_a_week_holds_for_what_is_not_urgent_too() -> None:
    wishes = Wishes(cool_down=timedelta(days=7))
    one = matter(urgent=False)
    known = after(one, wishes=wishes)
    assert due(one, known=known, wishes=wishes, at=NOON + timedelta(days=6)) == ()
    assert len(due(one, known=known, wishes=wishes, at=NOON + timedelta(days=7))) == 1


def test_what_is_over_is_told_once() -> None:
    known = after(matter())
    over = due(known=known, at=NOON + HOUR)
    assert stages(over) == [("unmapped_sku", "resolved")]
    assert over[0].matter.since == NOON
    assert applied(known, over, NOON + HOUR).told == {}


def test_what_was_never_told_is_not_called_over() -> None:
    assert due() == ()


def test_what_comes_back_is_new_again() -> None:
    known = after(known=after(matter()), at=NOON + HOUR)
    assert stages(due(matter(since=NOON + HOUR), known=known, at=NOON + HOUR)) == [("unmapped_sku", "new")]


def test_what_is_out_of_sight_is_neither_told_nor_called_over() -> None:
    """Another daemon works for that connector now, or the database is away."""
    known = after(matter(), matter("down", "khaos"))
    seen = frozenset({"khaos", "here"})
    assert stages(due(matter("down", "khaos"), known=known, sight=seen)) == []
    assert due(matter("order_refused"), sight=seen) == ()
    assert stages(due(known=known, sight=seen)) == [("down", "resolved")]


def test_what_may_last_unseen_is_not_called_over() -> None:
    known = after(matter("down"), matter("loops", "here"))
    told = notices([], known.told, EVERYTHING, SIGHT, NOON + HOUR, unsure=[("shop", "down")])
    assert stages(told) == [("loops", "resolved")]


def test_a_blip_is_not_told() -> None:
    blip = matter("down", settle=2 * MINUTE)
    assert due(blip, at=NOON + MINUTE) == ()
    assert len(due(blip, at=NOON + 2 * MINUTE)) == 1


@pytest.mark.parametrize(
    ("wishes", "told"),
    [
        (Wishes(), ["a", "b", "c"]),
        (Wishes(owners=frozenset({"finance"})), ["b"]),
        (Wishes(owners=frozenset({"finance", "operations"}), only_urgent=True), ["a"]),
        (Wishes(owners=frozenset({"stock team"})), []),
    ],
)
def test_everybody_is_told_of_their_own_matters(wishes: Wishes, told: list[str]) -> None:
    """ADB-20, SHW-21: who owns what is told it, and technical trouble goes another way than data to mend."""
    found = due(
        matter("a"),
        matter("b", owner="finance", urgent=False),
        matter("c", owner="platform admin", urgent=False),
        wishes=wishes,
    )
    assert [one.matter.what for one in found] == told


def test_the_next_step_of_a_ladder_is_told_only_of_what_has_lasted() -> None:
    """ADB-20: an escalation path; who was not told of it is not told that it is over either."""
    boss = Wishes(after=2 * HOUR)
    assert due(matter(), wishes=boss, at=NOON + HOUR) == ()
    assert due(wishes=boss, at=NOON + HOUR) == ()
    assert len(due(matter(), wishes=boss, at=NOON + 2 * HOUR)) == 1


def test_the_urgent_comes_first_and_then_the_new() -> None:
    known = after(matter("old"), matter("gone"))
    found = due(matter("old"), matter("slow", urgent=False), matter("fresh"), known=known, at=NOON + HOUR)
    assert stages(found) == [("fresh", "new"), ("old", "still open"), ("slow", "new"), ("gone", "resolved")]


def test_what_is_told_twice_for_want_of_an_answer_has_the_same_id() -> None:
    first, again = due(matter(count=1)), due(matter(count=2), at=NOON + MINUTE)
    assert first[0].id == again[0].id
    known = applied(NOTHING, first, NOON)
    lasting = due(matter(), known=known, at=NOON + HOUR)
    longer = due(matter(), known=applied(known, lasting, NOON + HOUR), at=NOON + 2 * HOUR)
    over = due(known=known, at=NOON + HOUR)
    assert len({one.id for one in (*first, *lasting, *longer, *over)}) == 4


@given(st.lists(st.integers(0, 200), min_size=1, max_size=400), st.integers(2, 60))
def test_no_hour_has_more_messages_than_allowed(gaps: list[int], per_hour: int) -> None:
    sent: list[datetime] = []
    now = NOON
    for gap in gaps:
        now += timedelta(seconds=gap)
        if may_send(sent, Wishes(per_hour=per_hour), now):
            sent.append(now)
    for first in sent:
        assert sum(first <= at < first + HOUR for at in sent) <= per_hour


def test_a_flood_leaves_a_place_for_what_comes_later() -> None:
    wishes, now = Wishes(per_hour=12), NOON
    sent: list[datetime] = []
    while now < NOON + HOUR:
        if may_send(sent, wishes, now):
            sent.append(now)
        now += timedelta(seconds=5)
    assert len(sent) in (11, 12)
    assert max(later - earlier for earlier, later in pairwise(sent)) <= 10 * MINUTE


def test_every_stage_has_a_word_of_its_own() -> None:
    assert len({stage.value for stage in Stage}) == len(Stage) == 4
