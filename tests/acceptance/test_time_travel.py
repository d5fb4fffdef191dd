"""A day is judged again from what was kept of it: the same to the last byte, until somebody changes something."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from acceptance.playhouse import Finished, Playhouse

from khaossync.app.replay import replay_of
from khaossync.clock import SystemClock
from khaossync.config import load
from khaossync.domain.plan import NOTHING
from khaossync.embedded import running
from khaossync.loops import judging
from khaossync.outbox import DatabaseSettings, open_database
from khaossync.outbox.decisions import Span


async def replay(house: Playhouse, *words: str) -> Finished:
    return await house.cli("replay", "--since", "1d", "--dry-run", *words)


async def lines(house: Playhouse, code: int, *words: str) -> list[dict[str, Any]]:
    told = await replay(house, "--json", *words)
    assert told.code == code, told.out + told.err
    return [json.loads(line) for line in told.out.splitlines()]


async def test_a_day_judged_again_is_the_same_until_something_is_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No system is asked: both are closed. The daemon runs on beside it."""
    async with Playhouse(tmp_path, orders=25) as house:
        await house.open()
        await house.day.play(6)
        await house.evening()
        await house.close_shop()
        await house.close_erp()

        [total] = await lines(house, 0)
        assert total["records"] == total["same"] > 200
        assert total["read_again"] > 200
        [configuration] = total["configurations"]
        assert configuration["settings"] == []

        house.configure({"channel": {"shop": {"couriers": {"Standard": "DPD"}}}})
        *differing, total = await lines(house, 1)
        assert len(differing) == total["differ"] > 0
        assert {one["what"] for one in differing} == {"order for khaos"}
        places = {(change["place"], change["was"], change["now"]) for one in differing for change in one["changes"]}
        assert places == {("SalesOrder courier", '"RM48"', '"DPD"')}
        assert total["configurations"][0]["settings"] == [
            {"place": "channel shop couriers Standard", "was": '"RM48"', "now": '"DPD"'}
        ]
        key = differing[0]["key"]
        told = await replay(house, "--key", key)
        assert told.code == 1
        assert f"order for khaos {key}" in told.out
        assert 'SalesOrder courier: "RM48" → "DPD"' in told.out
        assert (await replay(house, "--source", "nobody")).code == 2
        house.configure({"channel": {"shop": {"couriers": {"Standard": "RM48"}}}})

        house.configure({"channel": {"shop": {"buffer": 5}}})
        told = await replay(house)
        assert told.code == 1
        assert "channel shop buffer: 2 → 5" in told.out
        assert "× stock_level of khaos\n  level shop * level quantity: -3" in told.out
        house.configure({"channel": {"shop": {"buffer": 2}}})

        monkeypatch.setattr(judging, "route", lambda *_: NOTHING)
        assert not await same(house)
        monkeypatch.undo()
        assert await same(house)


async def same(house: Playhouse) -> bool:
    """Whether the day comes out the same by the code of this process."""
    dsn = running(house.folder / "postgres")
    assert dsn
    async with open_database(DatabaseSettings(dsn)) as database:
        now = SystemClock().now()
        span = Span(now - timedelta(days=1), now)
        judged = [one async for one in replay_of(load(house.config, environ={})).run(database, span)]
    assert judged
    return all(one.same for one in judged)
