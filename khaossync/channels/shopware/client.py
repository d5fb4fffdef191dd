"""Makes a call to the shop: paced, signed in, its failure sorted by remedy."""

import re
from copy import copy
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from khaossync.channels.shopware import wire
from khaossync.channels.shopware.config import Settings
from khaossync.channels.shopware.fields import MalformedError, Node
from khaossync.channels.shopware.signing_in import Token
from khaossync.channels.shopware.wire import Call
from khaossync.transport.http import Http, Request, UnauthorisedError
from khaossync.transport.priority import Priority

_VERSION = re.compile(r"(\d+)\.(\d+)")

Version = tuple[int, int]
"""Such as (6, 7)."""


@dataclass(slots=True)
class _Learnt:
    version: Version | None = None
    told: str = ""


class Client:
    """One shop's Admin API, called with one urgency."""

    def __init__(self, settings: Settings, http: Http, token: Token, priority: Priority) -> None:
        self._settings, self._http, self._token, self._priority = settings, http, token, priority
        self._learnt = _Learnt()

    def at(self, priority: Priority) -> Self:
        """The same client for calls of another urgency: they share session, budget, token and all that was learnt."""
        other = copy(self)
        other._priority = priority
        return other

    @property
    def skew(self) -> timedelta | None:
        """By how much the shop's clock is ahead of ours, as far as it told."""
        return self._http.skew

    async def version(self) -> Version:
        """The shop's version, asked for once. Raises SyncError."""
        return self._learnt.version or await self.look_at_version()

    async def look_at_version(self) -> Version:
        """The shop's version as it is now: a shop may be updated while we run. Raises SyncError."""
        told = (await self.run(Call("version", "_info/version", "GET"))).text("version")
        if not (found := _VERSION.match(told)):
            raise MalformedError(f"shopware: {told[:40]!r} is no version")
        self._learnt.version, self._learnt.told = (int(found[1]), int(found[2])), told
        return self._learnt.version

    @property
    def told_version(self) -> str:
        """The version in the shop's own words; "" before it was asked for."""
        return self._learnt.told

    async def rows(self, call: Call) -> tuple[Node, ...]:
        """What a search found. Raises SyncError."""
        return (await self.run(call)).items("data")

    async def run(self, call: Call) -> Node:
        """The answer to a call. Raises SyncError as `wire.answer` and `transport.Http` sort it.

        A refused token is renewed once.
        """
        token = await self._token.get()
        try:
            return await self._once(call, token)
        except UnauthorisedError:
            self._token.renew(token)
        return await self._once(call, await self._token.get())

    async def _once(self, call: Call, token: str) -> Node:
        answer = await self._http.send(self._request(call, token), self._priority)
        return wire.answer(call, answer.status, answer.body)

    def _request(self, call: Call, token: str) -> Request:
        return Request(
            operation=call.operation,
            method=call.method,
            url=f"{self._settings.base}/api/{call.path}",
            safe=True,
            writes=call.writes,
            headers={
                "Content-Type": "application/json",
                "Accept": "application/json",
                "Authorization": f"Bearer {token}",
                **call.headers,
            },
            body=call.content,
            timeout=timedelta(seconds=self._settings.timeout),
            readable=wire.REFUSALS,
        )
