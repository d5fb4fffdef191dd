"""The simulated server lists what a client's settings must agree with."""

from collections.abc import AsyncIterator

import pytest
from sandbox.khaosws_client import Answer, Client, Wall, khaos


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    server = khaos(Wall(), sales_sources=("Web", "Marketplace"), company_classes=("Retail", "Trade"))
    yield Client(await server.start())
    await server.stop()


def strings(answer: Answer) -> list[str | None]:
    return [item.text for item in answer.root.findall(".//return/item")]


async def test_sites_have_numbers_and_names(client: Client) -> None:
    answer = await client.call("GetSiteList")
    assert [(site["SiteID"], site["SiteName"]) for site in answer.items("List")] == [("1", "Main"), ("2", "Overflow")]
    assert answer.root.findtext(".//CurrentSiteID") == "1"


async def test_sales_sources_and_company_classes_are_plain_strings(client: Client) -> None:
    assert strings(await client.call("GetSaleSource")) == ["Web", "Marketplace"]
    assert strings(await client.call("GetCompanyClass")) == ["Retail", "Trade"]
    assert strings(await client.call("GetCompanyClass", CompanyClassType=1)) == []


async def test_couriers_come_only_when_asked_for(client: Client) -> None:
    couriers = (await client.call("GetSOPData", Courier=True)).inner
    assert ("RM48", "Royal Mail 48") in [
        (courier.findtext("COURIER_CODE"), courier.findtext("COURIER_DESC")) for courier in couriers.iter("COURIER")
    ]
    assert len((await client.call("GetSOPData", Courier=False)).inner) == 0


async def test_countries_say_who_pays_vat(client: Client) -> None:
    countries = {country["CountryCode2"]: country for country in (await client.call("GetCountryList")).items("List")}
    assert (countries["GB"]["PaysVAT"], countries["GB"]["EUMember"]) == ("true", "false")
    assert (countries["FR"]["EUMember"], countries["US"]["PaysVAT"]) == ("true", "false")
    assert countries["IE"]["CurrencyCode"] == "EUR"
