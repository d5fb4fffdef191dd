"""Alerts by e-mail: through one's own mail server, encrypted unless it is on this machine."""

import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Literal

import aiosmtplib
import structlog

from khaossync.domain.errors import ConfigError, TransientError
from khaossync.ops.alerts.wording import Telling, headline, text

log = structlog.get_logger()

Security = Literal["starttls", "tls", "none"]

_TIMEOUT = 15.0
_LONGEST_SUBJECT = 150


@dataclass(frozen=True, slots=True)
class Mail:
    """The way to the mailboxes of `to`; no username means that the server wants no login."""

    name: str
    host: str
    port: int
    security: Security
    sender: str
    to: Sequence[str]
    username: str = ""
    password: str = ""
    ca_file: Path | None = None

    async def send(self, telling: Telling) -> None:
        """Return when the server took the message, for one mailbox at least. Raises SyncError."""
        try:
            refused, _ = await aiosmtplib.send(
                letter(telling, self.sender, self.to),
                hostname=self.host,
                port=self.port,
                use_tls=self.security == "tls",
                start_tls=self.security == "starttls",
                tls_context=self._trust(),
                username=self.username or None,
                password=self.password or None,
                timeout=_TIMEOUT,
            )
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise TransientError(f"{self.name}: {self.host}:{self.port} did not take it: {_told(error)}") from error
        if refused:
            log.warning("alert_mailbox_refused", target=self.name, refused=len(refused), of=len(self.to))

    def _trust(self) -> ssl.SSLContext | None:
        if self.security == "none":
            return None
        try:
            return ssl.create_default_context(cafile=self.ca_file)
        except OSError as error:
            raise ConfigError(f"{self.name}: ca_file {self.ca_file} is not a readable PEM file ({error})") from error


def letter(telling: Telling, sender: str, to: Sequence[str]) -> EmailMessage:
    """The message as mail that no robot answers: https://www.rfc-editor.org/rfc/rfc3834#section-5

    Its id is the message's own, so that a mailbox shows one that was sent twice only once.
    """
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = ", ".join(to)
    mail["Subject"] = headline(telling)[:_LONGEST_SUBJECT]
    mail["Date"] = format_datetime(telling.at)
    mail["Message-ID"] = f"<{telling.id}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    mail.set_content(text(telling))
    return mail


def _told(error: Exception) -> str:
    """Without the server's own words, which may repeat mailboxes."""
    name = type(error).__name__
    return f"{name} {error.code}" if isinstance(error, aiosmtplib.SMTPResponseException) else name
