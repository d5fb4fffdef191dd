"""Shopware 6: orders, refunds and products are read; stock levels and despatches are written."""

from datetime import timedelta

import aiohttp

from khaossync.channels.shopware.catalogue import Catalogue
from khaossync.channels.shopware.client import Client
from khaossync.channels.shopware.config import Settings
from khaossync.channels.shopware.despatch_sink import Despatches
from khaossync.channels.shopware.hooks import Webhooks
from khaossync.channels.shopware.methods import DeliveryMethods
from khaossync.channels.shopware.probe import ShopProbe
from khaossync.channels.shopware.reading import OrderReader
from khaossync.channels.shopware.refunds import Refunds
from khaossync.channels.shopware.signing_in import Token
from khaossync.channels.shopware.sources import Orders
from khaossync.channels.shopware.stock_sink import StockLevels
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
    limiter = Limiter(Budget(settings.calls_per_second, 1))
    http = Http(name, session, limiter, kit.clock, kit.meter, permit=kit.permit)
    client = Client(settings, http, Token(settings, http, kit.clock), Priority.ORDERS)
    orders = Orders(name, client, settings, kit.clock)
    catalogue = Catalogue(name, client, settings, kit.clock)
    return Connector(
        name=name,
        kind="shopware",
        probe=ShopProbe(client.at(Priority.DESPATCH), settings),
        sources=(
            orders,
            Refunds(name, client, settings, kit.clock, kit.memory),
            catalogue,
            DeliveryMethods(name, client.at(Priority.BACKFILL), settings, kit.clock),
        ),
        sinks={
            Kind.STOCK_LEVEL: StockLevels(client.at(Priority.STOCK), settings.stock_batch),
            Kind.DESPATCH: Despatches(client.at(Priority.DESPATCH), settings.notify_customer),
        },
        rereader=OrderReader(name, client, settings),
        hooks=Webhooks(settings.app_secret.get_secret_value().encode()) if settings.app_secret else None,
        readers={orders.name: orders, catalogue.name: catalogue},
        longest_call=timedelta(seconds=settings.timeout),
    )
