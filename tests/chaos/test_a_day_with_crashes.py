"""A short day in which the daemon is killed three times: it ends as if nothing had been."""

import asyncio
import random
from functools import partial
from pathlib import Path

import pytest
from acceptance.playhouse import Playhouse

from khaossync.sandbox.day.situations import SHOPIFY
from khaossync.sandbox.faults import Fault, Faults


def _struck(faults: Faults, before: int) -> bool:
    return len(faults.happened) > before


@pytest.mark.parametrize("seed", [1])  # at this one an order is cancelled while its import is in doubt
async def test_a_day_with_three_crashes_ends_as_if_there_had_been_none(tmp_path: Path, seed: int) -> None:
    """SHO-9, SHO-13, S-1, S-2: killed while an import is under way, after a lost answer, and at any moment."""
    dice = random.Random(seed)
    async with Playhouse(tmp_path, orders=len(SHOPIFY), seed=seed) as house:
        house.configure({"http": {"public_url": house.url}})
        await house.open()
        playing = asyncio.ensure_future(house.day.play(9))
        for fault in (Fault.STALL, Fault.DROP_AFTER, None):
            struck = len(house.khaos.faults.happened)
            if fault:
                house.khaos.faults.plan(fault, "ImportOrders", seconds=5)
                await house.until(partial(_struck, house.khaos.faults, struck), "the fault strikes")
            await asyncio.sleep(dice.uniform(0, 0.5))  # the moment of the crash, not a hope
            await house.kill()
            await house.start()
        await playing
        await house.evening()
        assert len(house.events("previous_exit_unclean")) == 3
        assert all(law.checked for law in await house.laws())
