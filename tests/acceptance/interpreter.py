"""An interpreter: a proxy between the daemon and one system that sometimes garbles what it passes on."""

from collections.abc import Callable
from typing import Self

import aiohttp
from aiohttp import web

Garble = Callable[[bytes], bytes]


class Interpreter:
    """Stands before the system at `upstream` (scheme, host and port) while the block lasts."""

    def __init__(self, upstream: str) -> None:
        self._upstream = upstream
        self._planned: list[tuple[str, Garble]] = []
        self.always: Garble | None = None
        self.garbled = 0

    async def __aenter__(self) -> Self:
        application = web.Application(client_max_size=64 * 1024 * 1024)
        application.router.add_route("*", "/{path:.*}", self._pass_on)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
        self._session = aiohttp.ClientSession()
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()
        await self._session.close()

    def plan(self, word: str, garble: Garble) -> None:
        """Garble the answer to the next request that holds a word."""
        self._planned.append((word, garble))

    async def _pass_on(self, request: web.Request) -> web.Response:
        told = await request.read()
        headers = {
            name: text for name, text in request.headers.items() if name.lower() not in ("host", "content-length")
        }
        url = self._upstream + request.path_qs
        async with self._session.request(request.method, url, data=told, headers=headers) as answer:
            body, kind = await answer.read(), answer.headers.get("Content-Type", "")
            return web.Response(status=answer.status, body=self._garbled(told, body), headers={"Content-Type": kind})

    def _garbled(self, told: bytes, body: bytes) -> bytes:
        for planned in self._planned:
            if planned[0].encode() in told:
                self._planned.remove(planned)
                self.garbled += 1
                return planned[1](body)
        return self.always(body) if self.always else body
