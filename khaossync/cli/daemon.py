"""The real daemon as a child process, as a service manager would run it."""

import asyncio
import re
import signal
import sys
from pathlib import Path
from typing import Self

import aiohttp

from khaossync.domain.errors import TransientError

START = 60
"""Seconds until a daemon that does not become ready has failed; a first start creates its database."""


class Daemon:
    """`khaossync run` with its log in a file; stopped with SIGTERM when the block ends."""

    def __init__(self, config: Path, log: Path) -> None:
        self._config = config
        self._log = log
        self.peak = 0.0
        """The most resident megabytes that were seen."""

    async def __aenter__(self) -> Self:
        command = (sys.executable, "-m", "khaossync", "run", "--config", str(self._config))
        with self._log.open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                *command, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        self.ended = asyncio.ensure_future(self._process.wait())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)
        await self._process.wait()

    async def ready(self, url: str) -> None:
        """Return when the daemon takes work. Raises TransientError with its last words when it does not."""
        async with aiohttp.ClientSession() as session:
            for _ in range(START * 5):
                self.insist()
                try:
                    async with session.get(f"{url}/readyz") as answer:
                        if answer.status == 200:
                            return
                except aiohttp.ClientError:
                    pass  # it does not listen yet
                await asyncio.sleep(0.2)
        raise TransientError(f"the daemon was not ready within {START} s:\n{self._last_words()}")

    def insist(self) -> None:
        """Raise TransientError with the daemon's last words if it has ended."""
        if self._process.returncode is not None:
            raise TransientError(f"the daemon ended with {self._process.returncode}:\n{self._last_words()}")

    def memory(self) -> float:
        """Resident megabytes now."""
        try:
            status = Path(f"/proc/{self._process.pid}/status").read_text()
        except FileNotFoundError:
            return 0.0
        resident = re.search(r"VmRSS:\s+(\d+) kB", status)
        now = int(resident[1]) / 1024 if resident else 0.0
        self.peak = max(self.peak, now)
        return now

    def told(self) -> str:
        """What its log says of the day, in a line."""
        lines = self._log.read_text(errors="replace").splitlines()
        blocked = [line for line in lines if '"event_loop_blocked"' in line]
        errors = [line for line in lines if '"level":"error"' in line]
        return (
            f"daemon: {self.peak:.0f} MB at most, {len(lines)} log lines, {len(errors)} errors, "
            f"event loop blocked over 50 ms {len(blocked)} times"
        )

    def _last_words(self) -> str:
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-8:])
