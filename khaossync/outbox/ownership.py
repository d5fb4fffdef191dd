"""Ownership: which connectors' queues are ours, by session locks on a connection that does nothing else."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import asyncpg
import structlog

from khaossync.clock import Clock
from khaossync.domain.errors import OwnershipLostError
from khaossync.outbox.database import translated
from khaossync.outbox.intents import DOUBT
from khaossync.outbox.rows import MESSAGE_COLUMNS

log = structlog.get_logger()

# The lock lives as long as its session: a dead owner is replaced at once, without a lease to wait out.
TAKE = "select pg_try_advisory_lock(hashtextextended('khaossync/owner/' || $1, 0))"

# Waits for a predecessor's transactions under way; what it commits later meets another epoch.
BUMP = """
insert into khaossync.owners as o (connector, epoch, holder, since) values ($1, 1, $2, $3)
on conflict (connector) do update set epoch = o.epoch + 1, holder = excluded.holder, since = excluded.since
returning epoch"""

# What waited long enough is ready again; an acknowledgement that did not come leaves a doubt.
PROMOTE = f"""
update khaossync.messages m
set state = 'ready', not_before = null, ready_at = $2, doubt = m.doubt or m.state = 'pending'
from (
    select id from khaossync.messages
    where destination = any($1::text[]) and state in ('waiting', 'pending') and not_before <= $2
    order by not_before limit $3
    for update skip locked
) due
where m.id = due.id
returning {MESSAGE_COLUMNS}"""  # noqa: S608  static text

# Which of these still hold up their keys; a person may have ignored the others.
STILL_BLOCKING = "select id from khaossync.messages where id = any($1::bigint[]) and state <> 'ready'"

PROMOTED_AT_ONCE = 1000
CHANNEL = "khaossync"


class Ownership:
    """Holds the locks of the connectors it was asked for, as far as nobody else holds them."""

    def __init__(
        self,
        connect: Callable[[], Awaitable["asyncpg.Connection[asyncpg.Record]"]],
        clock: Clock,
        holder: str,
        grace: timedelta,
    ) -> None:
        self._connect = connect
        self._clock = clock
        self._holder = holder
        self._grace = grace
        self._connection: asyncpg.Connection[asyncpg.Record] | None = None
        self._wanted: set[str] = set()
        self._held: set[str] = set()
        self._epochs: dict[str, int] = {}
        self.heard: set[str] = set()
        self.nudged = asyncio.Event()

    def want(self, connectors: Iterable[str]) -> None:
        """Ask for these from the next `take` on."""
        self._wanted.update(connectors)

    @property
    def held(self) -> frozenset[str]:
        """The connectors that are ours at this moment, as far as we know."""
        alive = self._connection is not None and not self._connection.is_closed()
        return frozenset(self._held) if alive else frozenset()

    def epochs(self, connectors: Iterable[str]) -> Mapping[str, int]:
        """The epochs under which these were ours last; raises OwnershipLostError for one that never was."""
        names = sorted(set(connectors))
        if strangers := [name for name in names if name not in self._epochs]:
            raise OwnershipLostError(f"{', '.join(strangers)}: this process never owned this queue.")
        return {name: self._epochs[name] for name in names}

    async def take(self) -> Mapping[str, bool]:
        """Take what is free; tells for each connector taken whether nobody else owned it since it was ours."""
        with translated():
            connection = await self._alive()
            return {
                name: await self._bump(connection, name)
                for name in sorted(self._wanted - self._held)
                if await connection.fetchval(TAKE, name)
            }

    async def promote(self) -> Sequence[asyncpg.Record]:
        """Make ready what is due in our queues; the lock's own session does it, so no stranger can."""
        with translated():
            connection = await self._alive()
            return await connection.fetch(PROMOTE, sorted(self._held), self._clock.now(), PROMOTED_AT_ONCE)

    async def still_blocking(self, message_ids: Iterable[int]) -> set[int]:
        """Which of these messages still wait, are pending or parked."""
        with translated():
            connection = await self._alive()
            return {row["id"] for row in await connection.fetch(STILL_BLOCKING, list(message_ids))}

    def forget(self, connectors: Iterable[str]) -> None:
        """Our epochs of these are stale: whatever we know of their queues must be read again."""
        for name in connectors:
            self._epochs.pop(name, None)

    def drop(self) -> None:
        """Give everything up at once, without asking a server that may not answer."""
        if self._connection is not None:
            self._connection.terminate()

    async def close(self) -> None:
        """Give everything up."""
        if self._connection is not None and not self._connection.is_closed():
            try:
                await self._connection.close(timeout=5)
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                self._connection.terminate()

    async def _alive(self) -> "asyncpg.Connection[asyncpg.Record]":
        if self._connection is None or self._connection.is_closed():
            self._held.clear()
            self._connection = await self._connect()
            self._connection.add_termination_listener(self._ended)
            await self._connection.add_listener(CHANNEL, self._hear)
        return self._connection

    async def _bump(self, connection: "asyncpg.Connection[asyncpg.Record]", name: str) -> bool:
        epoch = int(await connection.fetchval(BUMP, name, self._holder, self._clock.now()))
        continuous = self._epochs.get(name) == epoch - 1
        if not continuous:
            await connection.execute(DOUBT, name, self._clock.now(), self._grace)
        self._epochs[name] = epoch
        self._held.add(name)
        log.info("ownership_taken", connector=name, epoch=epoch, continuous=continuous)
        return continuous

    def _hear(self, _connection: Any, _pid: int, _channel: str, payload: object) -> None:
        self.heard.add(str(payload))
        self.nudged.set()

    def _ended(self, _connection: Any) -> None:
        self.nudged.set()
