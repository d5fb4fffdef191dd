"""The settings of a shop refuse what cannot work."""

from typing import Any

import pytest
from channels.shopify.scripts import settings
from pydantic import ValidationError

from khaossync.channels.shopify.config import Settings

REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"shop": "https://example.myshopify.com"}, "shop"),
    ({"shop": "example.com"}, "shop"),
    ({"access_token": None}, "access_token"),
    ({"access_token": ""}, "access_token"),
    ({"client_id": "id"}, "either access_token"),
    ({"client_id": "id", "client_secret": "secret"}, "either access_token"),
    ({"access_token": None, "client_id": "id"}, "either access_token"),
    ({"access_token": None, "client_secret": "secret"}, "either access_token"),
    ({"url": "http://example.myshopify.com"}, "https off loopback"),
    ({"url": "ftp://127.0.0.1"}, "https off loopback"),
    ({"api_version": "latest"}, "api_version"),
    ({"webhook_secrets": ["a", "b", "c"]}, "webhook_secrets"),
    ({"webhook_secrets": [""]}, "webhook_secrets"),
    ({"locations": ["Main"]}, "locations"),
    ({"orders_since": "2026-11-01T00:00:00"}, "orders_since"),
    ({"order_page": 0}, "order_page"),
    ({"orders_intervall": 5}, "orders_intervall"),
]


@pytest.mark.parametrize(("changes", "named"), REFUSED)
def test_what_cannot_work_is_refused_by_name(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(ValidationError, match=named):
        settings(**changes)


def test_a_shop_is_called_by_https_unless_a_sandbox_is_named() -> None:
    assert settings().base == "https://example.myshopify.com"
    assert settings(url="http://127.0.0.1:8080/").base == "http://127.0.0.1:8080"
    assert settings(url="https://proxy.example").base == "https://proxy.example"


def test_no_secret_shows_when_settings_are_printed() -> None:
    shown = repr(settings(access_token="shpat_hidden", webhook_secrets=["hush"]))
    assert "hidden" not in shown
    assert "hush" not in shown


def test_every_setting_is_described() -> None:
    assert all(field.description for field in Settings.model_fields.values())
