"""Orders reach Khaos Control once, whatever becomes of the answer."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest
from channels.khaosws.service import (
    Bench,
    DropError,
    Service,
    delivery,
    fault,
    imported,
    sales_order,
    settings,
    skipped,
)

from khaossync.domain.cases import CaseClass
from khaossync.domain.corrections import Search
from khaossync.domain.documents import Kind
from khaossync.domain.errors import AmbiguousError, ConnectorDownError, RejectedError, SyncError
from khaossync.domain.messages import Absent, Done, Outcome
from khaossync.domain.sales_order import Totals
from khaossync.erp.khaosws import build
from khaossync.ports import Sink

NONE = "<STATUS_LIST></STATUS_LIST>"


def status(
    ref: str = "S5001", code: str = "SO1", items: str = "12.00", delivery_total: str = "6.00", more: str = ""
) -> str:
    return (
        f'<STATUS_LIST><ORDER_STATUS SORDER_CODE="{code}" ASSOCIATED_REF="{ref}"><CURRENCY_CODE>GBP</CURRENCY_CODE>'
        f'<ITEMS_TOTAL NET_VALUE="10.00">{items}</ITEMS_TOTAL>'
        f'<DELIVERY_TOTAL NET_VALUE="5.00">{delivery_total}</DELIVERY_TOTAL>{more}</ORDER_STATUS></STATUS_LIST>'
    )


async def sink(service: Service, bench: Bench) -> Sink:
    return (await build("khaos", settings(service.url), bench.kit)).sinks[Kind.ORDER]


async def deliver(service: Service, bench: Bench, *, doubt: bool = False) -> Outcome:
    (outcome,) = await (await sink(service, bench)).deliver([delivery(doubt=doubt)])
    return outcome


async def test_an_order_is_imported_with_the_number_that_the_erp_gives_it(service: Service, bench: Bench) -> None:
    """SHO-6, SHO-24: a sales order with its customer and lines joins the one warehouse queue."""
    service.on("ImportOrders", imported("S5001", "SO1"))
    assert await deliver(service, bench) == Done("SO1")
    assert [one.operation for one in service.asked] == ["ImportOrders"]
    assert "<ASSOCIATED_REF>S5001</ASSOCIATED_REF>" in service.asked[0].arguments["Orders"]


async def test_in_doubt_it_looks_before_it_sends(service: Service, bench: Bench) -> None:
    """S-1: a crash after sending costs a look-up, not a second order."""
    service.on("ExportOrderStatusEx", status())
    assert await deliver(service, bench, doubt=True) == Done("SO1", found=True)
    assert service.calls("ImportOrders") == []
    assert service.asked[0].arguments["IDs"] == "S5001"
    assert service.asked[0].arguments["MappingType"] == "4"


async def test_what_changed_while_it_was_in_doubt_is_found_as_it_was_sent(service: Service, bench: Bench) -> None:
    """SHO-9, S-29: of the same total too, for the change must then become an amendment."""
    service.on("ExportOrderStatusEx", status())
    before = sales_order()
    dearer = sales_order(delivery=Totals(Decimal("6.00"), Decimal("1.20"), Decimal("7.20")), fingerprint="dearer")
    for now in (dearer, sales_order(fingerprint="moved")):
        told = replace(delivery(now, doubt=True), before=before)
        assert await (await sink(service, bench)).deliver([told]) == [Done("SO1", found=True, sent=before)]
    assert service.calls("ImportOrders") == []


@pytest.mark.parametrize(("there", "outcome"), [(status(), Done("SO1", found=True)), (NONE, Absent("cancelled"))])
async def test_an_order_called_off_in_doubt_is_looked_for_and_never_sent(
    service: Service, bench: Bench, there: str, outcome: Outcome
) -> None:
    """S-29: what may have been sent before it was cancelled."""
    service.on("ExportOrderStatusEx", there)
    search = replace(delivery(doubt=True), payload=Search("shop", "5001", "#5001", "S5001", "cancelled"))
    assert await (await sink(service, bench)).deliver([search]) == [outcome]
    assert service.calls("ImportOrders") == []


async def test_in_doubt_and_absent_it_sends(service: Service, bench: Bench) -> None:
    service.on("ExportOrderStatusEx", NONE)
    service.on("ImportOrders", imported("S5001", "SO2"))
    assert await deliver(service, bench, doubt=True) == Done("SO2")


async def test_in_doubt_and_unable_to_look_nothing_is_sent(service: Service, bench: Bench) -> None:
    service.on("ExportOrderStatusEx", fault("database is busy"))
    with pytest.raises(SyncError, match="database is busy"):
        await deliver(service, bench, doubt=True)
    assert service.calls("ImportOrders") == []


@pytest.mark.parametrize(
    "answer", [skipped("S5001", "Order exists"), fault("Order exists"), (200, "<html>"), (502, "bad gateway")]
)
async def test_an_unconfirmed_import_that_is_found_counts_as_done(
    service: Service, bench: Bench, answer: tuple[int, str]
) -> None:
    """How a duplicate is answered is documented nowhere: skip, fault or nonsense, the look-up decides."""
    service.on("ImportOrders", answer)
    service.on("ExportOrderStatusEx", status())
    assert await deliver(service, bench) == Done("SO1", found=True)
    assert len(service.calls("ImportOrders")) == 1


async def test_a_connection_lost_after_the_commit_makes_exactly_one_order(service: Service, bench: Bench) -> None:
    service.on("ImportOrders", DropError())
    service.on("ExportOrderStatusEx", status())
    assert await deliver(service, bench) == Done("SO1", found=True)
    assert len(service.calls("ImportOrders")) == 1


async def test_a_timeout_is_looked_up(service: Service, bench: Bench) -> None:
    answered = asyncio.Event()

    async def never() -> str:
        await answered.wait()
        return ""

    service.on("ImportOrders", never)
    service.on("ExportOrderStatusEx", status())
    connector = await build("khaos", settings(service.url, request_timeout=1), bench.kit)
    assert await connector.sinks[Kind.ORDER].deliver([delivery()]) == [Done("SO1", found=True)]
    answered.set()


@pytest.mark.parametrize("answer", [skipped("S5001", "Stock item MUG is discontinued"), fault("MUG is discontinued")])
async def test_a_refusal_that_left_no_order_is_a_case_in_the_erps_own_words(
    service: Service, bench: Bench, answer: tuple[int, str]
) -> None:
    """S-9: a discontinued item on an order is told with the reason that the ERP gives."""
    service.on("ImportOrders", answer)
    service.on("ExportOrderStatusEx", NONE)
    outcome = await deliver(service, bench)
    assert isinstance(outcome, RejectedError)
    assert (outcome.case_class, outcome.final) == (CaseClass.ORDER_REFUSED, False)
    assert "MUG is discontinued" in str(outcome)
    assert outcome.evidence == {"reference": "S5001", "total": "18.00 GBP"}


@pytest.mark.parametrize("refuse", [skipped, lambda _ref, words: fault(words)])
async def test_a_reason_that_repeats_the_customer_is_told_without_them(
    service: Service, bench: Bench, refuse: Callable[[str, str], tuple[int, str]]
) -> None:
    """Errors are logged; a skip reason may hold a name, a street or an e-mail."""
    service.on("ImportOrders", refuse("S5001", "ITOWN too long: 1 high street, Leeds, LS1 1AA for test@example.com"))
    service.on("ExportOrderStatusEx", NONE)
    outcome = await deliver(service, bench)
    assert isinstance(outcome, RejectedError)
    assert "ITOWN too long: …, …, … for …" in str(outcome)


async def test_a_lost_answer_and_no_order_yet_stays_ambiguous(service: Service, bench: Bench) -> None:
    """The import may still be at work on the server: absent now does not mean refused."""
    service.on("ImportOrders", DropError())
    service.on("ExportOrderStatusEx", NONE)
    assert isinstance(await deliver(service, bench), AmbiguousError)


@pytest.mark.parametrize("look_up", [DropError(), fault("busy"), (200, "<html>"), (503, ""), (404, "")])
async def test_when_the_look_up_fails_too_the_outcome_is_ambiguous(
    service: Service, bench: Bench, look_up: tuple[int, str]
) -> None:
    service.on("ImportOrders", skipped("S5001", "no"))
    service.on("ExportOrderStatusEx", look_up)
    assert isinstance(await deliver(service, bench), AmbiguousError)


async def test_an_answer_that_names_another_order_is_not_believed(service: Service, bench: Bench) -> None:
    service.on("ImportOrders", imported("S9999", "SO9"))
    service.on("ExportOrderStatusEx", status(ref="S9999", code="SO9"))
    assert isinstance(await deliver(service, bench), RejectedError)


async def test_a_found_order_of_another_value_is_a_case_not_a_success(service: Service, bench: Bench) -> None:
    """S-3, S-12: a part-imported order, or another shop's order under our reference, is not called done."""
    service.on("ImportOrders", skipped("S5001", "exists"))
    service.on("ExportOrderStatusEx", status(items="99.00").replace("10.00", "82.50"))
    outcome = await deliver(service, bench)
    assert isinstance(outcome, RejectedError)
    assert outcome.case_class is CaseClass.TOTAL_MISMATCH
    assert outcome.evidence["sales order"] == "SO1"
    assert outcome.evidence["total there"] == "105 GBP"


@pytest.mark.parametrize(
    "told",
    [
        status(items="12.04"),
        status(items="10.00", delivery_total="5.00"),
        status(items="unknown").replace('"10.00"', '""'),
        '<STATUS_LIST><ORDER_STATUS SORDER_CODE="SO1" ASSOCIATED_REF="S5001"/></STATUS_LIST>',
    ],
)
async def test_a_found_order_may_tell_gross_or_net_or_nothing(service: Service, bench: Bench, told: str) -> None:
    service.on("ImportOrders", skipped("S5001", "exists"))
    service.on("ExportOrderStatusEx", told)
    assert await deliver(service, bench) == Done("SO1", found=True)


async def test_a_credit_note_under_the_same_reference_is_not_the_order(service: Service, bench: Bench) -> None:
    service.on("ImportOrders", skipped("S5001", "no"))
    service.on("ExportOrderStatusEx", status(more='<ORDER_TYPE TYPE_ID="2">Credit Note</ORDER_TYPE>'))
    assert isinstance(await deliver(service, bench), RejectedError)


async def test_an_order_that_does_not_fit_is_never_sent(service: Service, bench: Bench) -> None:
    orders = await sink(service, bench)
    (outcome,) = await orders.deliver([delivery(sales_order(ref="S123456789012345"))])
    assert isinstance(outcome, RejectedError)
    assert outcome.case_class is CaseClass.REFERENCE_TOO_LONG
    assert service.asked == []


async def test_a_wrong_address_is_an_outage_not_a_lost_order(service: Service, bench: Bench) -> None:
    service.on("ImportOrders", (404, "not here"))
    with pytest.raises(ConnectorDownError, match="check `url`"):
        await deliver(service, bench)


async def test_nobody_at_home_is_an_outage(service: Service, bench: Bench) -> None:
    connector = await build("khaos", settings("http://127.0.0.1:9/KhaosTEST.exe"), bench.kit)
    with pytest.raises(ConnectorDownError, match="cannot connect"):
        await connector.sinks[Kind.ORDER].deliver([delivery()])


async def test_only_one_import_is_under_way_at_a_time(service: Service, bench: Bench) -> None:
    under_way = most = 0

    async def slow() -> tuple[int, str]:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.02)
        under_way -= 1
        return imported("S5001", "SO1")

    service.on("ImportOrders", slow)
    orders = await sink(service, bench)
    outcomes = await asyncio.gather(*(orders.deliver([delivery()]) for _ in range(4)))
    assert outcomes == [[Done("SO1")]] * 4
    assert most == 1


async def test_the_sink_declares_itself_blind_and_takes_one_at_a_time(service: Service, bench: Bench) -> None:
    orders = await sink(service, bench)
    assert (orders.kind, orders.max_batch, orders.blind) == (Kind.ORDER, 1, True)
