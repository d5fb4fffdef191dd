"""The stream of order states and despatches: by open reference and by time, missing nothing."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from channels.khaosws.asking import asked, read, stream, told
from channels.khaosws.service import Asked, Bench, DropError, Reply, Service, fault

from khaossync.domain.documents import Kind, Page
from khaossync.domain.errors import TransientError
from khaossync.erp.khaosws.soap import FaultError
from khaossync.ports import Source


def state(ref: str, code: str = "SO1", stage: int = 12, ship_date: str = "", more: str = "") -> str:
    return (
        f'<ORDER_STATUS SORDER_CODE="{code}" ASSOCIATED_REF="{ref}">{more}<INVOICES><INVOICE INVOICE_CODE="I-{code}" '
        f'INVOICE_STAGE_ID="{stage}" SHIP_DATE="{ship_date}"><INVOICE_ITEMS>'
        '<INVOICE_ITEM STOCK_CODE="MUG" QTY_SENT="1"/></INVOICE_ITEMS></INVOICE>'
        "</INVOICES></ORDER_STATUS>"
    )


def states(*rows: str) -> str:
    return f"<STATUS_LIST>{''.join(rows)}</STATUS_LIST>"


async def test_despatches_are_asked_for_by_open_reference_and_by_time(service: Service, bench: Bench) -> None:
    """SHO-8, S-26: an order stays asked for by name for as long as it is open, however long we were away."""
    bench.open_orders.refs = ["S1", "S2", "S3"]
    service.on(
        "ExportOrderStatusEx", states(state("S1", "SO1", 70)), states(state("S3", "SO3")), states(state("X9", "SO9"))
    )
    source = await stream(service, bench, "despatches", status_chunk=2, first_look_back=1)
    pages = await read(source)
    calls = [one.arguments for one in service.calls("ExportOrderStatusEx")]
    assert [(one["IDs"], one["MappingType"]) for one in calls] == [("S1,S2", "4"), ("S3", "4"), ("", "1")]
    assert all(one["ShowItems"] == one["IncludeTracking"] == one["IncludeCancelled"] == "true" for one in calls)
    assert (calls[2]["DateFrom"], calls[2]["DateTo"]) == ("2026-11-01T10:00:00", "2026-11-02T14:00:00")
    kinds = [(one.kind, one.key.split(":")[0]) for page in pages for one in page.documents]
    assert kinds == [
        (Kind.DESPATCH, "I-SO1"),
        (Kind.ORDER_STATE, "S1"),
        (Kind.ORDER_STATE, "S3"),
        (Kind.ORDER_STATE, "X9"),
    ]


async def test_an_outage_of_days_is_caught_up_in_windows(service: Service, bench: Bench) -> None:
    service.on("ExportOrderStatusEx", states())
    source = await stream(service, bench, "despatches")
    cursor = (await read(source))[-1].cursor
    service.asked.clear()
    bench.clock.at += timedelta(hours=50)
    pages = await read(source, cursor)
    assert asked(service, "ExportOrderStatusEx", "DateFrom") == [
        "2026-11-02T10:00:00",
        "2026-11-03T10:00:00",
        "2026-11-04T10:00:00",
    ]
    assert len({page.cursor for page in pages}) == 3


async def test_pages_by_reference_keep_the_cursor(service: Service, bench: Bench) -> None:
    """A failure of the reading by time must not be skipped by the reading by name."""
    bench.open_orders.refs = ["S1"]
    service.on("ExportOrderStatusEx", states())
    source = await stream(service, bench, "despatches")
    cursor = (await read(source))[-1].cursor
    bench.clock.at += timedelta(hours=1)
    pages = await read(source, cursor)
    assert pages[0].cursor == cursor != pages[1].cursor


async def test_an_unreadable_order_state_does_not_hide_the_others(service: Service, bench: Bench) -> None:
    service.on("ExportOrderStatusEx", states(state("S1", ship_date="soon"), state("S2", "SO2")))
    pages = await read(await stream(service, bench, "despatches", first_look_back=1))
    assert [one.key for one in pages[-1].unreadable] == ["S1"]
    assert sorted(told(pages)) == ["S2"]


async def test_a_reference_used_again_after_a_cancellation_tells_the_living_order(
    service: Service, bench: Bench
) -> None:
    dead = state("S1", "SO1", more="<CANCELLED><REASON>wrong</REASON></CANCELLED>")
    for rows in ((dead, state("S1", "SO2")), (state("S1", "SO2"), dead)):
        service.on("ExportOrderStatusEx", states(*rows))
        pages = await read(await stream(service, bench, "despatches", first_look_back=1))
        assert [getattr(one.body, "sales_order_code", "") for one in told(pages).values()] == ["SO2"]


async def test_the_servers_moved_mark_and_our_own_clock_make_no_news(service: Service, bench: Bench) -> None:
    told_twice = state("S1", stage=16, ship_date="01/11/2026")
    service.on(
        "ExportOrderStatusEx", states(told_twice), states(told_twice.replace("<INVOICE ", '<INVOICE MOVED="-1" '))
    )
    versions = []
    for _ in range(2):
        pages = await read(await stream(service, bench, "despatches", first_look_back=1))
        versions.append({key: one.version for key, one in told(pages).items()})
        bench.clock.at += timedelta(minutes=5)
    assert versions[0] == versions[1]


def refuses(*bad: str) -> Callable[[Asked], Reply]:
    """Faults at any list with one of these references; tells an order for each of the others."""

    def answer(call: Asked) -> Reply:
        refs = [ref for ref in call.arguments["IDs"].split(",") if ref]
        if set(refs) & set(bad):
            return fault("Access violation in order of test@example.com")
        return states(*(state(ref, f"SO-{ref}") for ref in refs))

    return answer


async def test_one_reference_that_makes_khaos_control_fail_holds_nothing_up(service: Service, bench: Bench) -> None:
    """SHO-8: neither the other orders nor the reading by time."""
    bench.open_orders.refs = [f"S{n}" for n in range(50)]
    service.by("ExportOrderStatusEx", refuses("S31"))
    pages = await read(await stream(service, bench, "despatches", first_look_back=1))
    (bad,) = (one for page in pages for one in page.unreadable)
    assert (bad.kind, bad.key) == (Kind.ORDER_STATE, "S31")
    assert "Access violation" in bad.reason
    assert "@" not in bad.reason + bad.raw
    assert len(told(pages)) == 49
    assert pages[-1].cursor == bench.clock.at.isoformat()
    assert len(service.asked) < 16


async def test_the_only_open_reference_does_not_hold_up_the_reading_by_time(service: Service, bench: Bench) -> None:
    bench.open_orders.refs = ["S1"]
    service.by("ExportOrderStatusEx", refuses("S1"))
    pages = await read(await stream(service, bench, "despatches", first_look_back=1))
    assert [one.key for page in pages for one in page.unreadable] == ["S1"]


async def test_a_service_that_fails_at_everything_blames_no_order(service: Service, bench: Bench) -> None:
    bench.open_orders.refs = ["S1", "S2"]
    service.on("ExportOrderStatusEx", fault("database is gone"))
    pages: list[Page] = []
    with pytest.raises(TransientError, match="database is gone"):
        await read_into(pages, await stream(service, bench, "despatches", first_look_back=1))
    assert [one for page in pages for one in page.unreadable] == []
    assert len(service.asked) < 16


async def test_a_refusal_of_all_references_is_told_after_the_reading_by_time(service: Service, bench: Bench) -> None:
    bench.open_orders.refs = [f"S{n}" for n in range(200)]
    service.by("ExportOrderStatusEx", refuses(*bench.open_orders.refs))
    pages: list[Page] = []
    with pytest.raises(FaultError, match="Access violation"):
        await read_into(pages, await stream(service, bench, "despatches", first_look_back=1))
    assert pages[-1].cursor == bench.clock.at.isoformat()
    assert [one for page in pages for one in page.unreadable] == []
    assert len(service.asked) == 17


def only_up_to(longest: timedelta, otherwise: Reply) -> Callable[[Asked], Reply]:
    """Answers for spans of time that are not longer."""

    def answer(call: Asked) -> Reply:
        start, end = (datetime.fromisoformat(call.arguments[name]) for name in ("DateFrom", "DateTo"))
        return otherwise if end - start > longest else states()

    return answer


@pytest.mark.parametrize("failure", ["<CUT_OFF><ST", (503, "timeout"), DropError(), fault("out of memory")])
async def test_a_window_whose_answer_fails_is_read_in_shorter_ones(
    service: Service, bench: Bench, failure: Reply
) -> None:
    service.by("ExportOrderStatusEx", only_up_to(timedelta(hours=3), failure))
    pages = await read(await stream(service, bench, "despatches", first_look_back=2))
    good = [
        (one.arguments["DateFrom"], one.arguments["DateTo"])
        for one in service.calls("ExportOrderStatusEx")
        if span_of(one) <= timedelta(hours=3)
    ]
    assert good[0][0] == "2026-10-31T10:00:00"
    assert good[-1][1] == "2026-11-02T14:00:00"
    assert all(later[0] <= earlier[1] for earlier, later in pairwise(good)), "no gap between two spans"
    assert len(service.asked) - len(good) == 4, "what is too long is not tried again in this reading"
    cursors = [page.cursor for page in pages]
    assert cursors == sorted(cursors)
    assert cursors[-1] == bench.clock.at.isoformat()


async def test_the_shortest_span_that_fails_stops_the_reading(service: Service, bench: Bench) -> None:
    service.on("ExportOrderStatusEx", (503, "timeout"))
    pages: list[Page] = []
    with pytest.raises(TransientError, match="HTTP 503"):
        await read_into(pages, await stream(service, bench, "despatches", first_look_back=1))
    assert {page.cursor for page in pages} == {(bench.clock.at - timedelta(days=1)).isoformat()}
    assert len(service.asked) == 7


async def test_a_span_after_which_a_reading_broke_off_is_not_read_from_its_beginning(
    service: Service, bench: Bench
) -> None:
    """The cursor moves with each span, never past what was read."""

    def answer(call: Asked) -> Reply:
        return (503, "timeout") if call.arguments["DateTo"] > "2026-11-02T00:30:00" else states()

    service.by("ExportOrderStatusEx", answer)
    pages: list[Page] = []
    with pytest.raises(TransientError):
        await read_into(pages, await stream(service, bench, "despatches", first_look_back=1))
    reached = max(one.arguments["DateTo"] for one in service.calls("ExportOrderStatusEx") if answer(one) == states())
    assert reached > "2026-11-02T00:00:00"
    assert pages[-1].cursor == f"{reached}+00:00"


def span_of(call: Asked) -> timedelta:
    start, end = (datetime.fromisoformat(call.arguments[name]) for name in ("DateFrom", "DateTo"))
    return end - start


async def read_into(pages: list[Page], source: Source) -> None:
    async for page in source.changes(None):
        pages.append(page)  # noqa: PERF401 - a comprehension would lose the pages before a failure
