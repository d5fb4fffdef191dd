"""Sends an operation to the shop and returns its data: paced by cost, signed in, its failure sorted by remedy."""

from datetime import timedelta

from khaossync.channels.shopify import wire
from khaossync.channels.shopify.config import Settings
from khaossync.channels.shopify.fields import Node
from khaossync.channels.shopify.signing_in import Tokens
from khaossync.channels.shopify.wire import Charge, Operation, Variables
from khaossync.domain.errors import ConnectorDownError, RateLimitedError, RejectedError
from khaossync.transport.http import Answer, Http, Request, UnauthorisedError


class Client:
    """One shop's Admin API."""

    def __init__(self, settings: Settings, http: Http, tokens: Tokens) -> None:
        self._settings, self._http, self._tokens = settings, http, tokens
        self._url = f"{settings.base}/admin/api/{settings.api_version}/graphql.json"
        self._share: dict[str, float] = {}

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
        answer = await self._http.send(self._request(operation, variables, token), cost)
        _judge(operation, answer)
        content = wire.parse(operation, answer.body)
        if found := wire.charge(content):
            self._learn(operation, variables, found)
        try:
            return wire.data(operation, content)
        except RateLimitedError as error:
            self._http.limiter.pause(error.wait.total_seconds())
            raise

    def _expected(self, operation: Operation, variables: Variables) -> float:
        return operation.cost(variables) * self._share.get(operation.name, 1.0)

    def _learn(self, operation: Operation, variables: Variables, found: Charge) -> None:
        """Believe the shop's bucket, and how much of the published rule it really charges for this operation."""
        self._http.limiter.feed(found.available, found.maximum, found.restore_rate)
        if (estimate := operation.cost(variables)) > 0 and found.requested > 0:
            self._share[operation.name] = found.requested / estimate

    def _request(self, operation: Operation, variables: Variables, token: str) -> Request:
        return Request(
            operation=operation.name,
            method="POST",
            url=self._url,
            safe=operation.safe,
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
