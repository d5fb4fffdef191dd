"""A trio: three daemons on one PostgreSQL, between one ERP and three shops, which stories kill, pause and wake."""

import asyncio
import json
import os
import random
import signal
import socket
import sys
from asyncio import subprocess
from collections.abc import Iterable, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, Self

import aiohttp
import asyncpg
from acceptance.playhouse import PATIENCE, Playhouse
from conftest import FAST_AND_FORGETFUL
from prometheus_client.parser import text_string_to_metric_families

from khaossync.cli.stores import BUFFER, WORLD, now
from khaossync.embedded import Server
from khaossync.outbox.counting import OWNERS
from khaossync.sandbox.day import Evidence, Law, World, prove
from khaossync.sandbox.day.faces import ShopifyFace
from khaossync.sandbox.day.laws.goods import despatches, mails, overselling, stock
from khaossync.sandbox.day.laws.orders import arrival, money, restraint
from khaossync.sandbox.khaosws.habits import Verdict
from khaossync.sandbox.shopify import ShopifyShop

NAMES = ("anna", "bert", "cleo")
"""Of the daemons; the first takes the webhooks."""

TAKEOVER = 10.0
"""Seconds after which a dead or paused owner must have been replaced."""

OUTLETS = {"outlet": "O", "trade": "T"}
"""The shops besides that of the day, with their prefixes."""

PLACES = {"Warehouse": ("1", "2")}
"""Where an outlet keeps its stock, and the ERP's sites behind it."""

OF_A_SHOP = (arrival, money, restraint, despatches, mails, stock, overselling)
"""The laws of a shop in which nothing out of the way happens."""


class Daemon:
    """One process with a configuration and a log of its own."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name, self.config, self.log = name, folder / f"{name}.toml", folder / f"{name}.log"
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Process | None = None

    async def launch(self) -> None:
        """Start the process; its log goes on."""
        command = (sys.executable, "-m", "khaossync", "run", "--config", str(self.config))
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        os.kill(self.pid, number)

    async def kill(self) -> None:
        """End it as a crash would."""
        self.signal(signal.SIGKILL)
        assert self.process is not None
        await self.process.wait()

    async def stop(self) -> None:
        """End it in good order, however it was left."""
        if self.process is None or self.process.returncode is not None:
            return
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(self.process.wait(), PATIENCE)
        except TimeoutError:
            await self.kill()

    def events(self, name: str, **fields: object) -> list[dict[str, Any]]:
        """What its log tells under a name, oldest first."""
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        told = (json.loads(line) for line in lines if f'"{name}"' in line and line[-1:] == "}")
        return [one for one in told if one.get("event") == name and fields.items() <= one.items()]


class Trio(Playhouse):
    """The playhouse with three daemons instead of one; `daemons` by name."""

    def __init__(self, folder: Path, *, orders: int = 0, seed: int = 1) -> None:
        super().__init__(folder, orders=orders, seed=seed)
        self.daemons = {name: Daemon(name, folder) for name in NAMES}
        self.outlets = {
            name: ShopifyShop(now=now, dice=random.Random(seed), name=name, maximum=20_000, restore_rate=1000)
            for name in OUTLETS
        }
        self.khaos.habits.duplicate = Verdict.ACCEPT  # this ERP takes an order twice if it is told twice
        self._more = AsyncExitStack()

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        self.dsn = await self._more.enter_async_context(Server(self.folder / "shared", settings=FAST_AND_FORGETFUL))
        self.configure({"database": {"dsn": self.dsn, "data_dir": None}})
        self.configure({"erp": {"khaos": {"request_timeout": 20}}})  # longer than a takeover takes
        for name, shop in self.outlets.items():
            self.configure({"channel": {name: await self._outlet(name, shop)}})
        migrated = await self.cli("migrate")
        assert migrated.code == 0, migrated.err
        written = self.config.read_text()
        for daemon in self.daemons.values():
            daemon.config.write_text(written.replace(self.url.rpartition(":")[2], str(daemon.port)))
            daemon.config.chmod(0o600)
        self._eyes = await asyncpg.connect(self.dsn)
        return self

    async def __aexit__(self, *raised: object) -> None:
        await asyncio.gather(*(daemon.stop() for daemon in self.daemons.values()))
        await self._eyes.close()
        for shop in self.outlets.values():
            await shop.stop()
        await super().__aexit__(*raised)
        await self._more.aclose()

    async def open_all(self, *names: str) -> None:
        """Start these daemons, and wait until they take work."""
        for name in names:
            await self.daemons[name].launch()
        for name in names:
            await self.until(partial(self._is_ready, self.daemons[name].url), f"{name} is ready")

    async def shared(self) -> None:
        """Return when the connectors are shared by all daemons that live, and every shop shows the ERP's stock."""
        await self.until(self._is_fair, "the work is shared")
        await self.until(lambda: not self.wrong_everywhere(), "every shop shows the ERP's stock")

    async def owners(self) -> Mapping[str, str]:
        """Connector → the name of the daemon that works for it now."""
        ports = {str(daemon.port): daemon.name for daemon in self.daemons.values()}
        rows = await self._eyes.fetch(OWNERS)
        return {row["connector"]: ports[row["holder"].split(" ")[0].rpartition(":")[2]] for row in rows if row["held"]}

    async def calls(self, daemon: Daemon, system: str, **labels: str) -> float:
        """How many requests to a system a daemon has begun."""
        return await self.count(daemon, "khaossync_requests_total", system=system, **labels)

    async def count(self, daemon: Daemon, name: str, **labels: str) -> float:
        """The sum of the samples of one of a daemon's metrics that carry these labels."""
        async with self._session.get(f"{daemon.url}/metrics") as answer:
            families = text_string_to_metric_families(await answer.text())
        samples = (sample for family in families for sample in family.samples)
        return sum(one.value for one in samples if one.name == name and labels.items() <= one.labels.items())

    async def owner(self, connector: str) -> Daemon:
        """The daemon that works for a connector now."""
        await self.until(lambda: self._owned(connector), f"{connector} has an owner")
        return self.daemons[(await self.owners())[connector]]

    async def moved(self, connectors: Iterable[str], away: Daemon) -> None:
        """Wait until other daemons work for each of these."""

        async def taken() -> bool:
            owners = await self.owners()
            return all(owners.get(one, away.name) != away.name for one in connectors)

        await self.until(taken, f"others than {away.name} work for {', '.join(connectors)}", seconds=TAKEOVER)

    def worlds(self) -> Mapping[str, tuple[ShopifyShop, World]]:
        """Every shop with what its judge must know."""
        prefixes = [WORLD.prefix, *OUTLETS.values()]
        worlds = [WORLD, *(World(name, OUTLETS[name], {}, BUFFER, PLACES) for name in self.outlets)]
        return {
            world.channel: (shop, replace(world, others=[one for one in prefixes if one != world.prefix]))
            for world, shop in zip(worlds, (self.shop, *self.outlets.values()), strict=True)
        }

    async def laws(self) -> list[Law]:
        """Hold the day's shop, the ERP and what people were told against the laws of a day."""
        seen = self.stage.evidence([*await self.cases(), *await self.cases(closed=True)])
        return prove(replace(seen, world=replace(seen.world, others=list(OUTLETS.values()))))

    def wrong_everywhere(self) -> list[str]:
        """What any shop shows otherwise than the ERP has it."""
        return [wrong for name in self.worlds() for wrong in stock(self._evidence(name)).broken]

    async def night(self) -> None:
        """Wait until every law holds in every shop."""
        await self.evening()
        await self.until(lambda: not self._broken_outlets(), "every law holds in every shop", look=0.5)

    def last_words(self) -> str:
        """The end of each log."""
        return "\n".join(
            f"--- {daemon.name}\n" + "\n".join(daemon.log.read_text(errors="replace").splitlines()[-8:])
            for daemon in self.daemons.values()
            if daemon.log.exists()
        )

    def _broken_outlets(self) -> list[str]:
        laws = (law(self._evidence(name)) for name in self.outlets for law in OF_A_SHOP)
        self.broken = [complaint for law in laws for complaint in law.broken]
        return self.broken

    def _evidence(self, name: str) -> Evidence:
        shop, world = self.worlds()[name]
        return Evidence(now(), ShopifyFace(shop), self.khaos, self.stage.people, [], world)

    async def _owned(self, connector: str) -> bool:
        return connector in await self.owners()

    async def _is_fair(self) -> bool:
        owners = await self.owners()
        living = [one for one in self.daemons.values() if one.process and one.process.returncode is None]
        loads = [sum(owner == one.name for owner in owners.values()) for one in living]
        return len(owners) == len(self.worlds()) + 2 and max(loads) - min(loads) < 2

    async def _is_ready(self, url: str) -> bool:
        try:
            async with self._session.get(f"{url}/readyz") as answer:
                return answer.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False

    async def _outlet(self, name: str, shop: ShopifyShop) -> Mapping[str, Any]:
        """A shop that sells mugs and saucers, with a table like that of the day's shop."""
        for sku in ("MUG", "SAUCER"):
            shop.list_product(sku, sku.title(), Decimal("9.95"), {"Warehouse": 100})
        table = {
            key: told
            for key, told in self.settings["channel"]["shop"].items()
            if key not in ("bundles", "buffers", "skus")
        }
        place = shop.state.catalogue.location("Warehouse").id
        return {
            **table,
            "url": await shop.start(),
            "shop": f"{name}.myshopify.com",
            "prefix": OUTLETS[name],
            "webhook_secrets": [shop.webhook_secret],
            "sites": {place: ["1", "2"]},
        }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
