"""The HTTP face of a shop, on loopback."""

import asyncio
import random
from email.utils import format_datetime
from typing import Any

import orjson
from aiohttp import web

from khaossync.sandbox.adobe.access import Access
from khaossync.sandbox.adobe.desk import Desk, Meant
from khaossync.sandbox.adobe.errors import Refusal
from khaossync.sandbox.adobe.state import State
from khaossync.sandbox.adobe.tokens import ADMIN_TOKEN, PATHS, admin_token, ims_token, read_json
from khaossync.sandbox.faults import Faults

_LARGEST_BODY = 8 * 1024 * 1024
_MAINTENANCE = (
    "<!doctype html><html><head><title>Service Temporarily Unavailable</title></head>"
    "<body><h1>Service Temporarily Unavailable</h1></body></html>"
)
_FATAL = {"messages": {"error": [{"code": 500, "message": "Server internal error. See details in report api/1"}]}}


class Server:
    """Serves one shop. `latency` is how long an answer takes, from and to, in seconds."""

    def __init__(self, state: State, access: Access, faults: Faults, desk: Desk) -> None:
        self.latency = (0.0, 0.0)
        self._dice = random.Random(f"the latency of {state.name}")
        self._state, self._access, self._faults, self._desk = state, access, faults, desk
        self._runner: web.AppRunner | None = None

    async def start(self, port: int) -> str:
        """Listen on 127.0.0.1; port 0 picks a free one. Returns the base URL."""
        application = web.Application(client_max_size=_LARGEST_BODY)
        application.router.add_route("*", "/{any:.*}", self._handle)
        application.on_response_prepare.append(self._date)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        """Close the door."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _date(self, _request: web.Request, response: web.StreamResponse) -> None:
        response.headers["Date"] = format_datetime(self._state.now(), usegmt=True)

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        name, meant = self._meant(request)

        async def answer() -> web.StreamResponse:
            if any(self.latency):
                await asyncio.sleep(self._dice.uniform(*self.latency))
            if self._state.habits.maintenance:
                return web.Response(status=503, text=_MAINTENANCE, content_type="text/html")
            return await self._answer(request, body, name, meant)

        return await self._faults.around(name, answer, request)

    def _meant(self, request: web.Request) -> tuple[str, Meant | None]:
        """What faults call a request, and its door if it is one of the API's."""
        where = self._desk.address(request)
        if where is None:
            return PATHS.get(request.rel_url.raw_path, "unknown"), None
        if where.path == ADMIN_TOKEN:
            return "admin token", None
        meant = self._desk.meant(request.method, where)
        return (meant.route.name, meant) if meant else ("unknown", None)

    async def _answer(self, request: web.Request, body: bytes, name: str, meant: Meant | None) -> web.Response:
        if self._state.habits.fatal:
            self._state.habits.fatal -= 1
            return _json(_FATAL, 500)
        if name == "version":
            return web.Response(text="Magento/2.4 (Community)")
        try:
            if name == "IMS token":
                return _json(*await ims_token(self._access, request))
            if name == "admin token":
                return _json(admin_token(self._access, read_json(body)), 200)
            if meant is None:
                raise Refusal(404, "Request does not match any route.")
            return _json(*self._desk.answer(request, body, meant))
        except Refusal as refused:
            self._desk.refused(refused)
            return _json(refused.told, refused.status)


def _json(told: Any, status: int) -> web.Response:
    return web.Response(body=orjson.dumps(told), status=status, content_type="application/json", charset="utf-8")
