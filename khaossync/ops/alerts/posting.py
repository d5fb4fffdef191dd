"""Alerts by HTTP: to a program of one's own, signed; to Slack or Mattermost; to Microsoft Teams."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from khaossync.ops.alerts.wording import Telling, data, headline, text
from khaossync.ops.outward import Outward

Sign = Callable[[Telling, bytes], Mapping[str, str]]
"""The headers by which a receiver knows who sent this body, and when."""

_KEY = "whsec_"


@dataclass(frozen=True, slots=True)
class Post:
    """Posts a message as JSON of the receiver's shape."""

    outward: Outward
    shape: Callable[[Telling], Mapping[str, Any]]
    sign: Sign = lambda _telling, _body: {}

    async def send(self, telling: Telling) -> None:
        """Return when the receiver took the message. Raises SyncError."""
        body = orjson.dumps(self.shape(telling))
        headers = {"Content-Type": "application/json", "User-Agent": "khaossync"}
        await self.outward.call("POST", headers={**headers, **self.sign(telling, body)}, body=body)


def webhook(outward: Outward, secret: str) -> Post:
    """To a program: all of it as data, signed with a shared secret (see `signed`)."""
    return Post(outward, data, lambda telling, body: signed(secret, telling.id, int(telling.at.timestamp()), body))


def slack(outward: Outward) -> Post:
    """To a chat that understands Slack's incoming webhooks, such as Mattermost.

    What was told by others stands in a code block, where nothing is a mention or a link. Three characters must be
    escaped: https://docs.slack.dev/messaging/formatting-message-text/#escaping
    """
    return Post(outward, lambda telling: {"text": f"*{_escaped(headline(telling))}*\n```\n{_block(telling)}\n```"})


def teams(outward: Outward) -> Post:
    """To a Teams workflow "when a Teams webhook request is received", which takes Adaptive Cards only.

    https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using
    """
    return Post(outward, _card)


def signed(secret: str, message_id: str, timestamp: int, body: bytes) -> Mapping[str, str]:
    """The headers of Standard Webhooks: id, Unix seconds, and the HMAC-SHA256 of `id.timestamp.body` in base64.

    Libraries that verify them, and refuse replays, exist for most languages: https://www.standardwebhooks.com
    """
    content = f"{message_id}.{timestamp}.".encode() + body
    digest = hmac.new(key(secret), content, hashlib.sha256).digest()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


def key(secret: str) -> bytes:
    """The bytes of a secret `whsec_<base64>`, 24 to 64 of them. Raises ValueError when it is none."""
    try:
        found = base64.b64decode(secret.removeprefix(_KEY), validate=True)
    except binascii.Error:
        found = b""
    if not secret.startswith(_KEY) or not 24 <= len(found) <= 64:
        raise ValueError("must be whsec_ and 24 to 64 random bytes in base64: echo whsec_$(openssl rand -base64 32)")
    return found


def _card(telling: Telling) -> Mapping[str, Any]:
    head = {"type": "TextBlock", "text": headline(telling), "weight": "Bolder", "wrap": True}
    # Runs of text, unlike blocks, read no markup out of what others said.
    lines = ({"type": "TextRun", "text": line, "fontType": "Monospace"} for line in text(telling).splitlines() if line)
    blocks = [head, *({"type": "RichTextBlock", "inlines": [line], "spacing": "None"} for line in lines)]
    card = {"type": "AdaptiveCard", "version": "1.4", "body": blocks}
    return {
        "type": "message",
        "attachments": [{"contentType": "application/vnd.microsoft.card.adaptive", "content": card}],
    }


def _block(telling: Telling) -> str:
    return _escaped(text(telling)).replace("```", "'''")


def _escaped(said: str) -> str:
    return said.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
