"""Who may call: tokens that expire, given for the integration's id and secret.

https://shopware.stoplight.io/docs/admin-api/authentication
"""

import random
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from khaossync.sandbox.shopware.errors import Refusal, refusal

# After how many failures one waits how long; forgotten after a day.
_BACKOFF = ((20, 60), (15, 30), (10, 10))


class Access:
    """The tokens of one integration on one shop. `lifetime` is how long a token is good for."""

    def __init__(self, client_id: str, client_secret: str, now: Callable[[], datetime], dice: random.Random) -> None:
        self.lifetime = timedelta(minutes=10)
        self.given_out = 0
        self._client_id = client_id
        self._client_secret = client_secret
        self._now = now
        self._dice = dice
        self._expires: dict[str, datetime] = {}
        self._failures: list[datetime] = []

    def check(self, header: str | None) -> None:
        """Refuse a call without a token that is good now."""
        kind, _, token = (header or "").partition(" ")
        if not token or kind.lower() != "bearer":
            raise _unauthorised('Missing "Authorization" header')
        expires = self._expires.get(token)
        if expires is None or self._now() >= expires:
            raise _unauthorised("Access token could not be verified")

    def grant(self, form: Mapping[str, Any]) -> dict[str, Any]:
        """A new token. Refuses a wrong secret, and a caller that was wrong too often."""
        self._throttle()
        if form.get("grant_type") != "client_credentials":
            detail = "The authorization grant type is not supported by the authorization server."
            raise refusal(400, "2", detail)
        if (form.get("client_id"), form.get("client_secret")) != (self._client_id, self._client_secret):
            self._failures.append(self._now())
            raise refusal(401, "4", "Client authentication failed")
        self._failures.clear()
        token = f"sandbox.{self._dice.getrandbits(256):064x}"
        self._expires[token] = self._now() + self.lifetime
        self.given_out += 1
        return {"token_type": "Bearer", "expires_in": int(self.lifetime.total_seconds()), "access_token": token}

    def revoke(self) -> None:
        """Take back every token that was given out."""
        self._expires.clear()

    def change_secret(self, secret: str) -> None:
        """Staff give the integration another secret; tokens that were given out stay good until they expire."""
        self._client_secret = secret

    def _throttle(self) -> None:
        now = self._now()
        self._failures = [at for at in self._failures if now - at < timedelta(hours=24)]
        for failures, seconds in _BACKOFF:
            if len(self._failures) >= failures:
                left = seconds - int((now - self._failures[-1]).total_seconds())
                if left > 0:
                    raise refusal(429, "FRAMEWORK__AUTH_THROTTLED", f"Auth throttled for {left} seconds.", seconds=left)
                return


def _unauthorised(detail: str) -> Refusal:
    return refusal(401, "9", detail)
