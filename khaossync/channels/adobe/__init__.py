"""Adobe Commerce and Magento: orders, refunds and the catalogue are read; stock levels and despatches are written."""

import asyncio
from datetime import timedelta

import aiohttp

from khaossync.channels.adobe.bulk import InBulk
from khaossync.channels.adobe.catalogue import Catalogue
from khaossync.channels.adobe.client import Client
from khaossync.channels.adobe.config import Settings
from khaossync.channels.adobe.despatch_sink import Despatches
from khaossync.channels.adobe.legacy_stock import LegacyLevels
from khaossync.channels.adobe.probe import ShopProbe
from khaossync.channels.adobe.shelves import Shelves
from khaossync.channels.adobe.signing_in import way
from khaossync.channels.adobe.sources import LastLook, Orders, Refunds
from khaossync.channels.adobe.stock_sink import AtOnce, StockLevels
from khaossync.channels.adobe.sweep import OrderSweep
from khaossync.domain.documents import Kind
from khaossync.ports import Connector, Kit
from khaossync.transport.buckets import Budget
from khaossync.transport.http import Http
from khaossync.transport.limiter import Limiter
from khaossync.transport.priority import Priority

__all__ = ["build"]


async def build(name: str, settings: Settings, kit: Kit) -> Connector:
    """The connector of one shop. Opens one HTTP session, which the kit's stack closes; calls nothing."""
    session = await kit.stack.enter_async_context(aiohttp.ClientSession())
    limiter = Limiter(Budget(settings.calls_per_minute, 60))
    http = Http(name, session, limiter, kit.clock, kit.meter, permit=kit.permit)
    client = Client(settings, http, way(settings, http, kit.clock, kit.dice), Priority.ORDERS)
    turn, shelves = asyncio.Lock(), Shelves(client, settings)
    catalogue = Catalogue(name, client, settings, kit.clock, shelves)
    return Connector(
        name=name,
        kind="adobe",
        probe=ShopProbe(client.at(Priority.DESPATCH), settings),
        sources=(
            Orders(name, client, settings),
            OrderSweep(name, client.at(Priority.BACKFILL), settings, kit.clock),
            Refunds(name, client, settings),
            catalogue,
        ),
        sinks={
            Kind.STOCK_LEVEL: _levels(client.at(Priority.STOCK), shelves, turn, settings),
            Kind.DESPATCH: Despatches(client.at(Priority.DESPATCH), shelves, settings, turn),
        },
        rereader=LastLook(name, client, settings),
        readers={catalogue.name: catalogue},
        longest_call=timedelta(seconds=settings.timeout),
    )


def _levels(client: Client, shelves: Shelves, turn: asyncio.Lock, settings: Settings) -> StockLevels | LegacyLevels:
    if not settings.msi:
        return LegacyLevels(client)
    setter = InBulk(client, settings.bulk_wait) if settings.bulk else AtOnce(client)
    return StockLevels(client, shelves, setter, turn, settings.stock_batch)
