"""What several verbs need: the configuration, and the database whether or not the daemon is running."""

import argparse
import getpass
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from khaossync.app import database
from khaossync.clock import SystemClock
from khaossync.config import Config, load
from khaossync.embedded import running
from khaossync.ops import logging
from khaossync.outbox import Database, DatabaseSettings, open_database


def config_argument(verb: argparse.ArgumentParser) -> None:
    """Add `--config` to a verb."""
    places = "default: $KHAOSSYNC_CONFIG, /etc/khaossync/config.toml, ./config.toml"
    verb.add_argument("--config", type=Path, metavar="FILE", help=places)


def configured(options: argparse.Namespace, *, level: str = "") -> Config:
    """Read the configuration and set up the log with its secrets known; `level` overrides the configured one."""
    config = load(options.config)
    logging.configure(level=level or config.log.level, fmt=config.log.format, secrets=config.secrets())
    return config


@asynccontextmanager
async def opened(options: argparse.Namespace) -> AsyncIterator[Database]:
    """The database for a verb that looks or acts beside the daemon.

    An embedded server that runs already is used as it is; one that does not is started for as long as it takes.
    """
    config = configured(options, level="warning")
    async with AsyncExitStack() as stack:
        yield await stack.enter_async_context(open_database(await settings_beside(config, stack)))


async def settings_beside(config: Config, stack: AsyncExitStack) -> DatabaseSettings:
    """Where the database is, for a verb that works beside a daemon that may be running."""
    dsn = None if config.database.dsn else running(config.database.data_dir)
    return DatabaseSettings(dsn) if dsn else await database(config, stack, SystemClock())


def whoami() -> str:
    """Who acts, for the trail: the name of the user that runs the verb, told apart from the daemon's own."""
    try:
        name = getpass.getuser()
        return f"user {name}" if name == "khaossync" else name
    except (KeyError, OSError):  # a container may run us as a user without a name
        return f"user {os.getuid()}"
