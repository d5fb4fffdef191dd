"""An order of a business goes on the account that Khaos Control has for it, or to a person."""

from decimal import Decimal

import pytest
from channels.khaosws.service import Bench, Service, delivery, fault, imported, sales_order, settings
from channels.khaosws.simulated import send

from khaossync.domain.cases import CaseClass
from khaossync.domain.documents import Kind
from khaossync.domain.errors import RejectedError
from khaossync.domain.messages import Done, Outcome
from khaossync.erp.khaosws import build
from khaossync.ports import Connector
from khaossync.sandbox.khaosws import KhaosServer

ACME = sales_order(customer_code="ACME01")


def known(code: str = "ACME01", currency: str = "GBP") -> str:
    company = f"<CompanyCode>{code}</CompanyCode><CurrencyCode>{currency}</CurrencyCode><PriceLists>TRADE</PriceLists>"
    return f"<item>{company}</item>"


async def deliver(service: Service, bench: Bench, **changes: object) -> Outcome:
    connector = await build("khaos", settings(service.url, **changes), bench.kit)
    (outcome,) = await connector.sinks[Kind.ORDER].deliver([delivery(ACME)])
    return outcome


async def test_a_known_business_is_looked_for_and_then_served(service: Service, bench: Bench) -> None:
    """SHO-F5, S-6."""
    service.on("GetCompanyInfo", (200, answered(known("acme01"))))
    service.on("ImportOrders", imported("S5001", "SO1"))
    assert await deliver(service, bench) == Done("SO1")
    assert [one.operation for one in service.asked] == ["GetCompanyInfo", "ImportOrders"]
    assert service.asked[0].arguments == {"CompanyCode": "ACME01", "MappingType": "1"}


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ("", "there is no customer ACME01"),
        (known("OTHER"), "there is no customer ACME01"),
        (known(currency="EUR"), "is kept in EUR and the order is in GBP"),
    ],
)
async def test_a_business_that_cannot_be_booked_awaits_a_person(
    service: Service, bench: Bench, answer: str, why: str
) -> None:
    """S-6, SHO-11: an import under a code that nobody has would end with a stranger."""
    service.on("GetCompanyInfo", (200, answered(answer)))
    outcome = await deliver(service, bench)
    assert isinstance(outcome, RejectedError)
    assert (outcome.case_class, outcome.final) == (CaseClass.UNMAPPED_CUSTOMER, True)
    assert why in str(outcome)
    assert service.calls("ImportOrders") == []


async def test_a_server_that_cannot_be_asked_needs_a_word_in_the_settings(service: Service, bench: Bench) -> None:
    service.on("GetCompanyInfo", fault("no such method"))
    outcome = await deliver(service, bench)
    assert isinstance(outcome, RejectedError)
    assert "verify_companies = false" in str(outcome)
    assert not outcome.final  # a fault comes whoever is to blame: the next try may be answered
    service.on("ImportOrders", imported("S5001", "SO1"))
    assert await deliver(service, bench, verify_companies=False) == Done("SO1")


async def test_the_simulator_books_a_business_order_to_its_customer(server: KhaosServer, connector: Connector) -> None:
    """SHO-F5."""
    server.add_company("ACME01", "Acme Ltd")
    outcome = await send(connector, ACME)
    (order,) = server.orders()
    assert outcome == Done(order.sorder_code)
    assert order.customer.code == "ACME01"
    refused = await send(connector, sales_order(ref="S5002", customer_code="NOBODY"))
    assert isinstance(refused, RejectedError)
    assert refused.case_class is CaseClass.UNMAPPED_CUSTOMER


async def test_what_is_agreed_to_be_paid_later_is_no_paid_order_in_the_erp(server: KhaosServer, bench: Bench) -> None:
    booked = {"on_terms": {"type": 3}}
    connector = await build("khaos", settings(await server.start(), payments=booked), bench.kit)
    await send(connector, sales_order(on_terms=True, payments=()))
    (order,) = server.orders()
    (payment,) = order.payments
    assert (payment.kind, payment.amount, payment.paid) == (3, Decimal("18.00"), False)


def answered(companies: str) -> str:
    return (
        '<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Body><GetCompanyInfoResponse>'
        f"<return>{companies}</return></GetCompanyInfoResponse></S:Body></S:Envelope>"
    )
