"""A configuration that cannot work starts nothing."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from acceptance.playhouse import Playhouse, Tables


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Playhouse]:
    async with Playhouse(tmp_path_factory.mktemp("configuration")) as house:
        await house.start()
        yield house


BAD: dict[str, tuple[Tables, str]] = {
    "an unknown key": ({"channel": {"shop": {"bufer": 3}}}, "bufer"),
    "a value out of bounds": ({"channel": {"shop": {"buffer": -1}}}, "buffer"),
    "a word for a number": ({"http": {"port": "many"}}, "port"),
    "an ERP that is not there": ({"channel": {"shop": {"erp": "kaos"}}}, "kaos"),
    "no tax codes": ({"channel": {"shop": {"tax_codes": None}}}, "tax_codes"),
    "no go-live": ({"channel": {"shop": {"go_live_at": None}}}, "go_live_at"),
}


@pytest.mark.parametrize("what", BAD)
async def test_a_bad_configuration_is_one_clear_line_and_nothing_is_started(what: str, tmp_path: Path) -> None:
    changes, word = BAD[what]
    async with Playhouse(tmp_path, changes=changes) as house:
        told = await house.cli("run")
        assert told.code == 78
        assert word in told.err
        assert len(told.err.strip().splitlines()) == 1, told.err
        assert "Traceback" not in told.err
        assert not (tmp_path / "postgres").exists()
        assert not house.shop.server.requests
        assert not house.khaos.calls


async def test_a_second_daemon_on_the_same_data_is_refused(house: Playhouse) -> None:
    house.configure({"http": {"port": 0}})
    told = await asyncio.wait_for(house.cli("run"), 20)
    assert told.code == 78
    assert (await house.get("/livez"))[0] == 200
