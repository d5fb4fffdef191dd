"""A playhouse: both simulators, and between them the real daemon, which stories start, stop and kill."""

import asyncio
import inspect
import json
import os
import signal
import sys
import tomllib
from asyncio import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self
from urllib.parse import urlsplit

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from khaossync.cli.stage import Stage
from khaossync.cli.stores import WORLD, Maker
from khaossync.cli.toml import toml
from khaossync.sandbox.day import Law
from khaossync.sandbox.khaosws import Order

Tables = Mapping[str, Any]
NONE: Tables = MappingProxyType({})

QUICK_SHOP: Tables = {"orders_interval": 1, "refunds_interval": 1}
QUICK: Tables = {
    "erp": {"khaos": {"catalogue_interval": 1}},
    "channel": {"shop": {"catalogue_interval": 1, "catalogue_full_interval": 5}},
}
"""What a story changes in the configuration of the demo: it does not want to wait."""

PATIENCE = 60.0
"""Seconds after which what was waited for will not come any more."""

LOOK = 0.05
"""Seconds between two looks at what is waited for."""

RANGE_STREAMS = {("khaos", "catalogue"), ("khaos", "stock"), ("shop", "catalogue")}
"""The streams of what both sides sell."""


@dataclass(frozen=True, slots=True)
class Finished:
    """What a command left behind."""

    code: int
    out: str
    err: str


class Playhouse:
    """`changes` are laid over the demo's configuration, table by table; None removes a key.

    The demo's first shop is always there, `others` stand beside it where a story is of several.
    """

    def __init__(
        self,
        folder: Path,
        *,
        changes: Tables = NONE,
        orders: int = 0,
        seed: int = 1,
        environment: Mapping[str, str] = NONE,
        others: Sequence[Maker] = (),
    ) -> None:
        self.stage = Stage(folder, orders=orders, seed=seed, others=others)
        self.shop, self.khaos, self.day = self.stage.shop, self.stage.khaos, self.stage.day
        self.config, self.url, self.folder = self.stage.config, self.stage.url, folder
        self.log = folder / "daemon.log"
        self.broken: list[str] = []
        self._changes = changes
        self._environment = {**os.environ, **environment}
        self._process: subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        await self.stage.__aenter__()
        self.configure({"channel": dict.fromkeys(self.stage.worlds, QUICK_SHOP)})
        self.configure(QUICK)
        self.configure(self._changes)
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5))
        return self

    async def __aexit__(self, *_: object) -> None:
        if self.running:
            await self.terminate()
        await self._session.close()
        await self.stage.__aexit__()

    # --- the daemon ---------------------------------------------------------------------------------------------------

    @property
    def running(self) -> bool:
        """Whether there is a daemon."""
        return self._process is not None and self._process.returncode is None

    @property
    def pid(self) -> int:
        """The daemon's process id."""
        assert self._process is not None
        return self._process.pid

    async def start(self) -> None:
        """Start the daemon, and wait until it is ready."""
        await self.launch()
        await self.until(self.ready, "the daemon is ready")

    async def launch(self) -> None:
        """Start the daemon; its log goes on where the previous one's ended."""
        command = (sys.executable, "-m", "khaossync", "run", "--config", str(self.config))
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environment,
                start_new_session=True,
            )

    async def open(self) -> None:
        """Start the daemon, and wait until it has read what both sides sell and the shop shows the right stock."""
        await self.start()
        await self.until(self._has_read_all, "the catalogues are read")
        await self.until(lambda: not self.stage.wrong_levels(), "the shop shows the ERP's stock")

    def _has_read_all(self) -> bool:
        return {(event["connector"], event["stream"]) for event in self.events("page_accepted")} >= RANGE_STREAMS

    def connect(self) -> None:
        """The shop tells the daemon of everything, though nobody has subscribed it."""
        self.shop.webhook_url = f"{self.url}/hooks/{WORLD.channel}"

    async def ready(self) -> bool:
        """Whether the daemon takes work."""
        assert self.running, f"the daemon has ended\n{self.last_words()}"
        return (await self.get("/readyz"))[0] == 200

    def signal(self, number: signal.Signals) -> None:
        """Send the daemon a signal."""
        os.kill(self.pid, number)

    async def kill(self) -> None:
        """End the daemon as a crash would."""
        self.signal(signal.SIGKILL)
        await self.ended()

    async def terminate(self) -> int:
        """Ask the daemon to stop; its exit code."""
        self.signal(signal.SIGTERM)
        return await self.ended()

    async def ended(self) -> int:
        """Wait for the daemon's end; its exit code."""
        assert self._process is not None
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
            raise AssertionError(f"the daemon did not end within {PATIENCE:g} s\n{self.last_words()}") from None

    # --- what is to be seen -------------------------------------------------------------------------------------------

    async def get(self, path: str) -> tuple[int, str]:
        """Status and text of one of the daemon's pages; status 0 when it does not listen."""
        try:
            async with self._session.get(self.url + path) as answer:
                return answer.status, await answer.text()
        except (aiohttp.ClientError, TimeoutError):
            return 0, ""

    async def health(self) -> tuple[int, str]:
        """The HTTP status of /healthz and the verdict in it."""
        code, text = await self.get("/healthz")
        return code, json.loads(text)["status"] if text else ""

    async def metric(self, name: str, **labels: str) -> float:
        """The sum of a metric's samples that carry these labels."""
        _, text = await self.get("/metrics")
        samples = (sample for family in text_string_to_metric_families(text) for sample in family.samples)
        return sum(one.value for one in samples if one.name == name and labels.items() <= one.labels.items())

    def events(self, name: str, **fields: object) -> list[dict[str, Any]]:
        """What the log tells under a name, oldest first."""
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        told = (json.loads(line) for line in lines if f'"{name}"' in line and line.startswith("{") and line[-1] == "}")
        return [one for one in told if one.get("event") == name and fields.items() <= one.items()]

    def last_words(self) -> str:
        """The end of the log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-12:])

    async def cli(self, *words: str, **environment: str) -> Finished:
        """Run one verb of the command line with this house's configuration."""
        command = (sys.executable, "-m", "khaossync", *words, "--config", str(self.config))
        process = await asyncio.create_subprocess_exec(
            *command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**self._environment, **environment}
        )
        out, err = await asyncio.wait_for(process.communicate(), PATIENCE)
        assert process.returncode is not None
        return Finished(process.returncode, out.decode(), err.decode())

    async def cases(self, case_class: str = "", *, closed: bool = False) -> list[dict[str, Any]]:
        """The cases of a class as the command line tells them."""
        told = await self.cli("cases", "list", "--json", *(["--closed"] if closed else []))
        assert told.code == 0, told.err
        return [one for one in json.loads(told.out) if case_class in ("", one["case_class"])]

    async def case(self, case_class: str) -> dict[str, Any]:
        """The only case of a class, as soon as there is one."""
        await self.until(lambda: self.cases(case_class), f"a case {case_class}")
        (case,) = await self.cases(case_class)
        return case

    async def laws(self) -> list[Law]:
        """Hold the simulators against the laws of a day."""
        shops, house = self.stage.judged([*await self.cases(), *await self.cases(closed=True)])
        return [law for laws in (*shops.values(), house) for law in laws]

    async def sold(self, order: str) -> Order:
        """The sales order of a shop's order, as soon as there is one."""
        ref = WORLD.ref(order)
        await self.until(lambda: self.khaos.order(ref), f"{ref} is in the ERP")
        found = self.khaos.order(ref)
        assert found is not None
        return found

    async def sent(self, order: str) -> Order:
        """The sales order of a shop's order, as soon as the daemon knows that it is there."""
        await self.until(lambda: self.events("delivered", key=f"shop:{order}", kind="order"), f"{order} is sent")
        return await self.sold(order)

    async def turned(self, *loops: str, times: int = 2) -> None:
        """Return when each loop has taken so many turns more."""
        for loop in loops:
            before = await self.metric("khaossync_loop_ticks_total", loop=loop)
            await self.until(partial(self._ticked, loop, before + times), f"{loop} turns")

    async def _ticked(self, loop: str, least: float) -> bool:
        return await self.metric("khaossync_loop_ticks_total", loop=loop) >= least

    async def evening(self) -> None:
        """Let the warehouse finish, and wait until every law of the day holds."""
        await self.until(self._nothing_left, "every law holds", seconds=60, look=0.5)

    async def _nothing_left(self) -> bool:
        await self.day.close()
        if not self.day.idle or self.stage.wrong_levels():
            return False
        self.broken = [complaint for law in await self.laws() for complaint in law.broken]
        return not self.broken

    async def until(
        self, told: Callable[[], object], what: str, *, seconds: float = PATIENCE, look: float = LOOK
    ) -> None:
        """Wait until `told`, awaited if need be, is true; fails with the end of the log when that takes too long."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while True:
            found = told()
            if inspect.isawaitable(found):
                found = await found
            if found:
                return
            assert loop.time() < end, f"not within {seconds:g} s: {what} {self.broken}\n{self.last_words()}"
            await asyncio.sleep(look)

    # --- the stage ----------------------------------------------------------------------------------------------------

    @property
    def settings(self) -> dict[str, Any]:
        """The configuration as it is written now."""
        return tomllib.loads(self.config.read_text())

    def configure(self, changes: Tables) -> None:
        """Lay changes over the configuration; a running daemon sees them at its next start."""
        self.config.write_text(toml(_merged(self.settings, changes)))

    async def close_shop(self) -> None:
        """The shop is down."""
        await self.shop.stop()

    async def open_shop(self) -> None:
        """The shop is back at its address."""
        await self.shop.start(urlsplit(self.settings["channel"]["shop"]["url"]).port or 0)

    async def close_erp(self) -> None:
        """The ERP is down."""
        await self.khaos.stop()

    async def open_erp(self) -> None:
        """The ERP is back at its address."""
        await self.khaos.start(urlsplit(self.settings["erp"]["khaos"]["url"]).port or 0)


def _merged(told: Tables, changes: Tables) -> dict[str, Any]:
    made = dict(told)
    for name, value in changes.items():
        if value is None:
            made.pop(name, None)
        else:
            made[name] = _merged(made.get(name, {}), value) if isinstance(value, Mapping) else value
    return made
