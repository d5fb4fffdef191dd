"""The address by which platforms reach us."""

import pytest
from pydantic import ValidationError

from khaossync.config.model import HttpTable


@pytest.mark.parametrize(
    "given", ["https://sync.example.org", "https://sync.example.org/", "https://sync.example.org//"]
)
def test_webhooks_of_a_channel_go_below_it(given: str) -> None:
    assert HttpTable(public_url=given).hook_url("shop") == "https://sync.example.org/hooks/shop"


def test_it_may_have_a_path_of_its_own_behind_a_proxy() -> None:
    url = HttpTable(public_url="https://example.org/khaossync").hook_url("shop")
    assert url == "https://example.org/khaossync/hooks/shop"


def test_on_this_machine_it_needs_no_tls() -> None:
    assert HttpTable(public_url="http://127.0.0.1:8990").hook_url("shop") == "http://127.0.0.1:8990/hooks/shop"


def test_without_it_nobody_can_reach_us() -> None:
    assert HttpTable().hook_url("shop") == ""


@pytest.mark.parametrize("given", ["http://sync.example.org", "sync.example.org", "https://", "https://a.org/?x=1", ""])
def test_an_address_that_would_show_orders_to_everyone_is_refused(given: str) -> None:
    """ADB-12."""
    with pytest.raises(ValidationError, match="must look like https"):
        HttpTable(public_url=given)
