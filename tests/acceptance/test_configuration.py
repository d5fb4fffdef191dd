"""A configuration that cannot work starts nothing; `check` holds one that can against both systems."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from acceptance.playhouse import Playhouse, Tables


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Playhouse]:
    async with Playhouse(tmp_path_factory.mktemp("check")) as house:
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


async def test_a_good_configuration_passes_every_check(house: Playhouse) -> None:
    told = await house.cli("check")
    assert told.code == 0, told.out
    assert "FAIL" not in told.out
    machine = await house.cli("check", "--json")
    found = json.loads(machine.out)
    assert {"configuration", "database", "khaos", "shop", "scopes"} <= {one["subject"] for one in found}
    assert all(one["good"] for one in found)


async def failing(house: Playhouse, changes: Tables) -> list[dict[str, str]]:
    """The bad findings of a configuration with these changes, which are taken back afterwards."""
    kept = house.config.read_text()
    house.configure(changes)
    told = await house.cli("check", "--json")
    house.config.write_text(kept)
    assert told.code == 1, told.out + told.err
    return [one for one in json.loads(told.out) if not one["good"]]


async def test_a_location_that_does_not_exist_is_found_with_those_that_do(house: Playhouse) -> None:
    """S-39."""
    sites = house.settings["channel"]["shop"]["sites"]
    wrong = {"sites": dict.fromkeys(sites) | {"gid://shopify/Location/99": ["1"]}}
    (bad,) = await failing(house, {"channel": {"shop": wrong}})
    assert "gid://shopify/Location/99" in bad["detail"]
    assert next(iter(sites)) in bad["remedy"]


@pytest.mark.parametrize(
    ("key", "value"), [("sales_source", "Wob"), ("company_class", "Retial"), ("couriers", {"Express": "DHL-9"})]
)
async def test_a_name_that_the_erp_does_not_know_is_found_with_those_that_it_does(
    house: Playhouse, key: str, value: str | dict[str, str]
) -> None:
    """S-8, SHO-16."""
    (bad,) = await failing(house, {"channel": {"shop": {key: value}}})
    assert str(value if isinstance(value, str) else value["Express"]) in bad["detail"]
    assert key in bad["remedy"]


async def test_a_wrong_token_and_a_closed_erp_are_found_side_by_side(house: Playhouse) -> None:
    """S-40."""
    with_nobody = {"url": "http://127.0.0.1:9/KhaosSIM.exe"}
    bad = await failing(house, {"channel": {"shop": {"access_token": "shpat_wrong"}}, "erp": {"khaos": with_nobody}})
    assert {one["subject"] for one in bad} == {"shop", "khaos"}
    assert all(one["remedy"] for one in bad)


async def test_a_second_daemon_on_the_same_data_is_refused(house: Playhouse) -> None:
    house.configure({"http": {"port": 0}})
    told = await asyncio.wait_for(house.cli("run"), 20)
    assert told.code == 78
    assert (await house.get("/livez"))[0] == 200
