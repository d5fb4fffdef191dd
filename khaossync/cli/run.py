"""`khaossync run`: the daemon."""

import argparse
import asyncio
import gc
import signal
from contextlib import AsyncExitStack

import structlog
import uvloop

from khaossync.app import build
from khaossync.cli.opening import config_argument, configured
from khaossync.config import Config

log = structlog.get_logger()


def arguments(verb: argparse.ArgumentParser) -> None:
    """Declare the verb's options."""
    config_argument(verb)
    verb.set_defaults(execute=execute)


def execute(options: argparse.Namespace) -> int:
    """Run until told to stop; 0 after a clean stop, 1 when stopped at once."""
    config = configured(options)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_serve(config))


async def _serve(config: Config) -> int:
    """SIGTERM and SIGINT drain; the second one stops at once."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    serving = asyncio.ensure_future(_until_stopped(config, stop))

    def told(name: str) -> None:
        if stop.is_set():
            log.warning("stopping_at_once", signal=name)
            serving.cancel()
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told, number.name)
    try:
        await serving
    except asyncio.CancelledError:
        return 1
    log.info("stopped")
    return 0


async def _until_stopped(config: Config, stop: asyncio.Event) -> None:
    async with AsyncExitStack() as stack:
        app = await build(config, stack)
        gc.collect()
        gc.set_threshold(50_000, 20, 100)  # a backlog is many small objects, nearly none of them in a circle
        gc.freeze()  # what was built lives as long as the process: collections need not walk it, and stay short
        await app.run(stop)
