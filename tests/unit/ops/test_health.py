"""The verdict: what must wake somebody fails, what a person should look at warns, the rest passes."""

from dataclasses import replace
from datetime import timedelta

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from khaossync.ops.beats import Beats
from khaossync.ops.health import Backlog, ConnectorState, Facts, Holding, LoopBeat, Report, Status, blind, report
from khaossync.ops.wire import brief, full

from .conftest import NOON, StillClock

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
WELL = Facts(
    now=NOON,
    started_at=NOON - DAY,
    beats=(LoopBeat("pull shop orders", NOON - timedelta(seconds=5), MINUTE),),
    backlogs=(Backlog("erp", "order", 3, NOON - MINUTE, 10 * MINUTE), Backlog("shop", "despatch", 0, None, MINUTE)),
    connectors=(ConnectorState("shop", True), ConnectorState("erp", True)),
)


def told(verdict: Report) -> dict[str, str]:
    """What a person reads of everything that is not well."""
    return {f"{c.component}:{c.measurement} {c.subject}".strip(): c.output for c in verdict.checks if c.output}


def test_a_daemon_that_does_its_work_passes() -> None:
    verdict = report(WELL)
    assert (verdict.status, verdict.ready, told(verdict)) == (Status.PASS, True, {})


def test_a_dead_loop_fails_and_is_named() -> None:
    """G9: kill any single loop, and health turns non-OK within the stated bound."""
    dead = LoopBeat("push erp order", NOON - 61 * timedelta(seconds=1), MINUTE)
    verdict = report(replace(WELL, beats=(*WELL.beats, dead)))
    assert verdict.status is Status.FAIL
    assert told(verdict) == {
        "loops:beat_age push erp order": "has not turned for 61 s: look for its last log line, then restart the service"
    }


def test_a_connector_for_which_nobody_works_fails_after_a_minute() -> None:
    holding = Holding(frozenset({"shop"}), frozenset({"outlet"}), {"erp": 59.0})
    assert report(replace(WELL, holding=holding)).status is Status.PASS
    verdict = report(replace(WELL, holding=replace(holding, idle={"erp": 90.0})))
    assert verdict.status is Status.FAIL
    assert told(verdict) == {
        "ownership:idle erp": "nobody has worked for it for 90 s: look for `ownership` and `owner` in the logs"
    }
    here = {check.subject: check.value for check in verdict.checks if check.measurement == "here"}
    assert here == {"shop": True, "outlet": False}


def test_while_postgres_is_away_nobody_is_blamed_for_working_for_nothing() -> None:
    facts = replace(WELL, database_ok=False, holding=Holding(idle={"erp": 900.0}))
    assert list(told(report(facts))) == ["database:answers"]


def test_a_loop_is_not_dead_before_its_bound() -> None:
    beat = LoopBeat("push", NOON - MINUTE, MINUTE)
    assert report(replace(WELL, beats=(beat,))).status is Status.PASS


def test_a_loop_that_never_turned_has_its_bound_from_the_start() -> None:
    never = LoopBeat("pull", None, MINUTE)
    assert report(replace(WELL, beats=(never,), started_at=NOON - MINUTE)).status is Status.PASS
    assert report(replace(WELL, beats=(never,), started_at=NOON - 2 * MINUTE)).status is Status.FAIL


def test_a_dead_loop_that_is_not_critical_only_warns() -> None:
    dead = LoopBeat("tidy", NOON - 3 * MINUTE, MINUTE, critical=False)
    assert report(replace(WELL, beats=(dead,))).status is Status.WARN


def test_a_loop_that_turns_but_only_fails_warns_after_its_bound() -> None:
    beat = LoopBeat("pull", NOON, MINUTE, failing_since=NOON - 30 * timedelta(seconds=1))
    assert report(replace(WELL, beats=(beat,))).status is Status.PASS
    verdict = report(replace(WELL, beats=(replace(beat, failing_since=NOON - 5 * MINUTE),)))
    assert verdict.status is Status.WARN
    assert told(verdict) == {"loops:beat_age pull": "every tick has failed for 5 min: look for `tick_failed`"}


def test_a_stalled_queue_fails_while_its_connector_is_up() -> None:
    """S-24: queue stall."""
    stalled = Backlog("erp", "order", 40, NOON - 11 * MINUTE, 10 * MINUTE)
    verdict = report(replace(WELL, backlogs=(stalled,)))
    assert verdict.status is Status.FAIL
    assert list(told(verdict)) == ["outbox:oldest erp/order"]


def test_a_queue_whose_system_is_down_only_warns() -> None:
    """S-40: connection failure; the daemon is well and keeps the work."""
    stalled = Backlog("erp", "order", 40, NOON - 60 * MINUTE, 10 * MINUTE)
    down = ConnectorState("erp", False, NOON - 3 * timedelta(hours=1))
    verdict = report(replace(WELL, backlogs=(stalled,), connectors=(down,)))
    assert (verdict.status, verdict.ready) == (Status.WARN, True)
    assert told(verdict) == {
        "outbox:oldest erp/order": "waits for erp to come back",
        "connectors:up erp": "down for 3 h: its work is kept; run `khaossync check` for the cause",
    }


@pytest.mark.parametrize(
    "chance",
    [
        {"started_at": NOON - MINUTE},
        {"connectors": (ConnectorState("erp", True, NOON - MINUTE),)},
    ],
    ids=["we have just started", "the system has just come back"],
)
def test_an_old_backlog_has_not_stalled_before_anybody_could_have_emptied_it(chance: dict[str, object]) -> None:
    old = Backlog("erp", "order", 40, NOON - DAY, 10 * MINUTE)
    facts = replace(WELL, beats=(), backlogs=(old,), **chance)  # type: ignore[arg-type]  # chosen above
    assert report(facts).status is Status.PASS
    later = replace(facts, now=NOON + 10 * MINUTE)
    assert report(later).status is Status.FAIL


def test_a_full_outbox_fails() -> None:
    verdict = report(replace(WELL, depth_bound=3))
    assert verdict.status is Status.FAIL
    assert list(told(verdict)) == ["outbox:depth"]


def test_without_its_database_it_fails_and_takes_no_work() -> None:
    verdict = report(replace(WELL, database_ok=False))
    assert (verdict.status, verdict.ready) == (Status.FAIL, False)


def test_open_cases_warn_with_their_number() -> None:
    verdict = report(replace(WELL, cases={"unmapped_sku": 2, "expired": 1}))
    assert (verdict.status, verdict.ready) == (Status.WARN, True)
    assert told(verdict) == {"cases:open": "3 await a person: run `khaossync cases`"}


def test_a_draining_daemon_is_not_ready_and_its_silent_loops_alarm_nobody() -> None:
    silent = LoopBeat("push", NOON - DAY, MINUTE)
    verdict = report(replace(WELL, beats=(silent,), draining=True))
    assert (verdict.status, verdict.ready) == (Status.WARN, False)


def test_when_the_facts_cannot_be_had_it_fails_and_says_why() -> None:
    verdict = blind("no answer within 0.8 s")
    assert (verdict.status, verdict.ready) == (Status.FAIL, False)
    assert "no answer within 0.8 s" in orjson.dumps(full(verdict)).decode()


FACTS = st.builds(
    Facts,
    now=st.just(NOON),
    started_at=st.sampled_from([NOON, NOON - DAY]),
    beats=st.lists(
        st.builds(
            LoopBeat,
            st.sampled_from(["a", "b"]),
            st.sampled_from([None, NOON, NOON - DAY]),
            st.just(MINUTE),
            critical=st.booleans(),
            failing_since=st.sampled_from([None, NOON - DAY]),
        )
    ).map(tuple),
    database_ok=st.booleans(),
    backlogs=st.lists(
        st.builds(
            Backlog,
            st.sampled_from(["erp", "shop"]),
            st.just("order"),
            st.integers(0, 9),
            st.sampled_from([None, NOON - DAY]),
            st.just(MINUTE),
        )
    ).map(tuple),
    cases=st.dictionaries(st.sampled_from(["expired", "no_route"]), st.integers(0, 3)),
    connectors=st.lists(
        st.builds(ConnectorState, st.sampled_from(["erp", "shop"]), st.booleans(), st.sampled_from([None, NOON]))
    ).map(tuple),
    draining=st.booleans(),
    depth_bound=st.sampled_from([5, 1_000_000]),
)


@given(FACTS)
def test_the_words_that_monitors_look_for_are_there_exactly_when_all_is_well(facts: Facts) -> None:
    """M-9: health endpoint polled by uptime monitors."""
    verdict = report(facts)
    for document in (full(verdict), brief(verdict.status)):
        text = orjson.dumps(document).decode()
        assert ('"status":"pass"' in text) == (verdict.status is Status.PASS)
        assert text.startswith('{"status":"')
        assert "\n" not in text


@given(FACTS)
def test_whatever_is_not_well_says_what_to_do_and_the_worst_decides(facts: Facts) -> None:
    verdict = report(facts)
    states = {check.status for check in verdict.checks}
    assert all(bool(check.output) == (check.status is not Status.PASS) for check in verdict.checks)
    assert verdict.status in states
    assert (verdict.status is Status.FAIL) == (Status.FAIL in states)
    assert not (verdict.ready and not facts.database_ok)


def test_the_document_has_its_checks_by_component_and_measurement() -> None:
    document = full(report(WELL))
    assert set(document["checks"]) == {
        *("database:answers", "loops:beat_age", "outbox:oldest", "outbox:depth"),
        *("connectors:up", "cases:open"),
    }
    assert document["checks"]["loops:beat_age"] == [
        {"componentId": "pull shop orders", "state": "pass", "observedValue": 5.0, "observedUnit": "s"}
    ]


def test_a_loops_bound_is_three_intervals_but_never_under_a_minute(clock: StillClock) -> None:
    beats = Beats(clock)
    beats.register("quick", timedelta(seconds=2))
    beats.register("slow", timedelta(minutes=5))
    beats.register("own", timedelta(minutes=5), bound=timedelta(hours=1), critical=False)
    quick, slow, own = beats.snapshot()
    assert (quick.bound, slow.bound) == (timedelta(seconds=60), timedelta(minutes=15))
    assert own == LoopBeat("own", None, timedelta(hours=1), critical=False)


def test_a_beat_is_remembered_with_its_age(clock: StillClock) -> None:
    beats = Beats(clock)
    beats.register("pull", MINUTE)
    beats.beat("pull")
    clock.pass_time(10 * MINUTE)
    (beat,) = beats.snapshot({"pull": NOON})
    assert (beat.last_beat, beat.failing_since) == (NOON, NOON)


def test_setting_the_wall_clock_neither_kills_a_loop_nor_hides_a_dead_one(clock: StillClock) -> None:
    beats = Beats(clock)
    beats.register("pull", MINUTE)
    beats.beat("pull")
    clock.instant += DAY
    assert beats.snapshot()[0].last_beat == clock.now()
    clock.instant -= 2 * DAY
    clock.elapsed += 600
    assert beats.snapshot()[0].last_beat == clock.now() - 10 * MINUTE


def test_a_loop_that_nobody_registered_cannot_beat(clock: StillClock) -> None:
    beats = Beats(clock)
    with pytest.raises(KeyError, match="never registered"):
        beats.beat("pull")
    beats.register("pull", MINUTE)
    beats.forget("pull")
    assert beats.snapshot() == ()
