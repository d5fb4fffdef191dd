"""A stock code that makes Khaos Control fail is told to a person; the stream goes on without it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from channels.khaosws.asking import read, stream, told
from channels.khaosws.service import Asked, Bench, Reply, Service, fault, listed

from khaossync.domain.documents import Kind
from khaossync.domain.errors import TransientError

STREAMS = pytest.mark.parametrize(
    ("name", "operation", "kind"),
    [("stock", "ExportStockStatus", Kind.STOCK_LEVEL), ("catalogue", "ExportStock", Kind.STOCK_ITEM)],
)
CODES = [f"C{n:02}" for n in range(50)]


def shelf(codes: list[str]) -> str:
    """An answer that both operations may give."""
    rows = (f'<STOCK_ITEM CODE="{c}"><STOCK_CODE>{c}</STOCK_CODE><LEVEL>1</LEVEL></STOCK_ITEM>' for c in codes)
    return f"<STOCK>{''.join(rows)}</STOCK>"


def refuses(*bad: str) -> Callable[[Asked], Reply]:
    def answer(call: Asked) -> Reply:
        codes = call.arguments["StockCode"].split(",")
        return fault("Item is discontinued; ask a@example.com") if set(codes) & set(bad) else shelf(codes)

    return answer


@STREAMS
async def test_one_code_that_makes_khaos_control_fail_does_not_hold_up_the_others(
    service: Service, bench: Bench, name: str, operation: str, kind: Kind
) -> None:
    """S-17: and costs few calls."""
    service.on("GetStockList", listed(*CODES))
    service.by(operation, refuses("C37"))
    pages = await read(await stream(service, bench, name))
    (bad,) = (one for page in pages for one in page.unreadable)
    assert (bad.source, bad.kind, bad.key) == ("khaos", kind, "C37")
    assert "Item is discontinued" in bad.reason
    assert "@" not in bad.reason + bad.raw
    assert sorted(told(pages)) == [code for code in CODES if code != "C37"]
    assert pages[-1].complete
    assert len(service.calls(operation)) < 16


@STREAMS
async def test_a_service_that_fails_at_everything_blames_no_code(
    service: Service, bench: Bench, name: str, operation: str, kind: Kind
) -> None:
    service.on("GetStockList", listed(*CODES))
    service.by(operation, refuses(*CODES))
    with pytest.raises(TransientError, match="discontinued"):
        await read(await stream(service, bench, name))
    assert len(service.calls(operation)) == 16
    assert kind


async def test_a_service_that_breaks_down_half_way_blames_no_code(service: Service, bench: Bench) -> None:
    service.on("GetStockList", listed("A", "B", "C", "D"))
    service.on("ExportStockStatus", fault("busy"), shelf(["A", "B"]), fault("gone"))
    with pytest.raises(TransientError, match="gone"):
        await read(await stream(service, bench, "stock"))


async def test_a_code_that_changed_alone_is_blamed_when_another_can_be_read(service: Service, bench: Bench) -> None:
    service.on("GetStockList", listed("A", "B"), listed("B"))
    service.by("ExportStockStatus", refuses())
    source = await stream(service, bench, "stock")
    cursor = (await read(source))[-1].cursor
    bench.clock.at += timedelta(minutes=5)
    service.by("ExportStockStatus", refuses("B"))
    pages = await read(source, cursor)
    assert [one.key for page in pages for one in page.unreadable] == ["B"]
    assert pages[-1].cursor != cursor
    service.by("ExportStockStatus", refuses("A", "B"))
    with pytest.raises(TransientError, match="discontinued"):
        await read(source, cursor)


async def test_trouble_on_the_way_is_no_reason_to_halve(service: Service, bench: Bench) -> None:
    service.on("GetStockList", listed(*CODES))
    service.on("ExportStockStatus", (503, "busy"))
    with pytest.raises(TransientError, match="HTTP 503"):
        await read(await stream(service, bench, "stock"))
    assert len(service.calls("ExportStockStatus")) == 1


async def test_a_variants_own_record_is_kept_when_its_style_is_in_another_half(service: Service, bench: Bench) -> None:
    def answer(call: Asked) -> Reply:
        codes = call.arguments["StockCode"].split(",")
        if "BAD" in codes:
            return fault("broken")
        style = "<STOCK_ITEM><STOCK_CODE>T</STOCK_CODE><SCS><SCS_ITEM STOCK_CODE='A-S'/></SCS></STOCK_ITEM>"
        own = "<STOCK_ITEM><STOCK_CODE>A-S</STOCK_CODE><STOCK_DESC>Small</STOCK_DESC></STOCK_ITEM>"
        return f"<STOCK_ITEMS>{style if 'T' in codes else ''}{own if 'A-S' in codes else ''}</STOCK_ITEMS>"

    service.on("GetStockList", listed("A-S", "BAD", "T"))
    service.by("ExportStock", answer)
    pages = await read(await stream(service, bench, "catalogue"))
    assert [len(page.documents) for page in pages] == [2, 0]
    assert "Small" in told(pages)["A-S"].raw
