"""One PostgreSQL for all, a fresh database for each run, and meters for what a run costs the server."""

import asyncio
import json
import os
import shutil
import sys
import tempfile
from asyncio.subprocess import PIPE
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from khaossync.embedded import Server

SETTINGS = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "autovacuum": "on",
    "shared_buffers": "512MB",
    "max_wal_size": "16GB",
    "checkpoint_timeout": "30min",
    "max_connections": "200",
}
"""The same for all. What commits is on the disk; no checkpoint falls into one run and not into another."""

ROOT = Path(__file__).resolve().parents[2]
PEERS = Path(__file__).parent / "peers"
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Contender:
    """A queue that is measured, by the command that plays it."""

    name: str
    command: tuple[str, ...]
    modules: str = ""

    @property
    def slug(self) -> str:
        """What its databases are called."""
        return self.name.lower().replace(" ", "_")

    @property
    def there(self) -> bool:
        """Whether it is installed."""
        return shutil.which(self.command[0]) is not None


def contenders(folder: Path) -> list[Contender]:
    """khaossync first, then its peers as they are installed in this folder."""
    python, modules = str(folder / "python" / "bin" / "python"), folder / "node" / "node_modules"
    peer = "benchmarks.outbox.peers."
    node = (str(modules / ".bin" / "node"), str(PEERS / "graphile.mjs"))
    return [
        Contender("khaossync", (sys.executable, "-m", "benchmarks.outbox.ours")),
        Contender("PgQueuer", (python, "-m", f"{peer}pgqueuer_one")),
        Contender("Graphile Worker", node, str(modules)),
        Contender("Procrastinate", (python, "-m", f"{peer}procrastinate_one")),
    ]


class Arena:
    """A private PostgreSQL in a temporary folder, for the length of a block."""

    def __init__(self) -> None:
        self._stack = AsyncExitStack()
        self._admin: asyncpg.Connection[asyncpg.Record]
        self._home: Path
        self._dsn = ""

    async def __aenter__(self) -> Self:
        self._home = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-outbox-")))
        self._dsn = await self._stack.enter_async_context(Server(self._home, settings=SETTINGS))
        self._admin = await asyncpg.connect(self._dsn)
        self._stack.push_async_callback(self._admin.close)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    @property
    def version(self) -> str:
        """PostgreSQL's own, in short."""
        return ".".join(str(part) for part in self._admin.get_server_version()[:2])

    async def fresh(self, name: str, template: str = "template1") -> None:
        """A new database; what it is copied from is in the log, so that no run pays for whole pages."""
        await self.drop(name)
        await self._admin.execute(f"create database {name} template {template} strategy wal_log")

    async def drop(self, name: str) -> None:
        """Away with a database."""
        await self._admin.execute(f"drop database if exists {name} with (force)")

    async def settle(self, name: str) -> None:
        """Bring the statistics of a database up to date, as they are in a queue that has run for a while."""
        connection = await asyncpg.connect(self._at(name))
        await connection.execute("vacuum (analyze)")
        await connection.close()

    async def play(self, contender: Contender, name: str, **order: Any) -> dict[str, Any]:
        """Have a contender do something in a database; what it told, with the server's WAL bytes and processor time."""
        child = await asyncio.create_subprocess_exec(
            *contender.command,
            json.dumps({**order, "dsn": self._at(name)}),
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "BENCH_NODE_MODULES": contender.modules},
            stdin=PIPE,
            stdout=PIPE,
        )
        assert child.stdin is not None and child.stdout is not None  # noqa: S101, PT018  asked for
        try:
            if order["do"] != "install":
                await child.stdout.readline()
            wal, server = await self._wal(), self._server_seconds()
            child.stdin.write(b"go\n")
            told = await child.stdout.readline()
            wal = await self._wal() - wal
            child.stdin.close()
        finally:
            code = await child.wait()
        if code != 0 or (not told and order["do"] != "install"):
            raise RuntimeError(f"{contender.name} broke over {order}: exit code {code}")
        await self._left(name)
        return {**json.loads(told or b"{}"), "wal": wal, "server": self._server_seconds() - server}

    def _at(self, name: str) -> str:
        return urlunsplit(urlsplit(self._dsn)._replace(path=f"/{name}"))

    async def _wal(self) -> float:
        return float(await self._admin.fetchval("select pg_current_wal_insert_lsn() - '0/0'"))

    async def _left(self, name: str) -> None:
        """Wait until its sessions have ended: only then is all of their processor time to be read everywhere."""
        while await self._admin.fetchval(
            "select count(*) from pg_stat_activity where datname = $1 and backend_type = 'client backend'", name
        ):
            await asyncio.sleep(0.05)

    def _server_seconds(self) -> float:
        """Processor time of the postmaster, of what it has buried, and of its living children."""
        postmaster = (self._home / "data" / "postmaster.pid").read_text().splitlines()[0]
        ticks = sum(map(int, _stat(Path("/proc") / postmaster)[11:15]))
        for process in Path("/proc").iterdir():
            if process.name.isdigit() and (stat := _stat(process)) and stat[1] == postmaster:
                ticks += int(stat[11]) + int(stat[12])
        return ticks / _TICKS


def _stat(process: Path) -> list[str]:
    """The fields behind the name; none of a process that has just gone. https://man7.org/linux/man-pages/man5/proc.5.html"""
    try:
        return (process / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
