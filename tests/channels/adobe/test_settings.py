"""What may stand in the table of an Adobe shop."""

from typing import Any

import pytest
from pydantic import ValidationError

from khaossync.channels.adobe.config import Settings

OAUTH = {"consumer_key": "k", "consumer_secret": "s", "token_secret": "t"}
CLOUD = {"tenant": "t1", "client_id": "c", "client_secret": "s", "organisation": "o"}


def settings(**more: Any) -> Settings:
    return Settings.model_validate({"url": "https://shop.example", **more})


@pytest.mark.parametrize("way", [{"access_token": "a"}, {"access_token": "a", **OAUTH}, CLOUD])
def test_each_way_to_sign_in_is_enough(way: dict[str, Any]) -> None:
    assert settings(**way)


@pytest.mark.parametrize(
    "ways",
    [
        {},
        OAUTH,
        {"access_token": "a", "consumer_key": "k"},
        {"access_token": "a", **CLOUD},
        {**CLOUD, "organisation": ""},
        {"access_token": "a", "tenant": "t1"},
    ],
)
def test_half_a_way_and_two_ways_are_refused(ways: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="give either access_token"):
        settings(**ways)


@pytest.mark.parametrize("url", ["http://shop.example", "ftp://shop.example", "https://shop.example/?a=1"])
def test_secrets_travel_encrypted_and_to_a_plain_address(url: str) -> None:
    with pytest.raises(ValidationError, match="url must"):
        settings(access_token="a", url=url)


def test_the_address_of_a_call_follows_the_product() -> None:
    assert settings(access_token="a", store="en").address("orders") == "https://shop.example/rest/en/V1/orders"
    assert settings(access_token="a").address("x", "async/bulk/") == "https://shop.example/rest/default/async/bulk/V1/x"
    assert settings(**CLOUD).address("x", "async/bulk/") == "https://shop.example/t1/V1/async/bulk/x"


def test_a_shop_without_sources_has_one_location_and_no_bulk() -> None:
    for more in ({"locations": ["a", "b"]}, {"bulk": True}):
        with pytest.raises(ValidationError, match="one location"):
            settings(access_token="a", msi=False, **more)


@pytest.mark.parametrize("name", ["Colour", "7/x", ""])
def test_a_custom_option_is_named_by_its_ids(name: str) -> None:
    with pytest.raises(ValidationError):
        settings(access_token="a", option_skus={name: "X"})
