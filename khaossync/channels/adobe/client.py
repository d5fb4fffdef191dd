"""Makes a call and returns its JSON: paced, signed in, its failure sorted by remedy."""

from collections.abc import AsyncIterator, Mapping, Sequence
from copy import copy
from datetime import timedelta
from typing import Any, Self
from urllib.parse import quote, urlencode

from khaossync.channels.adobe import wire
from khaossync.channels.adobe.config import Settings
from khaossync.channels.adobe.fields import Node
from khaossync.channels.adobe.signing_in import Way
from khaossync.channels.adobe.wire import Filter, Operation, Pair
from khaossync.domain.errors import ConnectorDownError
from khaossync.transport.http import Http, Request, UnauthorisedError
from khaossync.transport.priority import Priority

_REFUSED = frozenset({401, 403})
"""Statuses whose body says which permission is missing."""

_MOST_PAGES = 1000


class Client:
    """One shop's REST API, called with one urgency."""

    def __init__(self, settings: Settings, http: Http, way: Way, priority: Priority) -> None:
        self._settings, self._http, self._way, self._priority = settings, http, way, priority

    def at(self, priority: Priority) -> Self:
        """The same client for calls of another urgency: they share session, budget and credentials."""
        other = copy(self)
        other._priority = priority
        return other

    @property
    def skew(self) -> timedelta | None:
        """By how much the shop's clock is ahead of ours, as far as it told."""
        return self._http.skew

    async def call(self, operation: Operation, query: Sequence[Pair] = (), told: object = None, **parts: str) -> Any:
        """The JSON of a good answer; `parts` fill the path.

        Raises SyncError as `wire.refusal` and `transport.Http` sort it. A call that is not let in is signed anew once.
        """
        path = operation.path.format(**{name: quote(value, safe="") for name, value in parts.items()})
        url = self._settings.address(path, operation.kind)
        headers = await self._way.headers(operation.method, url, query)
        try:
            return await self._once(operation, url, query, headers, told)
        except UnauthorisedError:
            if not self._way.renew(headers):
                raise
        return await self._once(operation, url, query, await self._way.headers(operation.method, url, query), told)

    async def page(self, operation: Operation, query: Sequence[Pair], **parts: str) -> tuple[list[Any], int]:
        """The records of one page of a search, and how many there are in all. Raises SyncError."""
        found = Node.of(await self.call(operation, query, **parts), operation.name)
        return found.listed("items"), found.integer("total_count")

    async def every(
        self, operation: Operation, *groups: Filter, sort: str, size: int, then: str = "", **parts: str
    ) -> AsyncIterator[Any]:
        """Every record of a short search, page by page, in the order of `sort` and `then`. Raises SyncError."""
        order = (sort, then) if then else (sort,)
        for page in range(1, _MOST_PAGES):
            query = wire.criteria(*groups, sort=order, size=size, page=page)
            records, total = await self.page(operation, query, **parts)
            for record in records:
                yield record
            if not records or page * size >= total:  # older versions repeat the last page for ever
                return

    async def _once(
        self, operation: Operation, url: str, query: Sequence[Pair], headers: Mapping[str, str], told: object
    ) -> Any:
        answer = await self._http.send(self._request(operation, url, query, headers, told), self._priority)
        if answer.status in _REFUSED:
            raise _shut_out(operation, answer.status, answer.body)
        if not 200 <= answer.status < 300:
            raise wire.refusal(operation, answer.status, answer.body)
        return wire.parse(operation, answer.body)

    def _request(
        self, operation: Operation, url: str, query: Sequence[Pair], headers: Mapping[str, str], told: object
    ) -> Request:
        content = {} if told is None else {"Content-Type": "application/json"}
        return Request(
            operation=operation.name,
            method=operation.method,
            url=f"{url}?{urlencode(query, quote_via=quote)}" if query else url,
            safe=operation.safe,
            writes=operation.writes,
            headers={**headers, **content, "Accept": "application/json"},
            body=None if told is None else wire.body(told),
            timeout=timedelta(seconds=self._settings.timeout),
            readable=_REFUSED,
        )


def _shut_out(operation: Operation, status: int, content: bytes) -> ConnectorDownError:
    words = wire.message(content)
    text = f"adobe: {operation.name} was answered with HTTP {status}{f' ({words})' if words else ''}: "
    text += "check the credentials and what the integration may do"
    return UnauthorisedError(text) if status == 401 else ConnectorDownError(text)
