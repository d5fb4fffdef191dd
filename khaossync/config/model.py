"""The whole configuration as one frozen value."""

import os
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import unquote, urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, SecretStr, SerializeAsAny
from pydantic_settings import BaseSettings, SettingsConfigDict

from khaossync.config import alerting, kinds
from khaossync.config.alerting import AlertTable, HeartbeatsTable
from khaossync.config.tables import ChannelTable, ErpTable, Table, Text, Units
from khaossync.domain.cases import CaseClass
from khaossync.domain.rules import ChannelRules, Peak, Rules

Keys = tuple[str, ...]


def _connector_name(name: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_-]*", name):
        raise ValueError("the name must begin with a to z and go on with a to z, 0 to 9, - and _")
    return name


Secret = Annotated[SecretStr, Field(min_length=1)]
Name = Annotated[str, AfterValidator(_connector_name)]


def _default_data_dir() -> Path:
    return Path(os.environ.get("STATE_DIRECTORY", "/var/lib/khaossync").split(":")[0]) / "postgres"


class DatabaseTable(Table):
    """`[database]`: an existing PostgreSQL by its DSN, or none and a private one is run."""

    dsn: Secret | None = Field(
        default=None, description="postgresql://user:password@host:5432/name; left out, a private server is run."
    )
    direct_dsn: Secret | None = Field(
        default=None, description="The address of PostgreSQL itself where dsn leads to a pooler."
    )
    tls: Literal["verify-full", "require", "disable"] | None = Field(
        default=None, description="Left out: verify-full, except on a socket and on loopback."
    )
    ca_file: Path | None = Field(
        default=None, description="A PEM file of certificates to trust instead of the system's."
    )
    pooler: Literal["none", "transaction"] = Field(
        default="none", description="transaction where dsn leads to a pooler in that mode; needs direct_dsn."
    )
    data_dir: Path = Field(
        default_factory=_default_data_dir, description="The folder of the private server; used when there is no dsn."
    )
    embedded_bindir: Path | None = Field(
        default=None, description="The folder of the private server's programs; left out, they are looked for."
    )
    pool_size: int = Field(default=8, ge=2, le=100, description="The most connections that are open at once.")


def _public(url: str) -> str:
    """Webhooks carry customers' orders, so they travel encrypted unless they stay on this machine."""
    parts = urlsplit(url)
    local = parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1")
    if not parts.hostname or not (parts.scheme == "https" or local) or parts.query or parts.fragment:
        raise ValueError("must look like https://khaossync.example.org")
    return url.rstrip("/")


class HttpTable(Table):
    """`[http]`: the daemon's own small server for probes, metrics and webhooks."""

    host: Text = Field(default="127.0.0.1", description="The address to listen on.")
    port: int = Field(default=8990, ge=0, le=65535, description="The port to listen on; 0 lets the system choose.")
    public_url: Annotated[str, AfterValidator(_public)] | None = Field(
        default=None,
        description="The https address by which platforms reach this server; with it the daemon keeps every webhook "
        "subscribed for <public_url>/hooks/<channel>.",
    )
    hook_body_bytes: int = Field(
        default=2_097_152, ge=1024, le=16_777_216, description="The longest webhook body that is read, in bytes."
    )
    details_token: Secret | None = Field(
        default=None, description="Who sends it as a bearer token sees details and metrics; left out, everyone does."
    )

    def hook_url(self, connector: str) -> str:
        """Where a platform is to send its webhooks; empty when nobody can reach us."""
        return f"{self.public_url}/hooks/{connector}" if self.public_url else ""


class LogTable(Table):
    """`[log]`: what is written to stderr."""

    level: Literal["debug", "info", "warning", "error", "critical"] = Field(
        default="info", description="The least important level that is written."
    )
    format: Literal["auto", "json", "console"] = Field(
        default="auto", description="auto is console on a terminal and json elsewhere."
    )


class LoopsTable(Table):
    """`[loops]`: how the daemon's loops behave."""

    drain_seconds: float = Field(
        default=60, ge=0, le=80, description="Seconds that work under way may take to finish when told to stop."
    )


class RetentionTable(Table):
    """`[retention]`: how long what came in and what was done is kept."""

    personal_days: int = Field(
        default=90,
        ge=7,
        le=3650,
        description="Days after which what names a person is forgotten: raw texts, the person in a stored order, the "
        "words of closed cases and of the trail.",
    )
    stock_days: int = Field(default=3, ge=1, le=3650, description="Days that raw texts about stock are kept.")
    history_days: int = Field(
        default=730, ge=30, le=36500, description="Days that the trail and closed cases are kept, without their words."
    )


class StockTable(Table):
    """`[stock]`: what holds for the stock of every channel that does not say otherwise."""

    buffer: Units = Field(default=0, description="Units of every SKU that are never shown.")


class Config(BaseSettings):
    """Everything that a person may decide. `erp`, `channel` and `alerts` hold the tables by name."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    database: DatabaseTable = DatabaseTable()
    http: HttpTable = HttpTable()
    log: LogTable = LogTable()
    loops: LoopsTable = LoopsTable()
    retention: RetentionTable = RetentionTable()
    stock: StockTable = StockTable()
    owners: dict[CaseClass, Text] = Field(default={}, description="Case class = who acts on it.")
    alerts: dict[Name, Annotated[SerializeAsAny[AlertTable], BeforeValidator(alerting.read)]] = {}
    heartbeats: HeartbeatsTable = HeartbeatsTable()
    erp: dict[Name, Annotated[SerializeAsAny[ErpTable], BeforeValidator(partial(kinds.read, ErpTable))]] = {}
    channel: dict[
        Name, Annotated[SerializeAsAny[ChannelTable], BeforeValidator(partial(kinds.read, ChannelTable))]
    ] = {}

    def rules(self) -> Rules:
        """What the domain needs to know of every channel."""
        return Rules.of(self._rules(name, table) for name, table in self.channel.items())

    def secrets(self) -> Iterator[str]:
        """Every secret value, and the passwords inside DSNs, so that a log can be kept free of them."""
        yield from filter(None, (secret.get_secret_value() for _, secret in secrets_in(self)))
        for dsn in (self.database.dsn, self.database.direct_dsn):
            if dsn and (password := urlsplit(dsn.get_secret_value()).password):
                yield from {password, unquote(password)}

    def _rules(self, name: str, table: ChannelTable) -> ChannelRules:
        own = {field: getattr(table, field) for field in ChannelTable.model_fields if field != "kind"}
        own["buffer"] = self.stock.buffer if table.buffer is None else table.buffer
        own["peaks"] = tuple(Peak(one.begins_at, one.ends_at, one.buffer) for one in table.peaks.values())
        limit: int = self.erp[table.erp].reference_limit  # type: ignore[attr-defined]  # every ERP's Settings have it
        return ChannelRules(channel=name, reference_limit=limit, **own)


def secrets_in(value: object, path: Keys = ()) -> Iterator[tuple[Keys, SecretStr]]:
    """Every secret of a model with the dotted path of its key."""
    if isinstance(value, SecretStr):
        yield path, value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from secrets_in(getattr(value, name), (*path, name))
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from secrets_in(item, (*path, str(key)))
    elif isinstance(value, tuple | list):
        for item in value:
            yield from secrets_in(item, path)
