"""`khaossync check`: hold the configuration against every system, and say what to do about each finding."""

import argparse
import asyncio
import json
import random
import shutil
import sys
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack

from khaossync.app import connectors
from khaossync.cli.findings import Findings, page, report, verdict
from khaossync.cli.opening import config_argument, configured, settings_beside
from khaossync.clock import SystemClock
from khaossync.config import Config
from khaossync.domain.errors import SyncError
from khaossync.domain.findings import Finding, Severity
from khaossync.ops.checking.store import Store, look
from khaossync.ops.checking.systems import Systems
from khaossync.ops.metrics import Metrics
from khaossync.outbox import Database, open_database
from khaossync.ports import Connector, Kit

PATIENCE = 60.0
"""Seconds that every system has for its part; they are asked side by side."""

_SCARCE, _LITTLE = 1, 5
"""Gigabytes free for the private server: with less than the first it may stop at any time."""


def arguments(verb: argparse.ArgumentParser) -> None:
    """Declare the verb's options."""
    config_argument(verb)
    verb.add_argument("--json", action="store_true", help="print the findings for a machine, with every item")
    verb.set_defaults(execute=execute)


def execute(options: argparse.Namespace) -> int:
    """Print every finding; 1 when something cannot work, 0 when there is nothing worse than a warning."""
    found = asyncio.run(_findings(configured(options, level="critical")))
    told = json.dumps(report(found, SystemClock().now()), indent=2) if options.json else page(found)
    print(told)
    return 1 if verdict(found) is Severity.FAIL else 0


class _NoMemory:
    """A check asks systems how they are, and reads nothing on from where the daemon stopped."""

    async def open_references(self, *_: object, **__: object) -> Sequence[str]:
        return ()

    async def versions(self, *_: object, **__: object) -> Mapping[str, str]:
        return {}


async def _findings(config: Config) -> Findings:
    good = Finding.ok("keys", "every key is known and every value within its bounds")
    async with AsyncExitStack() as stack:
        store, database = await _store(config, stack)
        built, broken = await _connectors(config, stack)
        systems = Systems(
            config.rules(),
            built,
            database if store.usable else None,
            {name: config.http.hook_url(name) for name in config.channel},
            SystemClock(),
            asyncio.get_running_loop().time() + PATIENCE,
            lambda text: print(text, file=sys.stderr, flush=True),
        )
        return [("configuration", [good]), ("database", store.findings), *broken, *await systems.look()]


async def _store(config: Config, stack: AsyncExitStack) -> tuple[Store, Database | None]:
    private = config.database.dsn is None
    try:
        settings = await settings_beside(config, stack)
        database = await stack.enter_async_context(open_database(settings))
    except SyncError as error:
        return Store([Finding.fail("answers", str(error), "start PostgreSQL, or mend [database]")]), None
    store = await look(database, settings, SystemClock(), private=private)
    return (Store([*store.findings, _disk(config)], usable=store.usable) if private else store), database


def _disk(config: Config) -> Finding:
    free = shutil.disk_usage(config.database.data_dir).free / 1e9
    detail = f"{free:.0f} GB are free for {config.database.data_dir}"
    if free >= _LITTLE:
        return Finding.ok("disk", detail)
    return (Finding.fail if free < _SCARCE else Finding.warn)("disk", detail, "make room, or move data_dir")


async def _connectors(
    config: Config, stack: AsyncExitStack
) -> tuple[dict[str, Connector], list[tuple[str, Sequence[Finding]]]]:
    """Every system that can be built, each by itself, and why the others cannot."""
    kit = Kit(SystemClock(), random.Random(), Metrics(), _NoMemory(), stack)
    alone: dict[str, Mapping[str, object]] = {
        name: {"erp": {name: table}, "channel": {}} for name, table in config.erp.items()
    }
    alone |= {name: {"erp": {}, "channel": {name: table}} for name, table in config.channel.items()}
    built: dict[str, Connector] = {}
    broken: list[tuple[str, Sequence[Finding]]] = []
    for name, tables in alone.items():
        try:
            built |= await connectors(config.model_copy(update=tables), kit)
        except SyncError as error:
            broken.append((name, [Finding.fail("settings", str(error), "correct what it names")]))
    return built, broken
