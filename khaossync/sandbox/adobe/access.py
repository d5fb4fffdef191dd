"""Who may call: OAuth 1.0a signatures, bearer tokens of an integration or an administrator, or IMS tokens.

https://developer.adobe.com/commerce/webapi/get-started/authentication/
"""

import base64
import hashlib
import hmac
import random
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from urllib.parse import quote, unquote

from khaossync.sandbox.adobe.errors import Refusal

SKEW = timedelta(minutes=10)
"""How far a signature's time may be from the shop's."""

RESOURCES = (
    "Magento_Sales::actions_view",
    "Magento_Sales::ship",
    "Magento_Sales::comment",
    "Magento_Sales::invoice",
    "Magento_Sales::creditmemo",
    "Magento_Sales::cancel",
    "Magento_Sales::hold",
    "Magento_Sales::unhold",
    "Magento_Sales::emails",
    "Magento_InventoryApi::source",
    "Magento_InventoryApi::stock",
    "Magento_InventoryApi::stock_source_item_assign",
    "Magento_InventorySalesApi::stock",
    "Magento_Catalog::catalog",
    "Magento_CatalogInventory::cataloginventory",
    "Magento_Catalog::products",
    "Magento_Backend::store",
    "Magento_Backend::admin",
    "Magento_Logging::system_magento_logging_bulk_operations",
)


class Access:
    """The credentials of one integration, and of the API user behind it.

    `resources` are what it may do. `bearer` lets the access token alone in (`enable_integration_as_bearer`).
    """

    def __init__(self, now: Callable[[], datetime], dice: random.Random) -> None:
        self.consumer_key, self.consumer_secret = "consumer-key", "consumer-secret"
        self.access_token, self.token_secret = "access-token", "token-secret"
        self.client_id, self.client_secret = "client-id", "client-secret"
        self.username, self.password = "api", "password1"
        self.organisation = "ORG@AdobeOrg"
        self.bearer = True
        self.revoked = False
        self.resources: set[str] = set(RESOURCES)
        self.lifetime = timedelta(hours=4)
        self.given_out = 0
        self._now = now
        self._dice = dice
        self._expires: dict[str, datetime] = {}
        self._nonces: set[tuple[str, str]] = set()

    def give_token(self) -> str:
        """A new token that is good for `lifetime`."""
        token = f"{self._dice.getrandbits(160):040x}"
        self._expires[token] = self._now() + self.lifetime
        self.given_out += 1
        return token

    def revoke(self, *, for_ever: bool = False) -> None:
        """Take back every token that was given out; `for_ever` takes the integration's too."""
        self._expires.clear()
        self.revoked = self.revoked or for_ever

    def knows_admin(self, username: object, password: object) -> bool:
        """Whether these are the API user's name and password."""
        return (username, password) == (self.username, self.password)

    def knows_client(self, form: Mapping[str, object]) -> bool:
        """Whether this form asks rightly for an IMS token."""
        told = (form.get("grant_type"), form.get("client_id"), form.get("client_secret"))
        return told == ("client_credentials", self.client_id, self.client_secret) and "scope" in form

    def let_in(self, header: str, method: str, url: str, query: Sequence[tuple[str, str]]) -> bool:
        """Whether a call is let in. Raises Refusal where Magento says what is wrong with a signature."""
        kind, _, rest = header.partition(" ")
        if kind == "Bearer":
            return self._is_good(rest.strip())
        if kind == "OAuth":
            self._verify(_parameters(rest), method, url, query)
            return True
        return False

    def let_in_by_ims(self, headers: Mapping[str, str]) -> bool:
        """Whether a call to the cloud service is let in."""
        kind, _, token = headers.get("Authorization", "").partition(" ")
        named = (headers.get("x-api-key"), headers.get("x-gw-ims-org-id")) == (self.client_id, self.organisation)
        return named and kind == "Bearer" and self._is_given(token)

    def _is_good(self, token: str) -> bool:
        return (self.bearer and token == self.access_token and not self.revoked) or self._is_given(token)

    def _is_given(self, token: str) -> bool:
        return token in self._expires and self._now() < self._expires[token]

    def _verify(self, told: Mapping[str, str], method: str, url: str, query: Sequence[tuple[str, str]]) -> None:
        missing = [name for name in _NEEDED if not told.get(name)]
        if missing:
            raise _problem(400, "parameter_absent", missing[0])
        if told["oauth_signature_method"] != "HMAC-SHA256":
            raise _problem(400, "signature_method_rejected", told["oauth_signature_method"])
        if told["oauth_consumer_key"] != self.consumer_key or self.revoked:
            raise _problem(401, "consumer_key_rejected")
        if told["oauth_token"] != self.access_token:
            raise _problem(401, "token_rejected")
        self._check_time(told["oauth_timestamp"])
        if (told["oauth_timestamp"], told["oauth_nonce"]) in self._nonces:
            raise _problem(401, "nonce_used")
        self._nonces.add((told["oauth_timestamp"], told["oauth_nonce"]))
        if not hmac.compare_digest(self._sign(told, method, url, query), told["oauth_signature"]):
            raise _problem(401, "signature_invalid")

    def _check_time(self, stamp: str) -> None:
        if not stamp.isdigit() or abs(self._now().timestamp() - int(stamp)) > SKEW.total_seconds():
            raise _problem(400, "timestamp_refused", stamp)

    def _sign(self, told: Mapping[str, str], method: str, url: str, query: Sequence[tuple[str, str]]) -> str:
        """https://www.rfc-editor.org/rfc/rfc5849#section-3.4.1"""
        signed = [(name, value) for name, value in told.items() if name not in ("oauth_signature", "realm")]
        pairs = sorted((quote(name, safe="~"), quote(value, safe="~")) for name, value in [*signed, *query])
        text = "&".join(f"{name}={value}" for name, value in pairs)
        base = "&".join(quote(each, safe="~") for each in (method.upper(), url, text))
        key = f"{quote(self.consumer_secret, safe='~')}&{quote(self.token_secret, safe='~')}"
        return base64.b64encode(hmac.new(key.encode(), base.encode(), hashlib.sha256).digest()).decode()


_NEEDED = (
    "oauth_consumer_key",
    "oauth_nonce",
    "oauth_signature",
    "oauth_signature_method",
    "oauth_timestamp",
    "oauth_token",
)


def _parameters(header: str) -> dict[str, str]:
    return {name: unquote(value) for name, value in re.findall(r'(\w+)="([^"]*)"', header)}


def _problem(status: int, name: str, about: str = "") -> Refusal:
    return Refusal(status, f"oauth_problem={name}" + (f"&oauth_parameters_absent={about}" if about else ""))
