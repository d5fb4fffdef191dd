"""The stage of a simulated day: both simulators, the daemon's configuration between them, and what one sees."""

import json
import random
import socket
import sys
from asyncio import create_subprocess_exec, subprocess
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from khaossync.cli.daemon import Daemon
from khaossync.cli.picture import Snapshot
from khaossync.sandbox.day import GIFT_SET, SKU_MAP, Day, Law, OpenCase, World, prove
from khaossync.sandbox.khaosws import KhaosServer
from khaossync.sandbox.shopify import ShopifyShop

BUFFER = 2
POINTS, POINTS_A_SECOND = 20_000, 1000
"""Shopify's largest plan: a day in a minute needs the one that restores the most points a second."""
SITES = ("1", "2")
WORLD = World(
    channel="shop", prefix="S", skus=SKU_MAP, buffer=BUFFER, sites=SITES, packs={GIFT_SET.stock_code: GIFT_SET.pack}
)
HELD = ("unmapped_sku", "unmapped_delivery_method", "total_mismatch", "order_refused", "address_does_not_fit")
OPENING = timedelta(hours=9)
LENGTH = timedelta(hours=10)


def now() -> datetime:
    """The simulators live in real time."""
    return datetime.now(UTC)


class Stage:
    """Runs the simulators while the block lasts."""

    def __init__(self, folder: Path, *, orders: int, seed: int) -> None:
        self.config = folder / "config.toml"
        self._folder = folder
        dice = random.Random(seed)
        self.shop = ShopifyShop(now=now, dice=dice, name="demo", maximum=POINTS, restore_rate=POINTS_A_SECOND)
        self.khaos = KhaosServer(
            now=now,
            dice=dice,
            sites=(("1", "Main"), ("2", "Overflow")),
            couriers=(("RM48", "Royal Mail 48"), ("DPD", "DPD")),
        )
        self.day = Day(self.shop, self.khaos, orders=orders, seed=seed)
        port = _free_port()
        self.url = f"http://127.0.0.1:{port}"
        self._port = port

    async def __aenter__(self) -> Self:
        self.day.open()
        shop, khaos = await self.shop.start(), await self.khaos.start()
        self.config.write_text(self._toml(shop, khaos))
        self.config.chmod(0o600)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.shop.stop()
        await self.khaos.stop()

    def connect(self) -> None:
        """Let the shop tell the daemon of what happens."""
        self.shop.webhook_url = f"{self.url}/hooks/{WORLD.channel}"

    async def snapshot(self, daemon: Daemon) -> Snapshot:
        """What there is to see now, from both systems and from the daemon's own pages."""
        health, metrics = await self._pages()
        cases = {labels["case_class"]: int(value) for labels, value in metrics.get("khaossync_cases_open", [])}
        clock = datetime.min.replace(tzinfo=UTC) + OPENING + LENGTH * self.day.now
        return Snapshot(
            orders_in=len(self.shop.orders()),
            orders_posted=len(self.khaos.orders()),
            orders_held=sum(cases.get(name, 0) for name in HELD),
            stock_pushed=int(_settled(metrics, kind="stock_level")),
            despatches_told=len(self.shop.fulfilments()),
            refunds_mirrored=cases.get("credit_note_to_key", 0) + len(self.khaos.credit_notes()),
            cases_open=cases,
            oldest_seconds=max((value for _, value in metrics.get("khaossync_outbox_oldest_seconds", [])), default=0.0),
            health=health,
            health_url=f"{self.url}/healthz",
            metrics_url=f"{self.url}/metrics",
            clock_text=f"{clock:%H:%M}",
            progress=self.day.now,
            memory_mb=daemon.memory(),
        )

    async def laws(self, daemon: Daemon) -> list[Law]:
        """Hold both systems against the laws; only the cases, which are for people, come from the daemon."""
        command = (sys.executable, "-m", "khaossync", "cases", "list", "--json", "--config", str(self.config))
        process = await create_subprocess_exec(*command, stdout=subprocess.PIPE)
        told, _ = await process.communicate()
        daemon.insist()
        cases = [OpenCase(case["case_class"], case["subject"]) for case in json.loads(told or b"[]")]
        return prove(self.shop, self.khaos, cases, WORLD)

    def told(self) -> str:
        """The situations that were played and the troubles that struck."""
        troubles = len(self.shop.faults.happened) + len(self.khaos.faults.happened)
        played = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in self.day.told.most_common())
        return f"{played}; {troubles} faults struck"

    async def _pages(self) -> tuple[str, Mapping[str, list[tuple[Mapping[str, str], float]]]]:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=3)) as session:
            try:
                async with session.get(f"{self.url}/healthz") as answer:
                    health = json.loads(await answer.text())["status"]
                async with session.get(f"{self.url}/metrics") as answer:
                    text = await answer.text()
            except (aiohttp.ClientError, TimeoutError):
                return "fail", {}
        families: dict[str, list[tuple[Mapping[str, str], float]]] = {}
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                families.setdefault(sample.name, []).append((sample.labels, sample.value))
        return health, families

    def _toml(self, shop: str, khaos: str) -> str:
        location = self.shop.state.catalogue.location("Warehouse").id
        skus = "\n".join(f'"{sku}" = "{code}"' for sku, code in SKU_MAP.items())
        return f"""
[database]
data_dir = "{self._folder / "postgres"}"
[http]
port = {self._port}
[log]
format = "json"
[erp.khaos]
kind = "khaosws"
url = "{khaos}"
sites = [1, 2]
stock_interval = 1
catalogue_interval = 5
despatch_interval = 1
full_sweep = 3600
calls_per_minute = 1200
reads_in_flight = 2
request_timeout = 15
[channel.shop]
kind = "shopify"
shop = "demo.myshopify.com"
url = "{shop}"
access_token = "shpat_test"
webhook_secrets = ["{self.shop.webhook_secret}"]
erp = "khaos"
prefix = "{WORLD.prefix}"
go_live_at = {(now() - timedelta(minutes=5)):%Y-%m-%dT%H:%M:%SZ}
currencies = ["GBP"]
buffer = {BUFFER}
site = "Main"
sales_source = "Web"
company_class = "Retail"
orders_interval = 2
refunds_interval = 3
catalogue_interval = 5
catalogue_full_interval = 10
overlap = 5
bucket = {POINTS}
restore_rate = {POINTS_A_SECOND}
[channel.shop.skus]
{skus}
[channel.shop.couriers]
"Standard" = "RM48"
"Express" = "DPD"
"Free" = "RM48"
[channel.shop.tax_codes]
"0.20" = 1
"0.00" = 2
"0.05" = 4
[channel.shop.sites]
"{location}" = ["1", "2"]
"""


def _settled(metrics: Mapping[str, list[tuple[Mapping[str, str], float]]], *, kind: str) -> float:
    samples = metrics.get("khaossync_settled_total", [])
    return sum(value for labels, value in samples if labels["kind"] == kind and labels["verdict"] == "complete")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
