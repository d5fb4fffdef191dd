"""The whole connector against a simulated shop that validates, charges and throttles."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from channels.shopify.simulated import World, item_of, location_of, order_of, pages, told
from examples import despatch, message

from khaossync.domain.cases import CaseClass
from khaossync.domain.despatch import Consignment, ConsignmentLine
from khaossync.domain.documents import Kind
from khaossync.domain.errors import (
    AmbiguousError,
    ConnectorDownError,
    ForgedError,
    RateLimitedError,
    RejectedError,
    TransientError,
)
from khaossync.domain.messages import Absent, Delivery, Done, Outcome
from khaossync.domain.money import ZERO
from khaossync.domain.orders import Order, PaymentState, Risk
from khaossync.domain.refunds import Refund
from khaossync.domain.stock import ChannelLevel, Listing
from khaossync.ports import Connector
from khaossync.sandbox.faults import Fault
from khaossync.sandbox.shopify import Discount, Mischief, ShopifyShop

D = Decimal


async def push(connector: Connector, *levels: ChannelLevel) -> Sequence[Outcome]:
    batch = [Delivery(message(Kind.STOCK_LEVEL, level, id=n), level) for n, level in enumerate(levels)]
    return await connector.sinks[Kind.STOCK_LEVEL].deliver(batch)


def level(shop: ShopifyShop, sku: str, quantity: int, expected: int | None, place: str = "York") -> ChannelLevel:
    return ChannelLevel(sku, item_of(shop, sku), location_of(shop, place), quantity, expected)


async def tell(
    connector: Connector, order: Order, units: Mapping[str, int], number: str = "T1", told_as: str = ""
) -> Outcome:
    lines = tuple(
        ConsignmentLine(sku, tuple(line.line_id for line in order.lines if line.sku == sku), count)
        for sku, count in units.items()
    )
    consignment = Consignment(
        order.order_id, "INV1", datetime(2026, 11, 2, tzinfo=UTC), "Royal Mail", number, "", lines, told_as
    )
    told = Delivery(message(Kind.DESPATCH, despatch()), consignment)
    (outcome,) = await connector.sinks[Kind.DESPATCH].deliver([told])
    return outcome


async def test_every_kind_of_order_is_read_to_the_penny(world: World) -> None:
    """SHO-4, SHO-6, SHO-15."""
    shop, connector = world.shop, await world.connect()
    shop.list_product("BOOK", "Book", D("9.99"), {"York": 50}, tax_rate=D("0"))
    shop.list_product("CARD", "Gift card", D("25.00"), {"York": 50}, gift_card=True)
    shop.list_product("SET", "Set", D("30.00"), bundle_of={"MUG": 1, "CUP": 2})
    bought = [
        shop.place_order([("MUG", 1)]),
        shop.place_order([("MUG", 3), ("CUP", 1), ("BOOK", 2)], discount=("SAVE", D("10.01"))),
        shop.place_order([("CUP", 2)], discounts=[Discount("Free delivery", D("4.95"), "automatic", shipping=True)]),
        shop.place_order([("CARD", 1)], delivery=None, tip=D("2.50")),
        shop.place_order([("SET", 1)], payment="authorized", note="Ring", po_number="PO 7"),
    ]
    cancelled = shop.place_order([("BOOK", 1)])
    shop.cancel(cancelled)
    shop.refund(bought[1], {"MUG": 1}, shipping=D("1.00"))
    shop.edit(bought[2], {"CUP": 1})
    found = {order: await order_of(connector, order) for order in [*bought, cancelled]}
    for order, told_as in found.items():
        assert told_as.total == shop.order(order).total
    partly, edited, tipped, bundle = (found[order] for order in bought[1:])
    assert [(line.quantity, line.ordered) for line in partly.lines if line.sku == "MUG"] == [(2, 3)]
    assert partly.payment is PaymentState.PARTIALLY_REFUNDED
    assert [(line.quantity, line.ordered) for line in edited.lines] == [(1, 1)]
    assert {extra.name: extra.amount for extra in tipped.extras} == {"tip": D("2.50")}
    assert tipped.lines[0].gift_card
    assert {line.sku: line.quantity for line in bundle.lines} == {"MUG": 1, "CUP": 2}
    assert (bundle.payment, bundle.note, bundle.purchase_order) == (PaymentState.AUTHORISED, "Ring", "PO 7")
    assert found[cancelled].cancelled_at


async def test_only_what_changed_is_told_again(world: World) -> None:
    shop, connector = world.shop, await world.connect(overlap=0)
    orders = [shop.place_order([("MUG", 1)]) for _ in range(9)]
    read = await pages(connector, "orders")
    assert [len(page.documents) for page in read] == [4, 4, 1]
    shop.tag(orders[0], "vip")
    again = await told(connector, "orders", read[-1].cursor)
    assert list(again)[-1] == f"shop:{orders[0]}"
    assert len(again) <= 2


async def test_a_reading_goes_on_from_any_page(world: World) -> None:
    connector = await world.connect()
    for _ in range(9):
        world.shop.place_order([("MUG", 1)])
    first, *rest = [page.documents for page in await pages(connector, "orders")]
    assert [len(each) for each in (first, *rest)] == [4, 4, 1]
    (before, *_) = await pages(connector, "orders")
    again = [each for page in await pages(connector, "orders", before.cursor) for each in page.documents]
    assert again == [first[-1], *(each for page in rest for each in page)], "the last one may have changed once more"


async def test_long_orders_are_read_to_their_last_line(world: World) -> None:
    for n in range(130):
        world.shop.list_product(f"S{n}", f"Thing {n}", D("1.10"), {"York": 5})
    order = world.shop.place_order([(f"S{n}", 1) for n in range(130)])
    assert len((await order_of(await world.connect(), order)).lines) == 130


async def test_refunds_are_the_money_that_moved(world: World) -> None:
    """SHO-F3."""
    shop, connector = world.shop, await world.connect()
    order = shop.place_order([("MUG", 2), ("CUP", 1)])
    given = [
        shop.refund(order, {"MUG": 1}, note="broken"),
        shop.refund(order, amount=D("3.00"), restock=False),
    ]
    shop.place_order([("CUP", 1)])
    found = [document.body for document in (await told(connector, "refunds")).values()]
    refunds = {body.refund_id: body for body in found if isinstance(body, Refund)}
    assert {name: refund.total for name, refund in refunds.items()} == {
        record.id: record.amount for record in shop.refunds()
    }
    goods, money = refunds[given[0]], refunds[given[1]]
    assert [(line.sku, line.quantity, line.restocked) for line in goods.lines] == [("MUG", 1, True)]
    assert (goods.adjustment, goods.note) == (ZERO, "broken")
    assert (money.lines, money.adjustment) == ((), D("3.00"))
    assert set((await order_of(connector, order)).refund_ids) == set(given)


async def test_the_catalogue_is_told_with_what_every_location_shows(world: World) -> None:
    """SHO-7, SHO-14."""
    shop, connector = world.shop, await world.connect()
    shop.list_product("SET", "Set", D("30.00"), bundle_of={"MUG": 1})
    shop.list_product("CUP", "Other cup", D("7.99"), {"York": 1})
    read = await pages(connector, "catalogue")
    bodies = [document.body for page in read for document in page.documents]
    listings = {body.sku: body for body in bodies if isinstance(body, Listing)}
    assert [page.complete for page in read] == [False] * (len(read) - 1) + [True]
    assert listings["MUG"].shown == {location_of(shop, "Leeds"): 10, location_of(shop, "York"): 4}
    assert listings["MUG"].listing_id == item_of(shop, "MUG")
    assert listings["SET"].bundle
    assert len(listings["CUP"].duplicates) == 1
    assert len(bodies) == 3


async def test_levels_are_set_against_what_was_expected(world: World) -> None:
    """SHO-7, SHO-26: the sale in between is seen, and what it sold is not offered again."""
    shop, connector = world.shop, await world.connect()
    shop.place_order([("CUP", 2)])
    overtaken, met = await push(connector, level(shop, "CUP", 5, 10), level(shop, "MUG", 3, 4))
    assert isinstance(overtaken, Done)
    assert isinstance(met, Done)
    assert (overtaken.shown, met.shown) == (3, None)
    assert (shop.available("CUP", "York"), shop.available("MUG", "York")) == (3, 3)


async def test_a_quantity_that_is_higher_than_expected_is_set_as_wanted(world: World) -> None:
    """ADB-F3: what somebody added in the shop is no sale."""
    shop, connector = world.shop, await world.connect()
    assert await push(connector, level(shop, "CUP", 5, 3)) != []
    assert shop.available("CUP", "York") == 5


async def test_after_a_failure_a_lower_quantity_may_be_our_own_doing(world: World) -> None:
    shop, connector = world.shop, await world.connect()
    wanted = level(shop, "CUP", 10, 12)
    again = Delivery(message(Kind.STOCK_LEVEL, wanted, failures=1), wanted)
    assert isinstance((await connector.sinks[Kind.STOCK_LEVEL].deliver([again]))[0], Done)
    assert shop.available("CUP", "York") == 10


async def test_one_bad_item_does_not_spoil_the_batch(world: World) -> None:
    """A bundle is for a person to look at; what staff have deleted needs no level, and no person either."""
    shop, connector = world.shop, await world.connect()
    shop.list_product("SET", "Set", D("30.00"), bundle_of={"MUG": 1})
    gone = ChannelLevel("GONE", "gid://shopify/InventoryItem/999999", location_of(shop, "York"), 5, None)
    outcomes = await push(
        connector, level(shop, "CUP", 5, None), level(shop, "SET", 5, None), gone, level(shop, "MUG", 3, 4)
    )
    assert [type(each) for each in outcomes] == [Done, RejectedError, Absent, Done]
    assert (shop.available("CUP", "York"), shop.available("MUG", "York")) == (5, 3)


async def test_a_lost_answer_to_a_level_does_no_harm(world: World) -> None:
    shop, connector = world.shop, await world.connect()
    shop.faults.plan(Fault.DROP_AFTER, "inventorySetQuantities")
    with pytest.raises(TransientError):
        await push(connector, level(shop, "CUP", 5, 10))
    assert [type(each) for each in await push(connector, level(shop, "CUP", 5, 10))] == [Done]
    assert shop.available("CUP", "York") == 5


async def test_a_despatch_fulfils_the_order_and_writes_to_the_customer_once(world: World) -> None:
    """SHO-8, SHO-9, SHO-28."""
    shop, connector = world.shop, await world.connect()
    order = await order_of(connector, shop.place_order([("MUG", 2), ("CUP", 1)], location="York"))
    done = await tell(connector, order, {"MUG": 1, "CUP": 1})
    assert isinstance(done, Done)
    assert not done.found
    assert isinstance(await tell(connector, order, {"MUG": 1}, "T2"), Done)
    assert shop.order(order.order_id).fulfilment_status == "FULFILLED"
    assert done.reference in {record.id for record in shop.fulfilments(order.order_id)}
    again = await tell(connector, order, {"MUG": 1, "CUP": 1})
    assert again == Done(done.reference, found=True)
    assert [mail.tracking_numbers for mail in shop.mails] == [("T1",), ("T2",)]


async def test_goods_from_two_locations_are_two_fulfilments_and_one_mail(world: World) -> None:
    shop, connector = world.shop, await world.connect()
    shop.list_product("JUG", "Jug", D("20.00"), {"Leeds": 1})
    order = await order_of(connector, shop.place_order([("JUG", 1), ("CUP", 1)]))
    assert isinstance(await tell(connector, order, {"JUG": 1, "CUP": 1}), Done)
    assert {record.location for record in shop.fulfilments(order.order_id)} == {"Leeds", "York"}
    assert len(shop.mails) == 1


@pytest.mark.parametrize("fault", [Fault.DROP_AFTER, Fault.TRUNCATE])
async def test_a_despatch_whose_answer_was_lost_is_found(world: World, fault: Fault) -> None:
    """SHO-9: neither lost nor doubled."""
    shop, connector = world.shop, await world.connect()
    order = await order_of(connector, shop.place_order([("MUG", 1)]))
    shop.faults.plan(fault, "fulfillmentCreate")
    outcome = await tell(connector, order, {"MUG": 1})
    assert isinstance(outcome, Done)
    assert outcome.found
    assert len(shop.fulfilments(order.order_id)) == len(shop.mails) == 1


@pytest.mark.parametrize("fault", [Fault.DROP_BEFORE, Fault.UNAVAILABLE, Fault.HTML])
async def test_a_despatch_that_never_arrived_stays_in_doubt_until_it_is_told(world: World, fault: Fault) -> None:
    shop, connector = world.shop, await world.connect()
    order = await order_of(connector, shop.place_order([("MUG", 1)]))
    shop.faults.plan(fault, "fulfillmentCreate")
    assert isinstance(await tell(connector, order, {"MUG": 1}), AmbiguousError)
    assert isinstance(await tell(connector, order, {"MUG": 1}), Done)
    assert len(shop.fulfilments(order.order_id)) == len(shop.mails) == 1


async def test_an_order_on_hold_is_a_case_and_goes_out_once_released(world: World) -> None:
    """SHO-16."""
    shop, connector = world.shop, await world.connect()
    order = await order_of(connector, shop.place_order([("MUG", 1)]))
    shop.hold(order.order_id, "INCORRECT_ADDRESS")
    outcome = await tell(connector, order, {"MUG": 1})
    assert isinstance(outcome, RejectedError)
    assert (outcome.case_class, outcome.final) == (CaseClass.DESPATCH_REFUSED, False)
    shop.release(order.order_id)
    shop.move(order.order_id, "York")
    assert isinstance(await tell(connector, order, {"MUG": 1}), Done)


async def test_more_than_the_order_lacks_is_a_case(world: World) -> None:
    shop, connector = world.shop, await world.connect()
    order = await order_of(connector, shop.place_order([("MUG", 1)]))
    outcome = await tell(connector, order, {"MUG": 2})
    assert isinstance(outcome, RejectedError)
    assert outcome.case_class is CaseClass.UNALLOCATED_DESPATCH


async def test_the_last_look_sees_a_cancellation(world: World) -> None:
    """SHO-4."""
    shop, connector = world.shop, await world.connect()
    order = shop.place_order([("MUG", 1)])
    shop.cancel(order)
    assert connector.rereader
    found = await connector.rereader.reread(f"shop:{order}")
    assert found
    assert isinstance(found.body, Order)
    assert found.body.cancelled_at
    assert await connector.rereader.reread("shop:gid://shopify/Order/1") is None


async def test_a_drained_bucket_is_a_rate_limit_and_not_a_failure(world: World) -> None:
    """SHO-3."""
    connector = await world.connect()
    await connector.probe.ping()
    world.shop.bucket.maximum, world.shop.bucket.rate = 40, 0.001
    world.shop.bucket.drain()
    with pytest.raises(RateLimitedError):
        await connector.probe.ping()


async def test_pages_shrink_for_a_shop_with_a_small_bucket(world: World) -> None:
    """SHO-3: development shops allow some 40 points at once."""
    connector = await world.connect(order_page=40, line_page=100)
    orders = [world.shop.place_order([("MUG", 1)]) for _ in range(3)]
    world.shop.bucket.maximum = 100
    assert {f"shop:{order}" for order in orders} == set(await told(connector, "orders"))


async def test_an_app_signs_in_and_outlives_its_tokens(world: World) -> None:
    connector = await world.connect(access_token=None, client_id="client-id", client_secret="client-secret")
    await connector.probe.ping()
    world.shop.access.revoke()
    await connector.probe.ping()
    assert world.shop.access.given_out == 2


async def test_a_wrong_token_takes_the_connector_down(world: World) -> None:
    connector = await world.connect(access_token="shpat_wrong")
    with pytest.raises(ConnectorDownError):
        await connector.probe.ping()


async def test_a_missing_scope_is_an_outage_and_not_an_empty_list(world: World) -> None:
    world.shop.state.scopes -= {"read_orders", "write_orders"}
    with pytest.raises(ConnectorDownError, match="read_orders"):
        await pages(await world.connect(), "orders")


async def test_its_webhooks_are_hints_and_a_strangers_are_forgeries(world: World) -> None:
    """SHO-21."""
    shop, verdicts = world.shop, list[str]()
    hooks = (await world.connect(webhook_secrets=["client-secret"])).hooks
    assert hooks

    async def receive(request: web.Request) -> web.StreamResponse:
        try:
            hint = hooks.receive(request.headers, await request.read())
            verdicts.append(hint.stream if hint else "nothing")
        except ForgedError:
            verdicts.append("forged")
        return web.Response()

    app = web.Application()
    app.router.add_post("/hooks", receive)
    async with TestServer(app) as server:
        shop.webhook_url = str(server.make_url("/hooks"))
        order = shop.place_order([("MUG", 1)])
        shop.webhooks.misbehave(Mischief.FORGE, "refunds/create")
        shop.refund(order, {"MUG": 1})
        await shop.webhooks.idle()
    sales = [verdict for verdict in verdicts if verdict not in ("nothing", "catalogue")]
    assert sales == ["orders", "forged", "refunds", "orders"]
    assert "catalogue" in verdicts, "the goods that were sold are shown no more"


async def test_every_capability_is_listed(world: World) -> None:
    connector = await world.connect()
    assert connector.capabilities == {Kind.STOCK_LEVEL, Kind.DESPATCH}
    assert [source.name for source in connector.sources] == ["orders", "order sweep", "refunds", "catalogue"]
    assert connector.hooks is None


async def test_a_new_judgement_of_the_risk_is_a_new_version_of_the_order(world: World) -> None:
    """SHO-4."""
    connector = await world.connect()
    order = world.shop.place_order([("MUG", 1)], risk="INVESTIGATE")
    before = (await told(connector, "orders"))[f"shop:{order}"]
    world.shop.assess(order, "ACCEPT")
    after = (await told(connector, "orders"))[f"shop:{order}"]
    assert isinstance(before.body, Order)
    assert isinstance(after.body, Order)
    assert (before.body.risk, after.body.risk) == (Risk.INVESTIGATE, Risk.ACCEPT)
    assert before.version != after.version


async def test_an_order_that_the_search_hides_is_found_by_the_sweep_and_by_its_name(world: World) -> None:
    """S-2, SHO-11."""
    shop, connector = world.shop, await world.connect(sweep_hours=720)
    seen = shop.place_order([("MUG", 1)])
    shop.index_lag(60)
    hidden = shop.place_order([("CUP", 1)])
    read = await pages(connector, "orders")
    world.memory.keep(document for page in read for document in page.documents)
    assert set(world.memory.stored) == {f"shop:{seen}"}
    named = await connector.readers["orders"].named([hidden])
    assert [document.key for document in named.documents] == [f"shop:{hidden}"]
    assert await told(connector, "order sweep") == {}
    for _ in range(60):
        shop.state.now()
    swept = await pages(connector, "order sweep")
    assert [document for page in swept for document in page.documents] == list(named.documents)


async def test_what_staff_typed_into_the_shop_is_read_by_its_item_and_as_the_stream_tells_it(world: World) -> None:
    """ADB-F3, S-17, S-39."""
    shop, connector = world.shop, await world.connect()
    first = await pages(connector, "catalogue")
    shop.staff_sets("MUG", "York", 99)
    assert await told(connector, "catalogue", first[-1].cursor) == {}, "the item itself did not change"
    wanted = [item_of(shop, "MUG"), "gid://shopify/InventoryItem/999999"]
    page = await connector.readers["catalogue"].named(wanted)
    (document,) = page.documents
    assert isinstance(document.body, Listing)
    assert document.body.shown[location_of(shop, "York")] == 99
    again = (await told(connector, "catalogue"))["MUG"]
    assert (again.version, again.raw) == (document.version, document.raw)


async def test_items_are_named_in_pieces_where_the_shop_allows_no_more_at_once(world: World) -> None:
    """SHO-3."""
    for number in range(12):
        world.shop.list_product(f"S{number}", "Thing", D("1.00"), {"York": 5})
    connector = await world.connect()
    world.shop.bucket.maximum = 40
    items = [item_of(world.shop, f"S{number}") for number in range(12)]
    page = await connector.readers["catalogue"].named(items)
    assert [document.key for document in page.documents] == [f"S{number}" for number in range(12)]


async def test_a_late_number_is_given_to_the_fulfilment_that_was_made(world: World) -> None:
    """SHO-8, S-26."""
    shop, connector = world.shop, await world.connect()
    order = await order_of(connector, shop.place_order([("MUG", 1)]))
    first = await tell(connector, order, {"MUG": 1}, "")
    assert isinstance(first, Done)
    assert await tell(connector, order, {"MUG": 1}, "LATE1", told_as=first.reference) == first
    (made,) = shop.fulfilments(order.order_id)
    assert [each.number for each in made.tracking] == ["LATE1"]
    assert [mail.kind for mail in shop.mails] == ["shipping_confirmation", "shipping_update"]
