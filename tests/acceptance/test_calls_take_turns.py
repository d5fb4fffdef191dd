"""Calls to one system go side by side as far as it bears, and its metrics tell what they cost and how they waited."""

from pathlib import Path

from acceptance.playhouse import QUICK, Playhouse

TURNS = "khaossync_loop_ticks_total"


async def test_calls_go_side_by_side_and_are_counted_by_their_urgency(tmp_path: Path) -> None:
    """S-23, SHO-10, SHO-F4: a sink says how many calls it makes at once, and each call how urgent it is."""
    async with Playhouse(tmp_path, changes=QUICK) as house:
        await house.open()
        await house.sold(house.shop.place_order([("MUG", 1)]))
        for loop, loops in (("shop stock_level", 4), ("shop despatch", 2), ("khaos order", 1)):
            turned = [await house.metric(TURNS, loop=f"push {loop}{which}") > 0 for which in ("", " 2", " 3", " 4")]
            assert turned == [True] * loops + [False] * (4 - loops), loop
        for priority in ("orders", "refunds", "stock", "backfill"):
            assert await house.metric("khaossync_limiter_tokens_total", system="shop", priority=priority) > 0
        for priority in ("despatch", "orders", "stock", "backfill"):
            waits = "khaossync_limiter_wait_seconds_count"
            assert await house.metric(waits, system="khaos", priority=priority) > 0
        assert await house.metric("khaossync_limiter_refusals_total") == 0
