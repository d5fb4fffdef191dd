"""The simulated server tells what became of orders: stages, part despatches, boxes, cancellations, credit notes."""

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest
from lxml import etree
from sandbox.khaosws_client import Client, OrderForm, Wall, khaos

from khaossync.sandbox.khaosws import KhaosServer

TWO_MUGS_AND_TEA: list[dict[str, str | None]] = [
    {"STOCK_CODE": "MUG"},
    {"STOCK_CODE": "TEA", "ORDER_QTY": "3", "PRICE_NET": "3.50", "TAX_RATE": "2"},
    {"STOCK_CODE": "MUG", "ORDER_QTY": "2"},
]


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
async def server(wall: Wall) -> AsyncIterator[KhaosServer]:
    server = khaos(wall)
    yield server
    await server.stop()


@pytest.fixture
async def client(server: KhaosServer) -> Client:
    client = Client(await server.start())
    await client.import_orders(OrderForm(ref="A", items=TWO_MUGS_AND_TEA).xml(), OrderForm(ref="B").xml())
    return client


async def status(client: Client, ids: str = "A", **arguments: object) -> list[etree._Element]:
    answer = await client.call("ExportOrderStatusEx", IDs=ids, MappingType=4, **arguments)
    assert answer.fault == ""
    return list(answer.inner)


async def changed(client: Client, start: object, end: object, **arguments: object) -> list[str | None]:
    answer = await client.call("ExportOrderStatusEx", MappingType=1, DateFrom=start, DateTo=end, **arguments)
    return [order.get("ASSOCIATED_REF") for order in answer.inner]


def sent(element: etree._Element, tag: str) -> list[tuple[str | None, str | None]]:
    return [(item.get("STOCK_CODE"), item.get("QTY_SENT")) for item in element.iter(tag)]


async def test_a_new_order_has_one_invoice_that_nobody_has_shipped(server: KhaosServer, client: Client) -> None:
    [order] = await status(client)
    assert order.get("SORDER_CODE") == server.orders()[0].sorder_code
    assert order.findtext("DATE_CREATED") == "01/07/2025"
    assert (order.findtext("COMPLETE"), order.findtext("QTY_SOLD")) == ("0", "6.00")
    total = order.find("ITEMS_TOTAL")
    assert total is not None
    assert (total.text, total.get("NET_VALUE")) == ("46.50", "40.50")
    [invoice] = order.iter("INVOICE")
    assert invoice.get("INVOICE_STAGE_ID") in ("9", "10")
    assert invoice.get("SHIP_DATE") in (None, "", "30/12/1899")
    assert invoice.get("QTY_SENT") == "0.00"


async def test_a_date_that_has_not_come_is_null_or_empty_or_not_there(client: Client) -> None:
    seen = set()
    for _ in range(30):
        [invoice] = (await status(client, "B"))[0].iter("INVOICE")
        seen.add(invoice.get("ISSUE_DATE"))
    assert seen == {None, "", "30/12/1899"}


async def test_the_type_of_a_sales_order_is_counted_or_spelt(client: Client) -> None:
    types = [(await status(client, "B"))[0].find("ORDER_TYPE") for _ in range(20)]
    assert {order_type.get("TYPE_ID") for order_type in types if order_type is not None} == {"1", "S"}


async def test_a_despatch_shows_its_courier_its_consignment_and_its_items(server: KhaosServer, client: Client) -> None:
    """SHO-8: what the shop needs to tell the customer."""
    server.pick("A")
    server.pack("A")
    code = server.despatch("A", courier="RM48", consignment="AB123", tracking_url="https://track.example/AB123")
    [invoice] = (await status(client, ShowItems=True))[0].iter("INVOICE")
    expected = {
        "INVOICE_CODE": code,
        "INVOICE_STAGE_ID": "16",
        "SHIP_DATE": "01/07/2025",
        "COURIER": "Royal Mail 48",
        "CONSIGNMENT_REF": "AB123",
        "TRACKING_URL": "https://track.example/AB123",
        "QTY_SENT": "6.00",
    }
    assert {name: invoice.get(name) for name in expected} == expected
    assert sent(invoice, "INVOICE_ITEM") == [("MUG", "1.00"), ("TEA", "3.00"), ("MUG", "2.00")]


async def test_items_are_told_only_when_asked_for(server: KhaosServer, client: Client) -> None:
    server.despatch("A", courier="RM48", consignment="AB123")
    [order] = await status(client)
    assert sent(order, "INVOICE_ITEM") == []
    assert sent(order, "BOX_ITEM") == []
    assert len(list(order.iter("BOX"))) == 1


async def test_a_part_despatch_makes_another_invoice_for_the_rest(server: KhaosServer, client: Client) -> None:
    first = server.despatch("A", {"MUG": 2}, courier="RM48", consignment="AB1")
    second = server.despatch("A", courier="DPD", consignment="AB2")
    assert first != second
    one, two = (await status(client, ShowItems=True))[0].iter("INVOICE")
    assert sent(one, "INVOICE_ITEM") == [("MUG", "1.00"), ("MUG", "1.00")]
    assert sent(two, "INVOICE_ITEM") == [("TEA", "3.00"), ("MUG", "1.00")]
    assert (one.get("CONSIGNMENT_REF"), two.get("CONSIGNMENT_REF")) == ("AB1", "AB2")


async def test_what_stands_on_no_shelf_goes_with_the_first_parcel(server: KhaosServer, client: Client) -> None:
    """A part despatch names goods; pack headers and services must not keep an order open."""
    await client.import_orders(OrderForm(ref="C", items=[{"STOCK_CODE": "GIFT"}]).xml())
    assert [line.stock_code for line in server.orders()[2].goods] == ["MUG", "TEA"]
    server.despatch("C", {"MUG": 1}, courier="RM48", consignment="AB1")
    server.despatch("C", {"TEA": 2}, courier="RM48", consignment="AB2")
    server.issue("C")
    [order] = await status(client, "C", ShowItems=True)
    parcels = [sent(invoice, "INVOICE_ITEM") for invoice in order.iter("INVOICE")]
    assert parcels == [[("GIFT", "1.00"), ("MUG", "1.00")], [("TEA", "2.00")]]
    assert order.findtext("COMPLETE") == "-1"


async def test_an_invoice_in_several_boxes_shares_its_units_among_them(server: KhaosServer, client: Client) -> None:
    server.despatch("A", courier="DPD", consignment="AB1", boxes=2)
    boxes = list((await status(client, ShowItems=True))[0].iter("BOX"))
    assert [box.get("CONSIGNMENT_REF") for box in boxes] == ["AB1", "AB1-2"]
    units: dict[str | None, Decimal] = {}
    for code, quantity in (pair for box in boxes for pair in sent(box, "BOX_ITEM")):
        units[code] = units.get(code, Decimal(0)) + Decimal(quantity or 0)
    assert units == {"MUG": Decimal(3), "TEA": Decimal(3)}
    assert all(sent(box, "BOX_ITEM") for box in boxes)


async def test_an_issued_order_is_complete_when_nothing_is_left(server: KhaosServer, client: Client) -> None:
    server.despatch("A", {"TEA": 3}, courier="RM48", consignment="AB1")
    server.issue("A")
    assert (await status(client))[0].findtext("COMPLETE") == "0"
    server.despatch("A", courier="RM48", consignment="AB2")
    server.issue("A")
    [order] = await status(client)
    assert order.findtext("COMPLETE") == "-1"
    assert [invoice.get("INVOICE_STAGE_ID") for invoice in order.iter("INVOICE")] == ["70", "70"]


async def test_an_order_can_be_dragged_backwards_and_shipped_again(server: KhaosServer, client: Client) -> None:
    """A regression keeps the invoice code, and the goods leave only once."""
    first = server.despatch("B", courier="RM48", consignment="AB1")
    server.issue("B")
    for stage in ("16", "14"):
        server.regress("B")
        [invoice] = (await status(client, "B"))[0].iter("INVOICE")
        assert invoice.get("INVOICE_STAGE_ID") == stage
        assert invoice.get("SHIP_DATE") == "01/07/2025"
    assert server.despatch("B", courier="DPD", consignment="AB2") == first
    assert (server.on_hand("MUG"), server.available("MUG")) == (Decimal(9), Decimal(6))


async def test_moved_marks_tell_one_reader_only(server: KhaosServer, client: Client) -> None:
    moved = [(await status(client, "B"))[0].find("INVOICES/INVOICE") for _ in range(2)]
    server.pick("B")
    moved.append((await status(client, "B"))[0].find("INVOICES/INVOICE"))
    assert [invoice.get("MOVED") for invoice in moved if invoice is not None] == ["-1", "0", "-1"]


async def test_a_cancelled_order_is_listed_only_when_asked_for(server: KhaosServer, client: Client) -> None:
    server.cancel("B", "Customer <changed> their mind")
    assert await status(client, "B") == []
    [order] = await status(client, "A,B", IncludeCancelled=True, InvoiceStageIDs="1")
    assert order.get("ASSOCIATED_REF") == "B"
    assert order.findtext("CANCELLED/REASON") == "Customer <changed> their mind"
    assert order.findtext("CANCELLED/CANCELLED_DATE_TIME") == "2025-07-01T10:00:00"


async def test_the_rest_of_a_part_despatched_order_can_be_cancelled(server: KhaosServer, client: Client) -> None:
    server.despatch("A", {"TEA": 3}, courier="RM48", consignment="AB1")
    server.cancel("A", "Out of mugs")
    [order] = await status(client)
    assert [invoice.get("INVOICE_STAGE_ID") for invoice in order.iter("INVOICE")] == ["16", "1"]
    assert server.available("MUG") == 9


async def test_orders_are_found_by_each_kind_of_id(server: KhaosServer, client: Client) -> None:
    await client.import_orders(OrderForm(ref="C", customer={"WEB_USER": "c@example.com", "OTHER_REF": "shop-9"}).xml())
    order = server.orders()[2]
    for mapping, identifier in ((1, order.customer.code), (2, "shop-9"), (3, order.sorder_code), (4, "C")):
        answer = await client.call("ExportOrderStatusEx", IDs=identifier, MappingType=mapping)
        assert [found.get("ASSOCIATED_REF") for found in answer.inner] == ["C"]
    assert "MappingType 5" in (await client.call("ExportOrderStatusEx", IDs="C", MappingType=5)).fault


async def test_without_ids_both_dates_are_needed(client: Client, wall: Wall) -> None:
    answer = await client.call("ExportOrderStatusEx", MappingType=1, DateFrom=wall.london())
    assert "both DateFrom and DateTo" in answer.fault


async def test_a_window_lists_what_changed_in_it(server: KhaosServer, client: Client, wall: Wall) -> None:
    start = wall.london()
    assert await changed(client, start, start) == ["A", "B"]
    wall.pass_(hours=1)
    server.pick("B")
    assert await changed(client, wall.london(), wall.london()) == ["B"]


async def test_late_tracking_is_in_a_window_only_when_asked_for(
    server: KhaosServer, client: Client, wall: Wall
) -> None:
    server.despatch("A", courier="RM48", consignment="")
    wall.pass_(hours=2)
    server.track("A", "AB9", "https://track.example/AB9")
    now = wall.london()
    assert await changed(client, now, now) == []
    assert await changed(client, now, now, IncludeTracking=True) == ["A"]
    [invoice] = (await status(client))[0].iter("INVOICE")
    assert invoice.get("CONSIGNMENT_REF") == "AB9"


async def test_orders_that_wait_for_payment_are_not_confirmed(client: Client) -> None:
    await client.import_orders(OrderForm(ref="C", payment={"AUTH_CODE": None}).xml())
    assert [order.get("ASSOCIATED_REF") for order in await status(client, "A,C")] == ["A", "C"]
    assert [order.get("ASSOCIATED_REF") for order in await status(client, "A,C", ConfirmedOnly=True)] == ["A"]


async def test_stages_filter_orders(server: KhaosServer, client: Client) -> None:
    server.pick("B")
    assert [order.get("ASSOCIATED_REF") for order in await status(client, "A,B", InvoiceStageIDs="12,13")] == ["B"]


async def test_the_basic_call_forgets_orders_two_days_after_their_issue(
    server: KhaosServer, client: Client, wall: Wall
) -> None:
    server.despatch("A", courier="RM48", consignment="AB1")
    server.issue("A")
    wall.pass_(hours=47)
    assert len((await client.call("ExportOrderStatus")).inner) == 2
    wall.pass_(hours=2)
    remembered = (await client.call("ExportOrderStatus")).inner
    assert [order.get("ASSOCIATED_REF") for order in remembered] == ["B"]


async def test_a_credit_note_restocks_and_shows_as_an_order_of_its_own_type(
    server: KhaosServer, client: Client
) -> None:
    """MKP-25: a credit note can be laid beside the shop's refund."""
    server.despatch("A", courier="RM48", consignment="AB1")
    code = server.credit("A", {"MUG": 2}, Decimal("25.00"))
    assert server.available("MUG") == 8
    order, credit = await status(client, ShowItems=True)
    order_type = credit.find("ORDER_TYPE")
    assert order_type is not None
    assert (order_type.text, order_type.get("TYPE_ID")) == ("Credit Note", "2")
    assert credit.get("SORDER_CODE") == code != order.get("SORDER_CODE")
    assert (credit.findtext("ITEMS_TOTAL"), credit.findtext("DELIVERY_TOTAL")) == ("24.00", "1.00")
    assert server.credit_notes()[0].gross == Decimal("25.00")
    assert [order.get("SORDER_CODE") for order in await status(client, WebOnly=True)] == [order.get("SORDER_CODE")]
    server.habits.credit_notes_in_status = False
    assert len(await status(client)) == 1


async def test_a_credit_without_goods_is_money_only(server: KhaosServer, client: Client) -> None:
    server.credit("B", {}, Decimal("6.00"))
    server.credit("B", {"MUG": 1}, Decimal("12.00"), restock=False)
    assert [note.gross for note in server.credit_notes()] == [Decimal("6.00"), Decimal("12.00")]
    assert server.credit_notes()[0].net == Decimal("5.00")
    assert server.available("MUG") == 6


async def test_steps_that_make_no_sense_are_refused(server: KhaosServer, client: Client) -> None:
    with pytest.raises(ValueError, match="no order NOSUCH"):
        server.pick("NOSUCH")
    with pytest.raises(ValueError, match="no courier 'Pigeon'"):
        server.despatch("A", courier="Pigeon", consignment="")
    with pytest.raises(ValueError, match="does not hold"):
        server.despatch("A", {"MUG": 4}, courier="RM48", consignment="")
    with pytest.raises(ValueError, match="nothing to track"):
        server.track("A", "AB1")
    with pytest.raises(ValueError, match="no invoice that waits"):
        server.issue("A")
    server.despatch("A", courier="RM48", consignment="AB1")
    with pytest.raises(ValueError, match="no open invoice"):
        server.despatch("A", courier="RM48", consignment="AB2")
    with pytest.raises(ValueError, match="nothing left to cancel"):
        server.cancel("A", "Too late")
    with pytest.raises(ValueError, match="no line with 9 of MUG"):
        server.credit("A", {"MUG": 9}, Decimal("1.00"))
