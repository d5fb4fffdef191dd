"""The stage of a simulated day: both simulators, the daemon's configuration between them, and what one sees."""

import asyncio
import json
import random
import socket
import sys
import textwrap
from asyncio import create_subprocess_exec, subprocess
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from khaossync.cli.daemon import Daemon
from khaossync.cli.picture import Snapshot
from khaossync.sandbox.day import (
    BUNDLES,
    GIFT_SET,
    HOLDING,
    MONEY_CODES,
    PLACES,
    SECRET,
    SKU_MAP,
    Day,
    Evidence,
    Law,
    Peak,
    People,
    ToldCase,
    World,
    prove,
    shopify,
)
from khaossync.sandbox.khaosws import KhaosServer
from khaossync.sandbox.shopify import ShopifyShop

BUFFER = 2
POINTS, POINTS_A_SECOND = 20_000, 1000
"""Shopify's largest plan: a day in a minute needs the one that restores the most points a second."""
SITES = (("1", "Main"), ("2", "Overflow"), ("3", "Shop floor"))
WORLD = World(
    channel="shop",
    prefix="S",
    skus=SKU_MAP,
    buffer=BUFFER,
    sites=PLACES,
    packs={GIFT_SET.stock_code: dict(GIFT_SET.pack)},
    bundles=BUNDLES,
    buffers={"SAUCER": 5, "SEAT": 0},
)
HOLD = timedelta(seconds=2)
"""For so long an order of the day stays with the shop."""
FLOWS = ("orders", "stock", "despatches", "refunds")
WIDTH = 78
"""Characters of a line of what was played."""
OPENING = timedelta(hours=9)
LENGTH = timedelta(hours=10)


def now() -> datetime:
    """The simulators live in real time."""
    return datetime.now(UTC)


class Stage:
    """Runs the simulators and a receiver of alerts while the block lasts.

    A day that is to be lived through takes its `length`: then the daemon subscribes the shop's webhooks for itself,
    the shop keeps its orders for a while, and the day begins with a peak and ends in another.
    """

    def __init__(self, folder: Path, *, orders: int, seed: int, length: timedelta | None = None) -> None:
        self.config = folder / "config.toml"
        self.world = WORLD if length is None else replace(WORLD, hold=HOLD, peaks=_peaks(now(), length))
        self._folder, self._hooks = folder, length is not None
        dice = random.Random(seed)
        self.shop = ShopifyShop(
            now=now, dice=dice, name="demo", locations=tuple(PLACES), maximum=POINTS, restore_rate=POINTS_A_SECOND
        )
        self.khaos = KhaosServer(
            now=now,
            dice=dice,
            sites=SITES,
            couriers=(("RM48", "Royal Mail 48"), ("DPD", "DPD"), ("SHOP", "Collected in store")),
        )
        self.people = People(now)
        self.outlet = shopify(WORLD.channel, self.shop)
        self.day = Day([self.outlet], self.khaos, self.people, orders=orders, seed=seed)
        port = _free_port()
        self.url = f"http://127.0.0.1:{port}"
        self._port = port

    async def __aenter__(self) -> Self:
        self.day.open()
        shop, khaos, people = await self.shop.start(), await self.khaos.start(), await self.people.start()
        self.config.write_text(self._toml(shop, khaos, people))
        self.config.chmod(0o600)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.shop.stop()
        await self.khaos.stop()
        await self.people.stop()

    async def snapshot(self, daemon: Daemon) -> Snapshot:
        """What there is to see now, from both systems and from the daemon's own pages."""
        health, metrics = await self._pages()
        cases = {labels["case_class"]: int(value) for labels, value in metrics.get("khaossync_cases_open", [])}
        clock = datetime.min.replace(tzinfo=UTC) + OPENING + LENGTH * self.day.now
        return Snapshot(
            orders_in=len(self.shop.orders()),
            orders_posted=len(self.khaos.orders()),
            orders_held=sum(cases.get(name, 0) for name in HOLDING),
            stock_pushed=int(_settled(metrics, kind="stock_level")),
            despatches_told=len(self.shop.fulfilments()),
            refunds_mirrored=cases.get("credit_note_to_key", 0) + len(self.khaos.credit_notes()),
            cases_open=cases,
            told=sum(one.stage != "resolved" for one in self.people.notices),
            resolved=sum(one.stage == "resolved" for one in self.people.notices),
            heartbeats=self.people.beats.total(),
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
        opened, closed = await asyncio.gather(self._cases(), self._cases("--closed"))
        daemon.insist()
        return prove(self.evidence([*opened, *closed]))

    def evidence(self, cases: Sequence[Mapping[str, Any]]) -> Evidence:
        """What there is to judge by; `cases` as `khaossync cases list --json` tells them, open and closed."""
        told = [ToldCase(one["case_class"], one["source"], one["subject"], one["state"] == "open") for one in cases]
        notes = self.day.notes[WORLD.channel]
        return Evidence(now(), self.outlet.face, self.khaos, self.people, told, self.world, notes, self.day.untold)

    def told(self) -> str:
        """The situations that were played and the troubles that struck."""
        troubles = len(self.shop.faults.happened) + len(self.khaos.faults.happened)
        played = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in self.day.told.most_common())
        return textwrap.fill(f"seen by the way: {played}; {troubles} faults struck", WIDTH)

    async def replay(self) -> list[Mapping[str, Any]]:
        """What would be decided otherwise if the day were judged again, and as the last entry how much was judged."""
        told = await self._khaossync("replay", "--since", "1d", "--dry-run", "--json")
        return [json.loads(line) for line in told.splitlines()]

    async def _cases(self, *more: str) -> list[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = json.loads(await self._khaossync("cases", "list", "--json", *more) or b"[]")
        return found

    async def _khaossync(self, *words: str) -> bytes:
        command = (sys.executable, "-m", "khaossync", *words, "--config", str(self.config))
        process = await create_subprocess_exec(*command, stdout=subprocess.PIPE)
        told, _ = await process.communicate()
        return told

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

    def _toml(self, shop: str, khaos: str, people: str) -> str:
        location = self.shop.state.catalogue.location
        public = f'public_url = "{self.url}"' if self._hooks else ""
        return f"""
[database]
data_dir = "{self._folder / "postgres"}"
[http]
port = {self._port}
{public}
[log]
format = "json"
[alerts.people]
kind = "webhook"
url = "{people}/alerts"
secret = "{SECRET}"
allow_private = true
per_hour = 60
[heartbeats]
interval = 10
allow_private = true
{_table({flow: f"{people}/beats/{flow}" for flow in FLOWS})}
[erp.khaos]
kind = "khaosws"
url = "{khaos}"
sites = [{", ".join(site for site, _ in SITES)}]
stock_interval = 1
catalogue_interval = 5
despatch_interval = 1
full_sweep = 3600
calls_per_minute = 1200
reads_in_flight = 2
request_timeout = 15
[erp.khaos.payments.on_terms]
type = 3
[erp.khaos.payments.cash]
type = 0
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
accept_on_terms = true
hold_seconds = {self.world.hold.seconds}
buffer = {BUFFER}
site = "Main"
sales_source = "Web"
company_class = "Retail"
orders_interval = 2
sweep_interval = 60
refunds_interval = 3
catalogue_interval = 5
catalogue_full_interval = 10
overlap = 5
bucket = {POINTS}
restore_rate = {POINTS_A_SECOND}
[channel.shop.skus]
{_table(SKU_MAP)}
{_bundles()}
[channel.shop.couriers]
"Standard" = "RM48"
"Express" = "DPD"
"Free" = "RM48"
"Collect in store" = "SHOP"
[channel.shop.money_codes]
{_table(MONEY_CODES)}
[channel.shop.tax_codes]
"0.20" = 1
"0.00" = 2
"0.05" = 4
[channel.shop.sites]
{_table({location(place).id: list(sites) for place, sites in PLACES.items()})}
[channel.shop.buffers]
{_table(self.world.buffers)}
{_times(self.world.peaks)}
"""


def _peaks(begin: datetime, length: timedelta) -> tuple[Peak, ...]:
    """One that is soon over, and one that outlasts the day."""
    return (
        Peak(begin - timedelta(days=1), begin + 0.1 * length, 6),
        Peak(begin + 0.9 * length, begin + timedelta(days=1), 4),
    )


def _times(peaks: Sequence[Peak]) -> str:
    tables = (
        f"[channel.shop.peaks.peak{number}]\n"
        f"begins_at = {peak.begins_at.isoformat()}\nends_at = {peak.ends_at.isoformat()}\n"
        f"buffer = {peak.buffer}\n"
        for number, peak in enumerate(peaks, 1)
    )
    return "".join(tables)


def _table(entries: Mapping[str, str | int | list[str]]) -> str:
    return "\n".join(f"{json.dumps(name)} = {json.dumps(value)}" for name, value in entries.items())


def _bundles() -> str:
    return "\n".join(f"[channel.shop.bundles.{json.dumps(sku)}]\n{_table(parts)}" for sku, parts in BUNDLES.items())


def _settled(metrics: Mapping[str, list[tuple[Mapping[str, str], float]]], *, kind: str) -> float:
    samples = metrics.get("khaossync_settled_total", [])
    return sum(value for labels, value in samples if labels["kind"] == kind and labels["verdict"] == "complete")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
