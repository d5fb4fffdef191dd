"""Keeps secrets and personal data out of whatever is written down."""

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from pathlib import PurePath
from urllib.parse import quote, quote_plus
from uuid import UUID
from xml.sax.saxutils import escape

MASK = "***"

_SHORTEST_SECRET = 4  # masking shorter ones everywhere would make every line unreadable
_LONGEST_TEXT = 16_384
_TORN = 330  # longer than any address or token that cutting a text may have torn
_DEEPEST = 12

# A key is masked when one of its words ends like this (`accessToken`, `X-Shopify-Access-Token`, `db_password`) …
_SECRET_WORD = re.compile(
    ".*(?:token|passwords?|passwd|pwd|passphrase|secrets?|authori[sz]ation|dsn|credentials?|cookie|signature|hmac|apikey)"
)
# … or when its last word, or its last two together, are one of these (`api_key`, `firstName`, `shipping_address`).
_LAST_WORD = re.compile(
    "(?:api|private|access|consumer|secret)key|emails?|emailaddress|phone|phonenumber|telephone|mobile|surname|forename|"
    "(?:first|last|full|customer)name|postcode|zip|zipcode|street|city|address[12]|line[12]|"
    "(?:shipping|billing|delivery|invoice)address"
)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")

# What makes a text worth a closer look: plain searches in the lower-cased text cost far less than expressions.
_PLAIN = ("@", "%40", "://", "shp", "eyj", "bearer", "basic", "token", "passw", "passp", "pwd", "secret", "authori")
_SIGNS = (*_PLAIN, "api_key", "api-key", "apikey", "signature", "hmac", "dsn")
_STEMS = r"token|passwords?|passwd|pwd|passphrase|secrets?|api[_-]?key|signature|hmac|dsn"
_QUOTED = r"\\*\"[^\"]*\"|\\*'[^']*'"
_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"(?i)(\bauthori[sz]ation[\\\"']*\s*[:=]\s*[\\\"']*)[^\\\"'\r\n]+", rf"\1{MASK}"),
        (r"(?i)\b(bearer|basic)\s+(?!token\b|auth)[\w.~+/=:-]{4,}", rf"\1 {MASK}"),
        (r"(://[^\s:/@\"']{0,128}):[^\s\"']{1,512}@", rf"\1:{MASK}@"),
        (rf"(?i)\b([\w-]{{0,40}}(?:{_STEMS})[\\\"']*\s*[:=>]\s*)({_QUOTED}|[^\s\"',;&)}}\]<]+)", rf"\1{MASK}"),
        (r"shp[a-z]{2}_[0-9A-Za-z]{4,}", MASK),
        (r"\beyJ[\w-]{6,}\.[\w-]+(?:\.[\w-]*)?", MASK),
        (
            # More than an address may be masked here, never less; a DSN's host stays, for it has its mask already.
            r"(?:\"[^\"@\r\n]{1,64}\"|[^\s@\"<>()\[\],;:\\]{1,64})(?<!\*\*\*)(?:@|%40)[\w.-]{1,200}\.[^\W\d]{2,}",
            MASK,
        ),
    )
)


class Redaction:
    """Masks every configured secret in whatever way it was encoded, and whatever looks like one or like an e-mail.

    Objects that do not speak for themselves are named, never dumped: only what somebody wrote out can get into a
    log. Texts are cut to 16,384 characters.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        known = {form for secret in secrets for form in _forms(secret) if len(form) >= _SHORTEST_SECRET}
        self._known = sorted(known, key=len, reverse=True)  # a secret that holds another one goes first

    def mapping(self, fields: Mapping[str, object]) -> dict[str, object]:
        """The fields, with everything masked that must not be seen."""
        return self._mapping(fields, 0)

    def text(self, text: str) -> str:
        """The text, with everything masked that must not be seen."""
        for secret in self._known:
            if secret in text:
                text = text.replace(secret, MASK)
        cut = len(text) > _LONGEST_TEXT
        text = text[:_LONGEST_TEXT] if cut else text
        lowered = text.lower()
        if any(sign in lowered for sign in _SIGNS):
            for pattern, replacement in _PATTERNS:
                text = pattern.sub(replacement, text)
        return text[:-_TORN] + "…" if cut else text

    def _value(self, value: object, depth: int) -> object:
        if isinstance(value, Enum):
            value = value.value
        if isinstance(value, str):
            return self.text(value)
        if value is None or isinstance(value, bool | int | float):
            return value
        if depth > _DEEPEST:
            return "…"
        if isinstance(value, Mapping):
            return self._mapping(value, depth + 1)
        if isinstance(value, list | tuple | set | frozenset) and not hasattr(value, "_fields"):
            return [self._value(item, depth + 1) for item in value]
        return self._other(value)

    def _mapping(self, fields: Mapping[object, object] | Mapping[str, object], depth: int) -> dict[str, object]:
        clean: dict[str, object] = {}
        for key, value in fields.items():
            name = key if type(key) is str else str(self._value(key, depth))
            masked = value is not None and not isinstance(value, bool) and smells(name)
            clean[self.text(name)] = MASK if masked else self._value(value, depth)
        return clean

    def _other(self, value: object) -> object:
        if isinstance(value, datetime | date | time):
            return value.isoformat()
        if isinstance(value, timedelta):
            return value.total_seconds()
        if isinstance(value, Decimal | UUID | PurePath):
            return self.text(str(value))
        if isinstance(value, BaseException):
            return self.text(f"{type(value).__name__}: {value}")
        return f"<{type(value).__name__}>"


@lru_cache(maxsize=2048)
def smells(key: str) -> bool:
    """Whether a field of this name holds a secret or something personal, whatever its value looks like."""
    words = [word.lower() for word in _WORD.findall(key)]
    last = ("".join(words[-1:]), "".join(words[-2:]))
    return any(map(_SECRET_WORD.fullmatch, words)) or any(map(_LAST_WORD.fullmatch, last))


def _forms(secret: str) -> Iterator[str]:
    """The ways in which a secret turns up in texts: as it is, and as URLs, JSON, XML, Python and base64 write it."""
    secret = secret.strip()
    yield from (secret, quote(secret, safe=""), quote(secret), quote_plus(secret), escape(secret))
    yield from (json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], repr(secret)[1:-1])
    yield base64.b64encode(secret.encode()).decode()
