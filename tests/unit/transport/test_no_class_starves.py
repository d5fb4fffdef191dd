"""Random loads against the limiter and a made-up server, in made-up time."""

import asyncio
import random
from collections import defaultdict
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.transport.virtual import now, on_a_virtual_clock

from khaossync.transport.buckets import Charge, CostBucket
from khaossync.transport.limiter import Limiter
from khaossync.transport.priority import Priority
from khaossync.transport.shares import SHARES

FULL, RATE = 1000.0, 100.0
SLOWEST = 0.5 * SHARES[Priority.BACKFILL]
"""The part of all tokens that the smallest share is worth while everybody above spends all there is."""


@dataclass
class Notes:
    """What a load brought about: tokens by class, and the longest wait of each."""

    spent: defaultdict[Priority, float] = field(default_factory=lambda: defaultdict(float))
    waited: defaultdict[Priority, float] = field(default_factory=lambda: defaultdict(float))


async def keep_calling(
    limiter: Limiter, priority: Priority, costs: tuple[float, float], dice: random.Random, notes: Notes, end: float
) -> None:
    """One caller after another of a class, without a rest; who still waits at the end counts as well."""
    while now() < end:
        began, cost = now(), dice.uniform(*costs)
        try:
            async with asyncio.timeout_at(end), limiter.turn(priority, cost):
                notes.spent[priority] += cost
                notes.waited[priority] = max(notes.waited[priority], now() - began)
                await asyncio.sleep(dice.uniform(0, 0.5))
        except TimeoutError:
            notes.waited[priority] = max(notes.waited[priority], now() - began)


LOADS = st.dictionaries(
    st.sampled_from([Priority.ORDERS, Priority.REFUNDS, Priority.STOCK, Priority.BACKFILL]),
    st.tuples(st.integers(1, 4), st.floats(1, 500)),
    min_size=1,
)


@settings(max_examples=20, deadline=None, derandomize=True)
@given(LOADS, st.floats(60, 900), st.integers(0, 1000))
def test_no_class_starves_under_permanent_pressure_from_above(
    loads: dict[Priority, tuple[int, float]], pressure: float, seed: int
) -> None:
    """M-5, SHO-F4: despatches ask for more than there is for ever, and every other class still gets its turns.

    Nobody waits longer than his class needs, at its smallest share, for what its callers want together.
    """
    length = (4 * 500 + pressure) / (SLOWEST * RATE) * 2

    async def story() -> Notes:
        dice, notes = random.Random(seed), Notes()
        limiter = Limiter(CostBucket(FULL, FULL, RATE))
        callers = [(Priority.DESPATCH, (pressure / 2, pressure))] * 12
        callers += [(priority, (dear / 2, dear)) for priority, (count, dear) in loads.items() for _ in range(count)]
        await asyncio.gather(*(keep_calling(limiter, *each, dice, notes, length) for each in callers))
        return notes

    notes = on_a_virtual_clock(story)
    for priority, (count, dear) in loads.items():
        assert notes.waited[priority] <= (count * dear + pressure) / (SLOWEST * RATE), priority
        assert notes.spent[priority] > 0


def test_each_class_that_always_waits_gets_its_share_of_what_is_spent_above_it() -> None:
    async def story() -> Notes:
        dice, notes = random.Random(1), Notes()
        limiter = Limiter(CostBucket(FULL, FULL, RATE))
        callers = [priority for priority in Priority for _ in range(40)]
        await asyncio.gather(*(keep_calling(limiter, each, (5, 25), dice, notes, 600) for each in callers))
        return notes

    spent = on_a_virtual_clock(story).spent
    assert sum(spent.values()) == pytest.approx(FULL + 600 * RATE, rel=0.01)
    for priority, share in SHARES.items():
        above = sum(tokens for other, tokens in spent.items() if other < priority)
        assert spent[priority] >= 0.95 * share * above, priority


@dataclass
class Server:
    """The other side: the bucket that counts, calls that reach it late, and answers that overtake each other."""

    dice: random.Random
    level: float = FULL
    at: float = 0.0
    granted: float = 0.0
    lost: float = 0.0
    refused: int = 0

    def restore(self) -> None:
        level = self.level + (now() - self.at) * RATE
        self.level, self.at = min(FULL, level), now()
        self.lost += level - self.level

    async def call(self, wanted: float, actual: float) -> Charge:
        await asyncio.sleep(self.dice.uniform(0, 0.3))
        self.restore()
        if self.level < wanted:
            self.refused += 1
            actual = 0.0
        self.level -= actual
        self.granted += actual
        told = Charge(actual, float(int(self.level)), FULL, RATE)
        await asyncio.sleep(self.dice.uniform(0, 0.3))
        return told


async def use(limiter: Limiter, server: Server, priority: Priority, costs: tuple[float, float], end: float) -> None:
    while now() < end:
        cost = server.dice.uniform(*costs)
        async with limiter.turn(priority, cost) as turn:
            charge = await server.call(cost, cost * server.dice.choice((1, 1, 0.2)))
        limiter.told(turn, charge)


@pytest.mark.parametrize("seed", range(40))
def test_a_server_is_used_to_the_full_and_never_has_to_refuse(seed: int) -> None:
    """SHO-2, SHO-3: though it starts with a wrong belief, and no answer says how old it is."""

    async def story() -> Server:
        dice = random.Random(seed)
        server, limiter = Server(dice), Limiter(CostBucket(FULL / 2, FULL / 2, RATE / 2))
        callers = [(Priority.STOCK, (10.0, 20.0))] * 8
        callers += [
            (priority, (5.0, dice.uniform(10, 800))) for priority in Priority for _ in range(dice.randint(0, 2))
        ]
        await asyncio.gather(*(use(limiter, server, *each, 300) for each in callers))
        return server

    server = on_a_virtual_clock(story)
    assert server.refused == 0
    assert server.granted >= 0.98 * (FULL + 300 * RATE)
