"""Who is let in, which version answers, which questions are allowed."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sandbox.shopify_client import Scene, opened

SHOP = "{ shop { name myshopifyDomain currencyCode taxesIncluded plan { shopifyPlus } primaryDomain { url } } }"
ME = "{ currentAppInstallation { app { handle } accessScopes { handle } } }"
RIGHT = {"grant_type": "client_credentials", "client_id": "client-id", "client_secret": "client-secret"}


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with opened() as scene:
        yield scene


async def grant(scene: Scene, form: dict[str, str], *, as_json: bool = False) -> tuple[int, Any]:
    body = {"json": form} if as_json else {"data": form}
    async with scene.client.session.post(f"{scene.client.base}/admin/oauth/access_token", **body) as answer:  # type: ignore[arg-type]  # one of two ways to post
        return answer.status, await answer.json()


async def test_the_shop_introduces_itself(scene: Scene) -> None:
    assert (await scene.client.data(SHOP))["shop"] == {
        "name": "shop",
        "myshopifyDomain": "shop.myshopify.com",
        "currencyCode": "GBP",
        "taxesIncluded": True,
        "plan": {"shopifyPlus": False},
        "primaryDomain": {"url": "https://shop.myshopify.com"},
    }


@pytest.mark.parametrize("token", ["", "shpat_wrong"])
async def test_a_wrong_token_is_turned_away(scene: Scene, token: str) -> None:
    """S-40."""
    scene.client.token = token
    answer = await scene.client.ask(SHOP)
    assert answer.status == 401
    assert isinstance(answer.told["errors"], str)
    assert scene.shop.server.requests == {}


@pytest.mark.parametrize("as_json", [False, True])
async def test_an_app_gets_a_token_that_expires(scene: Scene, as_json: bool) -> None:
    status, told = await grant(scene, RIGHT, as_json=as_json)
    assert (status, told["expires_in"]) == (200, 86399)
    assert "read_orders" in told["scope"].split(",")
    scene.client.token = told["access_token"]
    assert (await scene.client.ask(SHOP)).status == 200
    scene.wall.wait(hours=23, minutes=59)
    assert (await scene.client.ask(SHOP)).status == 200
    scene.wall.wait(minutes=1)
    assert (await scene.client.ask(SHOP)).status == 401


async def test_the_life_of_a_token_can_be_shortened_and_ended(scene: Scene) -> None:
    scene.shop.access.lifetime = timedelta(seconds=60)
    (_, one), (_, two) = await grant(scene, RIGHT), await grant(scene, RIGHT)
    assert one["expires_in"] == 59
    assert one["access_token"] != two["access_token"]
    assert scene.shop.access.given_out == 2
    scene.client.token = two["access_token"]
    scene.shop.access.revoke()
    assert (await scene.client.ask(SHOP)).status == 401
    scene.client.token = "shpat_test"
    assert (await scene.client.ask(SHOP)).status == 200
    scene.shop.access.revoke(for_ever=True)
    assert (await scene.client.ask(SHOP)).status == 401


@pytest.mark.parametrize("wrong", [{"client_secret": "guess"}, {"client_id": "other"}, {"grant_type": "password"}])
async def test_an_app_that_names_itself_wrongly_gets_no_token(scene: Scene, wrong: dict[str, str]) -> None:
    status, told = await grant(scene, {**RIGHT, **wrong})
    assert status == 400
    assert "access_token" not in told


async def test_the_scopes_can_be_read_and_are_needed(scene: Scene) -> None:
    told = (await scene.client.data(ME))["currentAppInstallation"]
    assert "write_inventory" in [each["handle"] for each in told["accessScopes"]]
    scene.shop.state.scopes.discard("read_orders")
    scene.shop.state.scopes.discard("write_orders")
    answer = await scene.client.ask("{ orders(first: 1) { nodes { id } } }")
    assert answer.code == "ACCESS_DENIED"
    assert "`read_orders`" in answer.error["message"]
    scene.shop.state.scopes.add("write_orders")
    assert (await scene.client.ask("{ orders(first: 1) { nodes { id } } }")).data == {"orders": {"nodes": []}}


@pytest.mark.parametrize(
    ("asked", "served"),
    [
        ("2026-10", "2026-10"),
        ("2026-07", "2026-07"),
        ("2024-01", "2026-01"),
        ("2030-01", "2026-01"),
        ("unstable", "2026-10"),
    ],
)
async def test_a_version_that_is_not_supported_falls_forward(scene: Scene, asked: str, served: str) -> None:
    answer = await scene.client.ask(SHOP, version=asked)
    assert (answer.status, answer.headers["X-Shopify-API-Version"]) == (200, served)


async def test_what_is_no_version_is_not_found(scene: Scene) -> None:
    assert (await scene.client.ask(SHOP, version="latest")).status == 404


async def test_the_versions_are_listed(scene: Scene) -> None:
    told = (await scene.client.data("{ publicApiVersions { handle supported } }"))["publicApiVersions"]
    assert {"handle": "2026-10", "supported": True} in told
    assert {"handle": "unstable", "supported": False} in told


@pytest.mark.parametrize(
    ("query", "code", "words"),
    [
        ("{ shop { nope } }", "undefinedField", "Field 'nope' doesn't exist on type 'Shop'"),
        ("{ orders(first: 1, colour: 2) { nodes { id } } }", "argumentNotAccepted", "doesn't accept argument 'colour'"),
        ("{ order { id } }", "missingRequiredArguments", "missing required arguments: id"),
        ("{ node(id: 1) { ... on Fish { id } } }", "undefinedType", "No such type Fish"),
        ("{ shop @often { name } }", "undefinedDirective", "@often"),
    ],
)
async def test_a_question_that_the_schema_does_not_allow_is_not_answered(
    scene: Scene, query: str, code: str, words: str
) -> None:
    """Architecture §9."""
    answer = await scene.client.ask(query)
    assert answer.status == 200
    assert "data" not in answer.told
    assert answer.code == code
    assert words in answer.error["message"]
    assert answer.error["locations"]


async def test_what_is_no_graphql_is_said_to_be_none(scene: Scene) -> None:
    answer = await scene.client.ask("{ shop { name }")
    assert "Syntax Error" in answer.error["message"]


async def test_a_call_without_a_question_is_a_bad_request(scene: Scene) -> None:
    bodies: list[Any] = [{"variables": {}}, ["query"], {"query": 5}]
    for body in bodies:
        answer = await scene.client.send(body)
        assert (answer.status, answer.told) == (400, {"errors": {"query": "Required parameter missing or invalid"}})


async def test_of_several_operations_the_named_one_runs(scene: Scene) -> None:
    body = {"query": "query A { shop { name } } query B { shop { email } }", "operationName": "B"}
    assert (await scene.client.send(body)).data == {"shop": {"email": "shop@example.com"}}
    assert "operation name" in (await scene.client.send({"query": body["query"]})).error["message"]


async def test_a_variable_of_the_wrong_type_is_refused(scene: Scene) -> None:
    answer = await scene.client.ask("query($id: ID!) { order(id: $id) { id } }")
    assert "$id" in answer.error["message"]


async def test_the_same_text_is_read_only_once(scene: Scene) -> None:
    from khaossync.sandbox.shopify.engine import prepare

    await scene.client.data(SHOP)
    before = prepare.cache_info().misses
    await scene.client.data(SHOP)
    assert prepare.cache_info().misses == before
