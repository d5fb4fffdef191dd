"""Who may call: one token for ever, or tokens that expire, given for the app's id and secret.

https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/client-credentials-grant
"""

import random
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any


class Access:
    """The tokens of one app on one shop. `lifetime` is how long a token that is given out is good for."""

    def __init__(
        self, token: str, client_id: str, client_secret: str, now: Callable[[], datetime], dice: random.Random
    ) -> None:
        self.lifetime = timedelta(hours=24)
        self.given_out = 0
        self._token: str | None = token
        self._client_id = client_id
        self._client_secret = client_secret
        self._now = now
        self._dice = dice
        self._expires: dict[str, datetime] = {}

    def allows(self, token: str | None) -> bool:
        """Whether a call with this token is let in."""
        if token is None:
            return False
        expires = self._expires.get(token)
        return token == self._token or (expires is not None and self._now() < expires)

    def grant(self, form: Mapping[str, Any], scopes: list[str]) -> dict[str, Any] | None:
        """A new token for an app that names itself rightly, else None."""
        asked = (form.get("grant_type"), form.get("client_id"), form.get("client_secret"))
        if asked != ("client_credentials", self._client_id, self._client_secret):
            return None
        token = f"shpat_{self._dice.getrandbits(128):032x}"
        self._expires[token] = self._now() + self.lifetime
        self.given_out += 1
        seconds = max(int(self.lifetime.total_seconds()) - 1, 0)
        return {"access_token": token, "scope": ",".join(sorted(scopes)), "expires_in": seconds}

    def revoke(self, *, for_ever: bool = False) -> None:
        """Take back every token that was given out; `for_ever` takes the permanent one too."""
        self._expires.clear()
        if for_ever:
            self._token = None
