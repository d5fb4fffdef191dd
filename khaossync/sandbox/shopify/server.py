"""The HTTP face of a shop: the GraphQL endpoint and the token endpoint, on loopback."""

import asyncio
import json
import random
import re
from collections.abc import Mapping
from email.utils import format_datetime
from typing import Any

import orjson
from aiohttp import web

from khaossync.sandbox.faults import Faults
from khaossync.sandbox.shopify.access import Access
from khaossync.sandbox.shopify.engine import Admitted, Engine, root_field
from khaossync.sandbox.shopify.inventory import Once
from khaossync.sandbox.shopify.schema import VERSIONS, Context
from khaossync.sandbox.shopify.state import State

_LARGEST_BODY = 8 * 1024 * 1024
_UNKNOWN_TOKEN = "[API] Invalid API key or access token (unrecognized login or wrong password)"  # noqa: S105  a message
_JSON = orjson.OPT_UTC_Z | orjson.OPT_OMIT_MICROSECONDS


class Server:
    """Serves one shop. `requests` counts the calls that were handled, by root field.

    `latency` is how long an answer takes, from and to, in seconds; its points are set aside when the call arrives and
    the change is given back with the answer.
    """

    def __init__(self, state: State, engine: Engine, access: Access, faults: Faults) -> None:
        self.requests: dict[str, int] = {}
        self.latency = (0.0, 0.0)
        self._dice = random.Random(f"the latency of {state.name}")
        self._state = state
        self._engine = engine
        self._access = access
        self._faults = faults
        self._once = Once()
        self._runner: web.AppRunner | None = None

    async def start(self, port: int) -> str:
        """Listen on 127.0.0.1; port 0 picks a free one. Returns the base URL."""
        application = web.Application(client_max_size=_LARGEST_BODY)
        application.router.add_post("/admin/api/{version}/graphql.json", self._graphql)
        application.router.add_post("/admin/oauth/access_token", self._token)
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
            form = _json(body) if request.content_type == "application/json" else await request.post()
            granted = self._access.grant(form or {}, list(self._state.scopes))
            if granted is None:
                return _answer({"error": "invalid_client"}, 400)
            return _answer(granted)

        return await self._faults.around("access_token", handle, request)

    async def _graphql(self, request: web.Request) -> web.StreamResponse:
        told = _json(await request.read())
        version = served(request.match_info["version"])
        text = told.get("query") if told else None
        if version is None:
            return _answer({"errors": "Not Found"}, 404)
        name = told.get("operationName") if told else None
        operation = root_field(version, text, name) if isinstance(text, str) else "graphql"

        async def handle() -> web.StreamResponse:
            return await self._handle(request, version, told, operation)

        return await self._faults.around(operation, handle, request)

    async def _handle(
        self, request: web.Request, version: str, told: Mapping[str, Any] | None, operation: str
    ) -> web.StreamResponse:
        headers = {"X-Shopify-API-Version": version}
        if not self._access.allows(request.headers.get("X-Shopify-Access-Token")):
            return _answer({"errors": _UNKNOWN_TOKEN}, 401, headers)
        if told is None or not isinstance(told.get("query"), str):
            return _answer({"errors": {"query": "Required parameter missing or invalid"}}, 400, headers)
        self.requests[operation] = self.requests.get(operation, 0) + 1
        context = Context(self._state, version, self._once)
        found = self._engine.admit(context, told["query"], told.get("variables") or {}, told.get("operationName"))
        if any(self.latency):
            await asyncio.sleep(self._dice.uniform(*self.latency))
        answer = self._engine.run(context, found) if isinstance(found, Admitted) else found
        return _answer(answer, 200, headers)


def served(version: str) -> str | None:
    """The version that answers: an unsupported one falls forward to the oldest supported; None if it is no version.

    https://shopify.dev/docs/api/usage/versioning
    """
    if version == "unstable":
        return VERSIONS[-1]
    if not re.fullmatch(r"\d{4}-\d{2}", version):
        return None
    return version if version in VERSIONS else VERSIONS[0]


def _json(body: bytes) -> dict[str, Any] | None:
    try:
        told = json.loads(body)
    except ValueError:
        return None
    return told if isinstance(told, dict) else None


def _answer(told: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    body = orjson.dumps(told, option=_JSON)
    return web.Response(body=body, status=status, headers=headers, content_type="application/json", charset="utf-8")
