"""The settings of one KhaosWS: where it is, how it is trusted, how hard it is worked, what despatched means."""

import ipaddress
import re
from collections.abc import Mapping
from datetime import tzinfo
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

Seconds = Annotated[float, Field(ge=1, le=7 * 86_400)]
StockFormula = Literal["level", "level_plus_children"]


class PaymentSettings(BaseModel):
    """How payments of one gateway are booked."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: int = Field(default=2, ge=0, le=4, description="0 cash, 1 cheque, 2 card, 3 account, 4 voucher")
    card_type: str = Field(
        default="", max_length=50, description="name of a card type in Khaos Control; empty sends none"
    )
    account_name: str = Field(default="", max_length=50, description="name of the bank account that takes the money")
    fixed_code: str = Field(
        default="",
        max_length=50,
        pattern=r"^[A-Z]*$",
        description="sent as AUTH_CODE and CARD_NUMBER instead of the reference; PayPal needs PAYPAL",
    )


class Settings(BaseModel):
    """One KhaosWS. Numbers carry their unit in the description; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str = Field(description="address of the service's program: https://host/path/KhaosXXX.exe")
    allow_plain_http: bool = Field(
        default=False, description="permit http:// to a private address (a VPN, one's own LAN)"
    )
    namespace: str = Field(
        default="urn:IKosWebIntf-IKosWeb", min_length=1, description="namespace of the SOAP call, from the WSDL"
    )
    soap_action: str = Field(
        default="urn:IKosWebIntf-IKosWeb#{operation}",
        description="SOAPAction header, `{operation}` stands for the call",
    )
    argument_names: Mapping[str, str] = Field(
        default_factory=dict,
        description="arguments that your WSDL names otherwise: 'ExportStockStatus.StockCode' = 'StockCodes'",
    )

    ca_file: Path | None = Field(
        default=None, description="PEM file of the authority (or the certificate itself) to trust"
    )
    fingerprint: str = Field(
        default="", description="SHA-256 of the server's certificate in hex: trust this one and no other"
    )
    client_certificate: Path | None = Field(
        default=None, description="PEM file of our certificate, where IIS asks for one"
    )
    client_key: Path | None = Field(
        default=None, description="PEM file of its private key; empty when it is in the same file"
    )
    username: str = Field(default="", pattern=r"^[^:]*$", description="HTTP Basic user, where IIS asks for one")
    password: SecretStr = Field(default=SecretStr(""), description="HTTP Basic password")

    time_zone: str = Field(
        default="Europe/London", description="zone of the server's clock; KhaosWS speaks local time without zone"
    )
    overlap: int = Field(
        default=2, ge=1, le=48, description="hours read again at each poll, for clock skew and the autumn hour"
    )
    first_look_back: int = Field(
        default=7, ge=1, le=90, description="days of order states to read at the very first poll"
    )
    window: int = Field(default=24, ge=1, le=168, description="hours of order states asked for in one call")
    stock_interval: Seconds = Field(default=300, description="seconds between two polls of stock levels")
    catalogue_interval: Seconds = Field(default=3600, description="seconds between two polls of stock items")
    despatch_interval: Seconds = Field(default=300, description="seconds between two polls of order states")
    full_sweep: float = Field(
        default=86_400,
        ge=60,
        le=30 * 86_400,
        description="seconds between two complete readings of the levels and of the catalogue",
    )

    stock_chunk: int = Field(default=50, ge=1, le=500, description="stock codes per call")
    status_chunk: int = Field(default=50, ge=1, le=500, description="order references per call")
    reads_in_flight: int = Field(
        default=1, ge=1, le=8, description="reading calls at one time; writing is always one at a time"
    )
    calls_per_minute: int = Field(
        default=60, ge=1, le=6000, description="most calls per minute, reads and writes together"
    )
    request_timeout: float = Field(
        default=120,
        ge=1,
        le=3600,
        description="seconds until a call counts as lost, and again until it is looked for; no call may take longer",
    )

    reference_limit: int = Field(
        default=15, ge=8, le=50, description="characters of ASSOCIATED_REF; 50 only when proved on your system"
    )
    sites: tuple[int, ...] = Field(
        default=(), description="ids of the sites whose stock is read; empty reads the default site"
    )
    stock_formula: StockFormula = Field(
        default="level", description="`level_plus_children` adds what could be built from parts"
    )
    despatched_stages: frozenset[int] = Field(
        default=frozenset({16, 70, 71, 72, 73}),
        description="invoice stages at which the goods have left your warehouse",
    )
    despatched_when_ship_date: bool = Field(
        default=True, description="a ship date that is not in the future counts as despatched"
    )
    despatched_needs_consignment: bool = Field(
        default=False,
        description="hold goods back until they have a consignment number, instead of telling a later number once "
        "more; only for sites that track everything, for untracked goods would never be told",
    )
    courier_by: Literal["code", "description"] = Field(
        default="code", description="what [couriers] holds: courier codes or names"
    )
    verify_companies: bool = Field(
        default=True,
        description="look for a business's customer code before its order is sent; needs the call GetCompanyInfo",
    )
    total_tolerance: Decimal = Field(
        default=Decimal("0.05"), ge=0, le=10, description="currency units by which a found order may differ from ours"
    )
    payments: Mapping[str, PaymentSettings] = Field(
        default_factory=dict,
        description="by gateway, how a payment is booked; without entry gift_card is a voucher and any other a card; "
        "`on_terms` is what is agreed to be paid later, and is not sent without entry",
    )

    @property
    def zone(self) -> tzinfo:
        """The server's time zone."""
        return ZoneInfo(self.time_zone)

    @property
    def endpoint(self) -> str:
        """Where SOAP calls are posted."""
        return f"{self.url}/soap/IKosWeb"

    @field_validator("url")
    @classmethod
    def _is_the_program(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("https", "http") or not parts.hostname:
            raise ValueError("must look like https://host/path/KhaosXXX.exe")
        if parts.username or parts.password or parts.query or parts.fragment:
            raise ValueError("must hold neither credentials nor a query: use `username` and `password`")
        return re.sub(r"(/(soap|wsdl)/IKosWeb)?/*$", "", url, flags=re.IGNORECASE)

    @field_validator("fingerprint")
    @classmethod
    def _is_sha256(cls, fingerprint: str) -> str:
        digits = fingerprint.replace(":", "").replace(" ", "").lower()
        if digits and not re.fullmatch(r"[0-9a-f]{64}", digits):
            raise ValueError("must be the SHA-256 of the certificate: 64 hexadecimal digits, colons allowed")
        return digits

    @field_validator("soap_action")
    @classmethod
    def _names_the_operation(cls, template: str) -> str:
        if "{operation}" not in template or template.replace("{operation}", "").count("{"):
            raise ValueError("must hold {operation} and no other placeholder")
        return template

    @field_validator("time_zone")
    @classmethod
    def _is_a_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, OSError, ValueError) as error:
            raise ValueError(f"{name!r} is no time zone of this machine; write for example Europe/London") from error
        return name

    @field_validator("sites")
    @classmethod
    def _are_single_sites(cls, sites: tuple[int, ...]) -> tuple[int, ...]:
        if any(site < 0 for site in sites) or len(set(sites)) < len(sites):
            raise ValueError("must be different site ids; -1 (all sites in one) cannot be told apart per site")
        return sites

    @model_validator(mode="after")
    def _is_trustworthy(self) -> Self:
        parts = urlsplit(self.url)
        if parts.scheme == "http":
            _require_private(parts.hostname or "", allowed=self.allow_plain_http)
            if self.ca_file or self.fingerprint or self.client_certificate:
                raise ValueError("certificates are of no use with http://: write https:// in `url`")
        if self.ca_file and self.fingerprint:
            raise ValueError("give `ca_file` or `fingerprint`, not both")
        if self.client_key and not self.client_certificate:
            raise ValueError("`client_key` needs `client_certificate`")
        return self


def _require_private(host: str, *, allowed: bool) -> None:
    """Orders hold names and addresses: without TLS they may cross this machine or, when allowed, a private network."""
    if host == "localhost":
        return
    try:
        address = ipaddress.ip_address(host)
    except ValueError as error:
        raise ValueError(f"http:// needs a private IP address, for {host!r} may be anywhere; use https://") from error
    if address.is_loopback:
        return
    if not address.is_private or address.is_unspecified:
        raise ValueError(f"http:// to the public address {host} would show orders to everyone; use https://")
    if not allowed:
        raise ValueError(
            "http:// to a private address needs allow_plain_http = true; https:// with `fingerprint` is better"
        )
