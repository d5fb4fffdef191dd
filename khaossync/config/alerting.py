"""`[alerts.<name>]` and `[heartbeats]`: who is told what, and by which way."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr
from pydantic_core import PydanticCustomError

from khaossync.clock import Clock
from khaossync.config.tables import Table, Text
from khaossync.ops.alerts.herald import Sender
from khaossync.ops.alerts.mailing import Mail, Security
from khaossync.ops.alerts.policy import Wishes
from khaossync.ops.alerts.posting import key, slack, teams, webhook
from khaossync.ops.heartbeats import Flow
from khaossync.ops.outward import Outward, objection


def _url(url: SecretStr) -> SecretStr:
    if wrong := objection(url.get_secret_value(), allow_private=True):
        raise ValueError(wrong)
    return url


def _signing(secret: SecretStr) -> SecretStr:
    key(secret.get_secret_value())
    return secret


Url = Annotated[SecretStr, AfterValidator(_url)]
"""A secret, for who knows such an address may use it."""
Signing = Annotated[SecretStr, AfterValidator(_signing)]
_PORTS: Mapping[Security, int] = {"starttls": 587, "tls": 465, "none": 25}
_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")
Mailbox = Annotated[str, Field(pattern=r"^[^@\s<>,;]+@[^@\s<>,;]+$")]


class AlertTable(Table):
    """What every target says of itself, whatever its kind."""

    kind: Literal["webhook", "slack", "teams", "email"] = Field(description="The way that messages take.")
    owners: tuple[Text, ...] = Field(
        default=(), description="Whose matters it is told, as in [owners] and `khaossync cases`; empty: everybody's."
    )
    only_urgent: bool = Field(default=False, description="Whether it is told of urgent matters only.")
    after_minutes: int = Field(
        default=0, ge=0, le=10_080, description="How long a matter must have lasted before it is told."
    )
    cool_down_minutes: int = Field(
        default=60,
        ge=5,
        le=10_080,
        description="How long until what lasts is told again; a day at least if not urgent.",
    )
    per_hour: int = Field(
        default=12, ge=2, le=60, description="The most messages in an hour; what is over is summed up in the next one."
    )

    def wishes(self) -> Wishes:
        """What this target wants to be told, and how often."""
        return Wishes(
            frozenset(self.owners),
            self.only_urgent,
            timedelta(minutes=self.after_minutes),
            timedelta(minutes=self.cool_down_minutes),
            self.per_hour,
        )

    def way(self, name: str, clock: Clock) -> Sender:
        """How messages get there; `name` is the target's."""
        raise NotImplementedError

    def complaints(self) -> Iterator[tuple[str, str]]:
        """(key, what is wrong): how its keys contradict each other."""
        yield from ()


class _Posted(AlertTable):
    """A target that is reached by HTTP."""

    url: Url = Field(description="Where messages are posted to, such as https://host/path; only over TLS.")
    allow_private: bool = Field(
        default=False, description="Whether the url may lead into a network of your own, or by http to this machine."
    )

    def complaints(self) -> Iterator[tuple[str, str]]:
        """An address that leads where it may not."""
        if wrong := objection(self.url.get_secret_value(), allow_private=self.allow_private):
            yield "url", f"{wrong}; for a receiver on this machine set allow_private"

    def _outward(self, name: str, clock: Clock) -> Outward:
        return Outward(f"alerts.{name}", self.url.get_secret_value(), self.allow_private, clock)


class WebhookTable(_Posted):
    """A program of one's own, which verifies our signature."""

    kind: Literal["webhook"]
    secret: Signing = Field(description="Signs every message: whsec_ and 24 to 64 random bytes in base64.")

    def way(self, name: str, clock: Clock) -> Sender:
        """Signed JSON."""
        return webhook(self._outward(name, clock), self.secret.get_secret_value())


class SlackTable(_Posted):
    """A channel of Slack, Mattermost, or what else takes Slack's incoming webhooks."""

    kind: Literal["slack"]

    def way(self, name: str, clock: Clock) -> Sender:
        """A chat message."""
        return slack(self._outward(name, clock))


class TeamsTable(_Posted):
    """A channel of Microsoft Teams, by a workflow."""

    kind: Literal["teams"]

    def way(self, name: str, clock: Clock) -> Sender:
        """A card."""
        return teams(self._outward(name, clock))


class EmailTable(AlertTable):
    """Mailboxes, by one's own mail server."""

    kind: Literal["email"]
    host: Text = Field(description="The mail server.")
    port: int | None = Field(
        default=None, ge=1, le=65535, description="Its port; left out: 587 for starttls, 465 for tls, 25 for none."
    )
    security: Security = Field(
        default="starttls", description="starttls, tls from the first byte, or none for a server on this machine."
    )
    username: str = Field(default="", description="For a server that wants a login; empty: none.")
    password: SecretStr | None = Field(default=None, description="The password of username.")
    sender: Mailbox = Field(description="The mailbox that messages come from.")
    to: tuple[Mailbox, ...] = Field(min_length=1, description="The mailboxes that messages go to.")
    ca_file: Path | None = Field(
        default=None, description="A PEM file of certificates to trust instead of the system's."
    )

    def complaints(self) -> Iterator[tuple[str, str]]:
        """A password that nobody could keep, or half a login."""
        if self.security == "none" and self.host not in _THIS_MACHINE:
            yield "security", "must be starttls or tls, for the server is not on this machine"
        if bool(self.username) != bool(self.password):
            yield "password", "must be given together with username, or neither of them"

    def way(self, name: str, clock: Clock) -> Sender:  # noqa: ARG002 -- mail needs none
        """Mail."""
        password = self.password.get_secret_value() if self.password else ""
        where = (f"alerts.{name}", self.host, self.port or _PORTS[self.security], self.security)
        return Mail(*where, self.sender, self.to, self.username, password, self.ca_file)


class HeartbeatsTable(Table):
    """`[heartbeats]`: a watcher outside that misses us when we fall silent."""

    orders: Url | None = Field(default=None, description="Called while orders go from shops to ERPs.")
    stock: Url | None = Field(default=None, description="Called while stock levels go from ERPs to shops.")
    despatches: Url | None = Field(default=None, description="Called while despatches go from ERPs to shops.")
    refunds: Url | None = Field(default=None, description="Called while refunds go from shops to ERPs.")
    interval: int = Field(default=60, ge=10, le=86_400, description="Seconds between two heartbeats of a flow.")
    allow_private: bool = Field(
        default=False, description="Whether they may lead into a network of your own, or by http to this machine."
    )

    @property
    def urls(self) -> Mapping[Flow, str]:
        """The flows that are watched."""
        urls: Mapping[Flow, SecretStr | None] = {flow: getattr(self, flow.value) for flow in Flow}
        return {flow: url.get_secret_value() for flow, url in urls.items() if url}

    def complaints(self) -> Iterator[tuple[str, str]]:
        """Addresses that lead where they may not."""
        for flow, url in self.urls.items():
            if wrong := objection(url, allow_private=self.allow_private):
                yield flow.value, f"{wrong}; for a receiver on this machine set allow_private"


KINDS: Mapping[str, type[AlertTable]] = {
    "webhook": WebhookTable,
    "slack": SlackTable,
    "teams": TeamsTable,
    "email": EmailTable,
}


def read(table: object) -> AlertTable:
    """Validate a table by the model of the kind that it names."""
    kind = str(table.get("kind", "")) if isinstance(table, Mapping) else ""
    if kind not in KINDS:
        near = get_close_matches(kind, KINDS, 1)
        advice = f"did you mean {near[0]}?" if near else f"known kinds: {', '.join(KINDS)}"
        raise PydanticCustomError("alert_kind", "has no known kind; {advice}", {"advice": advice})
    return KINDS[kind].model_validate(table)
