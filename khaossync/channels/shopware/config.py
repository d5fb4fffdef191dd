"""What a person may say about one Shopware shop; anything else in its table is refused."""

from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, SecretStr, model_validator

_LOOPBACK = ("127.0.0.1", "localhost", "::1")

LOCATION = "shop"
"""The one location of every Shopware shop, as `[sites]` names it: its products have one stock."""

Secret = Annotated[SecretStr, Field(min_length=1)]


class Settings(BaseModel):
    """The settings of one shop."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str = Field(
        min_length=1,
        description="The shop's address without /api, such as https://shop.example.com; https off loopback.",
    )
    client_id: str = Field(min_length=1, description="The access key id of the integration (begins with SWIA).")
    client_secret: Secret = Field(description="Its secret access key.")
    app_secret: Secret | None = Field(
        default=None, description="The secret of an app whose webhooks lead here; without it webhooks are not taken."
    )
    orders_since: AwareDatetime | None = Field(
        default=None,
        description="The first reading of orders and refunds begins with what was placed at this instant; without it, "
        "with the oldest.",
    )
    orders_interval: float = Field(
        default=30, ge=1, le=3600, description="Seconds between two readings of changed orders."
    )
    refunds_interval: float = Field(default=120, ge=1, le=3600, description="Seconds between two readings of refunds.")
    catalogue_interval: float = Field(
        default=300, ge=1, le=86400, description="Seconds between two readings of changed products."
    )
    catalogue_full_interval: float = Field(
        default=3600,
        ge=5,
        le=604800,
        description="Seconds between two readings of all products, which also refresh the shown quantities.",
    )
    methods_interval: float = Field(
        default=600, ge=5, le=86400, description="Seconds between two looks at the shop's delivery methods."
    )
    overlap: float = Field(
        default=60, ge=0, le=3600, description="Seconds that a reading looks back behind what was read already."
    )
    page: int = Field(default=100, ge=2, le=500, description="Rows of a list in one answer.")
    order_page: int = Field(default=25, ge=1, le=100, description="Orders that one call reads whole.")
    stock_batch: int = Field(default=50, ge=1, le=500, description="Stock levels that one call writes.")
    calls_per_second: float = Field(
        default=10, ge=0.1, le=1000, description="Calls a second at most; Shopware publishes no limit, its host may."
    )
    terms_methods: tuple[str, ...] = Field(
        default=(),
        description="Payment methods (technical names) by which it is agreed that an order is paid later, such as "
        "payment_invoicepayment.",
    )
    company_accounts: bool = Field(
        default=False,
        description="Whether an order with a company name belongs to a customer code of the ERP: [companies] maps the "
        "shop's customer number, and an order of an unmapped one waits.",
    )
    typed_sku: str = Field(
        default="",
        description="The SKU that stands for lines without a product, which staff or plugins typed; empty takes each "
        "by its label.",
    )
    bare_refunds: bool = Field(
        default=False,
        description="Whether a payment that is marked as refunded without any figure counts as refunded in full; else "
        "a person is asked.",
    )
    notify_customer: bool = Field(
        default=True, description="Whether Shopware may e-mail the customer about a despatch."
    )
    timeout: float = Field(default=30, ge=1, le=300, description="Seconds that one request may take.")

    @model_validator(mode="after")
    def _secrets_travel_encrypted(self) -> Self:
        parts = urlsplit(self.url)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
            raise ValueError(f"url must be https off loopback, not {self.url}")
        return self

    @property
    def base(self) -> str:
        """The address that every path is appended to, without a slash at its end."""
        return self.url.rstrip("/")
