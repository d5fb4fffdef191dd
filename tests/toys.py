"""A made-up shop and a made-up ERP, and a configuration that joins them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from khaossync.config import load
from khaossync.domain.errors import ConfigError

Write = Callable[..., Path]

TOY_CHANNEL = """
from pydantic import BaseModel, ConfigDict, Field, SecretStr

class Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    shop_url: str = Field(description="The address of the shop, such as https://shop.example.org.")
    token: SecretStr | None = None
    password: SecretStr = SecretStr("")
    hook_secrets: tuple[SecretStr, ...] = ()
    interval: float = Field(default=30, ge=1, le=3600, description="Seconds between two readings.")
    mode: int = 1
"""
TOY_ERP = """
from pydantic import BaseModel, ConfigDict

class Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    reference_limit: int = 15
"""
VALID = """
[erp.khaos]
kind = "toyerp"
reference_limit = 20

[channel.shop]
kind = "toyshop"
erp = "khaos"
prefix = "SH"
go_live_at = 2026-12-01T01:00:00+01:00
currencies = ["GBP", "EUR"]
shop_url = "https://shop.example.org"
total_tolerance = 0.01

[channel.shop.skus]
"RED-L" = "TS-R-L"

[channel.shop.tax_codes]
"0.20" = 1

[channel.shop.sites]
"location-1" = ["Main", "Leeds"]

[channel.shop.couriers]
"Standard" = "RM48"
"""
SECOND_SHOP = """
[channel.second]
kind = "toyshop"
erp = "khaos"
prefix = "{prefix}"
go_live_at = 2026-12-01T00:00:00Z
currencies = ["GBP"]
shop_url = "https://second.example.org"
default_courier = "RM48"
tax_codes = {{ "0.20" = 1 }}
sites = {{ "location-2" = ["Main"] }}
"""


def complaints(path: Path, **environ: str) -> list[str]:
    """What is wrong, line by line, without the path of the file."""
    with pytest.raises(ConfigError) as caught:
        load(path, environ=environ)
    return [line.removeprefix(str(path)) for line in str(caught.value).splitlines()]
