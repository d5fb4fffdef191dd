"""Puts one KhaosWS together: its way over the network, its streams, its sink."""

from datetime import timedelta

import aiohttp

from khaossync import ports
from khaossync.domain.documents import Kind
from khaossync.erp.khaosws.client import READ, WRITE, Client
from khaossync.erp.khaosws.config import Settings
from khaossync.erp.khaosws.despatch_source import despatch_source
from khaossync.erp.khaosws.order_sink import OrderSink
from khaossync.erp.khaosws.probe import KhaosProbe
from khaossync.erp.khaosws.stock_sources import catalogue, stock
from khaossync.erp.khaosws.tls import context
from khaossync.transport.buckets import Budget
from khaossync.transport.http import Http
from khaossync.transport.limiter import Limiter
from khaossync.transport.priority import Priority

_REST = 1.0
"""Reading in bulk takes at most half of the ERP's time: the other half is for its people, and for our urgent calls."""


async def build(name: str, settings: Settings, kit: ports.Kit) -> ports.Connector:
    """The connector of this name; what it opens is closed by the kit's stack. Calls nothing yet.

    KhaosWS can neither cancel nor amend nor credit an order, so those kinds have no sink here. Raises ConfigError.
    """
    client = await open_client(name, settings, kit)
    return ports.Connector(
        name=name,
        kind="khaosws",
        probe=KhaosProbe(client.at(Priority.DESPATCH), settings),
        sources=(
            catalogue(name, client, kit.clock, settings),
            stock(name, client, kit.clock, settings),
            despatch_source(name, client.at(Priority.DESPATCH), kit.clock, settings, kit.memory),
        ),
        sinks={Kind.ORDER: OrderSink(client, settings)},
        longest_call=timedelta(seconds=settings.request_timeout),
    )


async def open_client(name: str, settings: Settings, kit: ports.Kit) -> Client:
    """A client of its own session, for orders. Raises ConfigError for certificate files that cannot be used."""
    connector = aiohttp.TCPConnector(ssl=context(name, settings) if settings.url.startswith("https") else True)
    session = await kit.stack.enter_async_context(aiohttp.ClientSession(connector=connector))
    places = {READ: settings.reads_in_flight, WRITE: 1}
    limiter = Limiter(Budget(settings.calls_per_minute, 60), places=places, rest=_REST)
    http = Http(name, session, limiter, kit.clock, kit.meter, permit=kit.permit)
    return Client(name, settings, http, Priority.ORDERS)
