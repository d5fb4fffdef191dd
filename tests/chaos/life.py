"""One life of the daemon: its real connectors, rules, loops and outbox, until it ends or is ended."""

import asyncio
import random
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from chaos.company import BUNDLES, Company
from chaos.death import Mortal, Points
from chaos.fragile import FragileDatabase, fragile, watch_outbox

from khaossync import __version__
from khaossync.app import connectors
from khaossync.app.wiring import Wiring
from khaossync.config import Config
from khaossync.config.fingerprint import fingerprint, settings
from khaossync.domain.errors import SyncError
from khaossync.loops.listen import Listen
from khaossync.loops.loop import Loop
from khaossync.loops.outage import Outage
from khaossync.ops.beats import Beats
from khaossync.ops.metrics import Metrics
from khaossync.outbox import CHORES, DatabaseSettings, PostgresOutbox, open_database, release_after_change
from khaossync.outbox.decisions import Configuration, keep_configuration
from khaossync.outbox.queues import Queues
from khaossync.ports import Connector, Kit

PATIENCE = 25
"""Seconds for which the ERP is waited for; it is never at work on a call for longer."""

Outboxes = Callable[[PostgresOutbox], None]
Sinks = Callable[[Connector], Connector]


@dataclass(frozen=True, slots=True)
class Make:
    """How a daemon is built where it is not as it should be: what is done to its outbox and to its connectors."""

    spoil_outbox: Outboxes = lambda _: None
    spoil: Sinks = lambda connector: connector


class Life:
    """What is in the daemon's memory. `loops` are turned by hand, so that the same seed is the same run."""

    def __init__(self, company: Company, points: Points, dsn: str, make: Make) -> None:
        self._company, self._settings, self._make = company, DatabaseSettings(dsn), make
        self.death = asyncio.Event()
        self.mortal = Mortal(points, self.death.set)
        self._stack = AsyncExitStack()
        self._database: FragileDatabase | None = None
        self.outbox: PostgresOutbox
        self.loops: list[Loop] = []

    async def begin(self, seed: str) -> Self:
        """Start as the daemon does. Raises SyncError while PostgreSQL is away, Crash when it ends on the way."""
        company, mortal, clock = self._company, self.mortal, self._company.clock
        company.mortal = mortal
        config = configuration(company)
        judged_by = Configuration(fingerprint(config), __version__, settings(config))
        pool = (await self._stack.enter_async_context(open_database(self._settings))).pool
        self._database = FragileDatabase(self._settings, pool, mortal)
        queues = Queues(self._database, clock, "chaos")
        self.outbox = PostgresOutbox(self._database, clock, queues, configuration=judged_by.hash)
        self._make.spoil_outbox(self.outbox)
        watch_outbox(self.outbox, mortal)
        await keep_configuration(self._database, judged_by, clock.now())
        kit = Kit(clock, random.Random(seed), Metrics(), self.outbox, self._stack, self.outbox.ownership.insist)
        built = await connectors(config, kit)
        systems = {name: fragile(self._make.spoil(one), mortal) for name, one in built.items()}
        await self.outbox.own([*systems, CHORES], {name: one.longest_call for name, one in systems.items()})
        await release_after_change(self._database, judged_by.hash, clock.now())
        self._wire(config, kit, systems)
        return self

    def _wire(self, config: Config, kit: Kit, systems: Mapping[str, Connector]) -> None:
        outages = {name: Outage(one, kit.clock, timedelta(0)) for name, one in systems.items()}
        metrics = Metrics()
        wiring = Wiring(config, self.outbox, outages, metrics, kit.clock, kit.dice, Beats(kit.clock))
        self.loops = [*wiring.pulls(), *wiring.relevels(), *wiring.pushes(), *wiring.upkeep()]
        self.outbox.ownership.heed = wiring.hints.take
        listen = Listen(systems, wiring.hints, self.outbox, metrics)
        self._company.hook = lambda headers, body: listen.hook("shop", headers, body)

    async def keep(self) -> None:
        """The outbox's keeper looks once. Raises SyncError, as the keeper would log it."""
        try:
            await self.outbox.turn()
        except SyncError:
            self.outbox.ownership.session.drop()
            raise

    async def end(self) -> None:
        """Nothing is finished, nothing is said: connections break off, memory is gone."""
        self._company.hook = self._company.mortal = None
        self.mortal.dead = True
        if self._database is not None:
            self._database.pool.terminate()
            self.outbox.ownership.session.drop()  # what the kernel does with the sockets of a dead process
        await self._stack.aclose()


def configuration(company: Company) -> Config:
    """What the merchant wrote."""
    shop_url, khaos_url = company.urls
    channel = {
        "url": shop_url,
        "erp": "khaos",
        "prefix": company.world.prefix,
        "go_live_at": "2026-01-01T00:00:00Z",
        "currencies": ["GBP"],
        "accept_on_terms": True,
        "buffer": company.world.buffer,
        "overlap": 120,
        "sales_source": "Web",
        "company_class": "Retail",
        "tax_codes": {"0.20": 1},
        "bundles": BUNDLES,
        "timeout": 8,
        **company.shop.settings,
    }
    payments = {"on_terms": {"type": 3}}
    erp = {
        "kind": "khaosws",
        "url": khaos_url,
        "sites": [1],
        "calls_per_minute": 6000,
        "request_timeout": PATIENCE,
        "payments": payments,
    }
    return Config.model_validate({"erp": {"khaos": erp}, "channel": {"shop": channel}})
