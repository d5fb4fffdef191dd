"""`khaossync migrate`: bring the database to the schema of this version."""

import argparse
import asyncio
from contextlib import AsyncExitStack

from khaossync.app import database
from khaossync.cli.opening import config_argument, configured
from khaossync.clock import SystemClock
from khaossync.outbox import migrate


def arguments(verb: argparse.ArgumentParser) -> None:
    """Declare the verb's options."""
    config_argument(verb)
    verb.set_defaults(execute=execute)


def execute(options: argparse.Namespace) -> int:
    """Apply what is missing, all of a file or nothing of it."""
    return asyncio.run(_migrate(options))


async def _migrate(options: argparse.Namespace) -> int:
    config = configured(options, level="warning")
    async with AsyncExitStack() as stack:
        settings = await database(config, stack, SystemClock())
        applied = await migrate(settings, SystemClock())
    print(f"{applied} migrations applied; the schema is this version's")
    return 0
