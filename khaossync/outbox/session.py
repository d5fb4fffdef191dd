"""Session: the one connection that holds our locks, what is heard on it, and when it was last known to be alive."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

import asyncpg

from khaossync.clock import Clock
from khaossync.domain.errors import OwnershipLostError, TransientError
from khaossync.outbox.database import translated

Dedicated = "asyncpg.Connection[asyncpg.Record]"

BEAT = 1.0
"""Seconds between two signs of life."""
FRESH = 4.0
"""Seconds for which a sign of life proves that nobody has taken our place: less than others wait (`seats.SILENCE`)."""
PATIENCE = 3.0
"""Seconds within which PostgreSQL answers a sign of life, or we take it that the way to it is broken."""

Hear = Callable[[str], None]


class Session:
    """A connection that is made when it is needed, and used by one at a time.

    `ears` is who hears which channel. `began` is called with every new connection: nothing is held on it yet.
    `ended` is called when one has ended.
    """

    def __init__(
        self,
        connect: Callable[[], Awaitable["asyncpg.Connection[asyncpg.Record]"]],
        clock: Clock,
        ears: Mapping[str, Hear],
        ended: Callable[[], None],
    ) -> None:
        self._connect = connect
        self._clock = clock
        self._ears = ears
        self._ended = ended
        self._busy = asyncio.Lock()
        self._connection: asyncpg.Connection[asyncpg.Record] | None = None
        self._proved_at: float | None = None
        self.serial = 0
        """Counts the connections: what was held on an earlier one is held no more."""

    @property
    def alive(self) -> bool:
        """Whether the connection stands, as far as we know."""
        return self._connection is not None and not self._connection.is_closed()

    def insist(self) -> None:
        """Raise OwnershipLostError unless PostgreSQL has answered us just now: we may have stood still for a while."""
        age = self._clock.monotonic() - self._proved_at if self._proved_at is not None else FRESH
        if not self.alive or age >= FRESH:
            raise OwnershipLostError(
                f"this process has not heard from PostgreSQL for {age:.0f} s: another may own what was its own"
            )

    @asynccontextmanager
    async def use(self) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
        """The connection, for as long as the block lasts; raises TransientError while PostgreSQL is away."""
        async with self._busy:
            with translated():
                began = self._clock.monotonic()
                connection = await self._alive()
                yield connection
                self._proved_at = began

    async def beat(self) -> None:
        """Give a sign of life; a connection on which it is not answered in time is given up."""
        async with self._busy:
            if not self.alive or self._connection is None:
                return
            began = self._clock.monotonic()
            try:
                await self._connection.fetchval("select 1", timeout=PATIENCE)
            except (TimeoutError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                self.drop()
                raise TransientError(f"PostgreSQL does not answer the session of our locks ({error!r})") from error
            self._proved_at = began

    def drop(self) -> None:
        """End the connection at once, without asking a server that may not answer."""
        if self._connection is not None:
            self._connection.terminate()

    async def close(self) -> None:
        """End the connection."""
        if self._connection is not None and not self._connection.is_closed():
            with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await self._connection.close(timeout=5)
                return
            self._connection.terminate()

    async def _alive(self) -> "asyncpg.Connection[asyncpg.Record]":
        if self._connection is None or self._connection.is_closed():
            self.serial += 1
            self._connection = await self._connect()
            self._connection.add_termination_listener(lambda _: self._ended())
            for channel in self._ears:
                await self._connection.add_listener(channel, self._hear)
        return self._connection

    def _hear(self, _connection: Any, _pid: int, channel: str, payload: object) -> None:
        self._ears[channel](str(payload))
