"""The daemon's ports, wrapped so that the process can end at every await behind them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

import asyncpg
from chaos.death import Crash, Mortal

from khaossync.domain.documents import Kind, Page
from khaossync.domain.messages import Delivery, Outcome
from khaossync.outbox import Database, DatabaseSettings, PostgresOutbox
from khaossync.outbox.database import Connection
from khaossync.ports import Connector, Sink, Source

P = ParamSpec("P")
T = TypeVar("T")

PORTS = ("cursor", "read_up_to", "look_up", "versions", "open_references", "counted", "hint", "tidy", "hasten", "seal")
"""The outbox's methods before which nothing is known that is nowhere written down."""

ASKED = ("take_in", "intend", "settle", "claim")
"""Those of the delivery path; before each of them something may be."""

STATED = ("intend",)
"""What of it writes by a statement without a transaction: done, it is committed."""

_STATEMENTS = ("execute", "executemany", "fetch", "fetchrow", "fetchval")
_doing: ContextVar[str] = ContextVar("doing", default="keep")


def watch_outbox(outbox: PostgresOutbox, mortal: Mortal) -> None:
    """Let a life end before, and where it is not a transaction after, each call of the outbox."""
    for name in (*PORTS, *ASKED):
        setattr(outbox, name, _watched(name, getattr(outbox, name), mortal))


def _watched(name: str, method: Callable[P, Awaitable[T]], mortal: Mortal) -> Callable[P, Awaitable[T]]:
    @wraps(method)
    async def watched(*args: P.args, **kwargs: P.kwargs) -> T:
        token = _doing.set(name)
        try:
            if name in ASKED:
                await mortal.reach(f"{name}: asked for")
            made = await method(*args, **kwargs)
            await mortal.reach(f"{name}: known")
            return made
        finally:
            _doing.reset(token)

    return watched


class FragileDatabase(Database):
    """A pool whose user may die before, in and after every transaction."""

    def __init__(self, settings: DatabaseSettings, pool: "asyncpg.Pool[asyncpg.Record]", mortal: Mortal) -> None:
        super().__init__(settings, pool)
        self._mortal = mortal

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        async with super().connection() as connection:
            doing = _doing.get()
            after = f"{doing}: after the statement" if doing in STATED else ""
            yield _fragile(connection, self._mortal, f"{doing}: before the statement", after)

    async def transact(
        self, work: Callable[Concatenate[Connection, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        doing = _doing.get()
        name = work.__name__.strip("_") if doing == "keep" else doing

        async def watched(connection: Connection, /, *args: P.args, **kwargs: P.kwargs) -> T:
            made = await work(_fragile(connection, self._mortal, f"{name}: in the transaction"), *args, **kwargs)
            await self._mortal.reach(f"{name}: before the commit")
            return made

        made = await super().transact(watched, *args, **kwargs)
        await self._mortal.reach(f"{name}: after the commit")
        return made

    async def connect(self) -> "asyncpg.Connection[asyncpg.Record]":
        await self._mortal.reach("keep: connect")
        connection = await super().connect()
        return cast(
            "asyncpg.Connection[asyncpg.Record]", _fragile(connection, self._mortal, "keep: before the statement")
        )


def _fragile(connection: Any, mortal: Mortal, before: str, after: str = "") -> Connection:
    return cast(Connection, _Fragile(connection, mortal, before, after))


class _Fragile:
    """A connection before, and where there is a point after, each of whose statements the process may end."""

    def __init__(self, connection: Any, mortal: Mortal, before: str, after: str) -> None:
        self._connection, self._mortal, self._names = connection, mortal, (before, after)

    def __getattr__(self, attribute: str) -> Any:
        method = getattr(self._connection, attribute)
        return self._before(method) if attribute in _STATEMENTS else method

    def _before(self, method: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def stated(*args: Any, **kwargs: Any) -> Any:
            before, after = self._names
            await self._mortal.reach(before)
            made = await method(*args, **kwargs)
            if after:
                await self._mortal.reach(after)
            return made

        return stated


@dataclass(frozen=True, slots=True)
class FragileSink:
    """A sink whose caller may die before it is told and after it has answered."""

    inner: Sink
    mortal: Mortal

    @property
    def kind(self) -> Kind:
        return self.inner.kind

    @property
    def max_batch(self) -> int:
        return self.inner.max_batch

    @property
    def parallel(self) -> int:
        return self.inner.parallel

    @property
    def blind(self) -> bool:
        return self.inner.blind

    async def deliver(self, batch: Sequence[Delivery]) -> Sequence[Outcome]:
        await self.mortal.reach(f"deliver {self.kind}: before")
        outcomes = await self.inner.deliver(batch)
        await self.mortal.reach(f"deliver {self.kind}: after")
        return outcomes


@dataclass(frozen=True, slots=True)
class FragileSource:
    """A source whose reader may die between two pages."""

    inner: Source
    mortal: Mortal

    @property
    def name(self) -> str:
        return self.inner.name

    @property
    def interval(self) -> timedelta:
        return self.inner.interval

    async def changes(self, cursor: str | None) -> AsyncIterator[Page]:
        async for page in self.inner.changes(cursor):
            await self.mortal.reach(f"read {self.name}: a page")
            yield page
            await self.mortal.reach(f"read {self.name}: the page is stored")


def fragile(connector: Connector, mortal: Mortal) -> Connector:
    """The connector, with a life that may end at everything it does."""
    sinks = {kind: FragileSink(sink, mortal) for kind, sink in connector.sinks.items()}
    return replace(connector, sinks=sinks, sources=tuple(FragileSource(one, mortal) for one in connector.sources))


async def until_death(work: Awaitable[T], death: asyncio.Event) -> T:
    """The result of some work, or Crash as soon as the one who does it is dead."""
    task, ended = asyncio.ensure_future(work), asyncio.ensure_future(death.wait())
    try:
        await asyncio.wait({task, ended}, return_when=asyncio.FIRST_COMPLETED)
        if death.is_set():
            raise Crash
        return task.result()
    finally:
        ended.cancel()
        task.cancel()
        await asyncio.gather(task, ended, return_exceptions=True)
