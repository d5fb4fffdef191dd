"""Levels that change without a document: the rules were edited, a peak began, time has passed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import cast

import pytest
from examples import NOON, listing, rules, stock_level

from khaossync.domain.knowledge import Knowledge, Question
from khaossync.domain.rules import ChannelRules, Peak, Rules
from khaossync.loops import relevel
from khaossync.loops.relevel import Relevel, fingerprint
from khaossync.ports import Acceptance, Accepted, Judge, Listed, Outbox, Stored


@dataclass
class Hand:
    time: datetime = NOON

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return self.time.timestamp()


@dataclass
class Memory:
    """The listings of a shop, the free units behind them, and what was accepted."""

    skus: Sequence[str]
    cursors: dict[str, str] = field(default_factory=dict)
    wanted: list[tuple[str, int]] = field(default_factory=list)
    due: Sequence[str] = ()
    unreadable: Sequence[str] = ()

    async def cursor(self, _source: str, stream: str) -> str | None:
        return self.cursors.get(stream)

    async def listed(self, _channel: str, after: str, limit: int) -> Listed:
        rows = [sku for sku in self.skus if sku > after][:limit]
        readable = tuple(listing(sku) for sku in rows if sku not in self.unreadable)
        return Listed(readable, rows[-1] if len(rows) == limit else None)

    async def counted(self, _channel: str, _until: datetime) -> Sequence[str]:
        due, self.due = self.due, ()
        return due

    async def look_up(self, _question: Question) -> Knowledge:
        return Knowledge(
            stock_levels={("khaos", sku): stock_level("10", sku) for sku in self.skus},
            listings={("shop", sku): listing(sku) for sku in self.skus},
        )

    async def take_in(self, _source: str, judge: Judge) -> Accepted:
        return self.accept(await judge(cast("Stored", self)))

    def accept(self, acceptance: Acceptance) -> Accepted:
        self.cursors[acceptance.stream] = acceptance.page.cursor
        assert all(told.seen is None and told.source == "khaos" for told in acceptance.levels)
        self.wanted += [(told.level.sku, told.level.quantity) for told in acceptance.levels]
        return Accepted(levels=len(acceptance.levels))


@dataclass
class Breaking(Memory):
    """Goes away once, at the second piece."""

    pieces: int = 0

    async def listed(self, channel: str, after: str, limit: int) -> Listed:
        self.pieces += 1
        if self.pieces == 2:
            raise TimeoutError
        return await super().listed(channel, after, limit)


def loop(memory: Memory, channel: ChannelRules, clock: Hand | None = None) -> Relevel:
    outbox = cast("Outbox", memory)
    return Relevel("shop", outbox, Rules.of([channel]), clock or Hand(), lambda: None)


async def test_a_changed_buffer_is_applied_to_every_listing_once() -> None:
    """SHO-25: nobody should have to wait for the next movement of each item."""
    memory = Memory(["A", "B", "C"])
    assert await loop(memory, rules(buffer=1)).tick() == {"levels": 3}
    assert await loop(memory, rules(buffer=1)).tick() == {}
    assert await loop(memory, rules(buffer=4)).tick() == {"levels": 3}
    assert memory.wanted == [("A", 9), ("B", 9), ("C", 9), ("A", 6), ("B", 6), ("C", 6)]


async def test_a_peak_begins_and_ends_by_the_clock() -> None:
    memory, clock = Memory(["A"]), Hand()
    peak = Peak(NOON + timedelta(hours=1), NOON + timedelta(hours=2), 5)
    one = loop(memory, rules(peaks=(peak,)), clock)
    for hours in (0, 1, 1, 2, 2):
        clock.time = NOON + timedelta(hours=hours)
        await one.tick()
    assert memory.wanted == [("A", 10), ("A", 5), ("A", 10)]


async def test_a_reading_that_was_broken_off_goes_on_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relevel, "_AT_ONCE", 2)
    memory = Breaking(["A", "B", "C", "D", "E"])
    with pytest.raises(TimeoutError):
        await loop(memory, rules()).tick()
    await loop(memory, rules()).tick()
    assert [sku for sku, _ in memory.wanted] == ["A", "B", "C", "D", "E"]


async def test_a_piece_without_a_single_readable_listing_is_not_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relevel, "_AT_ONCE", 2)
    memory = Memory(["A", "B", "C", "D", "E"], unreadable=["B", "C", "D"])
    assert await loop(memory, rules()).tick() == {"levels": 2}
    assert [sku for sku, _ in memory.wanted] == ["A", "E"]


async def test_units_that_were_posted_long_ago_are_shown_again() -> None:
    memory = Memory(["A", "B"])
    one = loop(memory, rules())
    await one.tick()
    memory.wanted.clear()
    memory.due = ["B"]
    assert await one.tick() == {"levels": 1}
    assert memory.wanted == [("B", 10)]
    assert await one.tick() == {}


def test_every_rule_that_a_level_follows_from_is_in_the_fingerprint() -> None:
    base = fingerprint(rules())
    peak = Peak(NOON, NOON + timedelta(hours=1), 5)
    changed = [
        rules(buffer=1),
        rules(buffers={"A": 1}),
        rules(peaks=(peak,)),
        rules(sites={"loc-1": ("1", "2")}),
        rules(skus={"A": "B"}),
        rules(bundles={"A": {"B": 1}}),
        rules(erp="other"),
    ]
    assert len({base, *map(fingerprint, changed)}) == len(changed) + 1
    assert fingerprint(rules(couriers={"Express": "DPD"})) == base
