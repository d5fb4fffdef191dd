"""One run of the `postgres` program, from its start to its end, with what it said on the way."""

import asyncio
import re
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Self

import structlog

from khaossync.domain.errors import ConfigError
from khaossync.embedded.seat import ENVIRONMENT

log = structlog.get_logger()

STOP_WAIT = 20.0  # seconds that each way of stopping may take before the next, harder one
_HARDER_AND_HARDER = (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL)
_LINE = re.compile(r"(?P<severity>[A-Z]+):  (?P<text>.*)")
_LOUD = {"WARNING": "warning", "FATAL": "error", "PANIC": "critical"}


class Child:
    """A running `postgres`."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._said: deque[str] = deque(maxlen=10)
        self._listener = asyncio.create_task(self._listen(), name="embedded postgres log")

    @classmethod
    async def launch(cls, command: Sequence[str], lock: int) -> Self:
        """Start the program; it inherits the open file `lock`."""
        return cls(
            await asyncio.create_subprocess_exec(
                *command, stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE, env=ENVIRONMENT, pass_fds=(lock,)
            )
        )

    async def ready(self, is_ready: Callable[[int], bool]) -> None:
        """Return when `is_ready` says so of its process id; ConfigError when it ends before."""
        while not is_ready(self._process.pid):
            if self._process.returncode is not None:
                await self._listener
                raise ConfigError(
                    f"the embedded PostgreSQL did not start: {'; '.join(self._said) or 'it said nothing'}"
                )
            await asyncio.sleep(0.01)

    async def ended(self) -> int:
        """Wait for its end; returns the exit code."""
        code = await self._process.wait()
        await self._listener
        return code

    async def stop(self) -> None:
        """A fast stop first (roll back what is open, keep what is committed), harder means when that takes too long."""
        for number in _HARDER_AND_HARDER:
            with suppress(ProcessLookupError):
                self._process.send_signal(number)
            with suppress(TimeoutError):
                async with asyncio.timeout(STOP_WAIT):
                    await self._process.wait()
                    break
        await self._listener

    async def _listen(self) -> None:
        assert self._process.stderr is not None  # noqa: S101  (asked for when the process was made)
        async for raw in self._process.stderr:
            line = raw.decode(errors="replace").strip()
            self._said.append(line)
            found = _LINE.match(line)
            severity, text = found.groups() if found else ("LOG", line)
            getattr(log, _LOUD.get(severity, "debug"))("postgres_said", severity=severity, text=text)
