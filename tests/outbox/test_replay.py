"""What was decided is kept together with what it led to, and can be decided again: the same, or shown why not."""

import random
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

import examples
import pytest
from outbox.stories import HandClock, query, value

from khaossync.app.replay import Judged, Replay, Retold
from khaossync.domain.cases import CaseClass
from khaossync.domain.documents import Document, Kind, Page, Unreadable
from khaossync.domain.errors import ConnectorDownError, RejectedError
from khaossync.domain.messages import Delivery, Done, Outcome
from khaossync.domain.orders import order_key
from khaossync.domain.plan import NOTHING
from khaossync.domain.routing import route
from khaossync.domain.rules import Peak, Rules
from khaossync.loops import judging
from khaossync.loops.outage import Outage
from khaossync.loops.pull import Pull
from khaossync.loops.push import Push
from khaossync.ops.metrics import Metrics
from khaossync.outbox import DatabaseSettings, PostgresOutbox, open_outbox
from khaossync.outbox.decisions import Configuration, Span, configurations, forget, keep_configuration
from khaossync.outbox.tracing import names_of
from khaossync.ports import Connector

KEY = order_key("shop", "5001")


@dataclass
class Told:
    """A stream that tells pages; the last look shows what it told last."""

    name: str
    pages: list[list[Document]] = field(default_factory=list)
    unreadable: tuple[Unreadable, ...] = ()
    interval: timedelta = timedelta(seconds=1)

    async def changes(self, cursor: str | None) -> AsyncIterator[Page]:
        for documents in self.pages:
            yield Page(tuple(documents), "1", self.unreadable)

    async def reread(self, key: str) -> Document | None:
        return self.pages[-1][-1]


@dataclass
class Taking:
    """A sink that takes all, or whatever it is told to answer."""

    kind: Kind
    outcome: Outcome | None = None
    max_batch: int = 10
    parallel: int = 1
    blind: bool = False

    async def deliver(self, batch: Sequence[Delivery]) -> Sequence[Outcome]:
        if isinstance(self.outcome, ConnectorDownError):
            raise self.outcome
        return [self.outcome or Done("SO1")] * len(batch)


@dataclass
class Answering:
    sink: Taking | None = None

    async def ping(self) -> None:
        if self.sink and isinstance(self.sink.outcome, ConnectorDownError):
            raise self.sink.outcome

    async def check(self) -> list[Any]:
        return []


@dataclass
class Road:
    """Both halves of the road between a shop and an ERP, over a real outbox."""

    outbox: PostgresOutbox
    clock: HandClock
    rules: Rules
    told: Told = field(default_factory=lambda: Told("orders"))
    sink: Taking = field(default_factory=lambda: Taking(Kind.ORDER))
    retold: dict[str, Retold] = field(default_factory=dict)

    async def pull(self, source: str, *documents: Document) -> None:
        self.told.pages = [list(documents)]
        outage = Outage(Connector(source, "scripted", Answering()), self.clock)

        def silent(*_: object) -> None: ...

        await Pull(self.told, outage, self.outbox, self.rules, self.clock, Metrics(), silent, silent).tick()

    async def push(self) -> None:
        await self.outbox.turn()
        await self.pushing.tick()

    @cached_property
    def pushing(self) -> Push:
        systems = {
            "shop": Connector("shop", "scripted", Answering(), rereader=self.told),
            "khaos": Connector("khaos", "scripted", Answering(self.sink), sinks={self.sink.kind: self.sink}),
        }
        outages = {name: Outage(one, self.clock, timedelta(0)) for name, one in systems.items()}
        dice = random.Random(1)
        return Push(self.sink.kind, outages["khaos"], outages, self.outbox, self.rules, self.clock, Metrics(), dice)

    async def replay(
        self, rules: Rules | None = None, *, key: str = "", back: timedelta = timedelta(days=1)
    ) -> list[Judged]:
        """Everything judged again; by these rules, and by what the kept texts are read as where that is said."""

        def read(kept: Document | Unreadable, _now: datetime) -> Retold:
            return self.retold.get(kept.raw, kept if isinstance(kept, Document) else None)

        again = Replay(rules or self.rules, {"shop": read, "khaos": read})
        names = await names_of(self.outbox.database, key) if key else None
        span = Span(self.clock.now() - back, self.clock.now() + timedelta(seconds=1), names)
        return [one async for one in again.run(self.outbox.database, span)]

    async def a_sold_mug(self) -> None:
        """The catalogues are read, an order is told and sent."""
        item = examples.document("khaos", Kind.STOCK_ITEM, "MUG", examples.stock_item(), raw="item")
        await self.pull("khaos", item)
        await self.pull("shop", examples.document("shop", Kind.LISTING, "MUG", examples.listing(), raw="listing"))
        await self.outbox.database.transact(complete_catalogue)
        await self.pull(
            "shop", examples.document("shop", Kind.ORDER, KEY, examples.order(order_id="5001"), raw="order")
        )
        await self.push()


async def complete_catalogue(connection: Any) -> None:
    await connection.execute("update khaossync.catalogues set read_at = now()")


@pytest.fixture
def road(outbox: PostgresOutbox, clock: HandClock) -> Road:
    return Road(outbox, clock, Rules.of([examples.rules()]))


def differing(judged: Sequence[Judged]) -> dict[str, list[str]]:
    """What → the places that differ, of records that differ."""
    return {
        one.what: [f"{' '.join(change.path)}: {change.was} → {change.now}" for change in one.found]
        for one in judged
        if not one.same
    }


async def test_judged_again_by_the_same_rules_everything_is_the_same(road: Road) -> None:
    await road.a_sold_mug()
    judged = await road.replay()
    assert [one.what for one in judged] == [
        "stock_item of khaos",
        "listing of shop",
        "order of shop",
        "order for khaos",
    ]
    assert differing(judged) == {}
    assert all(one.reread for one in judged)


async def test_another_setting_shows_exactly_what_it_changes(road: Road) -> None:
    await road.a_sold_mug()
    judged = await road.replay(Rules.of([examples.rules(couriers={"Standard": "DPD"})]))
    assert differing(judged) == {"order for khaos": ['SalesOrder courier: "RM48" → "DPD"']}
    [other] = (await road.replay(Rules.of([examples.rules(hold_seconds=1800)])))[-1:]
    assert {change.path[0] for change in other.found} == {"ready", "SalesOrder", "retry"}


async def test_a_rule_that_was_changed_is_found(road: Road, monkeypatch: pytest.MonkeyPatch) -> None:
    await road.a_sold_mug()
    monkeypatch.setattr(judging, "route", lambda *_: NOTHING)
    assert "order of shop" in differing(await road.replay())
    assert "order for khaos" not in differing(await road.replay())
    monkeypatch.setattr(judging, "route", route)
    monkeypatch.setattr(judging, "prepare", lambda *_: 1 / 0)
    told = differing(await road.replay())
    assert set(told) == {"order for khaos"}
    assert any("ZeroDivisionError" in place for place in told["order for khaos"])


async def test_a_mapping_that_was_changed_is_found_and_judged_on(road: Road) -> None:
    await road.a_sold_mug()
    body = examples.order(order_id="5001", note="read better")
    road.retold["order"] = examples.document("shop", Kind.ORDER, KEY, body, raw="order")
    assert differing(await road.replay()) == {
        "order of shop": ['document body note:  → "read better"'],
        "order for khaos": ['document body note:  → "read better"', 'SalesOrder note:  → "read better"'],
    }


async def test_a_text_that_can_no_longer_be_read_is_found(road: Road) -> None:
    await road.a_sold_mug()
    road.retold["order"] = Unreadable("shop", Kind.ORDER, KEY, "its money has no currency", "order")
    told = differing(await road.replay())
    assert set(told) == {"order of shop", "order for khaos"}
    assert all(any("its money has no currency" in place for place in places) for places in told.values())


async def test_a_rule_that_broke_then_and_no_longer_does_is_found(road: Road, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(judging, "route", lambda *_: 1 / 0)
        await road.a_sold_mug()
    told = differing(await road.replay())
    assert any("no rule could judge it" in place for place in told["order of shop"])


async def test_what_could_not_be_read_then_and_can_be_now_is_told(road: Road) -> None:
    """A known wish of operators: whether the new release cures the open cases, before it is let loose on them."""
    road.told.unreadable = (Unreadable("shop", Kind.ORDER, KEY, "its lines are no list", "odd"),)
    await road.pull("shop")
    assert differing(await road.replay()) == {}
    assert [one.what for one in await road.replay()] == ["unreadable order of shop"]
    road.retold["odd"] = examples.document("shop", Kind.ORDER, KEY, examples.order(), raw="odd")
    told = differing(await road.replay())
    assert told == {"unreadable order of shop": ["document: unreadable: its lines are no list → would be read"]}


async def test_of_a_page_of_sightings_only_the_news_is_kept_and_still_judged_the_same(road: Road) -> None:
    """What does not change all day would be most of what is kept."""
    items = [examples.document("khaos", Kind.STOCK_ITEM, code, examples.stock_item(code)) for code in ("MUG", "CUP")]
    levels = [examples.document("khaos", Kind.STOCK_LEVEL, c, examples.stock_level("8", c)) for c in ("MUG", "CUP")]
    seen = {code: examples.document("shop", Kind.LISTING, code, examples.listing(code, 8)) for code in ("MUG", "CUP")}
    await road.pull("khaos", *items)
    await road.pull("khaos", *levels)
    await road.pull("shop", *seen.values())
    later = road.clock.forward(minutes=1)
    drifted = examples.document("shop", Kind.LISTING, "CUP", examples.listing("CUP", 3), version="2", moment=later)
    await road.pull("shop", replace(seen["MUG"], moment=later), drifted)
    judged = await road.replay()
    assert [(one.what, one.key) for one in judged][-3:] == [
        ("listing of shop", "MUG"),
        ("listing of shop", "CUP"),
        ("listing of shop", "CUP"),
    ]
    assert differing(judged) == {}
    assert set(differing(await road.replay(Rules.of([examples.rules(buffer=1)])))) == {"listing of shop"}
    before = await value(road.outbox.database, "select count(*) from khaossync.decisions")
    await road.pull("shop", replace(seen["MUG"], moment=road.clock.forward(minutes=1)))
    assert await value(road.outbox.database, "select count(*) from khaossync.decisions") == before


async def test_peaks_count_as_they_did_at_the_time(road: Road) -> None:
    """Judged in the quiet of the evening, the hour of a sale is judged as the hour of a sale."""
    now = road.clock.now()
    peaks = (Peak(now, now + timedelta(hours=1), 4), Peak(now + timedelta(hours=2), now + timedelta(hours=4), 6))
    road.rules = Rules.of([examples.rules(peaks=peaks)])
    await road.pull("khaos", examples.document("khaos", Kind.STOCK_ITEM, "MUG", examples.stock_item()))
    await road.pull("khaos", examples.document("khaos", Kind.STOCK_LEVEL, "MUG", examples.stock_level("9")))
    await road.pull("shop", examples.document("shop", Kind.LISTING, "MUG", examples.listing(shown=5)))
    road.clock.forward(hours=3)
    assert differing(await road.replay()) == {}
    told = differing(await road.replay(Rules.of([examples.rules()])))
    assert any("quantity: 5 → 9" in place for place in told["listing of shop"])


async def test_a_delivery_that_did_not_come_about_leaves_no_decision(road: Road) -> None:
    """It is decided anew when the other side is back."""
    road.sink.outcome = ConnectorDownError("maintenance")
    await road.a_sold_mug()
    assert [one.what for one in await road.replay()][-1] == "order of shop"
    road.sink.outcome = None
    road.clock.forward(minutes=2)
    await road.push()
    assert [one.what for one in await road.replay()][3:] == ["order for khaos"]


async def test_the_last_looks_text_is_kept_where_it_is_news(road: Road) -> None:
    """The order that was sent may have been edited since it was told."""
    await road.a_sold_mug()
    edited = examples.order(order_id="5002", number="#1002", note="leave it at the door")
    told = examples.document("shop", Kind.ORDER, edited.key, replace(edited, note=""), raw="as told")
    await road.pull("shop", told)
    road.told.pages = [[replace(told, body=edited, version="2", raw="as sent")]]
    await road.push()
    raws = await query(road.outbox.database, "select version, raw from khaossync.raws where key = $1", edited.key)
    assert {tuple(row) for row in raws} == {("1", "as told"), ("2", "as sent")}
    judged = [one for one in await road.replay() if one.key == edited.key]
    assert [(one.what, one.reread, one.same) for one in judged] == [
        ("order of shop", True, True),
        ("order for khaos", True, True),
    ]


async def test_without_its_raw_text_a_decision_is_judged_as_it_was_read_then(road: Road) -> None:
    await road.a_sold_mug()
    await query(road.outbox.database, "delete from khaossync.raws")
    road.retold["order"] = Unreadable("shop", Kind.ORDER, KEY, "never asked", "order")
    judged = await road.replay()
    assert differing(judged) == {}
    assert not any(one.reread for one in judged)


async def test_one_record_is_found_by_any_of_its_names(road: Road) -> None:
    await road.a_sold_mug()
    for name in (KEY, "1001", "#1001", "S5001", "SO1", "5001"):
        names = set(await names_of(road.outbox.database, name))
        judged = [one for one in await road.replay(key=name) if not one.names.isdisjoint(names)]
        assert [one.what for one in judged] == ["order of shop", "order for khaos"], name
    assert [one.what for one in await road.replay(key="MUG") if "MUG" in one.names] == [
        "stock_item of khaos",
        "listing of shop",
    ]


async def test_only_the_asked_time_is_judged(road: Road) -> None:
    await road.a_sold_mug()
    road.clock.forward(hours=2)
    await road.pull("khaos", examples.document("khaos", Kind.STOCK_ITEM, "CUP", examples.stock_item("CUP")))
    assert [one.key for one in await road.replay(back=timedelta(hours=1))] == ["CUP"]
    assert len(await road.replay(back=timedelta(hours=3))) == 5


async def test_more_decisions_than_are_read_at_once_are_all_judged(road: Road) -> None:
    codes = [f"SKU-{number}" for number in range(120)]
    for code in codes:
        await road.pull("khaos", examples.document("khaos", Kind.STOCK_ITEM, code, examples.stock_item(code)))
    assert [one.key for one in await road.replay()] == codes


async def test_what_this_release_cannot_read_is_no_equality(road: Road) -> None:
    await road.a_sold_mug()
    await query(road.outbox.database, r"update khaossync.decisions set content = '\x00' where sort = 'preparation'")
    [other] = [one for one in await road.replay() if not one.same]
    assert (other.what, bool(other.trouble)) == ("decision", True)


async def test_a_page_that_is_not_stored_leaves_no_decision(road: Road, monkeypatch: pytest.MonkeyPatch) -> None:
    """One transaction: what was decided and what it led to stand or fall together."""

    async def fails(*_: object) -> None:
        raise RejectedError("disk full", CaseClass.EXPIRED)

    monkeypatch.setattr("khaossync.outbox.accepting.keep_progress", fails)
    with pytest.raises(RejectedError):
        await road.a_sold_mug()
    monkeypatch.undo()
    monkeypatch.setattr("khaossync.outbox.accepting.keep_decisions", fails)
    with pytest.raises(RejectedError):
        await road.a_sold_mug()
    assert await value(road.outbox.database, "select count(*) from khaossync.decisions") == 0
    assert await value(road.outbox.database, "select count(*) from khaossync.documents") == 0


async def test_decisions_expire_with_the_texts_they_rest_on(road: Road) -> None:
    await road.a_sold_mug()
    count = "select count(*) from khaossync.decisions"
    assert await value(road.outbox.database, count) == 4
    road.clock.forward(days=4)
    assert (await road.outbox.tidy())["decisions"] == 2
    assert [row["orders"] for row in await query(road.outbox.database, "select orders from khaossync.decisions")] == [
        [KEY],
        [KEY],
    ]
    road.clock.forward(days=90)
    assert (await road.outbox.tidy())["raws"] > 0, "with the raw text of an order goes what was decided on it"
    assert await value(road.outbox.database, count) == 0


async def test_a_persons_decisions_can_be_forgotten(road: Road) -> None:
    """Everything that tells of the order goes: the page that told it, what was sent, what the ERP said of it."""
    await road.a_sold_mug()
    await road.pull("khaos", examples.document("khaos", Kind.DESPATCH, "INV1/TRACK1", examples.despatch()))
    assert [one.what for one in await road.replay()][-1] == "despatch of khaos"
    assert await road.outbox.database.transact(forget, ["shop:none"]) == 0
    assert await road.outbox.database.transact(forget, [KEY]) == 3
    assert [one.what for one in await road.replay()] == ["stock_item of khaos", "listing of shop"]


async def test_each_decision_names_the_configuration_it_was_made_by(dsn: str, clock: HandClock) -> None:
    settings = {"channel": {"shop": {"buffer": 2}}}
    async with open_outbox(DatabaseSettings(dsn), clock, configuration="c0ffee") as outbox:
        await outbox.own(["khaos", "shop"])
        for release in ("0.1.0", "told twice"):
            await keep_configuration(outbox.database, Configuration("c0ffee", release, settings), clock.now())
        road = Road(outbox, clock, Rules.of([examples.rules()]))
        await road.a_sold_mug()
        assert {one.configuration for one in await road.replay()} == {"c0ffee"}
        known = await configurations(outbox.database, {"c0ffee", "unknown"})
        assert known == {"c0ffee": Configuration("c0ffee", "0.1.0", settings)}
