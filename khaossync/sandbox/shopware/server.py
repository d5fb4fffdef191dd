"""The HTTP face of a shop: the Admin API on loopback."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from email.utils import format_datetime
from typing import Any

import orjson
from aiohttp import web

from khaossync.sandbox.faults import Faults
from khaossync.sandbox.shopware import api, changing
from khaossync.sandbox.shopware.access import Access
from khaossync.sandbox.shopware.api import Asked, Told
from khaossync.sandbox.shopware.errors import Refusal, refusal
from khaossync.sandbox.shopware.published import Published
from khaossync.sandbox.shopware.state import State

_LARGEST_BODY = 16 * 1024 * 1024
_CALLS: tuple[tuple[str, str, Callable[[State, Asked], Told]], ...] = (
    ("GET", "/api/_info/version", api.version),
    ("POST", "/api/search/{entity}", api.search),
    ("POST", "/api/search-ids/{entity}", api.search_ids),
    ("POST", "/api/_action/sync", changing.sync),
    ("GET", "/api/_action/state-machine/{entity}/{id}/state", changing.possible),
    ("POST", "/api/_action/state-machine/{entity}/{id}/state/{transition}", changing.move),
    ("POST", "/api/_action/{entity:order|order_delivery|order_transaction}/{id}/state/{transition}", changing.move),
    ("GET", "/api/{entity}/{id}", api.read),
    ("PATCH", "/api/{entity}/{id}", changing.patch),
)


class Server:
    """Serves one shop. `requests` counts the calls that were handled, by operation.

    An operation, for `requests` and for faults, is the address without ids: `token`, `version`, `search/order`, `sync`,
    `order_delivery/state/ship`, `patch/order-delivery`, `order-delivery` (one record read).
    `latency` is how long an answer takes, from and to, in seconds.
    """

    def __init__(self, state: State, access: Access, faults: Faults, published: Published | None) -> None:
        self.published = published
        self.requests: dict[str, int] = {}
        self.latency = (0.0, 0.0)
        self._dice = random.Random(f"the latency of {state.setup.name}")
        self._state = state
        self._access = access
        self._faults = faults
        self._runner: web.AppRunner | None = None

    async def start(self, port: int) -> str:
        """Listen on 127.0.0.1; port 0 picks a free one. Returns the base URL."""
        application = web.Application(client_max_size=_LARGEST_BODY)
        application.router.add_post("/api/oauth/token", self._token)
        for method, path, call in _CALLS:
            application.router.add_route(method, path, self._served(call))
        application.router.add_route("*", "/{anything:.*}", self._nowhere)
        application.on_response_prepare.append(self._date)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        """Close the door."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _date(self, _request: web.Request, response: web.StreamResponse) -> None:
        response.headers["Date"] = format_datetime(self._state.now(), usegmt=True)

    async def _token(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()

        async def handle() -> web.StreamResponse:
            self._count("token")
            form = _mapping(body) if request.content_type == "application/json" else await request.post()
            if self.published is not None:
                self._state.complaints += self.published.about_call("POST", "/oauth/token", dict(form))
            return answered(lambda: Told(200, self._access.grant(form)))

        return await self._faults.around("token", handle, request)

    def _served(self, call: Callable[[State, Asked], Told]) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def serve(request: web.Request) -> web.StreamResponse:
            raw = await request.read()
            asked = Asked(request.method, request.path, dict(request.match_info), request.headers, raw)
            operation = api.operation(request.method, request.path)

            async def handle() -> web.StreamResponse:
                self._count(operation)
                if any(self.latency):
                    await asyncio.sleep(self._dice.uniform(*self.latency))
                return answered(lambda: self._call(call, asked))

            return await self._faults.around(operation, handle, request)

        return serve

    def _call(self, call: Callable[[State, Asked], Told], asked: Asked) -> Told:
        self._access.check(asked.headers.get("Authorization"))
        if self.published is not None:
            path = asked.path.removeprefix("/api")
            self._state.complaints += self.published.about_call(asked.method, path, asked.body)
        return call(self._state, asked)

    async def _nowhere(self, request: web.Request) -> web.StreamResponse:
        detail = f'No route found for "{request.method} http://{request.host}{request.path}"'
        return _answer(404, refusal(404, "0", detail).body)

    def _count(self, operation: str) -> None:
        self.requests[operation] = self.requests.get(operation, 0) + 1


def answered(call: Callable[[], Told]) -> web.Response:
    """The answer to a call, or why there is none."""
    try:
        told = call()
    except Refusal as refused:
        return _answer(refused.status, refused.body)
    return _answer(told.status, told.body, told.content_type)


def _mapping(body: bytes) -> Mapping[str, Any]:
    try:
        told = orjson.loads(body)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _answer(status: int, told: Any, content_type: str = "application/json") -> web.Response:
    if told is None:
        return web.Response(status=status)
    return web.Response(body=orjson.dumps(told), status=status, content_type=content_type)
