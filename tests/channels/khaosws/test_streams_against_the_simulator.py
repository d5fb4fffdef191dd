"""The connector and a simulated Khaos Control, which share no line: stock and despatches come out."""

from datetime import timedelta
from decimal import Decimal

import pytest
from channels.khaosws.service import Bench, sales_line, sales_order
from channels.khaosws.simulated import despatches, read, send, state, told

from khaossync.domain.documents import Kind
from khaossync.domain.errors import TransientError
from khaossync.domain.stock import StockItem, StockLevel
from khaossync.ports import Connector
from khaossync.sandbox.faults import Fault
from khaossync.sandbox.khaosws import KhaosServer


async def test_levels_come_per_site_and_follow_every_movement(
    server: KhaosServer, connector: Connector, bench: Bench
) -> None:
    """SHO-14, S-17, S-22."""
    bench.clock.at += timedelta(hours=6)
    pages = await read(connector, "stock")
    assert pages[-1].complete
    levels = {key: one.body for key, one in told(pages, Kind.STOCK_LEVEL).items()}
    assert levels["MUG"] == StockLevel("MUG", {"1": Decimal(10), "2": Decimal(3)})
    assert isinstance(levels["DISCOUNT"], StockLevel)
    assert not levels["DISCOUNT"].controlled
    bench.clock.at += timedelta(hours=6)
    server.receive("TEA", Decimal("2.5"))
    bench.clock.at += timedelta(minutes=1)
    changed = await read(connector, "stock", pages[-1].cursor)
    bodies = [one.body for one in told(changed, Kind.STOCK_LEVEL).values()]
    assert bodies == [StockLevel("TEA", {"1": Decimal("7.5"), "2": Decimal(0)})]


async def test_an_order_lowers_what_is_free_to_sell(server: KhaosServer, connector: Connector, bench: Bench) -> None:
    bench.clock.at += timedelta(hours=6)
    cursor = (await read(connector, "stock"))[-1].cursor
    bench.clock.at += timedelta(hours=6)
    await send(connector, sales_order(lines=(sales_line(quantity=4),)))
    (level,) = told(await read(connector, "stock", cursor), Kind.STOCK_LEVEL).values()
    assert isinstance(level.body, StockLevel)
    assert sum(level.body.available.values()) == 9


async def test_the_catalogue_knows_packs_and_what_is_discontinued(
    server: KhaosServer, connector: Connector, bench: Bench
) -> None:
    """S-5, S-9."""
    server.add_stock("SET", "Tea set", {}, pack={"MUG": 2, "TEA": 1}, run_to_zero=True)
    bench.clock.at += timedelta(hours=6)
    pages = await read(connector, "catalogue")
    items = {key: one.body for key, one in told(pages, Kind.STOCK_ITEM).items()}
    assert pages[-1].complete
    assert isinstance(items["SET"], StockItem)
    assert items["SET"].pack == {"MUG": Decimal(2), "TEA": Decimal(1)}
    assert items["SET"].run_to_zero
    assert isinstance(items["MUG"], StockItem)
    assert items["MUG"].description == "Mug & saucer <blue>"
    bench.clock.at += timedelta(hours=6)
    server.discontinue("MUG")
    changed = told(await read(connector, "catalogue", pages[-1].cursor), Kind.STOCK_ITEM)
    assert list(changed) == ["MUG"]
    assert isinstance(changed["MUG"].body, StockItem)
    assert changed["MUG"].body.discontinued


async def test_a_despatch_is_told_with_its_tracking(server: KhaosServer, connector: Connector, bench: Bench) -> None:
    """SHO-8, S-26."""
    await send(connector)
    bench.open_orders.refs = ["S5001"]
    assert despatches(await read(connector, "despatches")) == []
    server.pick("S5001")
    server.pack("S5001")
    server.despatch("S5001", courier="RM48", consignment="T1", tracking_url="https://track.example/T1")
    (found,) = despatches(pages := await read(connector, "despatches"))
    assert (found.ref, found.courier, found.tracking_number) == ("S5001", "Royal Mail 48", "T1")
    assert [(line.stock_code, line.quantity) for line in found.lines] == [("MUG", Decimal(1))]
    assert not state(pages).complete
    server.issue("S5001")
    later = await read(connector, "despatches")
    assert state(later).complete
    assert [one.despatch_id for one in despatches(later)] == [found.despatch_id]


async def test_part_shipments_and_boxes_are_despatches_of_their_own(
    server: KhaosServer, connector: Connector, bench: Bench
) -> None:
    await send(connector, sales_order(lines=(sales_line(quantity=4), sales_line(line_id="12", stock_code="TEA"))))
    bench.open_orders.refs = ["S5001"]
    server.despatch("S5001", {"MUG": 3}, courier="RM48", consignment="T1", boxes=2)
    first = despatches(await read(connector, "despatches"))
    assert sum(line.quantity for one in first for line in one.lines) == 3
    assert len(first) == len({one.despatch_id for one in first}) == 2
    server.despatch("S5001", courier="RM48", consignment="T2")
    both = despatches(pages := await read(connector, "despatches"))
    assert {one.despatch_id for one in first} < {one.despatch_id for one in both}
    assert sum(line.quantity for one in both for line in one.lines) == 5
    assert len(state(pages).stages) == 2


async def test_a_stage_dragged_back_takes_no_despatch_back(
    server: KhaosServer, connector: Connector, bench: Bench
) -> None:
    await send(connector)
    bench.open_orders.refs = ["S5001"]
    server.despatch("S5001", courier="RM48", consignment="T1")
    server.issue("S5001")
    before = despatches(await read(connector, "despatches"))
    server.regress("S5001")
    pages = await read(connector, "despatches")
    assert despatches(pages) == before
    assert not state(pages).complete


async def test_an_order_cancelled_in_the_erp_says_so(server: KhaosServer, connector: Connector, bench: Bench) -> None:
    await send(connector)
    server.cancel("S5001", "customer & co changed their mind")
    bench.open_orders.refs = ["S5001"]
    told_state = state(await read(connector, "despatches"))
    assert (told_state.cancelled, told_state.reason) == (True, "customer & co changed their mind")


async def test_a_despatch_is_found_after_a_week_away(server: KhaosServer, connector: Connector, bench: Bench) -> None:
    """The vendor's simple status export forgets after 48 hours; asking by reference does not."""
    await send(connector)
    cursor = (await read(connector, "despatches"))[-1].cursor
    server.despatch("S5001", courier="RM48", consignment="T1")
    server.issue("S5001")
    bench.clock.at += timedelta(days=7)
    assert len(despatches(await read(connector, "despatches", cursor))) == 1
    bench.open_orders.refs = ["S5001"]
    bench.clock.at += timedelta(days=30)
    assert len(despatches(await read(connector, "despatches", bench.clock.now().isoformat()))) == 1


async def test_a_credit_note_is_not_taken_for_the_order(
    server: KhaosServer, connector: Connector, bench: Bench
) -> None:
    await send(connector)
    server.despatch("S5001", courier="RM48", consignment="T1")
    server.issue("S5001")
    code = server.orders()[0].sorder_code
    server.credit("S5001", {"MUG": 1}, Decimal("12.00"))
    bench.open_orders.refs = ["S5001"]
    pages = await read(connector, "despatches")
    assert state(pages).sales_order_code == code
    assert len(despatches(pages)) == 1


async def test_reading_survives_every_kind_of_trouble_by_trying_again(
    server: KhaosServer, connector: Connector, bench: Bench
) -> None:
    await send(connector)
    bench.open_orders.refs = ["S5001"]
    for fault in (Fault.DROP_BEFORE, Fault.DROP_AFTER, Fault.UNAVAILABLE, Fault.HTML, Fault.TRUNCATE):
        server.faults.plan(fault, "ExportOrderStatusEx")
        with pytest.raises(TransientError):
            await read(connector, "despatches")
    assert state(await read(connector, "despatches")).ref == "S5001"
