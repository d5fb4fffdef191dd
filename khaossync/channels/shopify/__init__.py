"""Shopify: orders, refunds and the catalogue are read; stock levels and despatches are written."""

from datetime import timedelta

import aiohttp

from khaossync.channels.shopify.catalogue import Catalogue
from khaossync.channels.shopify.client import Client
from khaossync.channels.shopify.config import Settings
from khaossync.channels.shopify.despatch_sink import Despatches
from khaossync.channels.shopify.echoes import Echoes
from khaossync.channels.shopify.hooks import Webhooks
from khaossync.channels.shopify.probe import ShopProbe
from khaossync.channels.shopify.signing_in import tokens
from khaossync.channels.shopify.sources import LastLook, Orders, Refunds
from khaossync.channels.shopify.stock_sink import StockLevels
from khaossync.channels.shopify.subscribing import ShopSubscriptions
from khaossync.channels.shopify.sweep import OrderSweep
from khaossync.domain.documents import Kind
from khaossync.ports import Connector, Kit
from khaossync.transport.buckets import CostBucket
from khaossync.transport.http import Http
from khaossync.transport.limiter import Limiter
from khaossync.transport.priority import Priority

__all__ = ["build"]


async def build(name: str, settings: Settings, kit: Kit) -> Connector:
    """The connector of one shop. Opens one HTTP session, which the kit's stack closes; calls nothing."""
    session = await kit.stack.enter_async_context(aiohttp.ClientSession())
    bucket = CostBucket(settings.bucket, settings.bucket, settings.restore_rate)
    http = Http(name, session, Limiter(bucket), kit.clock, kit.meter, permit=kit.permit)
    client = Client(settings, http, tokens(settings, http, kit.clock), Priority.ORDERS)
    secrets, echoes = settings.signing_secrets, Echoes()
    orders = Orders(name, client, settings, kit.clock, kit.memory)
    catalogue = Catalogue(name, client, settings, kit.clock)
    return Connector(
        name=name,
        kind="shopify",
        probe=ShopProbe(client.at(Priority.DESPATCH), settings, kit.clock),
        sources=(
            orders,
            OrderSweep(name, client.at(Priority.BACKFILL), settings, kit.clock, kit.memory),
            Refunds(name, client, settings),
            catalogue,
        ),
        sinks={
            Kind.STOCK_LEVEL: StockLevels(client.at(Priority.STOCK), echoes),
            Kind.DESPATCH: Despatches(client.at(Priority.DESPATCH), settings.notify_customer),
        },
        rereader=LastLook(name, client, settings),
        readers={orders.name: orders, catalogue.name: catalogue},
        hooks=Webhooks(settings.shop, secrets, echoes) if secrets else None,
        subscriptions=ShopSubscriptions(client.at(Priority.BACKFILL)) if secrets else None,
        longest_call=timedelta(seconds=settings.timeout),
    )
