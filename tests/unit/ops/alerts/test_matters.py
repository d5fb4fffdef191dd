"""What there is to tell: causes with their figures, systems that are down, and the daemon's own troubles."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from khaossync.domain.cases import PLAYBOOKS, CaseClass
from khaossync.domain.owners import Owner
from khaossync.ops.alerts.discretion import plain, told
from khaossync.ops.alerts.matters import DOWN, REMEMBERED, Exits, Matter, of_cases, of_health, unsure, without_database
from khaossync.ops.health import Backlog, ConnectorState, Facts, Holding, LoopBeat
from khaossync.ops.redaction import Redaction
from khaossync.outbox.alerting import CaseGroup, Sample

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
HOUR, MINUTE, DAY = timedelta(hours=1), timedelta(minutes=1), timedelta(days=1)
WELL = Facts(
    now=NOON,
    started_at=NOON - DAY,
    beats=(LoopBeat("pull shop orders", NOON, MINUTE),),
    connectors=(ConnectorState("shop", True), ConnectorState("khaos", True)),
)
clean = Redaction(["s3cretToken"]).text


def sample(number: int = 7, subject: str = "shop:5001", **evidence: str) -> Sample:
    return Sample(number, subject, "#1001", evidence, NOON - HOUR)


def group(case_class: CaseClass = CaseClass.UNMAPPED_SKU, **changes: Any) -> CaseGroup:
    base = CaseGroup(case_class, "shop", 1, 1, 7, NOON - HOUR, [sample(skus="GHOST")], {"GBP": Decimal("12.50")})
    return replace(base, **changes)


def of(*groups: CaseGroup, owners: Mapping[CaseClass, str] | None = None) -> list[Matter]:
    return list(of_cases(groups, owners or {}, NOON, clean))


def health(facts: Facts, exits: Exits | None = None) -> dict[str, Matter]:
    return {one.what: one for one in of_health(facts, "here", exits or Exits())}


def test_a_cause_is_told_with_its_figures_its_owner_and_its_recipe() -> None:
    """S-25, ADB-20: how many, how old, worth how much, whose, and what to do."""
    [matter] = of(group(count=7, fresh=7, samples=[sample(skus="GHOST"), sample(8, "shop:5002")]))
    playbook = PLAYBOOKS[CaseClass.UNMAPPED_SKU]
    assert (matter.key, matter.title, matter.owner) == (("shop", "unmapped_sku"), playbook.title, playbook.owner)
    assert (matter.urgent, matter.since, matter.count, matter.newest) == (True, NOON - HOUR, 7, 7)
    assert matter.lines == (
        "7 open, the oldest for 60 min, worth 12.50 GBP",
        "case 7 (60 min): #1001 shop:5001: skus GHOST",
        "case 8 (60 min): #1001 shop:5002",
        "5 more: khaossync cases",
    )
    assert matter.look == "khaossync cases show 7"


def test_the_recipe_of_a_single_case_names_it() -> None:
    [matter] = of(group(CaseClass.ATTEMPTS_EXHAUSTED))
    assert "khaossync cases retry 7" in matter.recipe
    assert "<case>" not in matter.recipe


def test_an_install_names_its_own_owners() -> None:
    """X-OWN."""
    assert of(group(), owners={CaseClass.UNMAPPED_SKU: "stock team"})[0].owner == "stock team"


@pytest.mark.parametrize("case_class", CaseClass)
def test_every_class_of_case_can_be_told(case_class: CaseClass) -> None:
    [matter] = of(group(case_class))
    assert matter.title
    assert matter.recipe


def test_only_evidence_that_is_known_to_be_harmless_is_told() -> None:
    """Goods are named by customers, too ("a mug for …"); an unknown key may hold anything."""
    private = {"lines": "MUG × 1 Mug for Wren", "text": "77 Birdcage Passage", "tracking": "TRK-1", "something": "new"}
    line = told(Sample(7, "shop:5001", "#1001", {"skus": "GHOST", "reason": "Wren", **private}, NOON), clean)
    assert line == "#1001 shop:5001: skus GHOST"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("MUG@loc-1", "MUG@loc-1"),
        ("wren@example.org", "***"),
        ("uses s3cretToken here", "uses *** here"),
        ("one\r\ntwo\x1b[31m\u2028three", "one two [31m three"),
        ("  ", ""),
        ("x" * 81, "x" * 79 + "…"),
    ],
)
def test_a_foreign_text_is_one_short_line_without_secrets(text: str, shown: str) -> None:
    assert plain(text, clean) == shown


def test_a_daemon_that_is_well_tells_nothing() -> None:
    assert health(WELL) == {}
    assert health(replace(WELL, cases={"unmapped_sku": 3})) == {}, "cases are told by their cause"


def test_a_system_that_is_down_is_told_after_a_while() -> None:
    """S-40."""
    down = ConnectorState("khaos", False, NOON - 5 * MINUTE)
    matter = health(replace(WELL, connectors=(down,)))["down"]
    assert (matter.about, matter.owner, matter.urgent, matter.since) == ("khaos", Owner.PLATFORM, True, down.since)
    assert matter.settle == DOWN


def test_dead_and_failing_loops_are_told_together() -> None:
    dead = LoopBeat("push khaos order", NOON - 10 * MINUTE, MINUTE)
    failing = LoopBeat("pull shop orders", NOON, MINUTE, failing_since=NOON - HOUR)
    matter = health(replace(WELL, beats=(dead, failing)))["loops"]
    assert (matter.about, matter.count, matter.urgent) == ("here", 2, True)
    assert matter.since == NOON - HOUR, "the oldest of it, so that a ladder's next step hears of it too"
    assert matter.lines[0].startswith("push khaos order: has not turned for 10 min")
    assert not health(replace(WELL, beats=(failing,)))["loops"].urgent


@pytest.mark.parametrize(
    "trouble",
    [
        {"beats": (LoopBeat("pull", NOON, MINUTE, failing_since=NOON - HOUR),)},
        {"beats": (LoopBeat("pull", NOON - HOUR, MINUTE),)},
        {"beats": (LoopBeat("pull", None, MINUTE),)},
        {"backlogs": (Backlog("khaos", "order", 9, NOON - HOUR, MINUTE),)},
        {"backlogs": (Backlog("khaos", "order", 9, NOON - HOUR, DAY),), "depth_bound": 9},
        {"backlogs": (Backlog("khaos", "order", 9, None, DAY),), "depth_bound": 9},
    ],
)
def test_when_a_trouble_began_does_not_move_while_it_lasts(trouble: dict[str, Any]) -> None:
    """ADB-20: a ladder counts from there, and whoever is told it twice for want of an answer knows it by it."""
    [first] = health(replace(WELL, **trouble)).values()
    turning = tuple(
        replace(beat, last_beat=NOON + HOUR) if beat.failing_since else beat for beat in trouble.get("beats", ())
    )
    [later] = health(replace(WELL, **{**trouble, "beats": turning}, now=NOON + HOUR)).values()
    assert first.since == later.since <= NOON - HOUR


def test_a_dead_loops_last_beat_is_told_alike_though_two_clocks_make_it_up() -> None:
    first, later = (
        health(replace(WELL, beats=(LoopBeat("pull", NOON - HOUR + timedelta(microseconds=jitter), MINUTE),)))
        for jitter in (250, 310)
    )
    assert first["loops"].since == later["loops"].since


def test_what_may_have_outlasted_a_restart_is_not_called_over_by_it() -> None:
    shop, khaos = ConnectorState("shop", True, proved=False), ConnectorState("khaos", True)
    beat, stalled = LoopBeat("pull", None, MINUTE, proved=False), Backlog("khaos", "order", 9, NOON - HOUR, 15 * MINUTE)
    young = replace(WELL, started_at=NOON - 15 * MINUTE)
    assert unsure(young, "here", ()) == frozenset()
    assert unsure(replace(young, connectors=(shop, khaos)), "here", ()) == {("shop", "down")}
    assert unsure(replace(young, beats=(*young.beats, beat)), "here", ()) == {("here", "loops")}
    assert unsure(replace(young, backlogs=(stalled,)), "here", ()) == {("here", "queues")}
    assert unsure(replace(WELL, backlogs=(stalled,)), "here", ()) == frozenset(), "it stalls, or its system is down"
    assert unsure(replace(young, backlogs=(replace(stalled, oldest_at=NOON),)), "here", ()) == frozenset()
    assert unsure(replace(WELL, draining=True), "here", ()) == {("here", "loops")}, "they are silent on purpose"


def test_without_facts_nothing_that_follows_from_them_is_called_over() -> None:
    told = [("shop", "down"), ("here", "loops"), ("here", "queues"), ("here", "exit")]
    assert unsure(None, "here", [*told, ("shop", "unmapped_sku"), ("here", "database")]) == set(told)


def test_a_queue_that_stalls_is_told_but_not_one_whose_system_is_down() -> None:
    """S-24."""
    stalled = Backlog("khaos", "order", 9, NOON - HOUR, 15 * MINUTE)
    matter = health(replace(WELL, backlogs=(stalled,)))["queues"]
    assert (matter.urgent, matter.since) == (True, NOON - HOUR)
    assert "khaos/order" in matter.lines[0]
    down = ConnectorState("khaos", False, NOON - HOUR)
    assert set(health(replace(WELL, backlogs=(stalled,), connectors=(down,)))) == {"down"}


def test_a_connector_that_no_daemon_works_for_is_told_by_whoever_sees_it() -> None:
    """S-40: it would otherwise stand still in silence, for each daemon tells only of what it works for."""
    left = replace(WELL, holding=Holding(frozenset({"shop"}), idle={"khaos": 90.0}))
    matter = health(left)["unowned"]
    assert (matter.about, matter.urgent, matter.since) == ("here", True, NOON - timedelta(seconds=90))
    assert matter.lines == ("khaos: nobody has worked for it for 90 s: look for `ownership` and `owner` in the logs",)
    changing_hands = replace(WELL, holding=Holding(frozenset({"shop"}), idle={"khaos": 20.0}))
    assert "unowned" not in health(changing_hands)
    assert unsure(changing_hands, "here", ()) == {("here", "unowned")}, "we may have just started"
    assert unsure(WELL, "here", ()) == set()


def test_an_unclean_exit_is_told_for_an_hour_and_is_urgent_when_it_repeats() -> None:
    """S-40: the previous exit was unclean, told at start."""
    started = replace(WELL, started_at=NOON - MINUTE)
    assert not health(started, Exits(NOON - HOUR, 1))["exit"].urgent
    again = health(started, Exits(NOON - HOUR, 3))["exit"]
    assert (again.urgent, again.count) == (True, 3)
    assert "one of 3 within a day" in again.lines[0]
    assert health(replace(started, started_at=NOON - REMEMBERED), Exits(NOON - DAY, 1)) == {}
    assert health(started) == {}


def test_without_the_database_that_alone_is_told() -> None:
    matter = without_database("here", NOON)
    assert (matter.key, matter.urgent, matter.owner) == (("here", "database"), True, Owner.PLATFORM)
