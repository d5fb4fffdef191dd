"""Despatch through the API: codes first, then the transition; what repeats is silent, what is illegal is refused."""

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest
from sandbox.shopware_client import Scene, opened

from khaossync.sandbox.shopware import Discount, Mail


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with opened() as scene:
        yield scene


async def write_codes(scene: Scene, delivery: str, *codes: str) -> int:
    answer = await scene.client.call("PATCH", f"/order-delivery/{delivery}", {"trackingCodes": list(codes)})
    return answer.status


async def history(scene: Scene, key: str) -> list[tuple[str, str, str]]:
    told: dict[str, Any] = {"fromStateMachineState": {}, "toStateMachineState": {}}
    wanted = [{"type": "equals", "field": "referencedId", "value": key}]
    rows = await scene.client.found(
        "state-machine-history", filter=wanted, associations=told, sort=[{"field": "createdAt"}]
    )
    return [
        (
            each["transitionActionName"],
            each["fromStateMachineState"]["technicalName"],
            each["toStateMachineState"]["technicalName"],
        )
        for each in rows
    ]


async def test_codes_and_then_ship_reach_the_customer_in_one_mail(scene: Scene) -> None:
    """SHW-10, SHW-33: tracking flows back with the status."""
    order = scene.shop.place_order([("MUG", 1)])
    delivery = scene.shop.delivery(order)
    assert await write_codes(scene, delivery, "RM1", "RM2") == 204
    answer = await scene.move("order_delivery", delivery, "ship")
    assert (answer.status, answer.told["technicalName"]) == (200, "shipped")
    assert scene.shop.mails == [Mail("10001", "customer@example.com", "shipping_confirmation", ("RM1", "RM2"))]
    (done,) = scene.shop.fulfilments(order)
    assert (done.status, [each.number for each in done.tracking]) == ("shipped", ["RM1", "RM2"])
    assert scene.shop.order(order).fulfilment_status == "shipped"


async def test_a_code_that_comes_after_the_transition_is_in_no_mail(scene: Scene) -> None:
    delivery = scene.shop.delivery(scene.shop.place_order([("MUG", 1)]))
    await scene.move("order_delivery", delivery, "ship")
    await write_codes(scene, delivery, "RM1")
    assert [mail.tracking_numbers for mail in scene.shop.mails] == [()]
    assert [each.number for each in scene.shop.fulfilments()[0].tracking] == ["RM1"]


async def test_writing_codes_replaces_the_list(scene: Scene) -> None:
    delivery = scene.shop.delivery(scene.shop.place_order([("MUG", 1)]))
    await write_codes(scene, delivery, "RM1", "RM2")
    await write_codes(scene, delivery, "RM3")
    assert (await scene.client.call("GET", f"/order-delivery/{delivery}")).data["trackingCodes"] == ["RM3"]


async def test_shipping_what_is_shipped_does_nothing_silently(scene: Scene) -> None:
    delivery = scene.shop.delivery(scene.shop.place_order([("MUG", 1)]))
    assert (await scene.move("order_delivery", delivery, "ship")).status == 200
    again = await scene.move("order_delivery", delivery, "ship")
    assert (again.status, again.told["technicalName"]) == (200, "shipped")
    assert await history(scene, delivery) == [("ship", "open", "shipped")]
    assert len(scene.shop.mails) == len(scene.shop.fulfilments()) == 1


async def test_the_second_part_shipment_is_told_to_nobody(scene: Scene) -> None:
    delivery = scene.shop.delivery(scene.shop.place_order([("MUG", 2)]))
    await write_codes(scene, delivery, "RM1")
    await scene.move("order_delivery", delivery, "ship_partially")
    await write_codes(scene, delivery, "RM1", "RM2")
    await scene.move("order_delivery", delivery, "ship_partially")
    assert [mail.tracking_numbers for mail in scene.shop.mails] == [("RM1",)]
    await write_codes(scene, delivery, "RM1", "RM2", "RM3")
    await scene.move("order_delivery", delivery, "ship")
    assert [mail.tracking_numbers for mail in scene.shop.mails] == [("RM1",), ("RM1", "RM2", "RM3")]
    assert [[each.number for each in done.tracking] for done in scene.shop.fulfilments()] == [["RM1"], ["RM2", "RM3"]]


async def test_an_illegal_transition_names_the_legal_ones(scene: Scene) -> None:
    delivery = scene.shop.delivery(scene.shop.place_order([("MUG", 1)]))
    await scene.move("order_delivery", delivery, "cancel")
    answer = await scene.move("order_delivery", delivery, "ship")
    assert (answer.status, answer.error["code"]) == (400, "SYSTEM__ILLEGAL_STATE_TRANSITION")
    assert answer.error["meta"]["parameters"]["possibleTransitions"] == ["reopen"]
    assert scene.shop.mails == []


async def test_what_may_happen_can_be_asked(scene: Scene) -> None:
    delivery = scene.shop.delivery(scene.shop.place_order([("MUG", 1)]))
    answer = await scene.client.call("GET", f"/_action/state-machine/order_delivery/{delivery}/state")
    assert {(each["actionName"], each["toStateName"]) for each in answer.told["transitions"]} == {
        ("ship", "shipped"),
        ("ship_partially", "shipped_partially"),
        ("cancel", "cancelled"),
    }


@pytest.mark.parametrize("told", [False, True, None, 0])
async def test_only_false_keeps_the_mail_back(scene: Scene, told: Any) -> None:
    delivery = scene.shop.delivery(scene.shop.place_order([("MUG", 1)]))
    await scene.move("order_delivery", delivery, "ship", {"sendMail": told})
    assert len(scene.shop.mails) == (0 if told is False else 1)


async def test_no_flow_no_mail_and_the_answer_does_not_say_so(scene: Scene) -> None:
    scene.shop.setup.flows.clear()
    delivery = scene.shop.delivery(scene.shop.place_order([("MUG", 1)]))
    assert (await scene.move("order_delivery", delivery, "ship")).status == 200
    assert scene.shop.mails == []


async def test_flows_can_be_skipped_by_a_header(scene: Scene) -> None:
    delivery = scene.shop.delivery(scene.shop.place_order([("MUG", 1)]))
    await scene.move("order_delivery", delivery, "ship", {}, sw_skip_trigger_flow="1")
    assert scene.shop.mails == []


async def test_a_delivery_that_there_is_not_is_refused(scene: Scene) -> None:
    order = scene.shop.place_order([("MUG", 1)])
    moved = await scene.move("order_delivery", order, "ship")
    assert (moved.status, moved.error["code"]) == (400, "SYSTEM__STATE_MACHINE_INVALID_ENTITY_ID")
    patched = await scene.client.call("PATCH", f"/order-delivery/{order}", {"trackingCodes": ["RM1"]})
    assert (patched.status, patched.error["code"]) == (404, "FRAMEWORK__RESOURCE_NOT_FOUND")
    dashed = await scene.move("order_delivery", "0189bf2a-627a-7296-adbc-83527ba9ac29", "ship")
    assert (dashed.status, dashed.error["code"]) == (400, "FRAMEWORK__INVALID_UUID")


@pytest.mark.parametrize("codes", ["RM1", [1], {"a": "RM1"}])
async def test_codes_are_a_list_of_texts(scene: Scene, codes: Any) -> None:
    delivery = scene.shop.delivery(scene.shop.place_order([("MUG", 1)]))
    answer = await scene.client.call("PATCH", f"/order-delivery/{delivery}", {"trackingCodes": codes})
    assert (answer.status, answer.error["source"]["pointer"]) == (400, "/0/trackingCodes")


async def test_a_delivery_moves_its_own_row_and_not_the_orders(scene: Scene) -> None:
    order = scene.shop.place_order([("MUG", 1)], payment="pending")
    scene.wall.wait(minutes=5)
    await scene.move("order_delivery", scene.shop.delivery(order), "ship")
    await scene.move("order_transaction", scene.shop.transaction(order), "paid")
    found = await scene.client.order(order)
    moved = "2026-11-20T09:05:00.000+00:00"
    assert found["updatedAt"] is None
    assert [each["updatedAt"] for each in found["deliveries"]] == [moved]
    assert [each["updatedAt"] for each in found["transactions"]] == [moved]
    changed = {"type": "range", "field": "createdAt", "parameters": {"gte": moved}}
    told = await scene.client.found("state-machine-history", filter=[changed])
    assert {(each["entityName"], each["transitionActionName"]) for each in told} == {
        ("order_delivery", "ship"),
        ("order_transaction", "paid"),
    }


async def test_the_orders_own_state_is_its_own_row(scene: Scene) -> None:
    order = scene.shop.place_order([("MUG", 1)])
    await scene.move("order", order, "process")
    assert (await scene.client.order(order))["updatedAt"] is not None


async def test_states_are_independent_of_each_other(scene: Scene) -> None:
    """A cancelled order may have an open delivery and a paid payment."""
    order = scene.shop.place_order([("MUG", 1)])
    scene.shop.cancel(order, refund=False)
    looked = scene.shop.order(order)
    assert (looked.state, looked.fulfilment_status, looked.financial_status) == ("cancelled", "open", "paid")


async def test_before_6_7_cancelling_is_always_allowed_and_repeats_its_history() -> None:
    async with opened(version="6.6.8.0") as scene:
        delivery = scene.shop.delivery(scene.shop.place_order([("MUG", 1)]))
        for _ in range(2):
            assert (await scene.move("order_delivery", delivery, "cancel")).status == 200
        assert len(await history(scene, delivery)) == 2


async def test_from_6_7_on_cancelling_what_is_cancelled_does_nothing(scene: Scene) -> None:
    delivery = scene.shop.delivery(scene.shop.place_order([("MUG", 1)]))
    for _ in range(2):
        assert (await scene.move("order_delivery", delivery, "cancel")).status == 200
    assert await history(scene, delivery) == [("cancel", "open", "cancelled")]


async def test_a_comment_is_kept_from_6_7_on(scene: Scene) -> None:
    delivery = scene.shop.delivery(scene.shop.place_order([("MUG", 1)]))
    await scene.move("order_delivery", delivery, "ship", {"internalComment": "by the ERP"})
    (told,) = await scene.client.found("state-machine-history")
    assert told["internalComment"] == "by the ERP"


async def test_the_delivery_that_is_a_discount_can_be_shipped_by_mistake(scene: Scene) -> None:
    """Shopware does not mind; so a client must not."""
    order = scene.shop.place_order([("MUG", 1)], discounts=[Discount("FREE", shipping=True, percentage=Decimal(100))])
    real = scene.shop.delivery(order)
    other = next(each["id"] for each in (await scene.client.order(order))["deliveries"] if each["id"] != real)
    assert (await scene.move("order_delivery", other, "ship")).status == 200
    assert scene.shop.fulfilments(order)[0].delivery == other
