"""SOAP as Delphi speaks it: typed arguments out; results, arrays, multirefs and faults in."""

import subprocess
import sys
from contextlib import suppress
from datetime import datetime

import pytest
from channels.khaosws.service import ENVELOPE, Bench, Service, answer, fault, listed, returned, settings
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from khaossync.domain.errors import SyncError, TransientError
from khaossync.erp.khaosws.connector import open_client
from khaossync.erp.khaosws.markup import UnintelligibleError
from khaossync.erp.khaosws.soap import FaultError, Result, envelope, read
from khaossync.erp.khaosws.stock_list import StockList
from khaossync.erp.khaosws.wire import import_result, names, sites

XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"


def result(operation: str, body: str) -> Result:
    return read(operation, answer(operation, body).encode())


def stock_codes(text: str, piece: int = 7) -> tuple[str, ...]:
    """The codes of a list that arrives in pieces of so many bytes."""
    body, taken = text.encode(), StockList("GetStockList")
    for start in range(0, len(body), piece):
        taken.feed(body[start : start + piece])
    return taken.codes()


def test_every_argument_says_its_type() -> None:
    at = datetime(2026, 11, 2, 9, 5)  # noqa: DTZ001 - KhaosWS speaks naive local time
    sent = etree.fromstring(envelope("urn:X", "Do", {"A": "text", "B": 4, "C": True, "D": at}))
    (call,) = sent[0]
    assert call.tag == "{urn:X}Do"
    assert [(one.tag, one.get(XSI_TYPE), one.text) for one in call] == [
        ("A", "xsd:string", "text"),
        ("B", "xsd:int", "4"),
        ("C", "xsd:boolean", "true"),
        ("D", "xsd:dateTime", "2026-11-02T09:05:00"),
    ]


@given(
    st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"))
)
def test_an_inner_document_arrives_as_it_was_written(text: str) -> None:
    sent = etree.fromstring(envelope("urn:X", "Do", {"Orders": text}))
    assert (sent[0][0][0].text or "") == text
    assert read("Do", returned("Do", text).encode()).text == text


def test_text_may_come_in_cdata_and_in_any_namespace() -> None:
    body = "<return><![CDATA[<STOCK_ITEMS/>]]></return>"
    assert result("ExportStock", body).text == "<STOCK_ITEMS/>"
    other = '<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"><e:Body><ExportStockResponse><x>a</x>'
    assert read("ExportStock", f"{other}</ExportStockResponse></e:Body></e:Envelope>".encode()).text == "a"


def test_arrays_are_nested_items() -> None:
    _, text = listed("A/1", "B 2", "A/1")
    assert stock_codes(text) == ("A/1", "B 2")


def test_arrays_and_records_may_be_written_beside_the_answer() -> None:
    text = ENVELOPE.format(
        '<GetStockListResponse><return href="#1"/></GetStockListResponse>'
        '<r id="1"><Count>2</Count><List href="#2"/></r><r id="2"><item href="#3"/><item href="#4"/></r>'
        '<r id="3"><StockCode>A</StockCode></r><r id="4"><StockCode href="#5"/></r><s id="5">B</s>'
    )
    assert stock_codes(text) == ("A", "B")


@pytest.mark.parametrize(
    "target", ['<r id="1" href="#1"/>', '<r id="2"/>', '<r id="1" href="#2"/><r id="2" href="#1"/>']
)
def test_references_into_nothing_or_in_circles_are_refused(target: str) -> None:
    text = ENVELOPE.format(f'<DoResponse><return href="#1"/></DoResponse>{target}')
    with pytest.raises(UnintelligibleError):
        read("Do", text.encode())


def test_a_list_that_promises_more_than_it_holds_is_refused() -> None:
    _, text = listed("A", count=2)
    with pytest.raises(UnintelligibleError, match="promises 2"):
        stock_codes(text)


def test_a_row_without_a_code_does_not_spoil_the_list() -> None:
    rows = "<item><StockCode>A</StockCode></item><item><StockCode/></item>"
    text = f"<return><Count>2</Count><List>{rows}</List></return>"
    assert stock_codes(answer("GetStockList", text)) == ("A",)


def test_what_nobody_knows_is_dropped_as_it_passes() -> None:
    """A million strangers; in a process of its own, for memory is not given back."""
    body = (
        "import resource\n"
        "from khaossync.erp.khaosws.stock_list import StockList\n"
        "taken = StockList('GetStockList')\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "taken.feed(b'<Envelope><Body><GetStockListResponse><return href=\"#1\"/></GetStockListResponse>')\n"
        "for number in range(200):\n"
        '    taken.feed(b\'<a id="x"><b/></a>\' * 3000 + b\'<r id="9"><StockCode href="#%d"/></r>\' % (number + 10))\n'
        "    taken.feed(b'<s id=\"%d\">%d</s>' % (number + 10, number))\n"
        "taken.feed(b'<r id=\"1\"><Count href=\"#2\"/><List>' + b'<a/>' * 9000 + b'</List></r><s id=\"2\">200</s>')\n"
        "taken.feed(b'<x/><y/></Body></Envelope>')\n"
        "assert taken.codes() == tuple(str(number) for number in range(200))\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)\n"
    )
    done = subprocess.run([sys.executable, "-c", body], capture_output=True, text=True, check=True, timeout=60)
    assert int(done.stdout) < 40_000  # kilobytes


@pytest.mark.parametrize("first", ["", "<?xml version='1.0'?>", "<!-- a -->", "<?xml version='1.0'?><!"])
def test_a_doctype_is_refused_in_whatever_piece_it_comes(first: str) -> None:
    taken = StockList("GetStockList")
    taken.feed(first.encode())
    with pytest.raises(UnintelligibleError, match="DOCTYPE"):
        taken.feed(f"{'' if first.endswith('<!') else '<!'}DOCTYPE x [<!ENTITY e 'boo'>]><Envelope/>".encode())


def test_a_comment_before_the_envelope_is_no_doctype_wherever_it_is_cut() -> None:
    text = listed("A")[1]
    assert stock_codes(f"<!-- DOCTYPE -->{text.split('?>', 1)[-1]}", 1) == ("A",)


def test_what_goes_on_without_an_envelope_is_not_read_to_its_end() -> None:
    taken = StockList("GetStockList")
    with pytest.raises(UnintelligibleError, match="no SOAP envelope"):
        taken.feed(b"<html>" + b"<p/>" * 2000)


def test_a_long_list_keeps_its_count_and_its_first_and_last_codes() -> None:
    codes = [f"{'X' * 20}{number}" for number in range(300)]
    assert stock_codes(listed(*codes)[1], 500) == tuple(codes)
    with pytest.raises(UnintelligibleError, match="promises 301"):
        stock_codes(listed(*codes, count=301)[1], 500)


def test_an_empty_list_is_a_list() -> None:
    assert stock_codes(answer("GetStockList", "<return><Count>0</Count></return>")) == ()
    assert stock_codes(answer("GetStockList", "<return xsi:nil='true'/>")) == ()


@pytest.mark.parametrize("piece", [1, 2, 3, 5, 64, 100_000])
def test_a_list_may_be_cut_anywhere_on_its_way(piece: int) -> None:
    """Between the bytes of a letter, within a tag, within a reference that XML forbids."""
    rows = "".join(f"<item><StockCode>{code}</StockCode><StockDesc>é&#x1F;</StockDesc></item>" for code in "ABÜ")
    text = answer("GetStockList", f"<return><Count>3</Count><List>{rows}</List></return>")
    assert stock_codes(text, piece) == ("A", "B", "Ü")


def test_a_fault_in_place_of_a_list_is_a_fault() -> None:
    with pytest.raises(FaultError, match="no such date type"):
        stock_codes(fault("no such date type")[1])


@pytest.mark.parametrize("text", ["", "<a/>", "no XML", "<!DOCTYPE x><a/>", "<a><b></a>", answer("GetSiteList", "")])
def test_what_is_no_list_is_refused(text: str) -> None:
    with pytest.raises(UnintelligibleError):
        stock_codes(text)


def test_strings_and_sites_are_read() -> None:
    assert names(result("GetSaleSource", "<return><item>Web</item><item> </item><item>Shop</item></return>")) == (
        "Web",
        "Shop",
    )
    row = "<item><SiteID>1</SiteID><SiteName>Main</SiteName></item>"
    assert sites(result("GetSiteList", f"<return><List>{row}</List></return>")) == {"1": "Main"}


def test_an_import_tells_codes_and_skips() -> None:
    read_back = import_result(
        result(
            "ImportOrders",
            "<return><ImportedCount>1</ImportedCount><OrderImport><item><SalesOrderCode>SO1</SalesOrderCode>"
            "<AssociatedRef>S1</AssociatedRef><Unheard>x</Unheard></item></OrderImport><OrderSkipped><item>"
            "<OrderRef>S2</OrderRef><SkipReason>a &amp; b</SkipReason></item></OrderSkipped></return>",
        )
    )
    assert read_back.imported == {"S1": "SO1"}
    assert read_back.skipped == {"S2": "a & b"}


def test_a_fault_carries_its_reason_and_its_delphi_class() -> None:
    _, text = fault("Stock item MUG is discontinued", "EWebServiceError")
    with pytest.raises(FaultError) as caught:
        read("ImportOrders", text.encode())
    assert caught.value.reason == "Stock item MUG is discontinued"
    assert "EWebServiceError" in str(caught.value)


def test_a_fault_without_detail_is_still_a_fault() -> None:
    with pytest.raises(FaultError, match="no reason given"):
        read("Do", ENVELOPE.format("<S:Fault/>").encode())


@pytest.mark.parametrize(
    "nonsense",
    [
        b"",
        b"<html><body>IIS</body></html>",
        ENVELOPE.format("").encode(),
        ENVELOPE.format("<OtherResponse/>").encode(),
        answer("Do", "").encode()[:-20],
        "£".encode("cp1252"),
        b"\xff\xfe<\x00a\x00/\x00>\x00",
    ],
)
def test_anything_else_is_no_answer(nonsense: bytes) -> None:
    with pytest.raises(UnintelligibleError):
        read("Do", nonsense)


@given(st.one_of(st.binary(), st.text().map(lambda text: returned("Do", text).encode()), st.text().map(str.encode)))
def test_any_bytes_are_an_answer_or_a_controlled_error(body: bytes) -> None:
    with suppress(UnintelligibleError, SyncError):
        assert isinstance(read("Do", body).text, str)


async def test_arguments_may_be_named_as_the_customers_wsdl_names_them(service: Service, bench: Bench) -> None:
    renamed = settings(service.url, argument_names={"ExportStockStatus.StockCode": "StockCodes"}, username="u")
    client = await open_client("khaos", renamed, bench.kit)
    await client.stock_status(["A", "B"], 2)
    assert service.asked[0].arguments == {
        "StockCodes": "A,B",
        "MappingType": "1",
        "LastUpdated": "1899-12-31T00:00:00",
        "SiteID": "2",
    }
    assert service.asked[0].headers["SOAPAction"] == '"urn:IKosWebIntf-IKosWeb#ExportStockStatus"'
    assert service.asked[0].headers["Authorization"].startswith("Basic ")


async def test_a_document_that_is_no_xml_names_its_operation(service: Service, bench: Bench) -> None:
    service.on("ExportStock", "<STOCK_ITEMS><STOCK_ITEM>")
    client = await open_client("khaos", settings(service.url), bench.kit)
    with pytest.raises(TransientError, match="ExportStock cannot be understood"):
        await client.stock(["A"])
