"""What people were told survives every restart; what could not be told or noted is made up for."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from typing import cast

import pytest
import structlog
from outbox.stories import HandClock, a_case, accept, acceptance, an_accepted_order, query, value

from khaossync.domain.cases import CaseClass
from khaossync.domain.errors import RateLimitedError, SyncError, TransientError
from khaossync.ops.alerts.herald import Herald, Outlook, Target
from khaossync.ops.alerts.matters import Exits
from khaossync.ops.alerts.policy import DAILY, GROWTH, Wishes
from khaossync.ops.alerts.wording import Telling
from khaossync.ops.health import ConnectorState, Facts, Holding, LoopBeat
from khaossync.ops.metrics import Metrics
from khaossync.outbox import Database, PostgresOutbox, begin_run, end_run, ignore_case
from khaossync.outbox.alerting import GROUPS, Told, case_groups, remember, remembered, unclean_ends

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@dataclass
class Ear:
    """Takes messages, or fails with what it is told to."""

    heard: list[Telling] = field(default_factory=list)
    trouble: SyncError | None = None
    tries: int = 0

    async def send(self, telling: Telling) -> None:
        self.tries += 1
        if self.trouble:
            raise self.trouble
        self.heard.append(telling)

    @property
    def said(self) -> list[list[tuple[str, str, int]]]:
        return [[(one.stage.value, one.matter.what, one.matter.count) for one in each.notices] for each in self.heard]


@dataclass
class Home:
    """A daemon's outlook on a real database, and what it is told of its own health."""

    database: Database
    clock: HandClock
    owned: frozenset[str] = frozenset({"shop", "khaos"})
    exits: Exits = field(default_factory=Exits)
    away: bool = False
    blind: bool = False
    beats: tuple[LoopBeat, ...] = ()
    connectors: tuple[ConnectorState, ...] = ()
    elsewhere: frozenset[str] = frozenset()
    ear: Ear = field(default_factory=Ear)

    def __post_init__(self) -> None:
        self.started_at = self.clock.now()

    def herald(self, name: str = "ops", wishes: Wishes | None = None) -> Herald:
        """As a fresh process has it."""
        outlook = Outlook("here", self._facts, lambda: self.owned, {}, self.exits, self.database, lambda text: text)
        return Herald(Target(name, wishes or Wishes(), self.ear), outlook, self.clock, Metrics())

    async def _facts(self) -> Facts | None:
        if self.blind:
            return None
        return Facts(
            self.clock.now(),
            self.started_at,
            beats=self.beats,
            database_ok=not self.away,
            connectors=self.connectors,
            holding=Holding(elsewhere=self.elsewhere),
        )


@pytest.fixture
def home(database: Database, clock: HandClock) -> Home:
    return Home(database, clock)


async def opened(outbox: PostgresOutbox, *subjects: str, case_class: CaseClass = CaseClass.UNMAPPED_SKU) -> None:
    await accept(outbox, acceptance(cases=tuple(a_case(subject, case_class) for subject in subjects)))


async def closed(database: Database, clock: HandClock) -> None:
    for row in await query(database, "select id from khaossync.cases where state = 'open'"):
        await ignore_case(database, row["id"], "tests", "done", clock.now())


async def test_open_cases_are_grouped_by_cause_with_their_orders_and_what_these_are_worth(
    outbox: PostgresOutbox, database: Database, clock: HandClock
) -> None:
    """S-25."""
    await accept(outbox, an_accepted_order("1"))
    await accept(outbox, an_accepted_order("2"))
    await opened(outbox, "shop:1", "shop:1 refund 9")
    clock.forward(minutes=5)
    await opened(outbox, "shop:2", "LAMP")
    await opened(outbox, "MUG", case_class=CaseClass.DUPLICATE_SKU)
    duplicate, unmapped = sorted(await case_groups(database, ["shop"], []), key=lambda one: one.case_class)
    assert (duplicate.case_class, duplicate.count, dict(duplicate.worth)) == (CaseClass.DUPLICATE_SKU, 1, {})
    assert (unmapped.count, unmapped.fresh, unmapped.oldest_at) == (4, 4, clock.now() - 5 * MINUTE)
    total = Decimal(await value(database, "select body ->> 'total' from khaossync.documents where key = 'shop:1'"))
    assert unmapped.worth == {"GBP": 2 * total}, "a refund is not worth its whole order"
    assert [(one.subject, one.number) for one in unmapped.samples] == [
        ("shop:1", "#1"),
        ("shop:1 refund 9", "#1"),
        ("LAMP", ""),
        ("shop:2", "#2"),
    ]
    assert unmapped.samples[2].evidence == {"sku": "LAMP"}
    assert unmapped.samples[0].opened_at == clock.now() - 5 * MINUTE


async def test_of_many_cases_a_few_are_shown_and_news_first(
    outbox: PostgresOutbox, database: Database, clock: HandClock
) -> None:
    await opened(outbox, *(f"SKU{n}" for n in range(9)))
    [group] = await case_groups(database, ["shop"], [])
    known = Told("shop", "unmapped_sku", "", "", clock.now(), clock.now(), 9, group.newest, 1)
    await opened(outbox, "NEWS")
    [group] = await case_groups(database, ["shop"], [known])
    assert (group.count, group.fresh, len(group.samples), group.samples[0].subject) == (10, 1, 5, "NEWS")


async def test_cases_of_a_connector_that_is_not_ours_are_not_ours_to_tell(
    outbox: PostgresOutbox, database: Database
) -> None:
    await opened(outbox, "MUG")
    assert await case_groups(database, ["other"], []) == []
    assert await case_groups(database, [], []) == []


async def test_a_cause_is_told_once_when_it_grows_and_when_it_is_over(
    outbox: PostgresOutbox, home: Home, clock: HandClock
) -> None:
    """ADB-27, SHO-16, SHW-34."""
    await opened(outbox, "MUG", "LAMP")
    herald = home.herald()
    assert await herald.tick() == {"notices": 1}
    assert await herald.tick() == {}
    await opened(outbox, "TEA", "CUP")
    clock.forward(seconds=GROWTH.total_seconds())
    await herald.tick()
    await closed(home.database, clock)
    await herald.tick()
    await herald.tick()
    assert home.ear.said == [
        [("new", "unmapped_sku", 2)],
        [("grown", "unmapped_sku", 4)],
        [("resolved", "unmapped_sku", 4)],
    ]


async def test_a_restart_repeats_nothing(outbox: PostgresOutbox, home: Home, clock: HandClock) -> None:
    await opened(outbox, "MUG")
    await home.herald().tick()
    clock.forward(minutes=30)
    assert await home.herald().tick() == {}
    clock.forward(minutes=30)
    await home.herald().tick()
    await closed(home.database, clock)
    await home.herald().tick()
    assert [stage for [(stage, _, _)] in home.ear.said] == ["new", "still open", "resolved"]


async def test_what_was_not_urgent_is_remembered_for_longer_than_it_is_silent(
    outbox: PostgresOutbox, home: Home, clock: HandClock
) -> None:
    await opened(outbox, "MUG", case_class=CaseClass.DUPLICATE_SKU)
    await home.herald().tick()
    clock.forward(seconds=DAILY.total_seconds() - 1)
    assert await home.herald().tick() == {}


async def test_targets_know_nothing_of_each_other(outbox: PostgresOutbox, home: Home) -> None:
    await opened(outbox, "MUG")
    await home.herald("ops").tick()
    await home.herald("chat").tick()
    assert len(home.ear.heard) == 2


async def test_a_target_that_takes_nothing_is_tried_ever_more_rarely_and_misses_nothing(
    outbox: PostgresOutbox, home: Home, clock: HandClock
) -> None:
    await opened(outbox, "MUG")
    herald, home.ear.trouble = home.herald(), TransientError("alerts.ops: not reached")
    begin = clock.now()
    while clock.now() < begin + 2 * HOUR:
        with pytest.raises(TransientError):
            await herald.tick()
        clock.forward(seconds=5)
    assert 8 <= home.ear.tries <= 14, "30 s, 1, 2, 4, 8 and then 15 minutes apart"
    with pytest.raises(TransientError, match=r"alerts.ops: not reached; not tried again before \d\d:\d\d:\d\d UTC"):
        await herald.tick()
    home.ear.trouble = None
    clock.forward(minutes=15)
    assert await herald.tick() == {"notices": 1}
    home.ear.trouble = TransientError("once more")
    clock.forward(hours=1)
    with pytest.raises(TransientError, match=r"once more$"):
        await herald.tick()
    clock.forward(seconds=30)
    home.ear.trouble = None
    assert await herald.tick() == {"notices": 1}, "after a success it begins with half a minute again"


async def test_a_target_that_wants_a_rest_gets_it(outbox: PostgresOutbox, home: Home, clock: HandClock) -> None:
    await opened(outbox, "MUG")
    herald, home.ear.trouble = home.herald(), RateLimitedError("slowly", timedelta(minutes=10))
    with pytest.raises(RateLimitedError):
        await herald.tick()
    home.ear.trouble = None
    clock.forward(minutes=9)
    with pytest.raises(TransientError, match="slowly"):
        await herald.tick()
    clock.forward(minutes=1)
    assert await herald.tick() == {"notices": 1}


async def test_a_flood_is_summed_up(outbox: PostgresOutbox, home: Home, clock: HandClock) -> None:
    """No more messages in an hour than a target wants, also across restarts; nothing is left out."""
    classes = list(CaseClass)[:20]
    for case_class in classes:
        await opened(outbox, "MUG", case_class=case_class)
        await home.herald(wishes=Wishes(per_hour=6)).tick()
        clock.forward(seconds=5)
    assert len(home.ear.heard) == 3
    clock.forward(minutes=20)
    await home.herald(wishes=Wishes(per_hour=6)).tick()
    assert len(home.ear.said[3]) == 17
    assert {what for message in home.ear.said for _, what, _ in message} == {one.value for one in classes}


async def test_without_the_database_its_absence_is_told_and_nothing_is_called_over(
    outbox: PostgresOutbox, home: Home, clock: HandClock
) -> None:
    """S-40: only while the process lives, which can send without its database."""
    await opened(outbox, "MUG")
    herald = home.herald()
    await herald.tick()
    home.away = True
    assert await herald.tick() == {}, "it may be back in a moment"
    clock.forward(minutes=1)
    await herald.tick()
    clock.forward(seconds=5)
    assert await herald.tick() == {}
    clock.forward(minutes=60)
    await herald.tick()
    home.away = False
    await herald.tick()
    assert home.ear.said[1:] == [
        [("new", "database", 1)],
        [("still open", "database", 1)],
        [("still open", "unmapped_sku", 1), ("resolved", "database", 1)],
    ]
    assert set((await remembered(home.database, "ops", clock.now())).told) == {("shop", "unmapped_sku")}


async def test_what_the_daemon_told_of_itself_is_not_called_over_for_want_of_a_database(
    home: Home, clock: HandClock
) -> None:
    home.exits = Exits(clock.now(), 1)
    herald = home.herald()
    await herald.tick()
    home.away = True
    await herald.tick()
    clock.forward(minutes=1)
    await herald.tick()
    assert home.ear.said == [[("new", "exit", 1)], [("new", "database", 1)]]


async def test_what_was_sent_but_not_noted_is_noted_before_anything_else_is_told(
    outbox: PostgresOutbox, home: Home, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database went between the sending and the noting."""
    await opened(outbox, "MUG")
    herald = home.herald()

    async def away(*_: object) -> None:
        raise TransientError("PostgreSQL cannot be used just now")

    with monkeypatch.context() as patch:
        patch.setattr("khaossync.ops.alerts.herald.remember", away)
        with pytest.raises(TransientError, match="PostgreSQL"):
            await herald.tick()
        assert await herald.tick() == {}, "in the dark"
    assert await herald.tick() == {}
    assert len(home.ear.heard) == 1
    assert await home.herald().tick() == {}


async def test_lost_with_the_process_it_is_told_once_more_under_the_same_id(
    outbox: PostgresOutbox, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    await opened(outbox, "MUG")
    with monkeypatch.context() as patch:
        patch.setattr("khaossync.ops.alerts.herald.Herald._note", lambda _self: asyncio.sleep(0))
        await home.herald().tick()
    await home.herald().tick()
    first, again = home.ear.heard
    assert first.id == again.id
    assert first.notices[0].id == again.notices[0].id


async def test_a_connector_that_another_daemon_took_over_is_not_called_mended(
    outbox: PostgresOutbox, home: Home, clock: HandClock
) -> None:
    await opened(outbox, "MUG")
    herald = home.herald()
    await herald.tick()
    home.owned = frozenset({"khaos"})
    assert await herald.tick() == {}
    home.owned = frozenset({"shop"})
    await closed(home.database, clock)
    await herald.tick()
    assert home.ear.said[-1] == [("resolved", "unmapped_sku", 1)]


async def test_a_connector_that_becomes_ours_in_the_middle_of_a_look_is_not_called_mended(
    outbox: PostgresOutbox, home: Home, clock: HandClock
) -> None:
    """Its cases were not looked at, and the facts are of a moment ago."""
    await opened(outbox, "MUG")
    home.connectors = (ConnectorState("shop", False, clock.now()),)
    clock.forward(minutes=5)
    await home.herald().tick()
    told = len(home.ear.said)
    herald, looks = home.herald(), iter([frozenset({"khaos"})])
    herald.outlook = replace(herald.outlook, owned=lambda: next(looks, home.owned))
    home.connectors, home.elsewhere = (), frozenset({"shop"})
    assert await herald.tick() == {}
    assert await herald.tick() == {}, "now it is ours, and the facts still tell that it is not"
    assert len(home.ear.said) == told


async def test_a_system_that_is_down_and_up_again_is_told(home: Home, clock: HandClock) -> None:
    """S-40."""
    herald = home.herald()
    home.connectors = (ConnectorState("khaos", False, clock.now()),)
    assert await herald.tick() == {}
    clock.forward(minutes=2)
    await herald.tick()
    home.connectors = (ConnectorState("khaos", True),)
    await herald.tick()
    assert home.ear.said == [[("new", "down", 1)], [("resolved", "down", 1)]]


async def test_what_lasts_over_a_restart_is_not_called_over_by_it(home: Home, clock: HandClock) -> None:
    """S-40: a fresh process knows of nothing that is wrong yet; what was told is over only when that was seen."""
    down, began = ConnectorState("khaos", False, clock.now()), clock.now()
    home.connectors, home.beats = (down,), (LoopBeat("pull", began, MINUTE, failing_since=began),)
    herald = home.herald()
    clock.forward(minutes=2)
    home.beats = (replace(home.beats[0], last_beat=clock.now()),)
    await herald.tick()
    home.connectors = (ConnectorState("khaos", True, proved=False),)
    home.beats = (LoopBeat("pull", None, MINUTE, proved=False),)
    herald = home.herald()
    assert await herald.tick() == {}
    home.connectors, home.beats = (replace(down, since=clock.now()),), ()
    await herald.tick()
    home.connectors = (ConnectorState("khaos", True),)
    await herald.tick()
    assert home.ear.said == [
        [("new", "down", 1), ("new", "loops", 1)],
        [("resolved", "loops", 1)],
        [("resolved", "down", 1)],
    ]


async def test_a_failing_loop_climbs_the_ladder(home: Home, clock: HandClock) -> None:
    """ADB-20: it turns all the time, so its last beat is always young."""
    began, boss = clock.now(), home.herald("boss", Wishes(after=HOUR))
    for _ in range(60):
        home.beats = (LoopBeat("pull", clock.now(), MINUTE, failing_since=began),)
        assert await boss.tick() == {}
        clock.forward(minutes=1)
    home.beats = (LoopBeat("pull", clock.now(), MINUTE, failing_since=began),)
    assert await boss.tick() == {"notices": 1}


async def test_slow_facts_silence_no_case_and_call_nothing_over(
    outbox: PostgresOutbox, home: Home, clock: HandClock
) -> None:
    """Facts are given up after a moment; that does not mean that PostgreSQL does not answer."""
    home.connectors = (ConnectorState("khaos", False, clock.now()),)
    herald = home.herald()
    clock.forward(minutes=2)
    await herald.tick()
    home.blind = True
    await opened(outbox, "MUG")
    await herald.tick()
    clock.forward(minutes=5)
    assert await herald.tick() == {}
    await closed(home.database, clock)
    await herald.tick()
    home.blind, home.connectors = False, (ConnectorState("khaos", True),)
    await herald.tick()
    assert home.ear.said == [
        [("new", "down", 1)],
        [("new", "unmapped_sku", 1)],
        [("resolved", "unmapped_sku", 1)],
        [("resolved", "down", 1)],
    ]


async def test_without_facts_it_is_the_look_at_the_cases_that_tells_whether_the_database_is_away(
    home: Home, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise TransientError("PostgreSQL cannot be used just now")

    home.blind, herald = True, home.herald()
    with monkeypatch.context() as patch:
        patch.setattr("khaossync.ops.alerts.herald.case_groups", away)
        assert await herald.tick() == {}
        clock.forward(minutes=1)
        await herald.tick()
    await herald.tick()
    assert home.ear.said == [[("new", "database", 1)], [("resolved", "database", 1)]]


async def test_an_unclean_exit_is_told_by_the_next_run_and_counted(database: Database, clock: HandClock) -> None:
    first = await begin_run(database, "here", clock.now())
    clock.forward(minutes=1)
    second = await begin_run(database, "here", clock.now())
    day_ago = clock.now() - DAILY
    assert await unclean_ends(database, "here", first.run_id, day_ago) == 0
    assert await unclean_ends(database, "here", second.run_id, day_ago) == 1
    assert await unclean_ends(database, "there", second.run_id, day_ago) == 0
    await end_run(database, second, clock.now())
    third = await begin_run(database, "here", clock.now())
    home = Home(database, clock, exits=Exits(third.unclean_since, 1))
    assert await home.herald().tick() == {}, "the run before ended well"
    home.exits = Exits(second.unclean_since, 2)
    await home.herald().tick()
    assert home.ear.said == [[("new", "exit", 2)]]


async def test_what_was_told_of_a_target_that_is_no_more_is_forgotten(database: Database, clock: HandClock) -> None:
    def told() -> Sequence[Told]:
        return [Told("shop", "down", "", "", clock.now(), clock.now(), 1, 0, 1)]

    await remember(database, "gone", clock.now(), told(), [])
    clock.forward(days=31)
    await remember(database, "ops", clock.now(), told(), [])
    assert [row["target"] for row in await query(database, "select target from khaossync.alerts")] == ["ops"]
    assert await value(database, "select count(*) from khaossync.alert_sends") == 1


async def test_the_log_tells_what_was_told_without_its_words(outbox: PostgresOutbox, home: Home) -> None:
    await opened(outbox, "MUG")
    with structlog.testing.capture_logs() as log:
        await home.herald().tick()
    [line] = [one for one in log if one["event"] == "alert_sent"]
    assert (line["target"], line["what"]) == ("ops", ["unmapped_sku"])
    assert "MUG" not in json.dumps(line)


async def test_closed_cases_cost_nothing_to_look_past(database: Database) -> None:
    """EXPLAIN guard: the look that every target takes every few seconds reads open cases only."""
    await database.pool.execute("""
        insert into khaossync.cases (class, source, subject, state, detail, evidence, opened_at, told_at, closed_at)
        select 'unmapped_sku', 'shop', 'shop:' || n, case when n % 1000 = 0 then 'open' else 'closed' end, '', '{}',
            now(), now(), case when n % 1000 = 0 then null else now() end
        from generate_series(1, 20000) n""")
    await database.pool.execute("""
        insert into khaossync.documents (source, kind, key, version, moment, about, number, body, received_at)
        select 'shop', 'order', 'shop:' || n, '1', now(), 'shop:' || n, '#' || n, '{"currency": "GBP", "total": "1"}',
            now() from generate_series(1, 20000) n""")
    await database.pool.execute("analyze khaossync.cases, khaossync.documents")
    plan = await database.pool.fetch(f"explain {GROUPS}", ["shop"], [], [], [], 5)
    text = "\n".join(cast(str, row[0]) for row in plan)
    assert "Seq Scan" not in text, text
    [group] = await case_groups(database, ["shop"], [])
    assert (group.count, group.worth) == (20, {"GBP": Decimal(20)})
