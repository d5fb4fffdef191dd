"""A simulated Adobe shop with one product of each kind, and a connector to it."""

import random
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import examples
from contract.world import NAME
from contract.worlds.adobe import Simulated

from khaossync.channels.adobe.config import Settings
from khaossync.domain.despatch import Consignment, ConsignmentLine
from khaossync.domain.documents import Document, Kind, Page
from khaossync.domain.messages import Delivery, Outcome
from khaossync.domain.orders import Order
from khaossync.domain.proof import prove, prove_tax
from khaossync.domain.refunds import Refund
from khaossync.domain.stock import ChannelLevel, StockItem
from khaossync.ports import Connector, Source
from khaossync.sandbox.adobe import AdobeShop, CustomOption, CustomValue

SAMPLES = Path(__file__).resolve().parents[3] / "../shared/samples/adobe"
"""Recorded and published answers; where they are not, the tests of them are skipped."""

SETTINGS = Settings.model_validate({"url": "http://127.0.0.1:1", "access_token": "t"})


class Anything(dict[str, StockItem]):
    """An ERP that knows every stock code."""

    def __contains__(self, code: object) -> bool:
        return True

    def __missing__(self, code: str) -> StockItem:
        return StockItem(code, code)


def furnish(shop: AdobeShop) -> None:
    """One product of each kind, at the first source."""
    first = next(iter(shop.state.inventory.sources))
    shop.list_product("MUG", "Mug", Decimal("12.00"), {first: 100})
    shop.list_product("POT", "Tea pot", Decimal("36.00"), {first: 50})
    shop.list_product("BOOK", "Book of tea", Decimal("7.77"), {first: 80}, tax_rate=Decimal(0))
    shop.list_product("TEE-RED", "T-shirt Red", Decimal("18.00"), {first: 20}, variant_of="TEE")
    shop.list_product("SET", "Tea set", Decimal(0), bundle_of={"POT": 1, "MUG": 2})
    shop.list_product("BOX", "Gift box", Decimal("54.00"), bundle_of={"POT": 1, "MUG": 2}, dynamic=False)
    shop.list_product("COURSE", "Brewing course", Decimal("60.00"), requires_shipping=False)
    colours = [CustomValue("Gold", Decimal("3.00"), "G"), CustomValue("Silver", Decimal("2.00"))]
    options = [CustomOption("Engraving", price=Decimal("6.00"), sku="ENG"), CustomOption("Colour", colours)]
    shop.list_product("RING", "Ring", Decimal("24.00"), {first: 10}, options=options)


@asynccontextmanager
async def opened(**how: Any) -> AsyncIterator[Simulated]:
    """A shop that is open; `how` as AdobeShop takes it. What was asked of it must have been as published."""
    world = Simulated("adobe")
    if how:
        world.shop = AdobeShop(now=world.clock, dice=random.Random(7), **how)
        world.faults = world.shop.faults
    furnish(world.shop)
    await world.start()
    try:
        yield world
    finally:
        await world.stop()
        assert not world.shop.breaches, world.shop.breaches


def source(connector: Connector, name: str) -> Source:
    """The connector's stream of this name."""
    (found,) = [each for each in connector.sources if each.name == name]
    return found


async def read(world: Simulated, name: str, cursor: str | None = None, **settings: Any) -> list[Page]:
    """A stream up to the present."""
    async with world.connected(**settings) as connector:
        return [page async for page in source(connector, name).changes(cursor)]


def documents(pages: Iterable[Page]) -> list[Document]:
    """What pages tell; nothing in them may be unreadable."""
    assert [each.reason for page in pages for each in page.unreadable] == []
    return [each for page in pages for each in page.documents]


async def told(world: Simulated, order: str, **settings: Any) -> Order:
    """An order as the connector tells it now."""
    async with world.connected(**settings) as connector:
        assert connector.rereader is not None
        found = await connector.rereader.reread(f"{NAME}:{order}")
    assert found is not None
    assert isinstance(found.body, Order)
    return found.body


async def refunded(world: Simulated, refund: str) -> Refund:
    """A refund as the connector tells it now."""
    bodies = [each.body for each in documents(await read(world, "refunds")) if each.key == refund]
    assert isinstance(bodies[-1], Refund)
    return bodies[-1]


def adds_up(order: Order) -> bool:
    """Whether an order's parts make its total, and their taxes its tax."""
    return not prove(order) and not prove_tax(order)


def level(sku: str, quantity: int, expected: int | None = None, location: str = "default") -> ChannelLevel:
    """A level that is wanted."""
    return ChannelLevel(sku, sku, location, quantity, expected)


async def set_levels(world: Simulated, *levels: ChannelLevel, failures: int = 0, **settings: Any) -> list[Outcome]:
    """Have levels written in one call."""
    batch = [
        Delivery(examples.message(Kind.STOCK_LEVEL, each, id=place, key=each.key, failures=failures), each)
        for place, each in enumerate(levels, start=1)
    ]
    async with world.connected(**settings) as connector:
        return list(await connector.sinks[Kind.STOCK_LEVEL].deliver(batch))


def parcel(order: str, lines: Mapping[str, tuple[tuple[str, ...], int]], number: str = "T1", name: str = "INV1") -> Any:
    """A consignment: SKU → (line ids, units)."""
    goods = tuple(ConsignmentLine(sku, ids, units) for sku, (ids, units) in lines.items())
    return Consignment(order, name, examples.NOON, "DPD", number, "", goods)


async def ship(world: Simulated, consignment: Consignment, **settings: Any) -> Outcome:
    """Have a despatch told."""
    delivery = Delivery(examples.message(Kind.DESPATCH, examples.despatch()), consignment)
    async with world.connected(**settings) as connector:
        (outcome,) = await connector.sinks[Kind.DESPATCH].deliver([delivery])
    return outcome
