"""What a person may say about one Adobe Commerce (or Magento) shop; anything else in its table is refused."""

from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, SecretStr, model_validator

_LOOPBACK = ("127.0.0.1", "localhost", "::1")

Secret = Annotated[SecretStr, Field(min_length=1)]
Text = Annotated[str, Field(min_length=1)]
OptionId = Annotated[str, Field(pattern=r"^\d+(/\d+)?$")]


class Settings(BaseModel):
    """The settings of one shop. Exactly one way to sign in: a bearer token, OAuth 1.0a, or Adobe's IMS."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str = Field(
        description="Where the shop is, such as https://shop.example.org, without /rest; of the cloud service the "
        "server of its API. Off loopback it must be https."
    )
    tenant: str = Field(
        default="", pattern=r"^[A-Za-z0-9_-]*$", description="The tenant's id; only in Adobe's cloud service."
    )
    store: str = Field(
        default="default", pattern=r"^[a-z]\w*$", description="The code of the store view that is asked."
    )
    website: str = Field(
        default="base", pattern=r"^[a-z]\w*$", description="The code of the website whose salable quantities count."
    )
    access_token: Secret | None = Field(
        default=None, description="The access token of an integration: alone a bearer token, else a part of OAuth."
    )
    consumer_key: str = Field(default="", description="OAuth 1.0a: the consumer key of the integration.")
    consumer_secret: Secret | None = Field(default=None, description="OAuth 1.0a: its consumer secret.")
    token_secret: Secret | None = Field(default=None, description="OAuth 1.0a: its access token secret.")
    client_id: str = Field(default="", description="IMS: the client id, which is the API key too.")
    client_secret: Secret | None = Field(default=None, description="IMS: the client secret.")
    organisation: str = Field(default="", description="IMS: the organisation's id (ends with @AdobeOrg).")
    ims_url: str = Field(
        default="https://ims-na1.adobelogin.com/ims/token/v3", description="IMS: where tokens are asked for."
    )
    msi: bool = Field(
        default=True, description="Whether stock is kept by sources (MSI); `khaossync check` tells what the shop does."
    )
    locations: tuple[Text, ...] = Field(
        default=("default",),
        min_length=1,
        max_length=100,
        description="The codes of the sources whose stock is written, the one that orders are sent from first.",
    )
    bulk: bool = Field(
        default=False, description="Whether stock is written by asynchronous calls; needs the consumer of them to run."
    )
    bulk_wait: float = Field(
        default=60, ge=1, le=600, description="Seconds for which the end of such a call is waited for."
    )
    option_skus: dict[OptionId, Text] = Field(
        default={}, description="Custom option, by id or id/value, that makes the line another SKU = that SKU."
    )
    option_notes: tuple[OptionId, ...] = Field(
        default=(),
        max_length=1000,
        description="Custom options, by id or id/value, whose choice goes into the note of the sales order.",
    )
    terms_methods: tuple[Text, ...] = Field(
        default=("purchaseorder", "companycredit"),
        max_length=50,
        description="Payment methods of orders that are agreed to be paid later (on account).",
    )
    carriers: dict[Text, Text] = Field(
        default={}, description="Courier of the ERP = carrier code of the shop; any other is told as custom."
    )
    orders_since: AwareDatetime | None = Field(
        default=None,
        description="The first reading of orders and refunds begins with what changed at this instant; without it, "
        "with the oldest.",
    )
    orders_interval: float = Field(
        default=30, ge=1, le=3600, description="Seconds between two readings of changed orders."
    )
    sweep_interval: float = Field(
        default=3600, ge=60, le=86400, description="Seconds between two looks at every order of the last days."
    )
    sweep_hours: float = Field(default=48, ge=1, le=720, description="How many hours back that look goes.")
    refunds_interval: float = Field(default=120, ge=1, le=3600, description="Seconds between two readings of refunds.")
    catalogue_interval: float = Field(
        default=3600, ge=5, le=604800, description="Seconds between two readings of the catalogue and of what it shows."
    )
    overlap: float = Field(
        default=300, ge=0, le=3600, description="Seconds that a reading looks back behind what was read already."
    )
    order_page: int = Field(default=50, ge=1, le=300, description="Orders, or refunds, per page.")
    catalogue_page: int = Field(default=100, ge=1, le=300, description="Listings per page.")
    stock_batch: int = Field(default=100, ge=1, le=500, description="Quantities that one call writes.")
    calls_per_minute: float = Field(
        default=240, ge=1, le=60000, description="The most calls in a minute, reading and writing together."
    )
    notify_customer: bool = Field(default=True, description="Whether the shop e-mails the customer about a despatch.")
    timeout: float = Field(default=60, ge=1, le=300, description="Seconds that one request may take.")

    @model_validator(mode="after")
    def _one_way_to_sign_in(self) -> Self:
        token = self.access_token is not None
        signed = (bool(self.consumer_key), self.consumer_secret is not None, self.token_secret is not None)
        cloud = (bool(self.client_id), self.client_secret is not None, bool(self.organisation), bool(self.tenant))
        by_token, by_signature = token and not any(signed), token and all(signed)
        if (by_token or by_signature) is all(cloud) or (any(cloud) and not all(cloud)):
            raise ValueError(
                "give either access_token; or consumer_key, consumer_secret, access_token and token_secret; or, for "
                "the cloud service, tenant, client_id, client_secret and organisation"
            )
        return self

    @model_validator(mode="after")
    def _secrets_travel_encrypted(self) -> Self:
        for name, url in (("url", self.url), ("ims_url", self.ims_url)):
            parts = urlsplit(url)
            if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
                raise ValueError(f"{name} must be https off loopback, not {url}")
            if parts.query or parts.fragment:
                raise ValueError(f"{name} must end before any ? or #")
        return self

    @model_validator(mode="after")
    def _legacy_stock_has_one_place(self) -> Self:
        if not self.msi and (len(self.locations) > 1 or self.bulk):
            raise ValueError("without sources (msi = false) there is one location, and no bulk")
        return self

    def address(self, path: str, kind: str = "") -> str:
        """The address of a path of the API; `kind` is "" or "async/bulk/" for calls that are done later."""
        base = self.url.rstrip("/")
        # https://developer.adobe.com/commerce/webapi/get-started/gs-web-api-request/
        return f"{base}/{self.tenant}/V1/{kind}{path}" if self.tenant else f"{base}/rest/{self.store}/{kind}V1/{path}"
