"""`khaossync check`: hold the configuration against every system, and say what to do about each finding."""

import argparse
import asyncio
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict

from khaossync.app import connectors
from khaossync.cli.opening import config_argument, configured, settings_beside
from khaossync.cli.table import table
from khaossync.clock import SystemClock
from khaossync.config import Config
from khaossync.domain.errors import SyncError
from khaossync.ops.metrics import Metrics
from khaossync.outbox import open_outbox
from khaossync.ports import Connector, Finding, Kit


def arguments(verb: argparse.ArgumentParser) -> None:
    """Declare the verb's options."""
    config_argument(verb)
    verb.add_argument("--json", action="store_true", help="print the findings for a machine")
    verb.set_defaults(execute=execute)


def execute(options: argparse.Namespace) -> int:
    """Print every finding; 1 when one of them is bad."""
    found = asyncio.run(_findings(configured(options, level="critical")))
    if options.json:
        print(json.dumps([asdict(one) for one in found], indent=2))
    else:
        rows = [("ok" if one.good else "FAIL", one.subject, one.detail, one.remedy) for one in found]
        print(table(("", "what", "found", "what to do"), rows))
    return 0 if all(one.good for one in found) else 1


async def _findings(config: Config) -> list[Finding]:
    found = [Finding("configuration", True, "every key is known and every value within its bounds")]
    async with AsyncExitStack() as stack:
        clock = SystemClock()
        try:
            settings = await settings_beside(config, stack)
            outbox = await stack.enter_async_context(open_outbox(settings, clock))
        except SyncError as error:
            return [*found, Finding("database", False, str(error), "start PostgreSQL, or mend [database]")]
        found.append(Finding("database", True, "answers, and its schema is this version's"))
        kit = Kit(clock, random.Random(), Metrics(), outbox, stack)
        systems = await connectors(config, kit)
        asked = await asyncio.gather(*(_asked(system) for system in systems.values()))
    told = dict(zip(systems, asked, strict=True))
    offers = {(name, one.subject): one.offers for name, findings in told.items() for one in findings if one.offers}
    return [*found, *(one for findings in asked for one in findings), *_names(config, offers)]


def _names(config: Config, offers: Mapping[tuple[str, str], Sequence[str]]) -> Iterator[Finding]:
    """Every name that a channel's table takes from another system must be one that this system has."""
    for name, channel in config.channel.items():
        for key, used, address in (
            ("sales_source", [channel.sales_source], (channel.erp, "sales sources")),
            ("company_class", [channel.company_class], (channel.erp, "company classes")),
            ("couriers", [*channel.couriers.values(), channel.default_courier], (channel.erp, "couriers")),
            ("sites", [*channel.sites], (name, "locations")),
        ):
            there = offers.get(address, used)
            for one in sorted({*used} - {"", *there}):
                detail = f"{key} names {one!r}, and {address[0]} has no such thing"
                yield Finding(f"channel {name}", False, detail, f"correct `{key}` to one of: {', '.join(there)}")


async def _asked(system: Connector) -> Sequence[Finding]:
    try:
        await system.probe.ping()
        return [Finding(system.name, True, f"{system.kind} answers and lets us in"), *await system.probe.check()]
    except SyncError as error:
        remedy = "check the address, the credentials and the network between us"
        return [Finding(system.name, False, str(error), remedy)]
