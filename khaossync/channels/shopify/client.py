"""Sends an operation to the shop and returns its data: paced by cost, signed in, its failure sorted by remedy."""

from copy import copy
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Self

from khaossync.channels.shopify import wire
from khaossync.channels.shopify.config import Settings
from khaossync.channels.shopify.fields import Node
from khaossync.channels.shopify.signing_in import Tokens
from khaossync.channels.shopify.wire import Operation, Variables
from khaossync.domain.errors import ConnectorDownError, RateLimitedError, RejectedError
from khaossync.transport.buckets import Charge
from khaossync.transport.http import Answer, Http, Request, UnauthorisedError
from khaossync.transport.priority import Priority


@dataclass(slots=True)
class _Learnt:
    """What the shop's answers told; `share` is how much of the published rule an operation is really charged."""

    budget: tuple[float, float]
    served: str = ""
    share: dict[str, float] = field(default_factory=dict)


class Client:
    """One shop's Admin API, called with one urgency."""

    def __init__(self, settings: Settings, http: Http, tokens: Tokens, priority: Priority) -> None:
        self._settings, self._http, self._tokens, self._priority = settings, http, tokens, priority
        self._url = f"{settings.base}/admin/api/{settings.api_version}/graphql.json"
        self._learnt = _Learnt((settings.bucket, settings.restore_rate))

    def at(self, priority: Priority) -> Self:
        """The same client for calls of another urgency: they share session, bucket and all that was learnt."""
        other = copy(self)
        other._priority = priority
        return other

    @property
    def served(self) -> str:
        """The API version that gave the last answer; another than was asked for when that one is no longer served."""
        return self._learnt.served

    @property
    def skew(self) -> timedelta | None:
        """By how much the shop's clock is ahead of ours, as far as it told."""
        return self._http.skew

    @property
    def budget(self) -> tuple[float, float]:
        """The most query cost points there can be, and how many come back in a second, as the shop last told."""
        return self._learnt.budget

    async def run(self, operation: Operation, **variables: object) -> Node:
        """The `data` of an operation's answer.

        Raises SyncError as `wire.data` and `transport.Http` sort it; TooDearError asks for a smaller page.
        A refused token is renewed once, where it can be.
        """
        token = await self._tokens.token()
        try:
            return await self._once(operation, variables, token)
        except UnauthorisedError:
            if not self._tokens.renew(token):
                raise
        return await self._once(operation, variables, await self._tokens.token())

    async def _once(self, operation: Operation, variables: Variables, token: str) -> Node:
        cost = self._expected(operation, variables)
        answer = await self._http.send(self._request(operation, variables, token), self._priority, cost)
        _judge(operation, answer)
        self._learnt.served = answer.headers.get("x-shopify-api-version", "")
        content = wire.parse(operation, answer.body)
        if found := wire.charge(content):
            self._learn(operation, variables, answer, found)
        try:
            return wire.data(operation, content)
        except RateLimitedError as error:
            # A shop that tells how full its bucket is need not be left alone: what fits may go.
            self._http.refused(answer.turn, timedelta(0) if found else error.wait)
            raise

    def _expected(self, operation: Operation, variables: Variables) -> float:
        return operation.cost(variables) * self._learnt.share.get(operation.name, 1.0)

    def _learn(self, operation: Operation, variables: Variables, answer: Answer, found: wire.Charge) -> None:
        """Believe the shop's bucket, and how much of the published rule it really charges for this operation."""
        self._http.charged(answer, Charge(found.actual, found.available, found.maximum, found.restore_rate))
        self._learnt.budget = (found.maximum, found.restore_rate)
        if (estimate := operation.cost(variables)) > 0 and found.requested > 0:
            self._learnt.share[operation.name] = found.requested / estimate

    def _request(self, operation: Operation, variables: Variables, token: str) -> Request:
        return Request(
            operation=operation.name,
            method="POST",
            url=self._url,
            safe=operation.safe,
            writes=operation.writes,
            headers={
                "Content-Type": "application/json",
                "Accept": "application/json",
                "X-Shopify-Access-Token": token,
            },
            body=wire.body(operation, variables),
            timeout=timedelta(seconds=self._settings.timeout),
        )


_CLOSED = {
    402: "the shop is frozen for an unpaid bill",
    404: "there is no such shop or API version: check `shop` and `api_version`",
    423: "the shop is locked",
}


def _judge(operation: Operation, answer: Answer) -> None:
    """What the transport leaves to its caller: a closed shop, a moved one, a request that is refused as such."""
    if answer.status == 200:
        return
    where = f"shopify: {operation.name} was answered with HTTP {answer.status}"
    if answer.status in _CLOSED:
        raise ConnectorDownError(f"{where}: {_CLOSED[answer.status]}")
    if 300 <= answer.status < 400:
        raise ConnectorDownError(f"{where}: the shop's address leads elsewhere: check `shop`")
    raise RejectedError(where, operation.refused, final=False)
