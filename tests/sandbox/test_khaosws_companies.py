"""The simulated server keeps companies: orders name them by their URN, and clients read their terms and price lists."""

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest
from sandbox.khaosws_client import Client, OrderForm, Wall, khaos

from khaossync.sandbox.khaosws import Habits, KhaosServer, Verdict


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def server(wall: Wall) -> KhaosServer:
    server = khaos(wall, company_classes=("Retail", "Trade"), price_lists=("Trade A", "Trade B"))
    server.add_company(
        "TEST01",
        "Test Tea Ltd",
        company_class="Trade",
        other_ref="T-1",
        web_user="buyer@example.com",
        price_lists=("Trade A", "Trade B"),
        terms_days=30,
        credit_limit=500,
    )
    return server


@pytest.fixture
async def client(server: KhaosServer) -> AsyncIterator[Client]:
    yield Client(await server.start())
    await server.stop()


def outcome(answer: object) -> tuple[str | None, str | None]:
    root = answer.root  # type: ignore[attr-defined]  # an Answer
    return root.findtext(".//ImportedCount"), root.findtext(".//SkipReason")


async def test_an_order_goes_to_the_company_that_it_names(server: KhaosServer, client: Client) -> None:
    order = OrderForm(customer={"COMPANY_CODE": "TEST01", "WEB_USER": "someone@example.com"}).xml()
    answer = await client.import_orders(order)
    assert outcome(answer) == ("1", None)
    assert answer.root.findtext(".//URN") == "TEST01"
    booked = server.order("WEB-1001")
    assert booked is not None
    assert (booked.customer.name, booked.customer.company_class) == ("Test Tea Ltd", "Trade")


async def test_an_order_for_a_company_that_does_not_exist_is_skipped(server: KhaosServer, client: Client) -> None:
    order = OrderForm(customer={"COMPANY_CODE": "NOBODY", "WEB_USER": "buyer@example.com"}).xml()
    count, reason = outcome(await client.import_orders(order))
    assert count == "0"
    assert "company NOBODY does not exist" in (reason or "")
    assert server.order("WEB-1001") is None
    assert server.available("MUG") == 10


async def test_the_server_may_refuse_a_strange_company_by_a_fault_or_look_on(wall: Wall) -> None:
    for verdict, imported in ((Verdict.FAULT, None), (Verdict.ACCEPT, "1")):
        server = khaos(wall, habits=Habits(unknown_company=verdict))
        client = Client(await server.start())
        answer = await client.import_orders(OrderForm(customer={"COMPANY_CODE": "NOBODY"}).xml())
        assert answer.root.findtext(".//ImportedCount") == imported
        assert bool(answer.fault) == (verdict is Verdict.FAULT)
        await server.stop()


async def test_a_customer_made_by_an_order_never_takes_the_code_of_a_company(
    server: KhaosServer, client: Client
) -> None:
    server.add_company("C000001", "First in the file")
    await client.import_orders(OrderForm(customer={"WEB_USER": "new@example.com"}).xml())
    booked = server.order("WEB-1001")
    assert booked is not None
    assert booked.customer.code == "C000002"


@pytest.mark.parametrize(
    ("mapping", "name"), [(1, "TEST01"), (2, "T-1"), (3, "buyer@example.com"), (4, "Test Tea Ltd")]
)
async def test_a_company_tells_its_terms_and_price_lists(client: Client, mapping: int, name: str) -> None:
    (company,) = (await client.call("GetCompanyInfo", CompanyCode=f"{name},nobody", MappingType=mapping)).items(
        "return"
    )
    assert company == {
        "CompanyCode": "TEST01",
        "CompanyName": "Test Tea Ltd",
        "OtherRef": "T-1",
        "CreditLimit": "500",
        "CurrencyCode": "GBP",
        "TermsLength": "30",
        "CreditStop": "false",
        "PriceLists": "Trade A,Trade B",
    }


async def test_a_strange_mapping_is_a_fault(client: Client) -> None:
    assert "MappingType 5" in (await client.call("GetCompanyInfo", CompanyCode="TEST01", MappingType=5)).fault


async def test_companies_are_listed_by_date_and_class(wall: Wall, server: KhaosServer, client: Client) -> None:
    wall.pass_(hours=1)
    since = wall.london()
    server.add_company("TEST02", "Second", company_class="Retail")
    assert [each["CompanyCode"] for each in (await client.call("GetCompanyList")).items("List")] == ["TEST01", "TEST02"]
    lately = (await client.call("GetCompanyList", LastUpdated=since)).items("List")
    assert [(each["CompanyCode"], each["LastUpdated"]) for each in lately] == [("TEST02", since.isoformat())]
    trade = (await client.call("GetCompanyList", CompanyClassList="Trade")).items("List")
    assert [each["CompanyCode"] for each in trade] == ["TEST01"]


async def test_price_lists_are_a_kind_of_company_class(client: Client) -> None:
    async def classes(operation: str, **arguments: int) -> list[str | None]:
        return [item.text for item in (await client.call(operation, **arguments)).root.findall(".//return/item")]

    assert await classes("GetPriceLists") == ["Trade A", "Trade B"]
    assert await classes("GetCompanyClass", CompanyClassType=1) == ["Trade A", "Trade B"]
    assert await classes("GetCompanyClass", CompanyClassType=2) == ["Retail", "Trade"]
    assert await classes("GetCompanyClass") == ["Retail", "Trade", "Trade A", "Trade B"]


async def test_what_is_not_known_well_enough_is_not_offered(client: Client) -> None:
    for operation in ("ExportCompany", "ExportPriceList"):
        assert "not found" in (await client.call(operation)).fault


def test_a_company_is_taken_up_once_and_with_lists_that_exist(server: KhaosServer) -> None:
    with pytest.raises(ValueError, match="TEST01"):
        server.add_company("TEST01", "Again")
    with pytest.raises(ValueError, match="Trade C"):
        server.add_company("TEST03", "Third", price_lists=("Trade C",))
    with pytest.raises(ValueError, match="10 characters"):
        server.add_company("ELEVENCHARS", "Too long")
    company = server.company("TEST01")
    assert company is not None
    assert company.credit_limit == Decimal(500)
