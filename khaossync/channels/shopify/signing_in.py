"""Two ways to an access token: a permanent one, or the client credentials grant, renewed before it ends."""

import asyncio
import json
from datetime import timedelta
from typing import Protocol
from urllib.parse import urlencode

from khaossync.channels.shopify.config import Settings
from khaossync.channels.shopify.fields import Node
from khaossync.clock import Clock
from khaossync.domain.errors import ConnectorDownError, TransientError
from khaossync.transport.http import Answer, Http, Request
from khaossync.transport.priority import Priority

_RENEW_AT = 0.8


class Tokens(Protocol):
    """Where the access token comes from."""

    async def token(self) -> str:
        """A token that should be good now. Raises SyncError when none can be had."""

    def renew(self, refused: str) -> bool:
        """Tell that a token was refused; True when asking again gives another one."""


class Permanent:
    """The token of a custom app made in the shop's admin; it never changes."""

    def __init__(self, token: str) -> None:
        self._token = token

    async def token(self) -> str:
        return self._token

    def renew(self, refused: str) -> bool:
        """There is no other token than the refused one."""
        return not refused


class ClientCredentials:
    """The grant of a Dev Dashboard app: a token of about a day, asked for again at 80 % of its life.

    https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/client-credentials-grant
    """

    def __init__(self, settings: Settings, http: Http, clock: Clock) -> None:
        self._settings, self._http, self._clock = settings, http, clock
        self._token = ""
        self._good_until = 0.0
        self._turn = asyncio.Lock()

    async def token(self) -> str:
        async with self._turn:
            if not self._token or self._clock.monotonic() >= self._good_until:
                await self._ask()
            return self._token

    def renew(self, refused: str) -> bool:
        if refused == self._token:
            self._token = ""
        return True

    async def _ask(self) -> None:
        asked = self._clock.monotonic()
        answer = await self._http.send(self._request(), Priority.DESPATCH)  # nothing goes without it
        token, seconds = _granted(answer)
        self._token, self._good_until = token, asked + seconds * _RENEW_AT

    def _request(self) -> Request:
        secret = self._settings.client_secret
        form = {
            "grant_type": "client_credentials",
            "client_id": self._settings.client_id,
            "client_secret": secret.get_secret_value() if secret else "",
        }
        return Request(
            operation="token",
            method="POST",
            url=f"{self._settings.base}/admin/oauth/access_token",
            safe=True,
            headers={"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"},
            body=urlencode(form).encode(),
            timeout=timedelta(seconds=self._settings.timeout),
        )


def _granted(answer: Answer) -> tuple[str, float]:
    if answer.status != 200:
        raise ConnectorDownError(
            f"shopify: no access token was granted (HTTP {answer.status}): check client_id and client_secret, "
            "and that the app is installed in the shop"
        )
    try:
        granted = Node.of(json.loads(answer.body), "grant")
        return granted.text("access_token"), float(granted.number("expires_in"))
    except ValueError as error:
        raise TransientError(f"shopify: the token grant could not be read: {error}") from error


def tokens(settings: Settings, http: Http, clock: Clock) -> Tokens:
    """The way that the settings chose."""
    if settings.access_token is not None:
        return Permanent(settings.access_token.get_secret_value())
    return ClientCredentials(settings, http, clock)
