"""`khaossync db`: move an embedded database to a real server."""

import argparse
import asyncio
import os
from contextlib import AsyncExitStack
from urllib.parse import urlsplit

from khaossync.cli.opening import config_argument, configured, settings_beside
from khaossync.clock import SystemClock
from khaossync.domain.errors import ConfigError
from khaossync.outbox import DatabaseSettings, copy


def arguments(verb: argparse.ArgumentParser) -> None:
    """Declare the verb's options."""
    acts = verb.add_subparsers(dest="act", metavar="copy", required=True)
    act = acts.add_parser("copy", help="copy everything to an empty PostgreSQL; stop the daemon first")
    act.add_argument(
        "--to", metavar="DSN", help="without its password: that goes in $PGPASSWORD, or all in $KHAOSSYNC_TO"
    )
    config_argument(act)
    verb.set_defaults(execute=execute)


def execute(options: argparse.Namespace) -> int:
    """Copy all or nothing, and count both sides."""
    if options.to and urlsplit(options.to).password:
        raise ConfigError("db copy: --to holds a password, which every user could read; put the DSN into $KHAOSSYNC_TO")
    target = options.to or os.environ.get("KHAOSSYNC_TO", "")
    if not target:
        raise ConfigError("db copy: say where to with --to postgresql://user@host/name, or in $KHAOSSYNC_TO")
    return asyncio.run(_copy(options, target))


async def _copy(options: argparse.Namespace, target: str) -> int:
    config = configured(options, level="warning")
    async with AsyncExitStack() as stack:
        counts = await copy(await settings_beside(config, stack), DatabaseSettings(target), SystemClock())
    for name, count in counts.items():
        print(f"{count:>10,} {name}")
    print("copied and counted on both sides; now set [database] dsn to the new server and start the daemon")
    return 0
