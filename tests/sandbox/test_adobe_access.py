"""The shop lets in whom Magento would let in, and says why not to the others."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sandbox.adobe_client import BEGIN, CLOUD_SPECIFICATION, Scene, opened, signed

SEARCH = "orders?searchCriteria[pageSize]=2"


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with opened() as scene:
        yield scene


async def status(scene: Scene, headers: dict[str, str], path: str = SEARCH) -> tuple[int, str]:
    answer = await scene.client.send("GET", path, headers=headers)
    return answer.status, "" if answer.status == 200 else answer.message


def url(scene: Scene, path: str = SEARCH) -> str:
    return f"{scene.client.base}/rest/default/V1/{path}"


async def test_a_call_that_is_signed_rightly_is_let_in(scene: Scene) -> None:
    scene.shop.access.bearer = False
    assert await status(scene, signed("GET", url(scene), at=BEGIN)) == (200, "")


@pytest.mark.parametrize(
    ("wrong", "code", "problem"),
    [
        ({"consumer_secret": "other"}, 401, "signature_invalid"),
        ({"oauth_token": "other"}, 401, "token_rejected"),
        ({"oauth_consumer_key": "other"}, 401, "consumer_key_rejected"),
        ({"oauth_signature_method": "HMAC-SHA1"}, 400, "signature_method_rejected"),
        ({"oauth_timestamp": "1"}, 400, "timestamp_refused"),
        ({"oauth_nonce": ""}, 400, "parameter_absent"),
    ],
)
async def test_a_call_that_is_signed_wrongly_is_told_what_is_wrong(
    scene: Scene, wrong: dict[str, str], code: int, problem: str
) -> None:
    told = await status(scene, signed("GET", url(scene), at=BEGIN, **wrong))
    assert told[0] == code
    assert told[1].startswith(f"oauth_problem={problem}")


async def test_the_query_and_the_method_are_part_of_what_is_signed(scene: Scene) -> None:
    headers = signed("GET", url(scene, "orders?searchCriteria[pageSize]=3"), at=BEGIN)
    assert (await status(scene, headers))[0] == 401
    assert (await status(scene, signed("POST", url(scene), at=BEGIN, nonce="n2")))[0] == 401


async def test_a_query_is_signed_as_it_is_meant_and_not_as_it_is_written(scene: Scene) -> None:
    head = "searchCriteria[filter_groups][0][filters][0]"
    meant = f"orders?{head}[field]=updated_at&{head}[value]=2026-11-20 09:00:00&{head}[condition_type]=gteq"
    written = meant.replace("[", "%5B").replace("]", "%5D").replace(" ", "%20").replace(":", "%3A")
    assert await status(scene, signed("GET", url(scene, meant), at=BEGIN), written) == (200, "")


async def test_a_nonce_is_good_once(scene: Scene) -> None:
    headers = signed("GET", url(scene), at=BEGIN)
    assert (await status(scene, headers))[0] == 200
    assert await status(scene, headers) == (401, "oauth_problem=nonce_used")


async def test_a_clock_that_is_wrong_is_refused(scene: Scene) -> None:
    scene.shop.skew = timedelta(minutes=11)
    told = await status(scene, signed("GET", url(scene), at=BEGIN))
    assert told[0] == 400


async def test_the_access_token_alone_is_let_in_only_where_that_is_switched_on(scene: Scene) -> None:
    headers = {"Authorization": "Bearer access-token"}
    assert (await status(scene, headers))[0] == 200
    scene.shop.access.bearer = False
    code, message = await status(scene, headers)
    assert (code, message) == (401, "The consumer isn't authorized to access Magento_Sales::actions_view.")


async def test_who_says_nothing_is_not_let_in(scene: Scene) -> None:
    assert (await status(scene, {}))[0] == 401
    assert (await status(scene, {"Authorization": "Basic YTpi"}))[0] == 401


async def test_an_administrators_token_is_good_for_four_hours(scene: Scene) -> None:
    token = await scene.client.post("integration/admin/token", {"username": "api", "password": "password1"})
    headers = {"Authorization": f"Bearer {token}"}
    assert (await status(scene, headers))[0] == 200
    scene.wall.wait(hours=4)
    assert (await status(scene, headers))[0] == 401


async def test_an_administrator_with_another_password_gets_no_token(scene: Scene) -> None:
    answer = await scene.client.send("POST", "integration/admin/token", {"username": "api", "password": "x"})
    assert answer.status == 401


async def test_an_integration_may_do_only_what_it_was_given(scene: Scene) -> None:
    order = scene.shop.place_order([("MUG", 1)])
    scene.shop.access.resources.discard("Magento_Sales::ship")
    answer = await scene.client.send("POST", f"order/{order}/ship", {})
    assert (answer.status, answer.message) == (401, "The consumer isn't authorized to access Magento_Sales::ship.")
    assert (await scene.client.send("GET", f"orders/{order}")).status == 200


async def test_revoked_credentials_open_nothing(scene: Scene) -> None:
    scene.shop.access.revoke(for_ever=True)
    assert (await status(scene, {"Authorization": "Bearer access-token"}))[0] == 401
    assert (await status(scene, signed("GET", url(scene), at=BEGIN)))[0] == 401


async def test_the_store_of_the_address_must_be_there(scene: Scene) -> None:
    for store in ("all", "default"):
        assert (await scene.client.send("GET", f"/rest/{store}/V1/store/storeViews")).status == 200
    assert (await scene.client.send("GET", "/rest/V1/store/storeViews")).status == 200
    answer = await scene.client.send("GET", "/rest/french/V1/store/storeViews")
    assert answer.status == 404


TENANT = "Tn4"
FORM = {"grant_type": "client_credentials", "client_id": "client-id", "client_secret": "client-secret"}


@pytest.fixture
async def cloud() -> AsyncIterator[Scene]:
    async with opened(tenant=TENANT, specification=CLOUD_SPECIFICATION) as scene:
        scene.client.root = f"/{TENANT}/V1/"
        yield scene


async def ims(scene: Scene, **form: str) -> Any:
    async with scene.client.session.post(f"{scene.client.base}/ims/token/v3", data=form) as response:
        return await response.json()


async def test_the_cloud_service_takes_ims_tokens_with_the_client_and_the_organisation(cloud: Scene) -> None:
    told = await ims(cloud, **FORM, scope="openid,AdobeID,commerce.accs")
    assert (told["token_type"], told["expires_in"]) == ("bearer", 86400)
    headers = {
        "Authorization": f"Bearer {told['access_token']}",
        "x-api-key": "client-id",
        "x-gw-ims-org-id": "ORG@AdobeOrg",
        "Store": "default",
    }
    assert (await status(cloud, headers))[0] == 200
    assert (await status(cloud, headers | {"x-api-key": "other"}))[0] == 401
    assert (await status(cloud, headers | {"Store": "french"}))[0] == 404
    cloud.wall.wait(hours=24)
    assert (await status(cloud, headers))[0] == 401


async def test_the_cloud_service_knows_no_rest_prefix_and_no_integrations_token(cloud: Scene) -> None:
    assert (await status(cloud, {"Authorization": "Bearer access-token"}))[0] == 401
    assert (await cloud.client.send("GET", f"/rest/default/V1/{SEARCH}")).status == 404


async def test_ims_gives_no_token_for_another_secret(cloud: Scene) -> None:
    told = await ims(cloud, **(FORM | {"client_secret": "other"}), scope="x")
    assert told["error"] == "invalid_client"
