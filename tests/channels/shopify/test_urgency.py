"""Each use of the shop says how urgent it is, so that the limiter can choose."""

from collections import defaultdict
from dataclasses import replace
from random import Random

from channels.shopify.scripts import settings
from channels.shopify.simulated import World, item_of, location_of, pages
from examples import despatch, message

from khaossync.channels.shopify import build
from khaossync.clock import SystemClock
from khaossync.domain.despatch import Consignment, ConsignmentLine
from khaossync.domain.documents import Kind
from khaossync.domain.messages import Delivery
from khaossync.domain.orders import Order
from khaossync.domain.stock import ChannelLevel
from khaossync.ports import Connector, Kit


class Ledger:
    """A meter that remembers how urgent each operation was; the calls of these tests come one by one."""

    def __init__(self) -> None:
        self.urgency: defaultdict[str, set[str]] = defaultdict(set)
        self._last = ""

    def count(self, name: str, amount: float = 1, **labels: str) -> None: ...
    def gauge(self, name: str, value: float, **labels: str) -> None: ...

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        if name == "limiter_wait_seconds":
            self._last = labels["priority"]
        if name == "request_seconds":
            self.urgency[labels["operation"]].add(self._last)

    def take(self) -> dict[str, set[str]]:
        taken, self.urgency = dict(self.urgency), defaultdict(set)
        return taken


async def connect(world: World) -> tuple[Connector, Ledger]:
    ledger = Ledger()
    kit = Kit(SystemClock(), Random(1), ledger, world.memory, world.stack)
    chosen = settings(shop="shop.myshopify.com", url=world.url, access_token="shpat_test", timeout=2, order_page=2)
    return await build("shop", chosen, kit), ledger


async def test_the_first_reading_of_orders_and_refunds_waits_behind_all_others_and_later_ones_do_not(
    world: World,
) -> None:
    """SHO-F4: what happens now is not kept waiting by what happened in the last sixty days, however often it breaks."""
    connector, ledger = await connect(world)
    orders = [world.shop.place_order([("MUG", 2)]) for _ in range(5)]
    world.shop.refund(orders[0], {"MUG": 1})
    begun, *_, ended = await pages(connector, "orders")
    assert ledger.take() == {"ListedOrders": {"backfill"}, "Orders": {"backfill"}}
    await pages(connector, "orders", begun.cursor)
    assert ledger.take() == {"ListedOrders": {"backfill"}, "Orders": {"backfill"}}
    await pages(connector, "orders", ended.cursor)
    assert set().union(*ledger.take().values()) == {"orders"}
    refunds = await pages(connector, "refunds")
    assert set().union(*ledger.take().values()) == {"backfill"}
    await pages(connector, "refunds", refunds[-1].cursor)
    assert set().union(*ledger.take().values()) == {"refunds"}


async def test_the_whole_catalogue_waits_behind_changed_listings(world: World) -> None:
    connector, ledger = await connect(world)
    read = await pages(connector, "catalogue")
    assert set().union(*ledger.take().values()) == {"backfill"}
    await pages(connector, "catalogue", read[-1].cursor)
    assert set().union(*ledger.take().values()) == {"stock"}


async def test_despatches_go_first_and_levels_late(world: World) -> None:
    """SHO-28."""
    connector, ledger = await connect(world)
    order = world.shop.place_order([("MUG", 1)])
    level = ChannelLevel("MUG", item_of(world.shop, "MUG"), location_of(world.shop, "York"), 7)
    await connector.sinks[Kind.STOCK_LEVEL].deliver([Delivery(message(Kind.STOCK_LEVEL, level), level)])
    assert ledger.take() == {"SetQuantities": {"stock"}}
    assert connector.rereader
    found = await connector.rereader.reread(f"shop:{order}")
    assert found
    assert ledger.take() == {"Orders": {"orders"}}
    lines = (ConsignmentLine("MUG", (_line(found.body),), 1),)
    parcel = replace(_parcel(order), lines=lines)
    await connector.sinks[Kind.DESPATCH].deliver([Delivery(message(Kind.DESPATCH, despatch()), parcel)])
    assert set().union(*ledger.take().values()) == {"despatch"}


def _line(body: object) -> str:
    assert isinstance(body, Order)
    return body.lines[0].line_id


def _parcel(order: str) -> Consignment:
    return Consignment(order, "INV1", SystemClock().now(), "Royal Mail", "T1", "", ())


async def test_how_many_calls_a_sink_makes_at_once_is_its_own_to_say(world: World) -> None:
    """SHO-F4: one call at a time cannot use what the shop grants; calls that are blind go two at a time."""
    connector, _ = await connect(world)
    assert {kind: sink.parallel for kind, sink in connector.sinks.items()} == {Kind.STOCK_LEVEL: 4, Kind.DESPATCH: 2}
