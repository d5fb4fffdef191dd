"""Shopify: orders, refunds and the catalogue are read; stock levels and despatches are written."""

import aiohttp

from khaossync.channels.shopify.catalogue import Catalogue
from khaossync.channels.shopify.client import Client
from khaossync.channels.shopify.config import Settings
from khaossync.channels.shopify.despatch_sink import Despatches
from khaossync.channels.shopify.hooks import Webhooks
from khaossync.channels.shopify.probe import ShopProbe
from khaossync.channels.shopify.signing_in import tokens
from khaossync.channels.shopify.sources import LastLook, Orders, Refunds
from khaossync.channels.shopify.stock_sink import StockLevels
from khaossync.domain.documents import Kind
from khaossync.ports import Connector, Kit
from khaossync.transport.http import Http
from khaossync.transport.limiter import CostBucket

__all__ = ["build"]


async def build(name: str, settings: Settings, kit: Kit) -> Connector:
    """The connector of one shop. Opens one HTTP session, which the kit's stack closes; calls nothing."""
    session = await kit.stack.enter_async_context(aiohttp.ClientSession())
    bucket = CostBucket(settings.bucket, settings.bucket, settings.restore_rate)
    http = Http(name, session, bucket, kit.clock, kit.meter)
    client = Client(settings, http, tokens(settings, http, kit.clock))
    secrets = settings.signing_secrets
    return Connector(
        name=name,
        kind="shopify",
        probe=ShopProbe(client, settings),
        sources=(
            Orders(name, client, settings),
            Refunds(name, client, settings),
            Catalogue(name, client, settings, kit.clock),
        ),
        sinks={
            Kind.STOCK_LEVEL: StockLevels(client),
            Kind.DESPATCH: Despatches(client, settings.notify_customer),
        },
        rereader=LastLook(name, client, settings),
        hooks=Webhooks(settings.shop, secrets) if secrets else None,
    )
