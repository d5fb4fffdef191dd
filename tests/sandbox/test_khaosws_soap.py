"""The simulated server speaks SOAP 1.1 rpc/encoded and refuses whatever is not."""

import random
import ssl
import subprocess
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import aiohttp
import pytest
from lxml import etree
from sandbox.khaosws_client import Client, OrderForm, Wall, argument, envelope, khaos

from khaossync.sandbox.faults import Fault
from khaossync.sandbox.khaosws import KhaosServer
from khaossync.sandbox.khaosws.dates import day, parse, stamp


@pytest.fixture
async def server() -> AsyncIterator[KhaosServer]:
    server = khaos(Wall())
    yield server
    await server.stop()


@pytest.fixture
async def client(server: KhaosServer) -> Client:
    return Client(await server.start())


async def test_an_answer_is_a_typed_return_in_the_response_of_the_method(client: Client) -> None:
    answer = await client.call("GetVersion")
    returned = answer.root.find(".//{urn:IKosWebIntf-IKosWeb}GetVersionResponse/return")
    assert returned is not None
    assert returned.get("{http://www.w3.org/2001/XMLSchema-instance}type") == "xsd:string"
    assert answer.text


async def test_an_inner_document_comes_escaped_without_declaration_or_white_space(client: Client) -> None:
    status, body = await client.raw(envelope("ExportStock", argument("StockCode", "TEA")), "ExportStock")
    assert status == 200
    assert b"&lt;STOCK_ITEMS&gt;&lt;STOCK_ITEM&gt;" in body
    assert b"&lt;![CDATA[Tea &amp; biscuits]]&gt;" in body
    assert b"&lt;?xml" not in body


@pytest.mark.parametrize("multiref", [False, True])
async def test_objects_come_nested_or_as_references(server: KhaosServer, client: Client, multiref: bool) -> None:
    server.habits.multiref = multiref
    answer = await client.call("GetSiteList")
    elements = {element.get("id"): element for element in answer.root.iter() if element.get("id")}

    def follow(element: etree._Element) -> etree._Element:
        return elements[element.get("href", "")[1:]] if multiref else element

    returned = answer.root.find(".//return")
    assert returned is not None
    sites = follow(returned).find("List")
    assert sites is not None
    assert [follow(site).findtext("SiteName") for site in follow(sites)] == ["Main", "Overflow"]
    assert bool(elements) == multiref


async def test_a_fault_names_the_delphi_class_and_blames_the_client(client: Client) -> None:
    answer = await client.call("ExportOrders", OrderCode="X", MappingType=9)
    assert answer.status == 500
    assert answer.root.findtext(".//faultcode") == "SOAP-ENV:Client"
    assert answer.root.findtext(".//ExceptionClassName") == "ERemotableException"
    assert "MappingType 9" in answer.fault


@pytest.mark.parametrize(
    ("operation", "arguments", "complaint"),
    [
        ("GetEverything", "", "not found"),
        ("GetVersion", argument("Verbose", True), "no parameter Verbose"),
        ("ExportOrders", argument("OrderCode", "X"), "MappingType is missing"),
        ("ExportOrders", argument("OrderCode", "X") + argument("MappingType", "1"), "must be int, not string"),
        ("ExportOrders", argument("OrderCode", "X") + "<MappingType>one</MappingType>", "not a valid int"),
        ("GetSOPData", '<Courier xsi:type="xsd:boolean">yes</Courier>', "not a valid boolean"),
        ("GetStockList", '<DateValue xsi:type="xsd:dateTime">01/07/2025</DateValue>', "not a valid date"),
        ("GetStockList", '<DateValue xsi:type="xsd:dateTime">2025-07-01 09:00:00</DateValue>', "not a valid date"),
        ("GetStockList", '<DateValue xsi:type="xsd:dateTime">2025-07-01T09:00:00Z</DateValue>', "not a valid date"),
        ("ImportOrders", "<Orders><SALES_ORDERS/></Orders>", "not escaped"),
    ],
)
async def test_a_wrong_call_is_a_fault(client: Client, operation: str, arguments: str, complaint: str) -> None:
    answer = await client.post(envelope(operation, arguments), operation)
    assert answer.status == 500
    assert complaint in answer.fault


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ("<not><closed></not>", "not well formed"),
        ("<Envelope/>", "no SOAP 1.1 envelope"),
        (envelope("GetVersion", "", namespace="urn:somebody-else"), "not registered"),
        ("<!DOCTYPE x [<!ENTITY y 'z'>]>" + envelope("GetVersion", "").partition("?>")[2], "DOCTYPE"),
        (envelope("GetSiteList", ""), "does not name the method"),
        (envelope("GetVersion", "").replace("</soap:Body>", "<a/></soap:Body>"), "2 methods"),
    ],
    ids=["malformed", "no envelope", "foreign namespace", "doctype", "other action", "two methods"],
)
async def test_a_malformed_envelope_is_a_fault(client: Client, body: str, complaint: str) -> None:
    answer = await client.post(body, "GetVersion")
    assert answer.status == 500
    assert complaint in answer.fault


async def test_soap_1_2_is_not_spoken(client: Client) -> None:
    status, _ = await client.raw(envelope("GetVersion", ""), "GetVersion", "application/soap+xml")
    assert status == 415


async def test_the_wsdl_lists_the_operations_and_where_to_post(client: Client) -> None:
    async with aiohttp.ClientSession() as session, session.get(f"{client.url}/wsdl/IKosWeb") as answer:
        root = etree.fromstring(await answer.read())
    wsdl = "{http://schemas.xmlsoap.org/wsdl/}"
    assert "ImportOrders" in [operation.get("name") for operation in root.findall(f"{wsdl}portType/{wsdl}operation")]
    address = root.find(".//{http://schemas.xmlsoap.org/wsdl/soap/}address")
    assert address is not None
    assert address.get("location") == f"{client.url}/soap/IKosWeb"


async def test_basic_authentication_is_asked_for_when_it_is_set_up() -> None:
    server = khaos(Wall(), basic_auth=("kosweb", "secret"))
    url = await server.start()
    try:
        assert (await Client(url).raw(envelope("GetVersion", ""), "GetVersion"))[0] == 401
        assert (await Client(url, ("kosweb", "wrong")).raw("", "GetVersion"))[0] == 401
        assert (await Client(url, ("kosweb", "secret")).call("GetVersion")).status == 200
    finally:
        await server.stop()


def self_signed(folder: Path) -> tuple[Path, Path]:
    """A certificate for loopback that nobody else has signed, and its key."""
    certificate, key = folder / "cert.pem", folder / "key.pem"
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    where = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*make, *where], check=True, capture_output=True)
    return certificate, key


async def test_it_listens_with_a_certificate_of_its_own_making(tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    server = khaos(Wall())
    url = await server.start(ssl_context=context)
    try:
        assert url.startswith("https://127.0.0.1:")
        trusting = ssl.create_default_context(cafile=str(certificate))
        assert (await Client(url, tls=trusting).call("GetVersion")).status == 200
        with pytest.raises(aiohttp.ClientConnectorCertificateError):
            await Client(url).call("GetVersion")
    finally:
        await server.stop()


async def test_an_import_whose_answer_is_lost_is_booked_all_the_same(server: KhaosServer, client: Client) -> None:
    server.faults.plan(Fault.DROP_AFTER, "ImportOrders")
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await client.import_orders(OrderForm().xml())
    assert server.order("WEB-1001") is not None
    assert server.faults.happened == [("ImportOrders", Fault.DROP_AFTER)]


async def test_the_state_survives_a_restart_of_the_server(server: KhaosServer, client: Client) -> None:
    await client.import_orders(OrderForm().xml())
    await server.stop()
    assert (await Client(await server.start()).call("GetVersion")).status == 200
    assert server.order("WEB-1001") is not None


async def test_every_call_takes_its_time_when_the_server_is_slow(server: KhaosServer, client: Client) -> None:
    server.habits.delay = (0.05, 0.06)
    await client.call("GetVersion")
    assert [call.operation for call in server.calls] == ["GetVersion"]
    assert server.calls[0].seconds >= 0.05


def test_dates_are_london_time_without_an_offset() -> None:
    summer = datetime(2025, 6, 30, 23, 30, tzinfo=UTC)
    assert day(summer) == "01/07/2025"
    assert stamp(summer) == "2025-07-01T00:30:00"
    assert parse("2025-07-01T00:30:00") == summer
    assert parse("2025-01-15") == datetime(2025, 1, 15, tzinfo=UTC)
    assert (day(None), stamp(None)) == ("30/12/1899", "1899-12-30T00:00:00")


async def test_two_servers_with_the_same_dice_tell_the_same_story() -> None:
    documents = []
    for _ in range(2):
        server = KhaosServer(now=Wall().now, dice=random.Random(5))
        for number in range(50):
            server.add_stock(f"S{number}", "Thing", {"1": Decimal(number)})
        documents.append((await Client(await server.start()).call("ExportStockStatus")).text)
        await server.stop()
    assert documents[0] == documents[1]
    assert "KSD_RESERVED" in documents[0]
    assert documents[0].count("<SAFE_LEVEL>") < 50
