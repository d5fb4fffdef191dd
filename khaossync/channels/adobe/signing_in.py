"""Three ways to be let in: a bearer token, OAuth 1.0a signatures, and the tokens of Adobe's IMS."""

import asyncio
import json
import random
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Protocol
from urllib.parse import urlencode

from khaossync.channels.adobe.config import Settings
from khaossync.channels.adobe.fields import MalformedError, Node
from khaossync.channels.adobe.signing import Credentials, authorisation
from khaossync.clock import Clock
from khaossync.domain.errors import ConnectorDownError, TransientError
from khaossync.transport.http import Answer, Http, Request
from khaossync.transport.priority import Priority

_RENEW_AT = 0.8

# https://developer.adobe.com/commerce/webapi/rest/authentication/server-to-server/
_SCOPE = "openid,AdobeID,email,profile,additional_info.roles,additional_info.projectedProductContext,commerce.accs"

Query = Sequence[tuple[str, str]]


class Way(Protocol):
    """How calls prove who makes them."""

    async def headers(self, method: str, url: str, query: Query, /) -> Mapping[str, str]:
        """The headers that let this call in. Raises SyncError when none can be had."""

    def renew(self, refused: Mapping[str, str], /) -> bool:
        """Tell that a call with these headers was refused; True when trying again makes sense."""


class Bearer:
    """The access token of an integration, where the shop takes it as it is, or an administrator's."""

    def __init__(self, token: str) -> None:
        self._token = token

    async def headers(self, _method: str, _url: str, _query: Query) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self._token}"}

    def renew(self, _refused: Mapping[str, str]) -> bool:
        """There is no other token."""
        return False


class Signed:
    """OAuth 1.0a: every call is signed by itself, by the shop's clock as far as it told the time."""

    def __init__(self, credentials: Credentials, http: Http, clock: Clock, dice: random.Random) -> None:
        self._credentials, self._http, self._clock, self._dice = credentials, http, clock, dice

    async def headers(self, method: str, url: str, query: Query) -> Mapping[str, str]:
        now = self._clock.now() + (self._http.skew or timedelta(0))
        nonce = f"{self._dice.getrandbits(128):032x}"
        signed = authorisation(method, url, query, self._credentials, nonce=nonce, timestamp=int(now.timestamp()))
        return {"Authorization": signed}

    def renew(self, _refused: Mapping[str, str]) -> bool:
        """A nonce that the shop has seen, or a clock that is wrong since its last answer, is cured by another."""
        return True


class Ims:
    """The cloud service: a token of about a day by client credentials, asked for again at 80 % of its life."""

    def __init__(self, settings: Settings, http: Http, clock: Clock) -> None:
        self._settings, self._http, self._clock = settings, http, clock
        self._token = ""
        self._good_until = 0.0
        self._turn = asyncio.Lock()

    async def headers(self, _method: str, _url: str, _query: Query) -> Mapping[str, str]:
        async with self._turn:
            if not self._token or self._clock.monotonic() >= self._good_until:
                await self._ask()
            return {
                "Authorization": f"Bearer {self._token}",
                "x-api-key": self._settings.client_id,
                "x-gw-ims-org-id": self._settings.organisation,
                "Store": self._settings.store,
            }

    def renew(self, refused: Mapping[str, str]) -> bool:
        if refused.get("Authorization") == f"Bearer {self._token}":
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
            "scope": _SCOPE,
        }
        return Request(
            operation="token",
            method="POST",
            url=self._settings.ims_url,
            safe=True,
            headers={"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"},
            body=urlencode(form).encode(),
            timeout=timedelta(seconds=self._settings.timeout),
            readable=frozenset({401, 403}),
        )


def _granted(answer: Answer) -> tuple[str, float]:
    if answer.status != 200:
        raise ConnectorDownError(
            f"adobe: IMS granted no access token (HTTP {answer.status}): check client_id and client_secret, and that "
            "the credential has the Adobe Commerce as a Cloud Service API"
        )
    try:
        granted = Node.of(json.loads(answer.body), "grant")
        return granted.text("access_token"), float(granted.integer("expires_in"))
    except (ValueError, MalformedError) as error:
        raise TransientError(f"adobe: the token grant could not be read: {error}") from error


def way(settings: Settings, http: Http, clock: Clock, dice: random.Random) -> Way:
    """The way that the settings chose."""
    token, consumer, secret = settings.access_token, settings.consumer_secret, settings.token_secret
    if token is None:
        return Ims(settings, http, clock)
    if consumer is None or secret is None:
        return Bearer(token.get_secret_value())
    keys = (consumer.get_secret_value(), token.get_secret_value(), secret.get_secret_value())
    return Signed(Credentials(settings.consumer_key, *keys), http, clock, dice)
