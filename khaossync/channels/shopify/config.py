"""What a person may say about one Shopify shop; anything else in its table is refused."""

from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, SecretStr, model_validator

_LOOPBACK = ("127.0.0.1", "localhost", "::1")

Secret = Annotated[SecretStr, Field(min_length=1)]

LocationId = Annotated[str, Field(pattern=r"^gid://shopify/Location/\d+$")]


class Settings(BaseModel):
    """The settings of one shop. Exactly one way to sign in: `access_token`, or `client_id` with `client_secret`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    shop: str = Field(
        pattern=r"^[a-z0-9][a-z0-9-]*\.myshopify\.com$",
        description="The shop's permanent host name, such as example.myshopify.com.",
    )
    url: str = Field(
        default="",
        description="Where to call instead of https://<shop>; only for a sandbox. Off loopback it must be https.",
    )
    api_version: str = Field(
        default="2026-07",
        pattern=r"^20\d\d-(01|04|07|10)$",
        description="The version of the Admin API, as YYYY-MM; each is served for twelve months.",
    )
    access_token: Secret | None = Field(
        default=None, description="The permanent token of a custom app (begins with shpat_)."
    )
    client_id: str = Field(default="", description="The client id of a Dev Dashboard app.")
    client_secret: Secret | None = Field(
        default=None, description="Its client secret; also proves webhooks when `webhook_secrets` is empty."
    )
    webhook_secrets: tuple[Secret, ...] = Field(
        default=(),
        max_length=2,
        description="The secrets that sign webhooks: the new one and, for an hour after a rotation, the old one.",
    )
    locations: tuple[LocationId, ...] = Field(
        default=(),
        max_length=200,
        description="The gids of the locations whose stock is written; `khaossync check` proves that they exist.",
    )
    orders_since: AwareDatetime | None = Field(
        default=None,
        description="The first reading of orders and refunds begins with what changed at this instant; "
        "without it, with the oldest that the shop shows (60 days, or all with the scope read_all_orders).",
    )
    orders_interval: float = Field(
        default=30, ge=1, le=3600, description="Seconds between two readings of changed orders."
    )
    sweep_interval: float = Field(
        default=3600, ge=60, le=86400, description="Seconds between two looks for orders that the search missed."
    )
    sweep_hours: float = Field(default=48, ge=1, le=720, description="How many hours back that look goes.")
    refunds_interval: float = Field(default=120, ge=1, le=3600, description="Seconds between two readings of refunds.")
    catalogue_interval: float = Field(
        default=300, ge=1, le=86400, description="Seconds between two readings of changed listings."
    )
    catalogue_full_interval: float = Field(
        default=21600,
        ge=5,
        le=604800,
        description="Seconds between two readings of the whole catalogue, which also refresh the shown quantities.",
    )
    overlap: float = Field(
        default=120, ge=0, le=3600, description="Seconds that a reading looks back behind what was read already."
    )
    order_page: int = Field(
        default=4, ge=1, le=50, description="Orders that one call reads whole; halved by itself when too dear."
    )
    line_page: int = Field(default=10, ge=1, le=100, description="Lines per order in one answer; more are fetched.")
    refund_page: int = Field(default=40, ge=1, le=250, description="Orders per page when looking for refunds.")
    catalogue_page: int = Field(default=40, ge=1, le=100, description="Listings per page.")
    bucket: float = Field(
        default=1000, ge=10, le=50000, description="Query cost points believed to be available before the first answer."
    )
    restore_rate: float = Field(
        default=50, ge=1, le=5000, description="Points believed to be restored a second before the first answer."
    )
    notify_customer: bool = Field(default=True, description="Whether Shopify e-mails the customer about a despatch.")
    timeout: float = Field(default=30, ge=1, le=300, description="Seconds that one request may take.")

    @model_validator(mode="after")
    def _one_way_to_sign_in(self) -> Self:
        app = (bool(self.client_id), self.client_secret is not None)
        if app != ((False, False) if self.access_token else (True, True)):
            raise ValueError("give either access_token, or client_id and client_secret")
        return self

    @model_validator(mode="after")
    def _secrets_travel_encrypted(self) -> Self:
        if self.url:
            parts = urlsplit(self.url)
            if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
                raise ValueError(f"url must be https off loopback, not {self.url}")
        return self

    @property
    def base(self) -> str:
        """The address that every path is appended to, without a slash at its end."""
        return (self.url or f"https://{self.shop}").rstrip("/")

    @property
    def signing_secrets(self) -> tuple[bytes, ...]:
        """The keys that may have signed a webhook."""
        secrets = self.webhook_secrets or ((self.client_secret,) if self.client_secret else ())
        return tuple(secret.get_secret_value().encode() for secret in secrets)
