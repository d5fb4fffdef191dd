"""A short day in which every call may go wrong, and the daemon is killed in the middle: every law holds in the end."""

import asyncio
import os
import random
from pathlib import Path

import pytest
from acceptance.playhouse import Playhouse

from khaossync.sandbox.day.situations import SHOPIFY
from khaossync.sandbox.faults import Fault, Faults

SEEDS = [int(seed) for seed in os.environ.get("CHAOS_SEEDS", "1 2").split()]
LENGTH = 9.0
ORDERS = len(SHOPIFY)
ODDS = {
    Fault.DROP_BEFORE: 0.02,
    Fault.DROP_AFTER: 0.02,
    Fault.STALL: 0.02,
    Fault.UNAVAILABLE: 0.02,
    Fault.THROTTLE: 0.01,
    Fault.HTML: 0.01,
    Fault.TRUNCATE: 0.02,
}


def beset(faults: Faults, dice: random.Random) -> None:
    for fault, odds in ODDS.items():
        faults.spread(fault, odds, dice, seconds=dice.uniform(0.1, 1.0))


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_day_under_faults_and_a_crash_ends_with_every_law(tmp_path: Path, seed: int) -> None:
    """SHO-9, SHO-13, SHO-21, SHO-23, S-1, S-2, S-12, S-15, S-17, S-26, S-28."""
    dice = random.Random(seed)
    async with Playhouse(tmp_path, orders=ORDERS, seed=seed) as house:
        house.configure({"http": {"public_url": house.url}})
        await house.open()
        beset(house.shop.faults, random.Random(seed))
        beset(house.khaos.faults, random.Random(seed + 1))
        playing = asyncio.ensure_future(house.day.play(LENGTH))
        await asyncio.sleep(dice.uniform(0.3, 0.8) * LENGTH)  # the moment of the crash, not a hope
        await house.kill()
        await house.start()
        await playing
        await house.evening()
        assert all(law.checked for law in await house.laws())
        assert len({fault for _, fault in (*house.shop.faults.happened, *house.khaos.faults.happened)}) >= 5
        assert not house.events("tick_failed", level="error")
