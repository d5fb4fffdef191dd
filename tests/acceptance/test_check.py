"""`khaossync check` beside a running daemon, and before its first start; and webhooks that are subscribed again."""

import json
from collections.abc import AsyncIterator
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from acceptance.playhouse import RANGE_STREAMS, Playhouse, Tables

from khaossync.channels.shopify.hooks import TOPICS

PRICE = Decimal("5.00")
Told = dict[str, Any]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Playhouse]:
    async with Playhouse(tmp_path_factory.mktemp("check")) as house:
        await house.start()
        await house.turned(*(f"pull {system} {stream}" for system, stream in sorted(RANGE_STREAMS)))
        yield house


async def checked(house: Playhouse, changes: Tables | None = None) -> list[Told]:
    """All findings of the configuration with these changes, which are taken back afterwards."""
    kept = house.config.read_text()
    house.configure(changes or {})
    told = await house.cli("check", "--json")
    house.config.write_text(kept)
    report = json.loads(told.out)
    assert told.code == (1 if report["verdict"] == "fail" else 0), told.err
    found: list[Told] = report["findings"]
    return found


def of(found: list[Told], severity: str) -> list[Told]:
    return [one for one in found if one["severity"] == severity]


async def test_a_good_configuration_has_no_failure(house: Playhouse) -> None:
    told = await house.cli("check")
    assert told.code == 0, told.out
    assert "FAIL" not in told.out
    assert max(len(line) for line in told.out.splitlines()) <= 100
    found = await checked(house)
    assert {"configuration", "database", "khaos", "shop"} == {one["system"] for one in found}
    assert {"scopes", "schema", "couriers", "catalogue", "clock"} <= {one["subject"] for one in found}
    assert all(one["remedy"] for one in of(found, "warn"))


async def test_a_sku_that_the_erp_does_not_know_is_named_before_anybody_orders_it(house: Playhouse) -> None:
    """ADB-26, SHW-26, SHO-11, S-5: the day's ghost article, seen in what the daemon has stored."""
    (ghost,) = [one for one in of(await checked(house), "warn") if one["subject"] == "SKUs without stock code"]
    assert ghost["items"] == ["GHOST"]


async def test_a_location_that_does_not_exist_is_found_with_those_that_do(house: Playhouse) -> None:
    """S-39."""
    sites = house.settings["channel"]["shop"]["sites"]
    wrong = {"sites": dict.fromkeys(sites) | {"gid://shopify/Location/99": ["1"]}}
    (bad,) = of(await checked(house, {"channel": {"shop": wrong}}), "fail")
    assert "gid://shopify/Location/99" in bad["detail"]
    assert any(site in bad["remedy"] for site in sites)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("sales_source", "Wob"),
        ("company_class", "Retial"),
        ("couriers", {"Express": "DHL-9"}),
        ("discount_code", "DISCONT"),
        ("skus", {"NEW": "NOWHERE"}),
        ("currencies", ["EUR"]),
    ],
)
async def test_a_name_that_a_system_does_not_know_is_found(house: Playhouse, key: str, value: Any) -> None:
    """S-8, SHO-16."""
    (bad,) = of(await checked(house, {"channel": {"shop": {key: value}}}), "fail")
    assert bad["subject"] == key
    assert bad["remedy"]


async def test_a_wrong_token_and_a_closed_erp_spoil_only_their_own_parts(house: Playhouse) -> None:
    """S-40."""
    with_nobody = {"url": "http://127.0.0.1:9/KhaosSIM.exe"}
    wrong = {"channel": {"shop": {"access_token": "shpat_wrong"}}, "erp": {"khaos": with_nobody}}
    found = await checked(house, wrong)
    assert {(one["system"], one["subject"]) for one in of(found, "fail")} == {("shop", "answers"), ("khaos", "answers")}
    assert [one["subject"] for one in of(found, "ok") if one["system"] == "database"]
    assert "SKUs without stock code" in {one["subject"] for one in of(found, "warn")}


async def test_a_system_that_cannot_even_be_built_spoils_only_its_own_part(house: Playhouse) -> None:
    nothing = {"ca_file": str(house.folder / "nothing.pem"), "url": "https://khaos.example.org/Khaos.exe"}
    found = await checked(house, {"erp": {"khaos": nothing}})
    assert [(one["system"], one["subject"]) for one in of(found, "fail")] == [("khaos", "settings")]
    assert "scopes" in {one["subject"] for one in of(found, "ok")}


async def test_before_the_first_start_both_catalogues_are_read_from_the_systems(tmp_path: Path) -> None:
    async with Playhouse(tmp_path) as house:
        house.shop.list_product("tee red-new", "Tee", PRICE, {"Warehouse": 1})
        house.khaos.add_stock("TEE RED-NEW", "Tee", {"1": 1})
        found = await checked(house)
        subjects = {one["subject"]: one for one in of(found, "warn")}
        assert subjects["SKUs without stock code"]["items"] == ["GHOST"]
        assert subjects["SKUs nearly alike"]["items"] == ['"tee red-new" = "TEE RED-NEW"']


async def test_subscriptions_are_made_at_the_start_and_wake_the_readings(tmp_path: Path) -> None:
    """SHO-21: orders are not to be read by the clock for an hour, so only a webhook can bring this one."""
    slow = {"channel": {"shop": {"orders_interval": 3600}}}
    async with Playhouse(tmp_path, changes=slow) as house:
        house.configure({"http": {"public_url": house.url}})
        url = f"{house.url}/hooks/shop"
        (before,) = [one for one in await checked(house) if one["subject"] == "webhooks"]
        assert (before["severity"], before["items"]) == ("warn", list(TOPICS))
        await house.start()
        await house.until(lambda: house.events("webhooks_subscribed", connector="shop"), "webhooks are subscribed")
        held = {(each.topic, each.uri) for each in house.shop.state.subscriptions.values()}
        assert held == {(topic, url) for topic in TOPICS}
        (after,) = [one for one in await checked(house) if one["subject"] == "webhooks"]
        assert after["severity"] == "ok"
        first = partial(house.metric, "khaossync_loop_ticks_total", loop="pull shop orders")
        await house.until(first, "the orders were read once")
        await house.sold(house.shop.place_order([("MUG", 1)]))


async def test_without_a_public_address_nothing_is_subscribed(house: Playhouse) -> None:
    assert not house.shop.state.subscriptions
    (told,) = [one for one in await checked(house) if one["subject"] == "webhooks"]
    assert (told["severity"], "public_url" in told["detail"]) == ("ok", True)
