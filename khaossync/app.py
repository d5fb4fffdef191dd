"""The composition root: builds everything once, and runs it under one TaskGroup."""

import asyncio
import importlib
import os
import random
import socket
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import structlog

from khaossync.clock import Clock, SystemClock
from khaossync.config import Config
from khaossync.domain.documents import Kind
from khaossync.domain.errors import ConfigError
from khaossync.domain.routing import TO_CHANNEL, TO_ERP
from khaossync.embedded import Server as EmbeddedServer
from khaossync.loops.listen import Listen
from khaossync.loops.loop import Loop, Tick, Wake, Waker
from khaossync.loops.outage import Outage
from khaossync.loops.pull import Pull
from khaossync.loops.push import Claimable, Push
from khaossync.ops import notify
from khaossync.ops.beats import Beats
from khaossync.ops.hooks import HookDoor
from khaossync.ops.lag import LagMonitor
from khaossync.ops.lookout import Lookout
from khaossync.ops.metrics import Metrics
from khaossync.ops.server import Server
from khaossync.ops.vigil import Vigil
from khaossync.outbox import DatabaseSettings, PostgresOutbox, begin_run, end_run, migrate, open_outbox
from khaossync.ports import Connector, Kit

log = structlog.get_logger()

IDLE = timedelta(seconds=5)
"""How long a push loop rests when nothing wakes it; it is woken as soon as there is work."""

SILENCE = timedelta(minutes=5)
"""How long a loop may be silent: an ERP may take two minutes for one call, and a lookup follows a lost one."""

GRACE = timedelta(seconds=10)
"""How long what a killed predecessor was about to send rests before it is looked for: its last call may still be at
work on the other side. Khaos Control also recognises a reference that it has seen."""

MIGRATION = timedelta(minutes=15)
"""How long systemd is asked to wait for a schema to be brought up to date."""

TIDY = timedelta(minutes=10)
"""How often old raw texts and webhook ids are pruned."""


async def database(config: Config, stack: AsyncExitStack, clock: Clock) -> DatabaseSettings:
    """Where PostgreSQL is; a private one is started, brought up to date, and stopped with the stack."""
    table = config.database
    if table.dsn is not None:
        direct = table.direct_dsn.get_secret_value() if table.direct_dsn else None
        return DatabaseSettings(
            table.dsn.get_secret_value(),
            direct_dsn=direct,
            tls=table.tls,
            ca_file=table.ca_file,
            pooler=table.pooler,
            pool_size=table.pool_size,
        )
    server = EmbeddedServer(table.data_dir, bindir=table.embedded_bindir)
    settings = DatabaseSettings(await stack.enter_async_context(server), pool_size=table.pool_size)
    notify.extend_timeout(MIGRATION)
    await migrate(settings, clock)
    return settings


async def connectors(config: Config, kit: Kit) -> dict[str, Connector]:
    """Every configured system by name, each built by its own folder."""
    built = {}
    for room, tables in (("erp", config.erp), ("channels", config.channel)):
        for name, table in tables.items():
            folder = importlib.import_module(f"khaossync.{room}.{table.kind}")
            built[name] = await folder.build(name, table, kit)
    return built


@dataclass(frozen=True, slots=True)
class App:
    """A daemon ready to run."""

    config: Config
    loops: tuple[Loop, ...]
    lag: LagMonitor
    vigil: Vigil
    server: Server

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop` is set, then finish what is under way within the drain budget."""
        async with asyncio.TaskGroup() as group:
            working = [group.create_task(loop.run(stop), name=loop.name) for loop in self.loops]
            group.create_task(self.lag.run(stop))
            vigil = group.create_task(self.vigil.run())
            notify.ready(f"khaossync: {len(self.loops)} loops, health at {self.server.url}/healthz")
            log.info("started", loops=len(self.loops), url=self.server.url)
            await stop.wait()
            await self._drain(working)
            vigil.cancel()

    async def _drain(self, working: list[asyncio.Task[None]]) -> None:
        notify.stopping()
        self.vigil.draining = True
        log.info("draining", budget_seconds=self.config.loops.drain_seconds)
        _, late = await asyncio.wait(working, timeout=self.config.loops.drain_seconds)
        for task in late:
            log.warning("drain_cut_short", loop=task.get_name())
            task.cancel()


async def build(config: Config, stack: AsyncExitStack) -> App:
    """Open the database, build every connector and loop, and start the HTTP server; `stack` closes it all."""
    clock, dice, metrics = SystemClock(), random.Random(), Metrics()
    settings = await database(config, stack, clock)
    outbox = await stack.enter_async_context(
        open_outbox(settings, clock, holder=f"{socket.gethostname()}:{os.getpid()}", grace=GRACE)
    )
    await _note_run(outbox, stack, clock)
    kit = Kit(clock, dice, metrics, outbox, stack)
    systems = await connectors(config, kit)
    await outbox.own(systems)
    outages = {name: Outage(system, clock, metrics) for name, system in systems.items()}
    beats = Beats(clock)
    wiring = _Wiring(config, outbox, outages, metrics, clock, dice, beats)
    loops = (*wiring.pulls(), *wiring.pushes(), wiring.tidy())
    vigil = Vigil(clock, beats, outages, loops, outbox.depths, outbox.open_cases)
    listen = Listen(systems, wiring.wakes, outbox, metrics)
    door = HookDoor(listen.hook, systems, max_body=config.http.hook_body_bytes)
    token = config.http.details_token.get_secret_value() if config.http.details_token else ""
    lookout = Lookout(vigil.facts, clock)
    server = Server(lookout, metrics, door, host=config.http.host, port=config.http.port, token=token)
    await _listen(server, config)
    stack.push_async_callback(server.stop)
    return App(config, loops, LagMonitor(clock, metrics), vigil, server)


async def _listen(server: Server, config: Config) -> None:
    try:
        await server.start()
    except OSError as error:
        why = f"cannot listen on {config.http.host}:{config.http.port} ({error.strerror or error})"
        raise ConfigError(f"http.port: {why}; give a free port and an address of this machine") from None


async def _note_run(outbox: PostgresOutbox, stack: AsyncExitStack, clock: Clock) -> None:
    """Tell if the previous run ended without good-bye, and note when this one ends well."""
    run = await begin_run(outbox.database, socket.gethostname(), clock.now())
    if run.unclean_since:
        log.warning("previous_exit_unclean", started_at=run.unclean_since.isoformat())

    async def leave() -> None:
        await end_run(outbox.database, run, clock.now())

    stack.push_async_callback(leave)


class _Wiring:
    """Makes the loops: one pull for each stream, one push for each kind of message that a system is sent."""

    def __init__(
        self,
        config: Config,
        outbox: PostgresOutbox,
        outages: Mapping[str, Outage],
        metrics: Metrics,
        clock: Clock,
        dice: random.Random,
        beats: Beats,
    ) -> None:
        self._config = config
        self._outbox = outbox
        self._outages = outages
        self._metrics = metrics
        self._clock = clock
        self._dice = dice
        self._beats = beats
        self._rules = config.rules()
        self.wakes: dict[tuple[str, str], Wake] = {}

    def pulls(self) -> list[Loop]:
        made, turn = [], asyncio.Lock()
        for name, outage in self._outages.items():
            for source in outage.connector.sources:
                title = f"pull {name} {source.name}"
                beat = partial(self._beats.beat, title)
                pull = Pull(source, outage, self._outbox, self._rules, self._metrics, beat, turn)
                wake = self.wakes[name, source.name] = Wake()
                made.append(self._loop(title, pull.tick, source.interval, wake))
        return made

    def pushes(self) -> list[Loop]:
        return [
            self._push(name, kind)
            for name in self._outages
            for kind in (TO_ERP if name in self._config.erp else TO_CHANNEL)
        ]

    def tidy(self) -> Loop:
        return self._loop("tidy", self._outbox.tidy, TIDY, None, critical=False)

    def _push(self, name: str, kind: Kind) -> Loop:
        push = Push(
            kind, self._outages[name], self._outages, self._outbox, self._rules, self._clock, self._metrics, self._dice
        )
        return self._loop(f"push {name} {kind}", push.tick, IDLE, Claimable(self._outbox, name, kind))

    def _loop(self, name: str, tick: Tick, interval: timedelta, wake: Waker | None, *, critical: bool = True) -> Loop:
        self._beats.register(name, interval, bound=max(3 * interval, SILENCE), critical=critical)
        return Loop(name, tick, interval, self._clock, wake, self._beats.beat, self._dice, self._metrics)
