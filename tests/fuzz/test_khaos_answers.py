"""Whatever XML Khaos Control answers: records, or a refusal in our words; without entities, in bounded time."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from channels.khaosws import service
from channels.khaosws.service import settings
from fuzz.conftest import Rounds
from fuzz.nonsense import LONG, MOMENTS, NOISE, garbled, refusal, xml_spoilt
from fuzz.records import ITEM, STATE, STATUS
from hypothesis import given
from hypothesis import settings as example_settings
from hypothesis import strategies as st

from khaossync.domain.stock import StockLevel, sellable
from khaossync.erp.khaosws import found_order, mapping, order_states, soap, wire
from khaossync.erp.khaosws.markup import Element, UnintelligibleError, parse, raw
from khaossync.erp.khaosws.stock_list import StockList

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
RULE = order_states.Rule.of(settings(), NOW)


def states(text: str) -> None:
    """Every record of a STATUS_LIST, as the sources and the sink read it."""
    root = parse(text)
    found_order.find(root, "S5001")
    for record in order_states.orders(root):
        assert raw(record)
        assert len(refusal(partial(state, record), UnintelligibleError)) < 400


def state(record: Element) -> None:
    """One record of a STATUS_LIST."""
    told = order_states.order_state(record, RULE)
    for one in order_states.despatches(record, RULE):
        assert max(map(len, (one.despatch_id, one.ref, told.sales_order_code))) < 300
        assert one.despatched_at < NOW + timedelta(days=1)


def levels(text: str) -> None:
    """Every row of a STOCK_STATUS."""
    for code, row in mapping.statuses(parse(text)).items():
        assert len(refusal(partial(level, code, row), UnintelligibleError)) < 400


def level(code: str, row: Element) -> None:
    """One row of a STOCK_STATUS."""
    told = mapping.stock_level(code, {"1": row}, "level_plus_children")
    assert all(abs(count) <= 10**8 for count in told.available.values())
    assert len(told.stock_code) <= 200


def items(text: str) -> None:
    """Every record of STOCK_ITEMS."""
    for _, record, style in mapping.items(parse(text)):
        assert len(refusal(partial(mapping.stock_item, record, style), UnintelligibleError)) < 400


READERS: dict[str, tuple[str, Callable[[str], None]]] = {
    "states": (f"<STATUS_LIST>{STATE}</STATUS_LIST>", states),
    "levels": (f"<STOCK_STATUS>{STATUS}</STOCK_STATUS>", levels),
    "items": (f"<STOCK_ITEMS>{ITEM}</STOCK_ITEMS>", items),
}


@pytest.mark.parametrize("name", READERS)
def test_a_spoilt_record_is_read_or_refused_by_itself(name: str, rounds: Rounds) -> None:
    """ADB-14: the document stays readable, so nothing but the record may be refused."""
    text, read = READERS[name]
    for dice in rounds(700):
        with dice:
            read(xml_spoilt(text, dice, dice.choice((1, 2, 5))))


@pytest.mark.parametrize("name", READERS)
def test_a_garbled_document_is_read_or_refused(name: str, rounds: Rounds) -> None:
    text, read = READERS[name]
    refused = 0
    for dice in rounds(500):
        with dice:
            try:
                read(garbled(text.encode(), dice).decode("utf-8", "replace"))
            except UnintelligibleError:
                refused += 1
    assert refused or dice.seeded


LISTS: Any = "<return><List href='#1'/></return><m id='1'><item href='#2'/></m><m id='2'><SiteID>1</SiteID></m>"
REFUSALS = (UnintelligibleError, soap.FaultError)
ENVELOPES: dict[str, tuple[str, Callable[[soap.Result], object]]] = {
    "ImportOrders": (service.imported("S1", "SO1")[1], wire.import_result),
    "GetSiteList": (service.answer("GetSiteList", LISTS), wire.sites),
    "ExportStock": (service.fault("no such stock code")[1], lambda result: result.text),
}


@pytest.mark.parametrize("operation", ENVELOPES)
def test_a_spoilt_envelope_is_an_answer_a_fault_or_not_understood(operation: str, rounds: Rounds) -> None:
    text, understand = ENVELOPES[operation]
    bare = text.split("?>", 1)[1]
    for dice in rounds(500):
        with dice:
            body = garbled(text.encode(), dice) if dice.random() < 0.5 else xml_spoilt(bare, dice, 2).encode()
            why = refusal(lambda body=body: understand(soap.read(operation, body)), *REFUSALS)  # type: ignore[misc]  # bound now
            assert len(why) < 2_500


def test_a_spoilt_stock_list_is_a_list_a_fault_or_not_understood(rounds: Rounds) -> None:
    text = service.listed("A", "B")[1]
    bare = text.split("?>", 1)[1]
    for dice in rounds(500):
        with dice:
            body = garbled(text.encode(), dice) if dice.random() < 0.5 else xml_spoilt(bare, dice, 2).encode()
            why = refusal(partial(_listed, body, dice.randint(1, 64)), *REFUSALS)
            assert len(why) < 2_500


def _listed(body: bytes, piece: int) -> tuple[str, ...]:
    taken = StockList("GetStockList")
    for start in range(0, len(body), piece):
        taken.feed(body[start : start + piece])
    return taken.codes()


@example_settings(derandomize=True, deadline=None, max_examples=300)
@given(text=st.text(max_size=30) | st.sampled_from(MOMENTS) | st.from_regex(r"[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}"))
def test_dates_numbers_and_flags_are_of_their_kind_or_refused(text: str) -> None:
    for read in (wire.number, wire.flag, wire.named, _instant):
        why = refusal(partial(read, text, "FIELD"), UnintelligibleError)
        assert not why or "FIELD" in why


def _instant(text: str, what: str) -> None:
    at = wire.instant(text, ZoneInfo("Europe/London"), what)
    assert at is None or at.tzinfo is UTC


# --- clocks ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "meant"),
    [
        ("2026-03-29T01:30:00", "2026-03-29T01:30:00+00:00"),  # the hour that spring leaves out
        ("2026-03-29T02:30:00", "2026-03-29T01:30:00+00:00"),
        ("2026-10-25T01:30:00", "2026-10-25T00:30:00+00:00"),  # the hour that autumn tells twice is the first
        ("2026-10-25T02:30:00", "2026-10-25T02:30:00+00:00"),
        ("31/12/1900", "1900-12-31T00:00:00+00:00"),
        ("29/02/2028", "2028-02-29T00:00:00+00:00"),
    ],
)
def test_local_times_at_the_edges_of_summer_are_instants(told: str, meant: str) -> None:
    assert wire.instant(told, ZoneInfo("Europe/London"), "AT") == datetime.fromisoformat(meant)


@pytest.mark.parametrize(
    "told", ["31/02/2026", "29/02/2026", "00/01/2026", "1762084800000", "99/99/9999", "32/13/2026"]
)
def test_a_day_that_does_not_exist_is_refused_by_name(told: str) -> None:
    with pytest.raises(UnintelligibleError, match="SHIP_DATE"):
        wire.instant(told, ZoneInfo("Europe/London"), "SHIP_DATE")


@pytest.mark.parametrize("told", ["30/12/1899", "31/12/1899 23:59", "1899-12-30T00:00:00", "0001-01-01T00:00:00"])
def test_the_null_dates_of_delphi_are_no_dates(told: str) -> None:
    assert wire.instant(told, ZoneInfo("Europe/London"), "SHIP_DATE") is None


def test_a_window_over_the_hour_told_twice_never_ends_before_it_begins() -> None:
    """A span of more than that hour, however it lies, is asked for from an earlier to a later local time."""
    zone = ZoneInfo("Europe/London")
    for minute in range(0, 300, 5):
        start = datetime(2026, 10, 24, 23, tzinfo=UTC) + timedelta(minutes=minute)
        assert wire.local(start, zone) < wire.local(start + timedelta(minutes=61), zone)


# --- what failed once -----------------------------------------------------------------------------------------------


def test_the_last_day_of_all_is_in_the_future_wherever_the_server_stands() -> None:
    """East of Greenwich it was an OverflowError, which ended the reading of all order states."""
    rule = order_states.Rule.of(settings(time_zone="Pacific/Auckland"), NOW)
    text = STATE.replace("01/11/2026", "9999-12-31T23:59:59+00:00").replace('STAGE_ID="14"', 'STAGE_ID="12"')
    (record,) = order_states.orders(parse(f"<STATUS_LIST>{text}</STATUS_LIST>"))
    order_states.despatches(record, rule)
    assert rule.past(parse('<BOX SHIP_DATE="9999-12-31T23:59:59+00:00"/>'), "SHIP_DATE") is None


@pytest.mark.parametrize("level", ["99999999999", "-99999999999", "999999999999999999"])
def test_a_level_that_no_warehouse_holds_is_refused(level: str) -> None:
    """It fitted no column, and held up the levels of everything else."""
    (row,) = mapping.statuses(parse(READERS["levels"][0].replace('LEVEL="10"', f'LEVEL="{level}"'))).values()
    with pytest.raises(UnintelligibleError, match="LEVEL"):
        mapping.stock_level("MUG", {"1": row}, "level")


@pytest.mark.parametrize("long", [LONG, "".join(sign for sign in NOISE if sign not in "<>&'\"")])
@pytest.mark.parametrize("field", ["SORDER_CODE", "ASSOCIATED_REF", "INVOICE_CODE"])
def test_a_code_that_no_index_takes_is_refused_by_name(field: str, long: str) -> None:
    record = next(order_states.orders(parse(f"<STATUS_LIST>{STATE}</STATUS_LIST>")))
    next(one for one in record.iter() if field in one.attrib).set(field, long)
    with pytest.raises(UnintelligibleError, match=f"{field} has {len(long)} characters"):
        (order_states.order_state(record, RULE), order_states.despatches(record, RULE))


def test_a_page_of_words_in_a_fault_is_cut() -> None:
    """It would stand in every log line and in the case."""
    _, fault = service.fault(LONG, LONG)
    with pytest.raises(soap.FaultError) as told:
        soap.read("ExportStock", fault.replace(f"D:{LONG}", "D:E").encode())
    assert len(str(told.value)) < 2_500


def test_what_no_parser_of_xml_understands_is_quoted_in_part() -> None:
    with pytest.raises(UnintelligibleError, match="it is no XML") as told:
        parse(f"<a></{LONG[:5_000]}>")
    assert len(str(told.value)) < 300


def test_a_pack_of_next_to_nothing_each_is_shown_as_no_more_than_a_shop_takes() -> None:
    """A level is divided by the units in a pack; the quotient fitted no column."""
    assert sellable(StockLevel("SET", {"1": Decimal("1e18")}), ("1",), 0) == 10**9
