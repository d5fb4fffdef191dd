"""The access token of an integration: asked for with its id and secret, renewed before it ends.

https://developer.shopware.com/docs/guides/integrations-api/ and `AuthController` of the platform: no refresh token
comes with this grant.
"""

import asyncio
import json
from datetime import timedelta

from khaossync.channels.shopware.config import Settings
from khaossync.channels.shopware.fields import MalformedError, parse
from khaossync.clock import Clock
from khaossync.domain.errors import ConnectorDownError, TransientError
from khaossync.transport.http import Answer, Http, Request, UnauthorisedError
from khaossync.transport.priority import Priority

_RENEW_AT = 0.8

_PATIENCE = 15.0
"""Seconds for which a refused secret is not tried again: after ten refusals Shopware makes everybody behind our
address wait, and longer with every further one."""


class Token:
    """One token for all calls to a shop."""

    def __init__(self, settings: Settings, http: Http, clock: Clock) -> None:
        self._settings, self._http, self._clock = settings, http, clock
        self._token = ""
        self._good_until = 0.0
        self._refusal: ConnectorDownError | None = None
        self._turn = asyncio.Lock()

    async def get(self) -> str:
        """A token that should be good now. Raises SyncError when none can be had."""
        async with self._turn:
            now = self._clock.monotonic()
            if not self._token or now >= self._good_until:
                if self._refusal and now < self._good_until:
                    raise self._refusal
                await self._ask()
            return self._token

    def renew(self, refused: str) -> None:
        """Tell that a token was refused."""
        if refused == self._token:
            self._token, self._good_until = "", 0.0

    async def _ask(self) -> None:
        asked = self._clock.monotonic()
        self._token, self._refusal = "", None
        try:
            token, seconds = _granted(await self._http.send(self._request(), Priority.DESPATCH))
        except ConnectorDownError as error:
            if isinstance(error, UnauthorisedError | _RefusedError):
                self._refusal, self._good_until = error, asked + _PATIENCE
            raise
        self._token, self._good_until = token, asked + seconds * _RENEW_AT

    def _request(self) -> Request:
        asked = {
            "grant_type": "client_credentials",
            "client_id": self._settings.client_id,
            "client_secret": self._settings.client_secret.get_secret_value(),
        }
        return Request(
            operation="token",
            method="POST",
            url=f"{self._settings.base}/api/oauth/token",
            safe=True,
            headers={"Content-Type": "application/json", "Accept": "application/json"},
            body=json.dumps(asked).encode(),
            timeout=timedelta(seconds=self._settings.timeout),
        )


class _RefusedError(ConnectorDownError):
    """No token was granted."""


def _granted(answer: Answer) -> tuple[str, float]:
    if answer.status != 200:
        raise _RefusedError(
            f"shopware: no access token was granted (HTTP {answer.status}): check client_id and client_secret, and "
            "that url is the shop's address"
        )
    try:
        granted = parse(answer.body, "token")
        return granted.text("access_token"), float(granted.number("expires_in"))
    except MalformedError as error:
        raise TransientError(f"shopware: the access token could not be read: {error}") from error
