"""The door for webhooks: bounded in size and time, and blind to what they say."""

import asyncio
from collections.abc import Awaitable, Callable, Container, Mapping
from datetime import timedelta

import structlog
from aiohttp import web

log = structlog.get_logger()

Hook = Callable[[str, Mapping[str, str], bytes], Awaitable[int]]
"""Takes (connector, headers, raw body) and gives the HTTP status; header names are lower case."""


class HookDoor:
    """Reads a webhook and hands it to `hook`; what takes too long is refused so that the platform tells it again."""

    def __init__(
        self,
        hook: Hook,
        connectors: Container[str],
        *,
        max_body: int = 2 * 1024 * 1024,
        read_timeout: timedelta = timedelta(seconds=5),
        hook_timeout: timedelta = timedelta(milliseconds=900),
    ) -> None:
        self._hook = hook
        self._connectors = connectors
        self.max_body = max_body
        self._read_timeout = read_timeout.total_seconds()
        self._hook_timeout = hook_timeout.total_seconds()

    async def receive(self, request: web.Request) -> web.Response:
        """`POST /hooks/{connector}`: 404 unknown, 413 too large, 408 too slow, 503 come back, else what `hook` says."""
        connector = request.match_info["connector"]
        if connector not in self._connectors:
            return web.Response(status=404)
        if (request.content_length or 0) > self.max_body:
            return _closing(413)
        try:
            async with asyncio.timeout(self._read_timeout):
                body = await request.read()
        except TimeoutError:
            log.warning("hook_body_too_slow", connector=connector)
            return _closing(408)
        except web.HTTPRequestEntityTooLarge:
            return _closing(413)
        except (OSError, web.RequestPayloadError):  # hung up or talked nonsense: its loss, and none of our log's
            return _closing(400)
        return web.Response(status=await self._handle(connector, request, body))

    async def _handle(self, connector: str, request: web.Request, body: bytes) -> int:
        headers = {name.lower(): value for name, value in request.headers.items()}
        try:
            async with asyncio.timeout(self._hook_timeout):
                return await self._hook(connector, headers, body)
        except TimeoutError:
            log.warning("hook_timed_out", connector=connector, seconds=self._hook_timeout)
            return 503


def _closing(status: int) -> web.Response:
    """An answer after which the connection ends: its body was not read to the end."""
    response = web.Response(status=status)
    response.force_close()
    return response
