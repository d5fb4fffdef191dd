"""The streams of stock: what changed, from any cursor, in pieces, one bad record never hiding the others."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest
from channels.khaosws.asking import asked, read, stream, told
from channels.khaosws.service import Bench, Service, listed, settings
from examples import NOON

from khaossync.domain.documents import Document, Kind
from khaossync.domain.errors import TransientError
from khaossync.domain.stock import StockLevel
from khaossync.erp.khaosws import build


def levels(*rows: tuple[str, str]) -> str:
    inside = "".join(f'<STOCK_ITEM CODE="{code}"><LEVEL>{level}</LEVEL></STOCK_ITEM>' for code, level in rows)
    return f'<STOCK_STATUS SITE="Main">{inside}</STOCK_STATUS>'


def records(*codes: str) -> str:
    inside = "".join(f"<STOCK_ITEM><STOCK_CODE>{code}</STOCK_CODE></STOCK_ITEM>" for code in codes)
    return f"<STOCK_ITEMS>{inside}</STOCK_ITEMS>"


async def test_the_first_reading_of_stock_is_a_full_sweep_in_chunks(service: Service, bench: Bench) -> None:
    """S-17: every level is read; the last page says that the reading is complete."""
    service.on("GetStockList", listed("C", "A", "B"))
    service.on("ExportStockStatus", levels(("A", "1"), ("B", "2")), levels(("C", "3")))
    pages = await read(await stream(service, bench, "stock", stock_chunk=2))
    assert asked(service, "ExportStockStatus", "StockCode") == ["A,B", "C"]
    assert service.calls("GetStockList")[0].arguments == {}
    assert sorted(told(pages)) == ["A", "B", "C"]
    assert [page.complete for page in pages] == [False, False, True]
    assert all(one.kind is Kind.STOCK_LEVEL and one.moment == NOON for one in told(pages).values())
    assert "<LEVEL>1</LEVEL>" in told(pages)["A"].raw


async def test_later_readings_ask_for_movements_and_edits_with_an_overlap(service: Service, bench: Bench) -> None:
    """S-22: edits and movements are two lists; neither holds all of the other."""
    service.on("GetStockList", listed("A"), listed("B"), listed("C", "B"))
    service.on("ExportStockStatus", levels(("A", "1")), levels(("B", "1"), ("C", "1")))
    source = await stream(service, bench, "stock")
    cursor = (await read(source))[-1].cursor
    bench.clock.at += timedelta(minutes=5)
    pages = await read(source, cursor)
    assert [(one.arguments["DateType"], one.arguments["DateValue"]) for one in service.calls("GetStockList")[1:]] == [
        ("2", "2026-11-02T10:00:00"),
        ("0", "2026-11-02T10:00:00"),
    ]
    assert asked(service, "ExportStockStatus", "StockCode")[1:] == ["B,C"]
    assert not any(page.complete for page in pages)
    assert pages[-1].cursor != cursor


async def test_every_site_is_asked_and_a_document_holds_them_all(service: Service, bench: Bench) -> None:
    service.on("GetStockList", listed("A", "B"))
    service.on("ExportStockStatus", levels(("A", "1"), ("B", "5")), levels(("A", "2")))
    found = told(await read(await stream(service, bench, "stock", sites=[3, 7])))
    assert asked(service, "ExportStockStatus", "SiteID") == ["3", "7"]
    assert {key: sorted(level_of(one).available) for key, one in found.items()} == {"A": ["3", "7"], "B": ["3"]}


def level_of(document: Document) -> StockLevel:
    assert isinstance(document.body, StockLevel)
    return document.body


async def test_without_sites_the_default_site_is_read(service: Service, bench: Bench) -> None:
    service.on("GetStockList", listed("A"))
    service.on("ExportStockStatus", levels(("A", "1")))
    found = told(await read(await stream(service, bench, "stock")))
    assert "SiteID" not in service.calls("ExportStockStatus")[0].arguments
    assert list(level_of(found["A"]).available) == ["default"]


async def test_the_same_state_has_the_same_version_and_another_has_another(service: Service, bench: Bench) -> None:
    service.on("GetStockList", listed("A"))
    service.on("ExportStockStatus", levels(("A", "1")), levels(("A", "1.00")), levels(("A", "2")))
    source = await stream(service, bench, "stock")
    versions = []
    for _ in range(3):
        versions.append(told(await read(source))["A"].version)
        bench.clock.at += timedelta(hours=1)
    assert versions[0] == versions[1] != versions[2]


async def test_one_bad_record_does_not_hide_the_others(service: Service, bench: Bench) -> None:
    service.on("GetStockList", listed("A", "B", "C"))
    service.on("ExportStockStatus", levels(("A", "1"), ("B", "lots"), ("C", "3")))
    pages = await read(await stream(service, bench, "stock"))
    (bad,) = (one for page in pages for one in page.unreadable)
    assert sorted(told(pages)) == ["A", "C"]
    assert (bad.source, bad.kind, bad.key) == ("khaos", Kind.STOCK_LEVEL, "B")
    assert "LEVEL is 'lots'" in bad.reason
    assert "lots" in bad.raw


async def test_a_code_with_a_comma_is_told_to_a_person_and_not_asked_for(service: Service, bench: Bench) -> None:
    service.on("GetStockList", listed("A", "B,C"))
    service.on("ExportStockStatus", levels(("A", "1")))
    pages = await read(await stream(service, bench, "stock"))
    assert asked(service, "ExportStockStatus", "StockCode") == ["A"]
    assert [(one.key, "comma" in one.reason) for page in pages for one in page.unreadable] == [("B,C", True)]


async def test_a_sweep_that_broke_off_goes_on_where_it_stopped(service: Service, bench: Bench) -> None:
    service.on("GetStockList", listed("A", "B", "C"))
    service.on("ExportStockStatus", levels(("A", "1")), (503, "busy"), levels(("B", "1")), levels(("C", "1")))
    source = await stream(service, bench, "stock", stock_chunk=1)
    reading = source.changes(None)
    first = await anext(reading)
    with pytest.raises(TransientError, match="HTTP 503"):
        await anext(reading)
    rest = await read(source, first.cursor)
    assert sorted(told(rest)) == ["B", "C"]
    assert [page.complete for page in rest] == [False, False, True]


async def test_a_sweep_that_breaks_off_after_every_page_still_ends(service: Service, bench: Bench) -> None:
    """Were the changes asked for anew each time, a connection that holds for one page would never get further."""
    service.on("GetStockList", listed("A", "B", "C"))
    service.on("ExportStockStatus", levels(("A", "1")), levels(("B", "1")), levels(("C", "1")))
    source = await stream(service, bench, "stock", stock_chunk=1)
    cursor, pages = None, []
    for _ in range(4):
        pages.append(await anext(source.changes(cursor)))
        cursor = pages[-1].cursor
    assert sorted(told(pages)) == ["A", "B", "C"]
    assert pages[-1].complete
    assert set(asked(service, "GetStockList", "DateType")) == {""}


async def test_a_sweep_resumed_after_an_outage_lets_changes_pass_first(service: Service, bench: Bench) -> None:
    service.on("GetStockList", listed("A", "B"))
    service.on("ExportStockStatus", levels(("A", "1")))
    source = await stream(service, bench, "stock", stock_chunk=1, stock_interval=300)
    first = await anext(source.changes(None))
    bench.clock.at += timedelta(hours=5)
    pages = await read(source, first.cursor)
    assert asked(service, "GetStockList", "DateType") == ["", "", "2", "0"]
    assert pages[-1].complete


async def test_a_sweep_comes_round_again_after_its_time(service: Service, bench: Bench) -> None:
    service.on("GetStockList", listed("A"))
    service.on("ExportStockStatus", levels(("A", "1")))
    source = await stream(service, bench, "stock", full_sweep=3600)
    cursor = (await read(source))[-1].cursor
    bench.clock.at += timedelta(minutes=59)
    assert not any(page.complete for page in await read(source, cursor))
    bench.clock.at += timedelta(minutes=1)
    assert (await read(source, cursor))[-1].complete


async def test_a_long_sweep_lets_changes_pass(service: Service, bench: Bench) -> None:
    """S-22: an hour of sweeping must not mean an hour without news."""

    async def slow() -> str:
        bench.clock.at += timedelta(minutes=4)
        return levels(("X", "1"))

    service.on("GetStockList", listed("A", "B", "C"))
    service.on("ExportStockStatus", slow)
    pages = await read(await stream(service, bench, "stock", stock_chunk=1, stock_interval=300))
    assert asked(service, "GetStockList", "DateType") == ["", "2", "0"]
    assert pages[-1].complete


async def test_when_a_clock_that_was_ahead_is_set_right_all_is_read_anew(service: Service, bench: Bench) -> None:
    """S-17: it asked for what would change, and what did change was on neither list."""
    service.on("GetStockList", listed("A"))
    service.on("ExportStockStatus", levels(("A", "1")))
    source = await stream(service, bench, "stock")
    cursor = (await read(source))[-1].cursor
    bench.clock.at -= timedelta(hours=5)
    again = await read(source, cursor)
    assert again[-1].complete
    await read(source, again[-1].cursor)
    assert asked(service, "GetStockList", "DateValue") == ["", "", "2026-11-02T05:00:00", "2026-11-02T05:00:00"]


async def test_the_catalogue_is_read_in_full_and_then_by_edit(service: Service, bench: Bench) -> None:
    """S-5: all stock codes are known, so that a missing one is known to be missing."""
    service.on("GetStockList", listed("A", "B"), listed("B"))
    service.on("ExportStock", records("A", "B"), records("B"))
    source = await stream(service, bench, "catalogue")
    pages = await read(source)
    assert sorted(told(pages)) == ["A", "B"]
    assert pages[-1].complete
    bench.clock.at += timedelta(hours=1)
    assert sorted(told(await read(source, pages[-1].cursor))) == ["B"]
    assert asked(service, "GetStockList", "DateType") == ["", "0"]


async def test_a_variant_told_twice_is_one_document(service: Service, bench: Bench) -> None:
    style = "<STOCK_ITEM><STOCK_CODE>T</STOCK_CODE><SCS><SCS_ITEM STOCK_CODE='T-S'/></SCS></STOCK_ITEM>"
    own = "<STOCK_ITEM><STOCK_CODE>T-S</STOCK_CODE><STOCK_DESC>Small</STOCK_DESC></STOCK_ITEM>"
    for order in (style + own, own + style):
        service.on("GetStockList", listed("T", "T-S"))
        service.on("ExportStock", f"<STOCK_ITEMS>{order}</STOCK_ITEMS>")
        pages = await read(await stream(service, bench, "catalogue"))
        assert [len(page.documents) for page in pages] == [2, 0]
        assert "Small" in told(pages)["T-S"].raw


async def test_a_bad_stock_item_is_unreadable_and_the_rest_is_read(service: Service, bench: Bench) -> None:
    service.on("GetStockList", listed("A"))
    service.on("ExportStock", records("A").replace("<STOCK_ITEMS>", "<STOCK_ITEMS><STOCK_ITEM/>"))
    pages = await read(await stream(service, bench, "catalogue"))
    assert sorted(told(pages)) == ["A"]
    assert [one.key for page in pages for one in page.unreadable] == ["(no code)"]


@pytest.mark.parametrize("name", ["stock", "catalogue", "despatches"])
async def test_a_document_that_is_no_xml_stops_the_stream_with_its_operation(
    service: Service, bench: Bench, name: str
) -> None:
    service.on("GetStockList", listed("A"))
    for operation in ("ExportStock", "ExportStockStatus", "ExportOrderStatusEx"):
        service.on(operation, "<CUT_OFF><ST")
    with pytest.raises(TransientError, match=r"Export.* cannot be understood"):
        await read(await stream(service, bench, name))


async def test_reads_share_the_places_they_are_given(service: Service, bench: Bench) -> None:
    """MKP-4: the ERP's own load is limited; by default one reading at a time."""
    under_way = most = 0

    def busy(text: str) -> Callable[[], object]:
        async def reply() -> str:
            nonlocal under_way, most
            under_way += 1
            most = max(most, under_way)
            await asyncio.sleep(0.02)
            under_way -= 1
            return text

        return reply

    service.on("GetStockList", listed("A"))
    service.on("ExportStock", busy(records("A")))
    service.on("ExportStockStatus", busy(levels(("A", "1"))))
    connector = await build("khaos", settings(service.url), bench.kit)
    await asyncio.gather(*(read(source) for source in connector.sources))
    assert most == 1
