"""Looks at a private PostgreSQL from outside."""

import os
import select
import stat
import subprocess
from pathlib import Path

import asyncpg

from khaossync.embedded import binaries


async def fetch(dsn: str, query: str) -> object:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


def mode(path: Path | str) -> int:
    return stat.S_IMODE(Path(path).stat().st_mode)


def server_pid(home: Path) -> int:
    return int((home / "data" / "postmaster.pid").read_text().splitlines()[0])


def wait_for_the_end_of(pid: int) -> None:
    """Return when the process has ended; fail after 20 s."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        assert select.select([handle], [], [], 20)[0], f"process {pid} still lives"
    finally:
        os.close(handle)


def control_data(home: Path) -> str:
    program = binaries.find() / "pg_controldata"
    return subprocess.run([program, home / "data"], capture_output=True, text=True, check=True).stdout
