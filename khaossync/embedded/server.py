"""Runs PostgreSQL as a direct child of the daemon and keeps it running until it is told to stop."""

import asyncio
import os
import shutil
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from types import MappingProxyType

import structlog

from khaossync.domain.errors import ConfigError
from khaossync.embedded import binaries, seat, sockets
from khaossync.embedded.child import Child
from khaossync.embedded.cluster import Cluster

log = structlog.get_logger()

SHORTEST_PAUSE = 0.1  # seconds before a dead server is started again …
LONGEST_PAUSE = 30.0  # … growing up to this while it keeps dying
NONE: Mapping[str, str] = MappingProxyType({})
SETTINGS: Mapping[str, str] = MappingProxyType(
    {
        "unix_socket_permissions": "0700",
        "shared_buffers": "64MB",
        "log_line_prefix": "",
        # Failed statements reach us through their client; here they could only show personal data.
        "log_min_messages": "log",
        "log_min_error_statement": "panic",
        "log_checkpoints": "off",
    }
)


class Server:
    """A private PostgreSQL; `async with Server(folder) as dsn` runs it for the length of a block.

    `data_dir` is made when it is missing and belongs to one daemon. `settings` are PostgreSQL's own parameters and
    win over ours. When the daemon is killed the server stops by itself; when the server dies it is started again
    under the same DSN.
    """

    def __init__(self, data_dir: Path, *, bindir: Path | None = None, settings: Mapping[str, str] = NONE) -> None:
        self._cluster = Cluster(data_dir.absolute())
        self._bindir = bindir
        self._settings = {**SETTINGS, **settings}
        self._claim: int | None = None
        self._sockets: Path | None = None
        self._child: Child | None = None
        self._keeper: asyncio.Task[None] | None = None

    async def __aenter__(self) -> str:
        return await self.start()

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> str:
        """Start, creating the data at the first time; returns the DSN once connections are accepted.

        Raises ConfigError when there is no PostgreSQL, the folder is another daemon's, or the server refuses.
        """
        self._claim = self._cluster.lock_daemon()
        async with AsyncExitStack() as undo:
            undo.push_async_callback(self.stop)
            chosen = await seat.take(binaries.find(self._bindir), self._cluster.home)
            await self._cluster.prepare(chosen)
            self._sockets = sockets.make_folder(self._cluster.home)
            chosen.own(self._sockets)
            command = chosen.command("postgres", *self._arguments(self._sockets))
            child = await self._launch(command)
            undo.pop_all()
        self._keeper = asyncio.create_task(self._keep(child, command), name="embedded postgres")
        log.info("postgres_started", version=chosen.major, data=str(self._cluster.data), identity=chosen.identity)
        return sockets.dsn(self._cluster, self._sockets)

    async def stop(self) -> None:
        """Stop fast: open transactions are rolled back, everything committed is kept. Without effect when stopped."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.wait([self._keeper])
            self._keeper = None
        if self._child is not None:
            await self._child.stop()
            self._child = None
        if self._sockets is not None:
            shutil.rmtree(self._sockets, ignore_errors=True)
            self._sockets = None
        if self._claim is not None:
            os.close(self._claim)
            self._claim = None

    async def _launch(self, command: list[str]) -> Child:
        lock = await self._cluster.lock_server()
        try:
            self._child = child = await Child.launch(command, lock)
        finally:
            os.close(lock)
        await child.ready(self._cluster.is_ready)
        return child

    async def _keep(self, child: Child, command: list[str]) -> None:
        while True:
            log.error("postgres_died", exit_code=await child.ended(), hint="it is started again by itself")
            child = await self._relaunch(command)

    async def _relaunch(self, command: list[str]) -> Child:
        pause = SHORTEST_PAUSE
        while True:
            await asyncio.sleep(pause)
            try:
                return await self._launch(command)
            except (ConfigError, OSError) as error:
                log.error("postgres_not_restarted", reason=str(error))
                pause = min(2 * pause, LONGEST_PAUSE)

    def _arguments(self, socket_folder: Path) -> list[str]:
        settings = [word for key, value in self._settings.items() for word in ("-c", f"{key}={value}")]
        return ["-D", str(self._cluster.data), "-k", str(socket_folder), "-h", "", *settings]
