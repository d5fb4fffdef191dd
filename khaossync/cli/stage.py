"""The stage of a simulated day: the simulators, the daemon's configuration between them, and what one sees."""

import asyncio
import json
import random
import secrets
import socket
import sys
import textwrap
from asyncio import create_subprocess_exec, subprocess
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from khaossync.cli.daemon import Daemon
from khaossync.cli.picture import Snapshot
from khaossync.cli.stores import POINTS, POINTS_A_SECOND, WORLD, Maker, Store, now, shopify, worlds
from khaossync.cli.toml import toml
from khaossync.sandbox.day import (
    HOLDING,
    PLACES,
    SECRET,
    Day,
    Evidence,
    Law,
    Peak,
    People,
    ToldCase,
    prove_house,
    prove_shop,
    stock,
)
from khaossync.sandbox.khaosws import KhaosServer
from khaossync.sandbox.shopify import ShopifyShop

SITES = (("1", "Main"), ("2", "Overflow"), ("3", "Shop floor"))
COURIERS = (("RM48", "Royal Mail 48"), ("DPD", "DPD"), ("SHOP", "Collected in store"))
HOLD = timedelta(seconds=2)
"""For so long an order of the day stays with the shop."""
EVENING = {"full_sweep": 90}
"""The ERP's levels are read whole once, when the day is over: what it counted while an order's sending was in doubt is
held back until a level is read after the order was found, which in life takes at most half an hour."""

SHORTEST = timedelta(seconds=40)
"""However short the day, the peaks are as far from each other as in one of this length."""

FLOWS = ("orders", "stock", "despatches", "refunds")
Proven = tuple[Mapping[str, Sequence[Law]], Sequence[Law]]
"""The laws of each shop, by its channel, and those of the house."""

NONE: Mapping[str, int] = MappingProxyType({})
ERP = {
    "kind": "khaosws",
    "sites": [site for site, _ in SITES],
    "stock_interval": 1,
    "catalogue_interval": 5,
    "despatch_interval": 1,
    "full_sweep": 3600,
    "calls_per_minute": 1200,
    "reads_in_flight": 2,
    "request_timeout": 15,
    "payments": {"on_terms": {"type": 3}, "cash": {"type": 0}},
}
"""How the ERP is read whose day lasts a minute; and how it books what was not paid by card."""

LOOK = 0.1
"""Seconds between two looks at what the shops show."""

WIDTH = 78
"""Characters of a line of what was played."""
OPENING = timedelta(hours=9)
LENGTH = timedelta(hours=10)


class Stage:
    """Runs the simulators and a receiver of alerts while the block lasts.

    The first shop is always there, `others` stand beside it. A day that is to be lived through takes its `length`: then
    the daemon is told by webhooks, the shops keep their orders for a while, and the day begins with a peak and ends in
    another.
    """

    def __init__(
        self, folder: Path, *, orders: int, seed: int, length: timedelta | None = None, others: Sequence[Maker] = ()
    ) -> None:
        self.config = folder / "config.toml"
        self._folder, self._hooks = folder, length is not None
        dice = random.Random(seed)
        self.shop = ShopifyShop(
            now=now, dice=dice, name="demo", locations=tuple(PLACES), maximum=POINTS, restore_rate=POINTS_A_SECOND
        )
        self.khaos = KhaosServer(now=now, dice=dice, sites=SITES, couriers=COURIERS)
        self.people = People(now)
        self.stores = [shopify(self.shop), *(make(dice) for make in others)]
        self.worlds = worlds(self.stores, **({"hold": HOLD, "peaks": _peaks(now(), length)} if length else {}))
        outlets = [store.outlet for store in self.stores]
        self.day = Day(outlets, self.khaos, self.people, orders=orders, seed=seed)
        self._port = _free_port()
        self.url = f"http://127.0.0.1:{self._port}"

    async def __aenter__(self) -> Self:
        self.day.open()
        urls = [await store.doors.start() for store in self.stores]
        self.config.write_text(toml(self._settings(urls, await self.khaos.start(), await self.people.start())))
        self.config.chmod(0o600)
        for store in self.stores if self._hooks else ():
            if store.subscribe:
                store.subscribe(f"{self.url}/hooks/{store.outlet.channel}")
        return self

    async def __aexit__(self, *_: object) -> None:
        for store in self.stores:
            await store.doors.stop()
        await self.khaos.stop()
        await self.people.stop()

    async def snapshot(self, daemon: Daemon) -> Snapshot:
        """What there is to see now, from both systems and from the daemon's own pages."""
        health, metrics = await self._pages()
        cases = {labels["case_class"]: int(value) for labels, value in metrics.get("khaossync_cases_open", [])}
        clock = datetime.min.replace(tzinfo=UTC) + OPENING + LENGTH * self.day.now
        faces = [store.outlet.face for store in self.stores]
        return Snapshot(
            orders_in=sum(len(face.orders()) for face in faces),
            orders_posted=len(self.khaos.orders()),
            orders_held=sum(cases.get(name, 0) for name in HOLDING),
            stock_pushed=int(_settled(metrics, kind="stock_level")),
            despatches_told=sum(len(face.parcels()) for face in faces),
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

    async def shelved(self, seconds: float) -> None:
        """Return when every shop shows what the ERP has, or after so many seconds: then the doors open."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while loop.time() < end and self.wrong_levels():
            await asyncio.sleep(LOOK)

    def wrong_levels(self) -> list[str]:
        """What any shop shows otherwise than the ERP has it."""
        return [wrong for channel in self.worlds for wrong in stock(self.evidence([], channel)).broken]

    async def laws(self, daemon: Daemon) -> Proven:
        """Hold everything against the laws; only the cases, which are for people, come from the daemon."""
        opened, closed = await asyncio.gather(self._cases(), self._cases("--closed"))
        daemon.insist()
        return self.judged([*opened, *closed])

    def judged(self, cases: Sequence[Mapping[str, Any]]) -> Proven:
        """Each shop and the ERP by the laws of a shop, and what people were told by those of the house."""
        seen = {channel: self.evidence(cases, channel) for channel in self.worlds}
        return {channel: prove_shop(one) for channel, one in seen.items()}, prove_house(seen[WORLD.channel])

    def evidence(self, cases: Sequence[Mapping[str, Any]], channel: str = WORLD.channel) -> Evidence:
        """What there is to judge a shop by; `cases` as `khaossync cases list --json` tells them, open and closed."""
        told = [ToldCase(one["case_class"], one["source"], one["subject"], one["state"] == "open") for one in cases]
        others = (self._evidence(store, told).unposted for store in self.stores if store.outlet.channel != channel)
        elsewhere = sum(others, Counter[str]())
        (mine,) = [store for store in self.stores if store.outlet.channel == channel]
        return self._evidence(mine, told, elsewhere)

    def _evidence(self, store: Store, told: Sequence[ToldCase], elsewhere: Mapping[str, int] = NONE) -> Evidence:
        channel, face = store.outlet.channel, store.outlet.face
        world, notes, untold = self.worlds[channel], self.day.notes[channel], self.day.untold
        return Evidence(now(), face, self.khaos, self.people, told, world, notes, untold, elsewhere)

    def told(self) -> str:
        """The situations that were played and the troubles that struck."""
        systems = (self.khaos.faults, *(store.outlet.face.faults for store in self.stores))
        troubles = sum(len(faults.happened) for faults in systems)
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

    def _settings(self, urls: Sequence[str], khaos: str, people: str) -> dict[str, Any]:
        return {
            "database": {"data_dir": str(self._folder / "postgres")},
            "http": {"port": self._port, **({"public_url": self.url} if self._hooks else {})},
            "log": {"format": "json"},
            "alerts": {
                "people": {
                    "kind": "webhook",
                    "url": f"{people}/alerts",
                    "secret": SECRET,
                    "allow_private": True,
                    "per_hour": 60,
                }
            },
            "heartbeats": {
                "interval": 10,
                "allow_private": True,
                **{flow: f"{people}/beats/{flow}" for flow in FLOWS},
            },
            "erp": {"khaos": {"url": khaos, **ERP, **(EVENING if self._hooks else {})}},
            "channel": {
                store.outlet.channel: store.settings(url, self.worlds[store.outlet.channel])
                for store, url in zip(self.stores, urls, strict=True)
            },
        }


def _peaks(begin: datetime, length: timedelta) -> tuple[Peak, ...]:
    """One that is soon over, and one that outlasts the day.

    Between them each shop's goods are read at least once: a quantity that somebody typed into a shop is told from a
    sale as long as no level is sent over it.
    """
    length = max(length, SHORTEST)
    return (
        Peak(begin - timedelta(days=1), begin + 0.1 * length, 6),
        Peak(begin + 0.9 * length, begin + timedelta(days=1), 4),
    )


def _settled(metrics: Mapping[str, list[tuple[Mapping[str, str], float]]], *, kind: str) -> float:
    samples = metrics.get("khaossync_settled_total", [])
    return sum(value for labels, value in samples if labels["kind"] == kind and labels["verdict"] == "complete")


def _free_port() -> int:
    """A port that listens to nobody yet, below those that Linux gives to connections: nothing takes it meanwhile."""
    while True:
        port = 10_000 + secrets.randbelow(20_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
