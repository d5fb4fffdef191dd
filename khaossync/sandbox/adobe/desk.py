"""Answers the calls of the API: lets them in, holds their bodies against what may be asked, and does what they say."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from aiohttp import web

from khaossync.sandbox.adobe import search
from khaossync.sandbox.adobe.access import Access
from khaossync.sandbox.adobe.bodies import check
from khaossync.sandbox.adobe.bulk import Bulks
from khaossync.sandbox.adobe.doors import ROUTES, Call, Route
from khaossync.sandbox.adobe.errors import Refusal
from khaossync.sandbox.adobe.paths import Address, Cloud, Premises
from khaossync.sandbox.adobe.published import Published
from khaossync.sandbox.adobe.state import State
from khaossync.sandbox.adobe.tokens import read_json

_DOORS = [(route, route.pattern) for route in ROUTES]
_BULK = Route("GET", "bulk/{uuid}/{kind}", "Magento_Logging::system_magento_logging_bulk_operations", lambda _: None)


@dataclass(frozen=True)
class Meant:
    """The door that a path means, with what stands in its places."""

    where: Address
    route: Route
    places: dict[str, str] = field(default_factory=dict)


class Desk:
    """All calls of one shop's API.

    `requests` counts those that were let in, by the route's name. `breaches` tells what was not as published: of what
    callers asked, or of the simulator's own answers.
    """

    def __init__(self, state: State, access: Access, paths: Premises | Cloud, published: Published | None) -> None:
        self.requests: dict[str, int] = {}
        self.breaches: list[str] = []
        self.bulks = Bulks(state)
        self._state, self._access = state, access
        self._paths, self._published = paths, published

    def address(self, request: web.Request) -> Address | None:
        """What a path means; None if it is none of the API's."""
        return self._paths.read(request.rel_url.raw_path, request.headers)

    def meant(self, method: str, where: Address) -> Meant | None:
        """The door of an address; None if there is none."""
        status = _BULK.pattern.fullmatch(where.path)
        if status and status["kind"] in ("status", "detailed-status"):
            return Meant(where, _BULK, status.groupdict())
        for route, pattern in _DOORS:
            found = pattern.fullmatch(where.path) if route.method == method else None
            if found and (self._state.inventory.msi or not route.msi) and (route.bulk or not where.is_async):
                return Meant(where, route, found.groupdict())
        return None

    def answer(self, request: web.Request, body: bytes, meant: Meant) -> tuple[Any, int]:
        """What is answered, with its status. Raises Refusal."""
        meant.where.check()
        route, query = meant.route, list(request.query.items())
        self._let_in(request, route)
        self.requests[route.name] = self.requests.get(route.name, 0) + 1
        if route is _BULK:
            return self.bulks.status(meant.places["uuid"], detailed=meant.places["kind"] == "detailed-status"), 200
        told = read_json(body)
        if meant.where.is_bulk:
            return self._in_bulk(route, told, query, meant.places), 202
        self._check(route, told, query)
        call = Call(self._state, query, meant.places, told)
        if meant.where.is_async:
            return self._later(route, [call]), 202
        return self._shown(route, route.act(call), request.query.get("fields")), 200

    def refused(self, refusal: Refusal) -> None:
        """Hold an error against what is published, too."""
        if self._published:
            self.breaches += self._published.refused(refusal.told)

    def _shown(self, route: Route, found: Any, fields: str | None) -> Any:
        if self._published and self._published.knows(route.method, route.path):
            self.breaches += self._published.answered(route.method, route.path, found)
        return search.trim(found, fields) if fields else found

    def _in_bulk(self, route: Route, told: Any, query: Sequence[tuple[str, str]], places: dict[str, str]) -> Any:
        """Each body by itself: one of the wrong shape is rejected, the others are taken."""
        if not isinstance(told, list):
            raise Refusal(400, "The bulk API takes an array of bodies.")
        return self._later(route, [Call(self._state, query, places, body) for body in told])

    def _later(self, route: Route, calls: Sequence[Call]) -> Any:
        topic = f"async.{route.path.replace('/', '.')}.{route.method.lower()}"
        return self.bulks.take(
            topic, [(each.body, self._problem(route, each), partial(route.act, each)) for each in calls]
        )

    def _problem(self, route: Route, call: Call) -> Refusal | None:
        try:
            self._check(route, call.body, call.query)
        except Refusal as refused:
            return refused
        return None

    def _check(self, route: Route, body: Any, query: Sequence[tuple[str, str]]) -> None:
        """Raises Refusal."""
        if route.shape is not None and (body is not None or any(name.endswith("!") for name in route.shape)):
            check({} if body is None else body, route.shape)
        if self._published and self._published.knows(route.method, route.path):
            wrong = self._published.asked(route.method, route.path, query, body)
            if wrong:
                self.breaches += wrong
                raise Refusal(400, wrong[0])

    def _let_in(self, request: web.Request, route: Route) -> None:
        """Raises Refusal."""
        if isinstance(self._paths, Cloud):
            good = self._access.let_in_by_ims(request.headers)
        else:
            url = f"{request.scheme}://{request.host}{request.rel_url.raw_path}"
            header = request.headers.get("Authorization", "")
            good = self._access.let_in(header, request.method, url, list(request.query.items()))
        if not good or route.resource not in self._access.resources:
            raise Refusal(401, "The consumer isn't authorized to access %resources.", {"resources": route.resource})
