"""The composition root: builds everything once, and runs it under one TaskGroup."""

import asyncio
import importlib
import os
import random
import socket
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta

import structlog

from khaossync import __version__
from khaossync.app.wiring import Wiring
from khaossync.clock import Clock, SystemClock
from khaossync.config import Config
from khaossync.config.fingerprint import fingerprint, settings
from khaossync.domain.errors import ConfigError
from khaossync.embedded import Server as EmbeddedServer
from khaossync.loops.listen import Listen
from khaossync.loops.loop import Loop
from khaossync.loops.outage import Outage
from khaossync.ops import notify
from khaossync.ops.alerts.herald import Outlook
from khaossync.ops.alerts.matters import Exits
from khaossync.ops.beats import Beats
from khaossync.ops.hooks import HookDoor
from khaossync.ops.lag import LagMonitor
from khaossync.ops.lookout import Lookout
from khaossync.ops.metrics import Metrics
from khaossync.ops.redaction import Redaction
from khaossync.ops.server import Server
from khaossync.ops.vigil import Vigil
from khaossync.outbox import (
    CHORES,
    DatabaseSettings,
    PostgresOutbox,
    Retention,
    begin_run,
    end_run,
    migrate,
    open_outbox,
    release_after_change,
)
from khaossync.outbox.alerting import unclean_ends
from khaossync.outbox.decisions import Configuration, keep_configuration
from khaossync.ports import Connector, Kit

log = structlog.get_logger()

MIGRATION = timedelta(minutes=15)
"""How long systemd is asked to wait for a schema to be brought up to date."""


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
    leave: Callable[[], None]

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
        self.leave()
        log.info("draining", budget_seconds=self.config.loops.drain_seconds)
        _, late = await asyncio.wait(working, timeout=self.config.loops.drain_seconds)
        for task in late:
            log.warning("drain_cut_short", loop=task.get_name())
            task.cancel()


async def build(config: Config, stack: AsyncExitStack) -> App:
    """Open the database, build every connector and loop, and start the HTTP server; `stack` closes it all."""
    clock, dice, metrics = SystemClock(), random.Random(), Metrics()
    me, judged_by = f"{socket.gethostname()}:{config.http.port}", fingerprint(config)
    where = await database(config, stack, clock)
    outbox = await stack.enter_async_context(
        open_outbox(
            where,
            clock,
            holder=f"{me} (process {os.getpid()})",
            retention=_retention(config),
            configuration=judged_by,
        )
    )
    await keep_configuration(outbox.database, Configuration(judged_by, __version__, settings(config)), clock.now())
    exits = await _note_run(outbox, stack, clock, me)
    kit = Kit(clock, dice, metrics, outbox, stack, outbox.ownership.insist)
    systems = await connectors(config, kit)
    await outbox.own([*systems, CHORES], {name: system.longest_call for name, system in systems.items()})
    if released := await release_after_change(outbox.database, judged_by, clock.now()):
        log.info("released_after_change", messages=released)
    outages = {name: Outage(system, clock) for name, system in systems.items()}
    beats = Beats(clock)
    wiring = Wiring(config, outbox, outages, metrics, clock, dice, beats)
    loops = (*wiring.pulls(), *wiring.relevels(), *wiring.pushes(), *wiring.hooks(), *wiring.upkeep())
    vigil = Vigil(clock, beats, outages, loops, outbox.depths, outbox.open_cases, outbox.ownership)
    outbox.ownership.heed = wiring.hints.take
    listen = Listen(systems, wiring.hints, outbox, metrics)
    door = HookDoor(listen.hook, systems, max_body=config.http.hook_body_bytes)
    token = config.http.details_token.get_secret_value() if config.http.details_token else ""
    lookout = Lookout(vigil.facts, clock)
    clean = Redaction(config.secrets()).text
    outlook = Outlook(me, lookout.facts, lambda: outbox.owned, config.owners, exits, outbox.database, clean)
    vigil.loops = (*loops, *wiring.heralds(outlook), *wiring.heartbeats(lookout))
    server = Server(lookout, metrics, door, host=config.http.host, port=config.http.port, token=token)
    await _listen(server, config)
    stack.push_async_callback(server.stop)
    return App(config, vigil.loops, LagMonitor(clock, metrics), vigil, server, outbox.leave)


async def _listen(server: Server, config: Config) -> None:
    try:
        await server.start()
    except OSError as error:
        why = f"cannot listen on {config.http.host}:{config.http.port} ({error.strerror or error})"
        raise ConfigError(f"http.port: {why}; give a free port and an address of this machine") from None


def _retention(config: Config) -> Retention:
    table = config.retention
    return Retention(*(timedelta(days=days) for days in (table.personal_days, table.stock_days, table.history_days)))


async def _note_run(outbox: PostgresOutbox, stack: AsyncExitStack, clock: Clock, name: str) -> Exits:
    """Tell if the previous run of this name ended without good-bye, and note when this one ends well."""
    now = clock.now()
    run = await begin_run(outbox.database, name, now)
    if run.unclean_since:
        log.warning("previous_exit_unclean", started_at=run.unclean_since.isoformat())

    async def leave() -> None:
        await end_run(outbox.database, run, clock.now())

    stack.push_async_callback(leave)
    return Exits(run.unclean_since, await unclean_ends(outbox.database, name, run.run_id, now - timedelta(days=1)))
