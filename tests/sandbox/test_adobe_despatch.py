"""Shipments are made, refused, doubled and mailed as Magento does it."""

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest
from sandbox.adobe_client import Answer, Scene, opened

from khaossync.sandbox.adobe import Tracking

TRACK = {"track_number": "TRK1", "title": "DPD", "carrier_code": "custom"}


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with opened(locations=("default", "shed")) as scene:
        yield scene


async def ids(scene: Scene, order: str) -> list[int]:
    """The ids of an order's rows."""
    return [row["item_id"] for row in (await scene.client.order(order))["items"]]


async def ship(scene: Scene, order: str, *rows: tuple[int, float], **more: Any) -> Answer:
    items = [{"order_item_id": number, "qty": units} for number, units in rows]
    return await scene.client.send("POST", f"order/{order}/ship", {"items": items, **more})


async def test_a_shipment_with_its_tracks_is_mailed_once_with_the_numbers(scene: Scene) -> None:
    """ADB-9."""
    order = scene.shop.place_order([("MUG", 2)])
    answer = await ship(scene, order, notify=True, tracks=[TRACK])
    shipment = await scene.client.get(f"shipment/{answer.data}")
    assert shipment["tracks"][0]["track_number"] == "TRK1"
    assert (shipment["total_qty"], shipment["extension_attributes"]) == (2, {"source_code": "default"})
    (mail,) = scene.shop.mails
    assert (mail.kind, mail.tracking_numbers) == ("shipping_confirmation", ("TRK1",))
    (record,) = scene.shop.fulfilments(order)
    assert record.tracking == (Tracking("DPD", "TRK1", "custom"),)
    assert scene.shop.order(order).fulfilment_status == "FULFILLED"


async def test_nobody_is_told_of_a_shipment_that_does_not_say_so(scene: Scene) -> None:
    order = scene.shop.place_order([("MUG", 1)])
    await ship(scene, order, tracks=[TRACK])
    assert not scene.shop.mails


async def test_repeating_a_whole_shipment_is_refused(scene: Scene) -> None:
    order = scene.shop.place_order([("MUG", 2)])
    (row,) = await ids(scene, order)
    assert (await ship(scene, order, (row, 2))).status == 200
    answer = await ship(scene, order, (row, 2))
    assert answer.status == 400
    assert answer.message.startswith("Shipment Document Validation Error(s):")
    assert 'invalid quantity to ship for item "Mug"' in answer.message
    assert len(scene.shop.fulfilments(order)) == 1


async def test_repeating_a_part_of_an_order_makes_a_second_shipment(scene: Scene) -> None:
    order = scene.shop.place_order([("MUG", 3)])
    (row,) = await ids(scene, order)
    first, second = [(await ship(scene, order, (row, 1), notify=True, tracks=[TRACK])).data for _ in range(2)]
    assert first != second
    assert (await scene.client.order(order))["items"][0]["qty_shipped"] == 2
    assert len(scene.shop.mails) == 2


async def test_what_exists_is_found_by_its_order(scene: Scene) -> None:
    first, second = (scene.shop.place_order([("MUG", 2)]) for _ in range(2))
    await ship(scene, first, tracks=[TRACK])
    await ship(scene, second)
    found = await scene.client.search("shipments", ("order_id", first, "eq"))
    assert (found["total_count"], found["items"][0]["order_id"]) == (1, int(first))


async def test_a_source_that_has_not_enough_ships_nothing(scene: Scene) -> None:
    order = scene.shop.place_order([("MUG", 2)])
    arguments = {"extension_attributes": {"source_code": "shed"}}
    answer = await ship(scene, order, arguments=arguments)
    assert (answer.status, answer.message) == (
        400,
        "Not all of your products are available in the requested quantity.",
    )
    assert not scene.shop.fulfilments(order)
    scene.shop.staff_sets("MUG", "shed", 5)
    assert (await ship(scene, order, arguments=arguments)).status == 200
    assert (scene.shop.on_hand("MUG", "shed"), scene.shop.on_hand("MUG", "default")) == (3, 100)


async def test_a_source_that_there_is_not_is_refused(scene: Scene) -> None:
    order = scene.shop.place_order([("MUG", 1)])
    answer = await ship(scene, order, arguments={"extension_attributes": {"source_code": "moon"}})
    assert answer.status == 404


async def test_a_row_of_another_order_is_not_found(scene: Scene) -> None:
    order, other = (scene.shop.place_order([("MUG", 1)]) for _ in range(2))
    answer = await ship(scene, order, ((await ids(scene, other))[0], 1))
    assert "We can not found item" in answer.message


async def test_a_configurable_is_sent_by_its_parents_row(scene: Scene) -> None:
    order = scene.shop.place_order([("TEE-RED", 2)])
    parent, child = await ids(scene, order)
    assert (await ship(scene, order, (child, 1))).status == 400
    assert (await ship(scene, order, (parent, 1))).status == 200
    rows = (await scene.client.order(order))["items"]
    assert [row["qty_shipped"] for row in rows] == [1, 1]
    assert scene.shop.on_hand("TEE-RED", "default") == 19


async def test_a_bundle_that_is_sent_as_one_is_sent_by_its_own_row(scene: Scene) -> None:
    order = scene.shop.place_order([("SET", 1)])
    bundle, pot, mugs = await ids(scene, order)
    assert (await ship(scene, order, (pot, 1), (mugs, 2))).status == 400
    assert (await ship(scene, order, (bundle, 1))).status == 200
    assert (scene.shop.on_hand("MUG", "default"), scene.shop.on_hand("POT", "default")) == (98, 49)
    assert scene.shop.fulfilments(order)[0].lines == (("POT", 1), ("MUG", 2))


async def test_a_bundle_that_is_sent_in_parts_is_sent_by_its_parts_rows(scene: Scene) -> None:
    scene.shop.list_product("KIT", "Kit", Decimal(0), bundle_of={"POT": 1, "MUG": 2}, ships_together=False)
    order = scene.shop.place_order([("KIT", 1)])
    bundle, pot, mugs = await ids(scene, order)
    assert (await ship(scene, order, (bundle, 1))).status == 400
    assert (await ship(scene, order, (mugs, 2))).status == 200
    assert scene.shop.order(order).fulfilment_status == "PARTIALLY_FULFILLED"
    assert (await ship(scene, order, (pot, 1))).status == 200
    assert (await scene.client.order(order))["state"] == "complete"


async def test_virtual_goods_are_not_sent(scene: Scene) -> None:
    order = scene.shop.place_order([("COURSE", 1)], payment="authorized")
    assert (await ship(scene, order)).status == 400


@pytest.mark.parametrize("ending", ["cancel", "hold"])
async def test_an_order_that_is_stopped_is_not_sent(scene: Scene, ending: str) -> None:
    order = scene.shop.place_order([("MUG", 1)])
    getattr(scene.shop, ending)(order)
    answer = await ship(scene, order)
    assert "A shipment cannot be created when an order has a status of" in answer.message


async def test_an_order_under_review_is_not_sent(scene: Scene) -> None:
    order = scene.shop.place_order([("MUG", 1)], risk="INVESTIGATE")
    assert (await ship(scene, order)).status == 400


async def test_a_number_that_comes_later_is_written_down_and_told_to_nobody(scene: Scene) -> None:
    order = scene.shop.place_order([("MUG", 1)])
    shipment = (await ship(scene, order, notify=True)).data
    scene.wall.wait(minutes=1)
    entity = TRACK | {"order_id": int(order), "parent_id": shipment, "weight": 0, "qty": 1, "description": "Parcel"}
    track = await scene.client.post("shipment/track", {"entity": entity})
    assert (track["parent_id"], track["track_number"]) == (shipment, "TRK1")
    assert [mail.tracking_numbers for mail in scene.shop.mails] == [()]
    assert (await scene.client.order(order))["updated_at"] == "2026-11-20 09:00:00"
    assert await scene.client.post(f"shipment/{shipment}/emails") is True
    assert scene.shop.mails[-1].tracking_numbers == ("TRK1",)


async def test_a_number_of_another_orders_shipment_is_refused(scene: Scene) -> None:
    order, other = (scene.shop.place_order([("MUG", 1)]) for _ in range(2))
    shipment = (await ship(scene, order)).data
    entity = TRACK | {"order_id": int(other), "parent_id": shipment, "weight": 0, "qty": 1, "description": ""}
    assert (await scene.client.send("POST", "shipment/track", {"entity": entity})).status == 400


async def test_a_comment_comes_with_the_shipment(scene: Scene) -> None:
    order = scene.shop.place_order([("MUG", 1)])
    comment = {"comment": "From the ERP", "is_visible_on_front": 0}
    shipment = (await ship(scene, order, comment=comment, appendComment=True, notify=True)).data
    (told,) = (await scene.client.get(f"shipment/{shipment}"))["comments"]
    assert (told["comment"], told["is_customer_notified"]) == ("From the ERP", 1)


@pytest.mark.parametrize(
    "body",
    [
        {"items": [{"order_item_id": "1", "qty": 1}]},
        {"items": [{"qty": 1}]},
        {"items": {}},
        {"notify": "yes"},
        {"tracks": [{"track_number": "X"}]},
        {"nonsense": 1},
    ],
)
async def test_a_body_that_is_not_of_the_published_shape_is_refused(scene: Scene, body: Any) -> None:
    order = scene.shop.place_order([("MUG", 1)])
    answer = await scene.client.send("POST", f"order/{order}/ship", body)
    assert answer.status == 400
    assert not scene.shop.fulfilments()
