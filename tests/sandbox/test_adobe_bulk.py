"""Asynchronous calls are taken at once and done later, if at all, and in no promised order."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sandbox.adobe_client import CLOUD_SPECIFICATION, Scene, opened

BULK = "/rest/all/async/bulk/V1/inventory/source-items"


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with opened() as scene:
        yield scene


def body(quantity: Any, sku: str = "MUG", source: str = "default") -> dict[str, Any]:
    return {"sourceItems": [{"sku": sku, "source_code": source, "quantity": quantity, "status": 1}]}


async def states(scene: Scene, uuid: str) -> list[int]:
    told = await scene.client.get(f"bulk/{uuid}/status")
    assert told["operation_count"] == len(told["operations_list"])
    return [each["status"] for each in told["operations_list"]]


async def test_a_bulk_is_accepted_and_its_operations_are_asked_for(scene: Scene) -> None:
    answer = await scene.client.send("POST", BULK, [body(3), body(9, "POT")])
    assert (answer.status, answer.told["errors"]) == (202, False)
    assert [each["status"] for each in answer.told["request_items"]] == ["accepted", "accepted"]
    assert await states(scene, answer.told["bulk_uuid"]) == [1, 1]
    assert (scene.shop.salable("MUG"), scene.shop.salable("POT")) == (3, 9)


async def test_an_operation_that_fails_leaves_the_others_alone(scene: Scene) -> None:
    uuid = (await scene.client.post(BULK, [body(3, source="moon"), body(9, "POT")]))["bulk_uuid"]
    assert await states(scene, uuid) == [3, 1]
    failed, _ = (await scene.client.get(f"bulk/{uuid}/detailed-status"))["operations_list"]
    assert failed["result_message"] == "Could not save Source Item"
    assert failed["bulk_uuid"] == uuid


async def test_a_body_of_the_wrong_shape_is_rejected_by_itself(scene: Scene) -> None:
    answer = await scene.client.send("POST", BULK, [{"items": []}, body(9, "POT")])
    assert answer.told["errors"] is True
    assert [each["status"] for each in answer.told["request_items"]] == ["rejected", "accepted"]
    assert await states(scene, answer.told["bulk_uuid"]) == [5, 1]


async def test_without_its_consumer_a_bulk_stays_open(scene: Scene) -> None:
    scene.shop.habits.bulk_runs = False
    uuid = (await scene.client.post(BULK, [body(3)]))["bulk_uuid"]
    scene.wall.wait(hours=9)
    assert await states(scene, uuid) == [4]
    assert scene.shop.salable("MUG") == 100
    scene.shop.run_bulk()
    assert await states(scene, uuid) == [1]
    assert scene.shop.salable("MUG") == 3


async def test_an_older_write_may_land_after_a_newer_one(scene: Scene) -> None:
    scene.shop.habits.bulk_runs = False
    for quantity in (3, 8):
        await scene.client.post(BULK, [body(quantity)])
    scene.shop.run_bulk(newest_first=True)
    assert scene.shop.salable("MUG") == 3


async def test_one_call_may_be_sent_asynchronously(scene: Scene) -> None:
    order = scene.shop.place_order([("MUG", 1)])
    answer = await scene.client.send("POST", f"/rest/default/async/V1/order/{order}/ship", {"notify": True})
    assert answer.status == 202
    assert await states(scene, answer.told["bulk_uuid"]) == [1]
    assert len(scene.shop.fulfilments(order)) == 1


async def test_a_bulk_takes_an_array(scene: Scene) -> None:
    assert (await scene.client.send("POST", BULK, body(3))).status == 400


async def test_a_bulk_that_there_is_not_is_not_found(scene: Scene) -> None:
    uuid = "00000000-0000-4000-8000-999999999999"
    assert (await scene.client.send("GET", f"bulk/{uuid}/status")).status == 404


async def test_reading_is_not_done_asynchronously(scene: Scene) -> None:
    assert (await scene.client.send("GET", "/rest/default/async/V1/orders?searchCriteria=")).status == 404


async def test_the_cloud_service_has_the_version_before_the_word_async() -> None:
    async with opened(tenant="Tn4", specification=CLOUD_SPECIFICATION) as scene:
        token = scene.shop.access.give_token()
        headers = {"Authorization": f"Bearer {token}", "x-api-key": "client-id", "x-gw-ims-org-id": "ORG@AdobeOrg"}
        path = "/Tn4/V1/async/bulk/inventory/source-items"
        assert (await scene.client.send("POST", path, [body(4)], headers)).status == 202
        assert (
            await scene.client.send("POST", "/Tn4/async/bulk/V1/inventory/source-items", [body(5)], headers)
        ).status == 404
        assert scene.shop.salable("MUG") == 4
