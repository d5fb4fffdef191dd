"""Signs a call by OAuth 1.0a with HMAC-SHA256, the one method that Magento takes; pure.

https://developer.adobe.com/commerce/webapi/get-started/authentication/gs-authentication-oauth/ and RFC 5849 §3.4.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

Pairs = Iterable[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Credentials:
    """What an integration is given when it is activated in the Admin; none of it expires."""

    consumer_key: str
    consumer_secret: str
    token: str
    token_secret: str


def authorisation(
    method: str, url: str, query: Pairs, credentials: Credentials, *, nonce: str, timestamp: int, realm: str = ""
) -> str:
    """The Authorization header of one call; each is signed anew, for a nonce may not be used twice.

    `url` has no query: its pairs are signed beside the protocol's own. A JSON body is not signed.
    """
    protocol = {
        "oauth_consumer_key": credentials.consumer_key,
        "oauth_nonce": nonce,
        "oauth_signature_method": "HMAC-SHA256",
        "oauth_timestamp": str(timestamp),
        "oauth_token": credentials.token,
        "oauth_version": "1.0",
    }
    text = base_string(method, url, [*protocol.items(), *query])
    told = {**({"realm": realm} if realm else {}), **protocol, "oauth_signature": signature(text, credentials)}
    return "OAuth " + ", ".join(f'{name}="{_quoted(value)}"' for name, value in told.items())


def base_string(method: str, url: str, parameters: Pairs) -> str:
    """What is signed: the method, the address without its query, and all parameters in the order of their bytes."""
    pairs = sorted((_quoted(name), _quoted(value)) for name, value in parameters)
    normalised = "&".join(f"{name}={value}" for name, value in pairs)
    return "&".join((method.upper(), _quoted(_address(url)), _quoted(normalised)))


def signature(text: str, credentials: Credentials) -> str:
    """The signature of a base string, in base 64."""
    key = f"{_quoted(credentials.consumer_secret)}&{_quoted(credentials.token_secret)}"
    return base64.b64encode(hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()).decode()


def _address(url: str) -> str:
    """Scheme and host in small letters, without a port that goes without saying."""
    parts = urlsplit(url)
    usual = {"http": 80, "https": 443}.get(parts.scheme)
    host = (parts.hostname or "").lower()
    host = f"[{host}]" if ":" in host else host
    port = f":{parts.port}" if parts.port and parts.port != usual else ""
    return f"{parts.scheme.lower()}://{host}{port}{parts.path or '/'}"


def _quoted(text: str) -> str:
    return quote(text, safe="~")
