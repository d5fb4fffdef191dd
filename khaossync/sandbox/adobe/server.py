"""The HTTP face of a shop, on loopback: finds the door that a call means, lets it in, checks it, answers."""

import asyncio
import json
import random
from collections.abc import Callable
from email.utils import format_datetime
from typing import Any

import orjson
from aiohttp import web

from khaossync.sandbox.adobe import search
from khaossync.sandbox.adobe.access import Access
from khaossync.sandbox.adobe.bodies import ADMIN, check
from khaossync.sandbox.adobe.bulk import Bulks
from khaossync.sandbox.adobe.doors import ROUTES, Call, Route
from khaossync.sandbox.adobe.errors import Refusal
from khaossync.sandbox.adobe.paths import Address, Cloud, Premises, bulk_status
from khaossync.sandbox.adobe.published import Published
from khaossync.sandbox.adobe.state import State
from khaossync.sandbox.faults import Faults

_LARGEST_BODY = 8 * 1024 * 1024
_MAINTENANCE = (
    "<!doctype html><html><head><title>Service Temporarily Unavailable</title></head>"
    "<body><h1>Service Temporarily Unavailable</h1></body></html>"
)
_DOORS = [(route, route.pattern) for route in ROUTES]


class Server:
    """Serves one shop. `requests` counts the calls that were handled, by the route's name.

    `breaches` are the rules of the published specification that a caller, or the simulator itself, has broken.
    """

    def __init__(
        self, state: State, access: Access, faults: Faults, paths: Premises | Cloud, published: Published | None
    ) -> None:
        self.requests: dict[str, int] = {}
        self.breaches: list[str] = []
        self.latency = (0.0, 0.0)
        self.bulks = Bulks(state)
        self._dice = random.Random(f"the latency of {state.name}")
        self._state, self._access, self._faults = state, access, faults
        self._paths, self._published = paths, published
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
        meant = self._meant(request)
        name = meant if isinstance(meant, str) else meant[1].name if meant else "unknown"

        async def answer() -> web.StreamResponse:
            if any(self.latency):
                await asyncio.sleep(self._dice.uniform(*self.latency))
            if self._state.habits.maintenance:
                return web.Response(status=503, text=_MAINTENANCE, content_type="text/html")
            return await self._answer(request, body, meant)

        return await self._faults.around(name, answer, request)

    def _meant(self, request: web.Request) -> "tuple[Address, Route, dict[str, str]] | str | None":
        """The door that a path means, with what stands in its places; or the name of one outside the API."""
        path = request.rel_url.raw_path
        if path in _OUTSIDE:
            return _OUTSIDE[path]
        where = self._paths.read(path, request.headers)
        if where is None:
            return None
        if where.path == "integration/admin/token":
            return "admin token"
        for route, pattern in _DOORS:
            found = pattern.fullmatch(where.path) if route.method == request.method else None
            if found and (self._state.inventory.msi or not route.msi) and (route.bulk or not where.is_async):
                return where, route, found.groupdict()
        return bulk_status(where.path)

    async def _answer(self, request: web.Request, body: bytes, meant: Any) -> web.StreamResponse:
        try:
            if meant is None:
                raise Refusal(404, "Request does not match any route.")
            if isinstance(meant, str):
                return await self._outside(request, body, meant)
            return self._inside(request, body, *meant)
        except Refusal as refused:
            if self._published:
                self.breaches += self._published.refused(refused.told)
            return answer(refused.told, refused.status)

    async def _outside(self, request: web.Request, body: bytes, name: str) -> web.StreamResponse:
        if name == "version":
            return web.Response(text="Magento/2.4 (Community)")
        if name == "IMS token":
            form = await request.post()
            if not self._access.knows_client(dict(form)):
                return answer({"error": "invalid_client", "error_description": "invalid client_id parameter"}, 401)
            seconds = int(self._access.lifetime.total_seconds())
            return answer({"access_token": self._access.give_token(), "token_type": "bearer", "expires_in": seconds})
        if name == "admin token":
            told = _json(body)
            check(told, ADMIN)
            if not self._access.knows_admin(told["username"], told["password"]):
                text = "The account sign-in was incorrect or your account is disabled temporarily."
                raise Refusal(401, f"{text} Please wait and try again later.")
            return answer(self._access.give_token())
        self._let_in(request, "Magento_Logging::system_magento_logging_bulk_operations")
        uuid, _, kind = name.partition("/")
        return answer(self.bulks.status(uuid.removeprefix("bulk "), detailed=kind == "detailed-status"))

    def _inside(
        self, request: web.Request, body: bytes, where: Address, route: Route, places: dict[str, str]
    ) -> web.Response:
        self._let_in(request, route.resource)
        self.requests[route.name] = self.requests.get(route.name, 0) + 1
        told, query = _json(body) if body else None, list(request.query.items())
        if where.is_bulk:
            return self._in_bulk(route, told, query, places)
        self._check(route, told, query)
        call = Call(self._state, query, places, told)
        if where.is_async:
            return self._later(route, [(told, call)])
        found = route.act(call)
        if self._published and self._published.knows(route.method, route.path):
            self.breaches += self._published.answered(route.method, route.path, found)
        wanted = request.query.get("fields")
        return answer(search.trim(found, wanted) if wanted else found)

    def _in_bulk(self, route: Route, told: Any, query: list[tuple[str, str]], places: dict[str, str]) -> web.Response:
        if not isinstance(told, list):
            raise Refusal(400, "The bulk API takes an array of bodies.")
        for body in told:
            self._check(route, body, query)
        return self._later(route, [(body, Call(self._state, query, places, body)) for body in told])

    def _later(self, route: Route, calls: list[tuple[Any, Call]]) -> web.Response:
        topic = f"async.{route.path.replace('/', '.')}.{route.method.lower()}"

        def bound(call: Call) -> Callable[[], Any]:
            return lambda: route.act(call)

        return answer(self.bulks.take(topic, [(body, bound(call)) for body, call in calls]), 202)

    def _check(self, route: Route, body: Any, query: list[tuple[str, str]]) -> None:
        if route.shape is not None and (body is not None or _must_have_body(route)):
            check({} if body is None else body, route.shape)
        if self._published and self._published.knows(route.method, route.path):
            wrong = self._published.asked(route.method, route.path, query, body)
            if wrong:
                self.breaches += wrong
                raise Refusal(400, wrong[0])

    def _let_in(self, request: web.Request, resource: str | None) -> None:
        """Raises Refusal."""
        if isinstance(self._paths, Cloud):
            good = self._access.let_in_by_ims(request.headers)
        else:
            url = f"{request.scheme}://{request.host}{request.rel_url.raw_path}"
            header = request.headers.get("Authorization", "")
            good = self._access.let_in(header, request.method, url, list(request.query.items()))
        if not good or (resource and resource not in self._access.resources):
            text = "The consumer isn't authorized to access %resources."
            raise Refusal(401, text, {"resources": resource or "self"})


_OUTSIDE = {"/magento_version": "version", "/ims/token/v3": "IMS token"}


def _must_have_body(route: Route) -> bool:
    return any(name.endswith("!") for name in route.shape or ())


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError as broken:
        raise Refusal(400, f"Decoding error: {broken}") from broken


def answer(told: Any, status: int = 200) -> web.Response:
    """An answer in JSON."""
    return web.Response(body=orjson.dumps(told), status=status, content_type="application/json", charset="utf-8")
