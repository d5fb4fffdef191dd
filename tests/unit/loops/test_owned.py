"""A loop works only while its connector is ours, stops when it goes, and begins as soon as it comes."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from khaossync.domain.errors import TransientError
from khaossync.loops.loop import Wake
from khaossync.loops.owned import Owned


@dataclass
class Owners:
    """Ownership that a test gives and takes."""

    ours: set[str] = field(default_factory=set)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    failure: Exception | None = None

    def owns(self, connector: str) -> bool:
        if self.failure:
            raise self.failure
        return connector in self.ours

    async def until(self, connector: str, owned: bool) -> None:
        while self.owns(connector) is not owned:
            await self.changed.wait()

    def turn(self, *ours: str) -> None:
        self.ours = set(ours)
        self.changed.set()
        self.changed = asyncio.Event()


@dataclass
class Work:
    """A tick that lasts until it is let go."""

    go: asyncio.Event = field(default_factory=asyncio.Event)
    began: asyncio.Event = field(default_factory=asyncio.Event)
    broken_off: bool = False

    async def tick(self) -> Mapping[str, int]:
        self.began.set()
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.broken_off = True
            raise
        return {"done": 1}


async def test_nothing_is_done_for_a_connector_of_another_process() -> None:
    work, looked = Work(), []

    async def look() -> None:
        looked.append(True)

    assert await Owned("shop", Owners({"khaos"}), work.tick, meanwhile=look).tick() == {}
    assert not work.began.is_set()
    assert looked


async def test_a_reading_is_broken_off_when_its_connector_goes() -> None:
    """Whoever has it now reads the same pages."""
    owners, work = Owners({"shop"}), Work()
    ticking = asyncio.ensure_future(Owned("shop", owners, work.tick).tick())
    await work.began.wait()
    owners.turn("khaos")
    assert await ticking == {}
    assert work.broken_off


async def test_a_delivery_is_finished_although_its_connector_goes() -> None:
    owners, work = Owners({"shop"}), Work()
    ticking = asyncio.ensure_future(Owned("shop", owners, work.tick, finishes=True).tick())
    await work.began.wait()
    owners.turn()
    work.go.set()
    assert await ticking == {"done": 1}


async def test_what_a_tick_raises_is_the_loops_own_affair() -> None:
    async def breaks() -> Mapping[str, int]:
        raise TransientError("away")

    with pytest.raises(TransientError, match="away"):
        await Owned("shop", Owners({"shop"}), breaks).tick()


async def test_a_tick_that_is_cancelled_ends_before_its_canceller_goes_on() -> None:
    work = Work()
    ticking = asyncio.ensure_future(Owned("shop", Owners({"shop"}), work.tick).tick())
    await work.began.wait()
    ticking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await ticking
    assert work.broken_off


async def test_a_loop_rests_until_its_connector_comes_and_then_begins_at_once() -> None:
    owners = Owners()
    resting = asyncio.ensure_future(Owned("shop", owners, Work().tick).wait())
    owners.turn("khaos")
    await asyncio.sleep(0)
    assert not resting.done()
    owners.turn("shop", "khaos")
    await asyncio.wait_for(resting, 5)


async def test_a_connector_that_went_and_came_back_while_its_loop_rested_wakes_it() -> None:
    """Who had it meanwhile may have been in the middle of a reading."""
    owners = Owners({"shop"})
    resting = asyncio.ensure_future(Owned("shop", owners, Work().tick, Wake()).wait())
    await asyncio.sleep(0)
    owners.turn()
    for _ in range(3):
        await asyncio.sleep(0)
    assert not resting.done()
    owners.turn("shop")
    await asyncio.wait_for(resting, 5)


async def test_a_hint_wakes_a_loop_of_ours() -> None:
    wake = Wake()
    resting = asyncio.ensure_future(Owned("shop", Owners({"shop"}), Work().tick, wake).wait())
    wake.hint()
    await asyncio.wait_for(resting, 5)


async def test_what_ended_the_keeping_of_all_connectors_fails_every_loop() -> None:
    """Else they would all rest for ever, and nobody would hear of it."""
    with pytest.raises(TransientError, match="no more"):
        await Owned("shop", Owners(failure=TransientError("no more")), Work().tick).tick()
