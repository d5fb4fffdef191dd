"""What changes something leaves only as long as it may, whatever held it up on its way."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from khaossync.clock import SystemClock
from khaossync.domain.errors import OwnershipLostError
from khaossync.ops.metrics import Metrics
from khaossync.transport.buckets import Budget
from khaossync.transport.http import Http, Request
from khaossync.transport.limiter import Limiter
from khaossync.transport.priority import Priority


@dataclass
class Permit:
    """May be taken away at any time."""

    good: bool = True
    asked: list[str] = field(default_factory=list)

    def __call__(self, system: str) -> None:
        self.asked.append(system)
        if not self.good:
            raise OwnershipLostError("another process works for it now")


@dataclass
class Names(AbstractResolver):
    """Resolves when it is let go: until then the request has not even a connection."""

    go: asyncio.Event = field(default_factory=asyncio.Event)
    asked: asyncio.Event = field(default_factory=asyncio.Event)

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
        self.asked.set()
        await self.go.wait()
        return [ResolveResult(hostname=host, host="127.0.0.1", port=port, family=family, proto=0, flags=0)]

    async def close(self) -> None: ...


@dataclass
class Wire:
    """A server that sees the bytes that reach it."""

    seen: bytearray = field(default_factory=bytearray)
    permit: Permit = field(default_factory=Permit)
    names: Names = field(default_factory=Names)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Callable[[bool], "asyncio.Future[object]"]]:
        """Sends a request; it writes or it only reads."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        connector = aiohttp.TCPConnector(resolver=self.names)
        async with server, aiohttp.ClientSession(connector=connector) as session:
            http = Http("shop", session, Limiter(Budget(100, 1)), SystemClock(), Metrics(), permit=self.permit)

            def send(writes: bool) -> "asyncio.Future[object]":
                url = f"http://shop.example:{port}/"
                request = Request("Import", "POST", url, safe=False, headers={}, body=b"an order", writes=writes)
                return asyncio.ensure_future(http.send(request, Priority.ORDERS))

            yield send

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(1000):
            self.seen += piece
            if b"an order" in self.seen:
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        writer.close()


async def test_what_may_not_go_any_more_stays_although_it_was_on_its_way() -> None:
    """A paused process that wakes goes on where it stood: here, while it waited for its connection."""
    wire = Wire()
    async with wire.open() as send:
        sending = send(True)
        await wire.names.asked.wait()
        assert wire.permit.asked == [], "it is asked at the last moment"
        wire.permit.good = False
        wire.names.go.set()
        with pytest.raises(OwnershipLostError):
            await sending
    assert b"an order" not in wire.seen


async def test_what_may_go_goes() -> None:
    wire = Wire()
    wire.names.go.set()
    async with wire.open() as send:
        await send(True)
    assert wire.seen.endswith(b"an order")
    assert wire.permit.asked == ["shop"]


async def test_whoever_only_reads_needs_no_permit() -> None:
    """The last look at an order goes into a shop that another process may work for."""
    wire = Wire(permit=Permit(good=False))
    wire.names.go.set()
    async with wire.open() as send:
        await send(False)
    assert wire.permit.asked == []
