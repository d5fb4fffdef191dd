"""The simulated server tells what is available to sell, and which codes moved, in its own way."""

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest
from lxml import etree
from sandbox.khaosws_client import Answer, Client, OrderForm, Wall, khaos

from khaossync.sandbox.khaosws import KhaosServer


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
    return Client(await server.start())


def levels(answer: Answer) -> list[tuple[str | None, ...]]:
    """(code, site, level, status) of every row."""
    return [(row.get("CODE"), *(row.findtext(tag) for tag in ("SITE", "LEVEL", "STATUS"))) for row in answer.inner]


def codes(answer: Answer) -> list[str]:
    return [item["StockCode"] for item in answer.items("List")]


async def test_a_level_is_what_is_available_to_sell(server: KhaosServer, client: Client) -> None:
    """SHO-7: what the ERP tells is available is what shops may show."""
    await client.import_orders(OrderForm(items=[{"STOCK_CODE": "MUG", "ORDER_QTY": "4"}]).xml())
    answer = await client.call("ExportStockStatus", StockCode="MUG", MappingType=1)
    assert levels(answer) == [("MUG", "Main", "6", "0")]
    assert answer.inner.get("SITE") == "Main"


async def test_levels_come_for_one_site_or_in_a_row_for_each(server: KhaosServer, client: Client) -> None:
    two = await client.call("ExportStockStatus", StockCode="MUG", SiteID=2)
    everywhere = await client.call("ExportStockStatus", StockCode="MUG", SiteID=-1)
    assert levels(two) == [("MUG", "Overflow", "5", "0")]
    assert levels(everywhere) == [("MUG", "Main", "10", "0"), ("MUG", "Overflow", "5", "0")]
    server.habits.all_sites_as_one = True
    assert levels(await client.call("ExportStockStatus", StockCode="MUG", SiteID=-1)) == [("MUG", "All", "15", "0")]


async def test_a_site_that_does_not_exist_is_a_fault(client: Client) -> None:
    assert "no site id '7'" in (await client.call("ExportStockStatus", SiteID=7)).fault


async def test_codes_that_do_not_exist_are_left_out_without_a_word(client: Client) -> None:
    answer = await client.call("ExportStockStatus", StockCode="NOSUCH, TEA", MappingType=1)
    assert [row[0] for row in levels(answer)] == ["TEA"]


async def test_levels_may_be_broken_and_come_without_needless_decimals(server: KhaosServer, client: Client) -> None:
    server.add_stock("ROPE", "Rope by the metre", {"1": Decimal("17.50")})
    assert levels(await client.call("ExportStockStatus", StockCode="ROPE"))[0][2] == "17.5"


async def test_the_status_tells_why_nothing_is_available(server: KhaosServer, client: Client) -> None:
    for code, controlled in (("SOLD", True), ("COMING", True), ("GONE", True), ("SERVICE", False)):
        server.add_stock(code, code, {"1": 1 if code == "SOLD" else 0}, controlled=controlled)
    server.expect("COMING", 5)
    server.discontinue("MUG")
    await client.import_orders(OrderForm(items=[{"STOCK_CODE": "SOLD"}]).xml())
    answer = await client.call("ExportStockStatus", StockCode="TEA,SOLD,COMING,GONE,MUG,SERVICE")
    assert [row[3] for row in levels(answer)] == ["0", "1", "2", "3", "4", "5"]


async def test_what_is_not_controlled_does_not_run_out(server: KhaosServer, client: Client) -> None:
    server.add_stock("SERVICE", "Gift wrapping", {}, controlled=False)
    await client.import_orders(OrderForm(items=[{"STOCK_CODE": "SERVICE", "ORDER_QTY": "3"}]).xml())
    assert server.available("SERVICE") == 0


async def test_a_pack_has_no_level_but_a_potential(client: Client) -> None:
    row = (await client.call("ExportStockStatus", StockCode="GIFT")).inner[0]
    assert [row.findtext(tag) for tag in ("LEVEL", "STATUS", "BUILD_POTENTIAL_CHILDREN")] == ["0", "5", "10"]


async def test_movements_since_a_date_are_listed_newest_first(server: KhaosServer, client: Client, wall: Wall) -> None:
    wall.pass_(hours=1)
    since = wall.london()
    assert codes(await client.call("GetStockList", DateType=2, DateValue=since)) == []
    server.receive("TEA", 5)
    wall.pass_(minutes=1)
    server.adjust("MUG", -1, "2")
    answer = await client.call("GetStockList", DateType=2, DateValue=since)
    assert codes(answer) == ["MUG", "TEA"]
    assert answer.items("List")[0]["LastUpdated"] == "2025-07-01T11:01:00"
    assert [row[0] for row in levels(await client.call("ExportStockStatus", LastUpdated=since))] == ["MUG", "TEA"]


async def test_an_edit_is_no_movement_and_a_movement_no_edit(server: KhaosServer, client: Client, wall: Wall) -> None:
    wall.pass_(hours=1)
    server.discontinue("MUG")
    server.receive("TEA", 1)
    assert codes(await client.call("GetStockList", DateType=0, DateValue=wall.london())) == ["MUG"]
    assert codes(await client.call("GetStockList", DateType=2, DateValue=wall.london())) == ["TEA"]


async def test_launches_are_listed_by_their_date(server: KhaosServer, client: Client, wall: Wall) -> None:
    wall.pass_(hours=1)
    server.add_stock("NEW", "New thing", {})
    assert codes(await client.call("GetStockList", DateType=1, DateValue=wall.london())) == ["NEW"]
    assert len(codes(await client.call("GetStockList"))) == 4
    assert "DateType 5" in (await client.call("GetStockList", DateType=5)).fault


async def test_an_order_and_its_cancellation_are_movements_but_a_despatch_changes_nothing_for_sale(
    server: KhaosServer, client: Client, wall: Wall
) -> None:
    await client.import_orders(OrderForm(ref="1").xml(), OrderForm(ref="2").xml())
    wall.pass_(hours=1)
    server.despatch("1", courier="RM48", consignment="AB1")
    assert server.available("MUG") == 8
    server.cancel("2", "Test")
    assert server.available("MUG") == 9
    assert codes(await client.call("GetStockList", DateType=2, DateValue=wall.london())) == ["MUG"]


async def test_the_potential_is_what_is_there_and_due_less_what_is_owed(server: KhaosServer, client: Client) -> None:
    await client.import_orders(OrderForm(items=[{"STOCK_CODE": "MUG", "ORDER_QTY": "13"}]).xml())
    server.expect("MUG", 2)
    [potential] = (await client.call("GetStockPotential", StockCode="MUG", MappingType=1)).items("return")
    figures = [potential[name] for name in ("Available", "OnOrder", "BackOrder", "Potential")]
    assert figures == ["0", "2", "3", "-1"]
    [by_id] = (await client.call("GetStockPotential", StockCode="2")).items("return")
    assert by_id["StockCode"] == "TEA"
    assert (await client.call("GetStockPotential", StockCode="")).items("return") == []


async def test_goods_that_arrive_are_no_longer_on_order(server: KhaosServer, client: Client) -> None:
    server.expect("MUG", 5)
    server.receive("MUG", 3)
    row = (await client.call("ExportStockStatus", StockCode="MUG")).inner[0]
    assert (row.findtext("LEVEL"), row.findtext("ON_ORDER_LEVEL")) == ("13", "2")


async def test_an_item_is_exported_with_its_properties_and_its_children(server: KhaosServer, client: Client) -> None:
    server.discontinue("TEA")
    tea, gift = (await client.call("ExportStock", StockCode="TEA,GIFT", MappingType=1)).inner
    expected = {"STOCK_DESC": "Tea & biscuits", "SELL_PRICE": "3.5", "VAT_RATE": "0", "DISCONTINUED": "-1", "WEB": "-1"}
    assert {tag: tea.findtext(tag) for tag in expected} == expected
    links = [(link.findtext("STOCK_CODE"), link.findtext("LINK_VALUE")) for link in gift.iter("LINK_ITEM")]
    assert links == [("MUG", "1"), ("TEA", "2")]
    assert gift.findtext("STOCK_CONTROLLED") == "0"


async def test_exports_find_items_by_their_other_ref(client: Client) -> None:
    document: etree._Element = (await client.call("ExportStock", StockCode="M-1", MappingType=2)).inner
    assert [item.findtext("STOCK_CODE") for item in document] == ["MUG"]
    assert "MappingType 9" in (await client.call("ExportStock", StockCode="M-1", MappingType=9)).fault


def test_stock_that_makes_no_sense_is_refused(server: KhaosServer) -> None:
    with pytest.raises(ValueError, match="known already"):
        server.add_stock("MUG", "Another mug", {})
    with pytest.raises(ValueError, match="no site '9'"):
        server.add_stock("NEW", "New thing", {"9": 1})
    with pytest.raises(ValueError, match="NOSUCH, which is no stock code"):
        server.add_stock("BOX", "Box", {}, pack={"NOSUCH": 1})
