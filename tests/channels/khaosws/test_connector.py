"""What the connector offers, and what it finds out about its own settings."""

from datetime import timedelta

import pytest
from channels.khaosws.service import Bench, Service, answer, fault, settings

from khaossync.domain.documents import Kind
from khaossync.domain.errors import ConnectorDownError, TransientError
from khaossync.domain.findings import Finding, Severity
from khaossync.erp import khaosws
from khaossync.erp.khaosws import build


def strings(operation: str, *texts: str) -> tuple[int, str]:
    return 200, answer(operation, f"<return>{''.join(f'<item>{text}</item>' for text in texts)}</return>")


def full_lists(service: Service) -> None:
    rows = "<item><SiteID>1</SiteID><SiteName>Main</SiteName></item>"
    service.on("GetVersion", "8.190")
    service.on("GetSiteList", (200, answer("GetSiteList", f"<return><List>{rows}</List></return>")))
    service.on("GetSaleSource", strings("GetSaleSource", "Web", "Phone"))
    service.on("GetCompanyClass", strings("GetCompanyClass", "Retail"))
    service.on("GetSOPData", "<SOPDATA><COURIERS><COURIER CODE='RM48'/></COURIERS></SOPDATA>")


async def check(service: Service, bench: Bench, sites: list[int]) -> dict[str, Finding]:
    connector = await build("khaos", settings(service.url, sites=sites), bench.kit)
    return {one.subject: one for one in await connector.probe.check()}


async def test_it_takes_orders_and_nothing_else(bench: Bench) -> None:
    """What KhaosWS cannot do is not listed, so that it becomes a case and never silence."""
    connector = await build("khaos", settings(), bench.kit)
    assert connector.capabilities == {Kind.ORDER}
    assert [source.name for source in connector.sources] == ["catalogue", "stock", "despatches"]
    assert (connector.name, connector.kind, connector.hooks, connector.rereader) == ("khaos", "khaosws", None, None)
    assert khaosws.__all__ == ["build"]


async def test_a_ping_is_one_harmless_call(service: Service, bench: Bench) -> None:
    service.on("GetVersion", "8.190")
    await (await build("khaos", settings(service.url), bench.kit)).probe.ping()
    assert [one.operation for one in service.asked] == ["GetVersion"]


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (fault("database offline"), TransientError),
        ((200, "<html/>"), TransientError),
        ((503, ""), TransientError),
        ((401, ""), ConnectorDownError),
        ((404, ""), ConnectorDownError),
        ((302, ""), ConnectorDownError),
    ],
)
async def test_a_ping_that_is_not_answered_fails(
    service: Service, bench: Bench, reply: tuple[int, str], error: type[Exception]
) -> None:
    service.on("GetVersion", reply)
    with pytest.raises(error):
        await (await build("khaos", settings(service.url), bench.kit)).probe.ping()


async def test_a_check_tells_what_the_erp_offers(service: Service, bench: Bench) -> None:
    """S-8: couriers, sales sources and company classes can be compared before an order is refused for them."""
    full_lists(service)
    found = await check(service, bench, [1])
    assert {one.severity for one in found.values()} == {Severity.OK}
    assert (found["sites"].offers, found["site names"].offers) == (("1",), ("Main",))
    assert found["sales sources"].detail == "it offers Web, Phone"
    assert "RM48" in found["couriers"].detail
    assert "1 (Main)" in found["sites"].detail


async def test_a_site_that_does_not_exist_is_found(service: Service, bench: Bench) -> None:
    full_lists(service)
    found = await check(service, bench, [1, 9])
    assert found["sites"].severity is Severity.FAIL
    assert "no site 9; it has 1 (Main)" in found["sites"].detail
    assert found["sites"].remedy == "correct `sites`"


async def test_a_list_that_the_server_does_not_know_stops_no_other(service: Service, bench: Bench) -> None:
    full_lists(service)
    for operation in ("GetSiteList", "GetCompanyClass"):
        service.on(operation, fault(f"{operation} is not in this interface", "EIntfCastError"))
    found = await check(service, bench, [1])
    assert [name for name, one in found.items() if one.severity is Severity.WARN] == ["sites", "company classes"]
    assert all(one.remedy for one in found.values() if one.severity is Severity.WARN)
    assert "site names" not in found


async def test_without_configured_sites_the_levels_of_the_default_site_are_read(service: Service, bench: Bench) -> None:
    full_lists(service)
    assert (await check(service, bench, []))["sites"].offers == ("default",)


async def test_what_cannot_be_asked_for_is_said(service: Service, bench: Bench) -> None:
    full_lists(service)
    assert "tax codes" in (await check(service, bench, [1]))["by hand"].detail


@pytest.mark.parametrize(
    ("seconds", "severity"), [(0, Severity.OK), (-30, Severity.WARN), (30, Severity.WARN), (600, Severity.FAIL)]
)
async def test_a_clock_that_runs_apart_is_found(
    service: Service, bench: Bench, seconds: int, severity: Severity
) -> None:
    full_lists(service)
    bench.clock.at += timedelta(seconds=seconds)
    assert (await check(service, bench, [1]))["clock"].severity is severity
