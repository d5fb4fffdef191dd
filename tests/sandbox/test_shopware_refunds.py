"""Money that goes back is told by one of four sources, none of which is complete."""

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest
from sandbox.shopware_client import Scene, opened

from khaossync.sandbox.shopware import Discount


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with opened() as scene:
        yield scene


async def of_capture(scene: Scene) -> list[Any]:
    told: dict[str, Any] = {"stateMachineState": {}, "transactionCapture": {"associations": {"transaction": {}}}}
    positions: dict[str, Any] = {"positions": {"associations": {"orderLineItem": {}}}}
    return await scene.client.found("order-transaction-capture-refund", associations={**told, **positions})


async def test_a_payment_plugin_writes_the_refund_of_a_capture_and_the_payments_state(scene: Scene) -> None:
    key = scene.shop.place_order([("MUG", 2)], delivery=None)
    number = scene.shop.refund(key, {"MUG": 1}, note="broken")
    (told,) = await of_capture(scene)
    assert (told["id"], told["reason"], told["amount"]["totalPrice"]) == (number, "broken", 9.99)
    assert told["stateMachineState"]["technicalName"] == "completed"
    assert told["transactionCapture"]["transaction"]["orderId"] == key
    assert [(each["quantity"], each["orderLineItem"]["label"]) for each in told["positions"]] == [(1, "Mug")]
    assert scene.shop.order(key).financial_status == "refunded_partially"
    assert scene.shop.order(key).total == Decimal("9.99")
    (record,) = scene.shop.refunds(key)
    assert (record.amount, record.value, record.lines, record.order) == (
        Decimal("9.99"),
        Decimal("9.99"),
        (("MUG", 1),),
        "10001",
    )


async def test_the_rest_makes_the_payment_refunded(scene: Scene) -> None:
    key = scene.shop.place_order([("MUG", 2)], delivery=None)
    scene.shop.refund(key, {"MUG": 1})
    scene.shop.refund(key, {"MUG": 1})
    assert scene.shop.order(key).financial_status == "refunded"
    with pytest.raises(ValueError, match="cannot be refunded"):
        scene.shop.refund(key, amount=Decimal("0.01"))


async def test_a_refund_on_its_way_is_not_completed(scene: Scene) -> None:
    key = scene.shop.place_order([("MUG", 1)], delivery=None)
    number = scene.shop.refund(key, {"MUG": 1}, pending=True)
    assert [each["stateMachineState"]["technicalName"] for each in await of_capture(scene)] == ["in_progress"]
    assert scene.shop.order(key).financial_status == "paid"
    scene.shop.settle_refund(number)
    assert [each["stateMachineState"]["technicalName"] for each in await of_capture(scene)] == ["completed"]
    assert scene.shop.order(key).financial_status == "refunded"


async def test_a_refund_that_the_bank_declines_is_none(scene: Scene) -> None:
    key = scene.shop.place_order([("MUG", 1)], delivery=None)
    scene.shop.settle_refund(scene.shop.refund(key, {"MUG": 1}, pending=True), succeeded=False)
    assert [each["stateMachineState"]["technicalName"] for each in await of_capture(scene)] == ["failed"]
    assert scene.shop.refunds() == []


async def test_a_return_of_the_paid_plans_has_its_lines(scene: Scene) -> None:
    key = scene.shop.place_order([("MUG", 2)], delivery=None)
    number = scene.shop.refund(key, {"MUG": 2}, source="return")
    told: dict[str, Any] = {
        "state": {},
        "order": {},
        "lineItems": {"associations": {"lineItem": {}, "state": {}, "reason": {}}},
    }
    (found,) = await scene.client.found("order-return", associations=told)
    assert (found["id"], found["state"]["technicalName"], found["amountTotal"]) == (number, "done", 19.98)
    (line,) = found["lineItems"]
    assert (line["quantity"], line["refundAmount"], line["lineItem"]["label"]) == (2, 19.98, "Mug")
    assert line["price"]["calculatedTaxes"][0]["taxRate"] == 20
    assert round(found["amountNet"], 2) == 16.65
    order = await scene.client.order(key, returns={})
    assert order["extensions"]["returns"][0]["id"] == number
    assert scene.shop.order(key).financial_status == "paid"


async def test_without_the_paid_plans_there_are_no_returns() -> None:
    async with opened(commercial=False) as scene:
        key = scene.shop.place_order([("MUG", 1)])
        assert (await scene.client.search("order-return")).status == 404
        assert (await scene.client.search("order", associations={"returns": {}})).status == 400
        with pytest.raises(ValueError, match="cannot refund"):
            scene.shop.refund(key, {"MUG": 1}, source="return")


async def test_a_credit_is_a_line_that_lowers_the_order_and_a_paper(scene: Scene) -> None:
    key = scene.shop.place_order([("MUG", 1), ("BOOK", 1)], delivery=None)
    number = scene.shop.refund(key, amount=Decimal(3), source="credit", note="Late")
    order = await scene.client.order(key, lineItems={}, documents={"associations": {"documentType": {}}})
    credit = next(line for line in order["lineItems"] if line["type"] == "credit")
    assert (credit["id"], credit["label"], credit["totalPrice"]) == (number, "Late", -3)
    assert {tax["taxRate"] for tax in credit["price"]["calculatedTaxes"]} == {0, 20}
    assert order["amountTotal"] == 15.98
    (paper,) = order["documents"]
    assert paper["documentType"]["technicalName"] == "credit_note"
    assert paper["documentNumber"] == paper["config"]["documentNumber"]
    wanted = [{"type": "equals", "field": "documentType.technicalName", "value": "credit_note"}]
    assert [each["orderId"] for each in await scene.client.found("document", filter=wanted)] == [key]
    assert scene.shop.order(key).total == Decimal("15.98")


async def test_a_bare_state_names_no_amount(scene: Scene) -> None:
    key = scene.shop.place_order([("MUG", 2)], delivery=None)
    scene.shop.refund(key, amount=Decimal(4), source="state")
    told: dict[str, Any] = {"toStateMachineState": {}}
    (row,) = await scene.client.found("state-machine-history", associations=told)
    assert (row["entityName"], row["transitionActionName"]) == ("order_transaction", "refund_partially")
    assert row["referencedId"] == scene.shop.transaction(key)
    assert await of_capture(scene) == []
    assert [each.source for each in scene.shop.refunds(key)] == ["state"]


async def test_a_refunded_unit_is_worth_what_was_paid_for_it_after_promotions(scene: Scene) -> None:
    key = scene.shop.place_order([("MUG", 2)], discounts=[Discount("HALF", percentage=Decimal(50))], delivery=None)
    scene.shop.refund(key, {"MUG": 1})
    assert scene.shop.refunds(key)[0].amount == Decimal("5.00")


async def test_delivery_can_be_given_back(scene: Scene) -> None:
    key = scene.shop.place_order([("MUG", 1)])
    scene.shop.refund(key, shipping=Decimal("4.95"))
    (told,) = scene.shop.refunds(key)
    assert (told.amount, told.shipping, told.lines) == (Decimal("4.95"), Decimal("4.95"), ())


async def test_a_cancelled_order_gives_everything_back(scene: Scene) -> None:
    key = scene.shop.place_order([("MUG", 1)])
    scene.wall.wait(minutes=1)
    scene.shop.cancel(key)
    looked = scene.shop.order(key)
    assert (looked.state, looked.fulfilment_status, looked.financial_status) == ("cancelled", "cancelled", "refunded")
    assert (looked.refunded, looked.total, looked.cancelled_at) == (Decimal("14.94"), Decimal(0), scene.wall())
    assert [mail.kind for mail in scene.shop.mails] == ["order_cancelled"]


async def test_an_order_that_nobody_paid_is_cancelled_with_its_payment(scene: Scene) -> None:
    key = scene.shop.place_order([("MUG", 1)], payment="pending")
    scene.shop.cancel(key)
    assert scene.shop.order(key).financial_status == "cancelled"
    assert scene.shop.refunds(key) == []


async def test_reserved_money_is_captured(scene: Scene) -> None:
    key = scene.shop.place_order([("MUG", 1)], payment="authorized", delivery=None)
    scene.shop.capture(key)
    (told,) = await scene.client.found("order-transaction-capture", associations={"stateMachineState": {}})
    assert (told["amount"]["totalPrice"], told["stateMachineState"]["technicalName"]) == (9.99, "completed")
    assert scene.shop.order(key).financial_status == "paid"


async def test_money_that_was_charged_back_is_a_state(scene: Scene) -> None:
    key = scene.shop.place_order([("MUG", 1)])
    scene.shop.act(key, "chargeback", "order_transaction")
    assert scene.shop.order(key).financial_status == "chargeback"
