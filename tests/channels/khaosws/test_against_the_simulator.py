"""The connector and a simulated Khaos Control, which share no line: orders get in once, come what may."""

import hashlib
import ssl
from decimal import Decimal
from pathlib import Path

import examples
import pytest
from channels.khaosws.service import Bench, sales_line, sales_order, settings
from channels.khaosws.simulated import read, send, simulated, told

from khaossync.domain.cases import CaseClass
from khaossync.domain.documents import Kind
from khaossync.domain.errors import AmbiguousError, ConnectorDownError, RateLimitedError, RejectedError
from khaossync.domain.findings import Severity
from khaossync.domain.messages import Done
from khaossync.domain.orders import Customer, Payment
from khaossync.erp.khaosws import build
from khaossync.ports import Connector
from khaossync.sandbox.faults import Fault
from khaossync.sandbox.khaosws import KhaosServer, Verdict

CERTIFICATE = Path(__file__).parent / "tls" / "misnamed.pem"


async def test_an_order_is_booked_with_its_customer_lines_and_money(server: KhaosServer, connector: Connector) -> None:
    """SHO-6, S-12: what the ERP works out is what the shop charged."""
    outcome = await send(connector)
    (order,) = server.orders()
    assert outcome == Done(order.sorder_code)
    assert (order.ref, order.items.gross + order.delivery.gross) == ("S5001", Decimal("18.00"))
    assert [(line.stock_code, line.quantity) for line in order.lines] == [("MUG", Decimal(1))]


async def test_a_full_order_with_every_oddity_is_booked_to_the_penny(server: KhaosServer, connector: Connector) -> None:
    order = sales_order(
        customer=Customer(
            "0189c2f4d7e87f1f8f7a0d2c9b5e6a71", "o'test@example.com", "Tëst", "Customer & Söns <Ltd>", ""
        ),
        delivery_address=examples.address(line1="Unit 14 The Old Brewery Business Park", line2="Brewery & Lane"),
        lines=(
            sales_line(unit_price=Decimal("9.99"), quantity=3),
            sales_line(line_id="12", unit_price=Decimal("8.88")),
            sales_line(
                line_id="13", stock_code="TEA", unit_price=Decimal("3.15"), tax_rate=Decimal("0.05"), tax_code=4
            ),
            sales_line(line_id="14", stock_code="TEA", unit_price=Decimal("2.50"), tax_rate=Decimal(0), tax_code=2),
            sales_line(line_id="", stock_code="DISCOUNT", unit_price=Decimal("-4.44")),
        ),
        payments=(Payment("card", Decimal("40.00"), "ch_1", captured=True),),
        note='Ring "twice" & wait <here>',
    )
    outcome = await send(connector, order)
    (booked,) = server.orders()
    assert outcome == Done(booked.sorder_code)
    assert booked.items.gross + booked.delivery.gross == order.totals.gross
    assert booked.items.tax + booked.delivery.tax == order.totals.tax


@pytest.mark.parametrize("verdict", [Verdict.SKIP, Verdict.FAULT])
async def test_a_duplicate_is_done_however_the_erp_answers_it(
    server: KhaosServer, connector: Connector, verdict: Verdict
) -> None:
    server.habits.duplicate = verdict
    first = await send(connector)
    assert isinstance(first, Done)
    assert await send(connector) == Done(first.reference, found=True)
    assert len(server.orders()) == 1


@pytest.mark.parametrize("fault", [Fault.DROP_AFTER, Fault.TRUNCATE])
async def test_an_answer_lost_after_the_commit_leaves_one_order(
    server: KhaosServer, connector: Connector, fault: Fault
) -> None:
    """S-1: looked up, found, done."""
    server.faults.plan(fault, "ImportOrders")
    outcome = await send(connector)
    (order,) = server.orders()
    assert outcome == Done(order.sorder_code, found=True)


async def test_a_stalled_answer_leaves_one_order(server: KhaosServer, connector: Connector) -> None:
    server.faults.plan(Fault.STALL, "ImportOrders", seconds=3)
    outcome = await send(connector)
    (order,) = server.orders()
    assert outcome == Done(order.sorder_code, found=True)


async def test_a_drop_before_the_commit_is_ambiguous_and_the_next_try_books_it(
    server: KhaosServer, connector: Connector
) -> None:
    server.faults.plan(Fault.DROP_BEFORE, "ImportOrders")
    assert isinstance(await send(connector), AmbiguousError)
    assert server.orders() == []
    assert isinstance(await send(connector, doubt=True), Done)
    assert len(server.orders()) == 1


async def test_when_even_the_look_up_is_lost_the_next_try_finds_the_order(
    server: KhaosServer, connector: Connector
) -> None:
    server.faults.plan(Fault.DROP_AFTER, "ImportOrders")
    server.faults.plan(Fault.HTML, "ExportOrderStatusEx")
    assert isinstance(await send(connector), AmbiguousError)
    outcome = await send(connector, doubt=True)
    (order,) = server.orders()
    assert outcome == Done(order.sorder_code, found=True)
    assert server.imports_seen["S5001"] == 1


async def test_a_throttled_import_has_not_happened(server: KhaosServer, connector: Connector) -> None:
    server.faults.plan(Fault.THROTTLE, "ImportOrders")
    with pytest.raises(RateLimitedError):
        await send(connector)
    assert server.orders() == []


@pytest.mark.parametrize("verdict", [Verdict.SKIP, Verdict.FAULT])
async def test_an_unsellable_item_is_refused_in_the_erps_words(
    server: KhaosServer, connector: Connector, verdict: Verdict
) -> None:
    """S-9: the case says what the ERP said."""
    server.habits.unsellable = verdict
    server.discontinue("MUG")
    outcome = await send(connector)
    assert isinstance(outcome, RejectedError)
    assert (outcome.case_class, outcome.final) == (CaseClass.ORDER_REFUSED, False)
    assert "MUG" in str(outcome)
    assert server.orders() == []


async def test_another_shops_order_under_our_reference_is_a_case(server: KhaosServer, connector: Connector) -> None:
    """S-3: never take an order of another value for ours."""
    await send(connector, sales_order(lines=(sales_line(unit_price=Decimal("99.00")),)))
    outcome = await send(connector)
    assert isinstance(outcome, RejectedError)
    assert outcome.case_class is CaseClass.TOTAL_MISMATCH
    assert outcome.evidence["total there"] == "105 GBP"


async def test_a_payment_that_is_only_promised_waits_for_authorisation(
    server: KhaosServer, connector: Connector
) -> None:
    """SHO-4: authorised money is told as such, and paid money as paid."""
    await send(connector, sales_order(payments=(Payment("card", Decimal("18.00"), "ch_1", captured=False),)))
    await send(connector, sales_order(ref="S5002"))
    await send(connector, sales_order(ref="S5003", payments=()))
    assert [sorted({invoice.stage for invoice in one.invoices}) for one in server.orders()][1] != [11]
    assert all(payment.preauth for payment in server.orders()[0].payments)
    assert not any(payment.preauth for payment in server.orders()[1].payments)


async def test_results_written_beside_the_answer_are_read_too(server: KhaosServer, connector: Connector) -> None:
    server.habits.multiref = True
    assert isinstance(await send(connector), Done)
    assert "MUG" in told(await read(connector, "stock"), Kind.STOCK_LEVEL)
    assert all(one.severity is Severity.OK for one in await connector.probe.check())


async def test_a_check_compares_the_sites(server: KhaosServer, bench: Bench) -> None:
    connector = await build("khaos", settings(await server.start(), sites=[1, 9]), bench.kit)
    await connector.probe.ping()
    findings = {one.subject: one for one in await connector.probe.check()}
    assert [subject for subject, one in findings.items() if one.severity is not Severity.OK] == ["sites"]
    assert "RM48" in findings["couriers"].detail


async def test_a_wrong_password_is_an_outage(bench: Bench) -> None:
    server = simulated(bench, basic_auth=("user", "right"))
    try:
        url = await server.start()
        right = await build("khaos", settings(url, username="user", password="right"), bench.kit)
        await right.probe.ping()
        wrong = await build("khaos", settings(url, username="user", password="wrong"), bench.kit)
        with pytest.raises(ConnectorDownError, match="credentials"):
            await wrong.probe.ping()
    finally:
        await server.stop()


async def test_orders_go_through_a_pinned_self_signed_certificate(bench: Bench) -> None:
    text = CERTIFICATE.read_text()
    der = ssl.PEM_cert_to_DER_cert(text[text.index("-----BEGIN CERTIFICATE") :])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    server = simulated(bench)
    try:
        url = await server.start(ssl_context=context)
        pinned = await build("khaos", settings(url, fingerprint=hashlib.sha256(der).hexdigest()), bench.kit)
        assert isinstance(await send(pinned), Done)
    finally:
        await server.stop()
