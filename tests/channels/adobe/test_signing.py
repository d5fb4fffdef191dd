"""OAuth 1.0a by published and by independently computed vectors, and the ways to be let in."""

import base64
import hashlib
import hmac
from datetime import timedelta
from typing import Any

import pytest
from channels.adobe.adobe_shop import opened
from contract.world import NAME

from khaossync.channels.adobe.signing import Credentials, authorisation, base_string, signature
from khaossync.domain.errors import ConnectorDownError

KEYS = Credentials("key", "consumer & secret", "token", "token~secret")


def test_the_base_string_is_that_of_the_published_example() -> None:
    """https://www.rfc-editor.org/rfc/rfc5849#section-3.4.1.1, with what its body holds in the query."""
    told = [
        ("oauth_consumer_key", "9djdj82h48djs9d2"),
        ("oauth_token", "kkk9d7dh3k39sjv7"),
        ("oauth_signature_method", "HMAC-SHA1"),
        ("oauth_timestamp", "137131201"),
        ("oauth_nonce", "7d8f3e4a"),
        *[("b5", "=%3D"), ("a3", "a"), ("c@", ""), ("a2", "r b"), ("c2", ""), ("a3", "2 q")],
    ]
    assert base_string("post", "HTTP://EXAMPLE.COM:80/request", told) == (
        "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D%26"
        "c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_method%3DHMAC-SHA1%26"
        "oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7"
    )


def test_the_key_of_a_signature_is_both_secrets_quoted() -> None:
    key, text = b"consumer%20%26%20secret&token~secret", "GET&x&y"
    expected = base64.b64encode(hmac.new(key, text.encode(), hashlib.sha256).digest()).decode()
    assert signature(text, KEYS) == expected


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://Shop.example:443/rest", "https%3A%2F%2Fshop.example%2Frest"),
        ("https://shop.example:8443/rest", "https%3A%2F%2Fshop.example%3A8443%2Frest"),
        ("http://[::1]:80/rest", "http%3A%2F%2F%5B%3A%3A1%5D%2Frest"),
        ("https://shop.example", "https%3A%2F%2Fshop.example%2F"),
    ],
)
def test_an_address_is_signed_in_its_plain_form(url: str, address: str) -> None:
    assert base_string("GET", url, []) == f"GET&{address}&"


def test_the_header_tells_all_but_the_secrets() -> None:
    header = authorisation("GET", "https://shop.example/rest", [("a", "1")], KEYS, nonce="n", timestamp=7)
    assert header.startswith('OAuth oauth_consumer_key="key", oauth_nonce="n", oauth_signature_method="HMAC-SHA256"')
    assert 'oauth_timestamp="7"' in header
    assert "secret" not in header
    other = authorisation("GET", "https://shop.example/rest", [("a", "2")], KEYS, nonce="n", timestamp=7)
    assert header != other, "the query is signed"


async def test_a_bearer_token_lets_in_where_the_shop_takes_it() -> None:
    alone: dict[str, Any] = {"consumer_key": "", "consumer_secret": None, "token_secret": None}
    async with opened() as world:
        async with world.connected(**alone) as connector:
            await connector.probe.ping()
        world.shop.access.bearer = False
        async with world.connected(**alone) as connector:
            with pytest.raises(ConnectorDownError):
                await connector.probe.ping()


async def test_a_clock_that_goes_wrong_is_corrected_by_what_the_shop_answers() -> None:
    """The shop refuses a signature that is ten minutes off, and tells its time with the refusal."""
    async with opened() as world, world.connected() as connector:
        for wrong_by in (timedelta(hours=3), timedelta(hours=-2)):
            world.shop.skew = wrong_by
            await connector.probe.ping()


def cloud(url: str) -> dict[str, Any]:
    return {
        "tenant": "tenant1",
        "client_id": "client-id",
        "client_secret": "client-secret",
        "organisation": "ORG@AdobeOrg",
        "ims_url": f"{url}/ims/token/v3",
        "consumer_key": "",
        "consumer_secret": None,
        "token_secret": None,
        "access_token": None,
    }


async def test_the_cloud_service_is_read_by_ims_tokens_that_are_renewed() -> None:
    async with opened(tenant="tenant1") as world:
        order = world.shop.place_order([("MUG", 1)])
        async with world.connected(**cloud(world.url)) as connector:
            assert connector.rereader is not None
            assert await connector.rereader.reread(f"{NAME}:{order}")
            assert world.shop.access.given_out == 1
            await connector.probe.ping()
            assert world.shop.access.given_out == 1, "a token is used as long as it is good"
            world.shop.access.revoke()
            await connector.probe.ping()
            assert world.shop.access.given_out == 2, "a refused token is asked for anew"
            world.clock.time += timedelta(hours=20)
            await connector.probe.ping()
            assert world.shop.access.given_out == 3, "an old token is not waited out"


async def test_wrong_credentials_at_ims_are_told_as_such() -> None:
    async with opened(tenant="tenant1") as world:
        wrong = {**cloud(world.url), "client_secret": "another"}
        async with world.connected(**wrong) as connector:
            with pytest.raises(ConnectorDownError, match="client_secret"):
                await connector.probe.ping()
