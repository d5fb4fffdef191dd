"""The stream of order states and despatches: by open reference and by time, missing nothing."""

from datetime import timedelta

from channels.khaosws.asking import asked, read, stream, told
from channels.khaosws.service import Bench, Service

from khaossync.domain.documents import Kind


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
