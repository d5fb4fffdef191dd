"""Orders change state as Magento has them do: paid, held, reviewed, cancelled, edited, commented."""

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest
from sandbox.adobe_client import Scene, opened

from khaossync.sandbox.adobe import Refusal


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with opened() as scene:
        yield scene


async def state(scene: Scene, order: str) -> tuple[str, str]:
    told = await scene.client.order(order)
    return told["state"], told["status"]


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        ({"payment": "paid"}, ("processing", "processing")),
        ({"payment": "authorized"}, ("processing", "processing")),
        ({"payment": "pending"}, ("new", "pending")),
        ({"payment": "pending_payment"}, ("pending_payment", "pending_payment")),
        ({"risk": "INVESTIGATE"}, ("payment_review", "payment_review")),
        ({"risk": "CANCEL"}, ("payment_review", "fraud")),
    ],
)
async def test_an_order_begins_as_it_is_paid(scene: Scene, terms: dict[str, Any], expected: tuple[str, str]) -> None:
    order = scene.shop.place_order([("MUG", 1)], **terms)
    assert await state(scene, order) == expected


async def test_a_paid_order_has_an_invoice_and_nothing_due(scene: Scene) -> None:
    told = await scene.client.order(scene.shop.place_order([("MUG", 1)], delivery=None))
    assert (told["total_paid"], told["total_due"], told["items"][0]["qty_invoiced"]) == (12, 0, 1)
    (invoice,) = (await scene.client.search("invoices", ("order_id", told["entity_id"], "eq")))["items"]
    assert (invoice["state"], invoice["grand_total"], invoice["total_qty"]) == (2, 12, 1)


async def test_money_that_was_reserved_is_taken_by_an_invoice(scene: Scene) -> None:
    order = scene.shop.place_order([("MUG", 1)], payment="authorized", delivery=None)
    told = await scene.client.order(order)
    assert (told["payment"]["amount_authorized"], "total_paid" in told) == (12, False)
    assert scene.shop.order(order).financial_status == "AUTHORIZED"
    await scene.client.post(f"order/{order}/invoice", {"capture": True, "notify": True})
    assert (await scene.client.order(order))["total_paid"] == 12
    assert [mail.kind for mail in scene.shop.mails] == ["invoice"]


async def test_an_open_invoice_is_captured_once(scene: Scene) -> None:
    order = scene.shop.place_order([("MUG", 2)], payment="authorized", delivery=None)
    item = (await scene.client.order(order))["items"][0]["item_id"]
    rows = {"items": [{"order_item_id": item, "qty": 1}]}
    invoice = await scene.client.post(f"order/{order}/invoice", rows)
    assert (await scene.client.get(f"invoices/{invoice}"))["state"] == 1
    assert (await scene.client.send("POST", f"invoices/{invoice}/capture")).status == 200
    assert (await scene.client.get(f"invoices/{invoice}"))["grand_total"] == 12
    assert (await scene.client.send("POST", f"invoices/{invoice}/capture")).status == 400


async def test_what_is_paid_cannot_be_invoiced_again(scene: Scene) -> None:
    order = scene.shop.place_order([("MUG", 1)])
    answer = await scene.client.send("POST", f"order/{order}/invoice", {"capture": True})
    assert answer.status == 400
    assert answer.message.startswith("Invoice Document Validation Error(s):")


async def test_an_order_is_complete_when_it_is_paid_and_sent(scene: Scene) -> None:
    order = scene.shop.place_order([("MUG", 1)], payment="pending")
    scene.shop.ship(order)
    assert await state(scene, order) == ("processing", "processing")
    scene.shop.pay(order)
    assert await state(scene, order) == ("complete", "complete")


async def test_cancelling_answers_false_where_it_cannot_be_done(scene: Scene) -> None:
    pending = scene.shop.place_order([("MUG", 1)], payment="pending")
    paid = scene.shop.place_order([("MUG", 1)])
    assert await scene.client.post(f"orders/{pending}/cancel") is True
    assert await state(scene, pending) == ("canceled", "canceled")
    record = scene.shop.order(pending)
    assert (record.financial_status, record.total, record.tax) == ("VOIDED", Decimal(0), Decimal(0))
    assert await scene.client.post(f"orders/{pending}/cancel") is False
    assert await scene.client.post(f"orders/{paid}/cancel") is False
    assert await state(scene, paid) == ("processing", "processing")


async def test_a_held_order_goes_on_where_it_was(scene: Scene) -> None:
    order = scene.shop.place_order([("MUG", 1)], payment="pending")
    assert await scene.client.post(f"orders/{order}/hold") is True
    told = await scene.client.order(order)
    assert (told["state"], told["hold_before_state"]) == ("holded", "new")
    assert await scene.client.post(f"orders/{order}/cancel") is False
    assert (await scene.client.send("POST", f"orders/{order}/hold")).message == "A hold action is not available."
    assert await scene.client.post(f"orders/{order}/unhold") is True
    assert await state(scene, order) == ("new", "pending")
    assert (await scene.client.send("POST", f"orders/{order}/unhold")).message == "You cannot remove the hold."


async def test_a_review_ends_with_the_money_or_without_the_order(scene: Scene) -> None:
    good = scene.shop.place_order([("MUG", 1)], risk="INVESTIGATE")
    bad = scene.shop.place_order([("MUG", 1)], risk="CANCEL")
    assert await scene.client.post(f"orders/{bad}/cancel") is False
    scene.shop.review(good)
    scene.shop.review(bad, accept=False)
    assert scene.shop.order(good).financial_status == "PAID"
    reserved = scene.shop.place_order([("MUG", 1)], payment="authorized", risk="INVESTIGATE")
    scene.shop.review(reserved)
    assert scene.shop.order(reserved).financial_status == "AUTHORIZED"
    assert await state(scene, bad) == ("canceled", "canceled")
    with pytest.raises(ValueError, match="not under review"):
        scene.shop.review(good)


async def test_staff_cancel_a_paid_order_by_giving_the_money_back(scene: Scene) -> None:
    order = scene.shop.place_order([("MUG", 2)])
    scene.shop.cancel(order)
    assert await state(scene, order) == ("closed", "closed")
    record = scene.shop.order(order)
    assert (record.financial_status, record.cancelled_at) == ("REFUNDED", scene.wall())
    assert record.total == 0
    assert scene.shop.salable("MUG") == 100


async def test_staff_deny_a_payment_under_review_and_cannot_cancel_what_is_held(scene: Scene) -> None:
    doubtful, held = scene.shop.place_order([("MUG", 1)], risk="CANCEL"), scene.shop.place_order([("MUG", 1)])
    scene.shop.cancel(doubtful)
    assert await state(scene, doubtful) == ("canceled", "canceled")
    scene.shop.hold(held)
    with pytest.raises(ValueError, match="cannot be cancelled"):
        scene.shop.cancel(held)


async def test_an_order_that_is_partly_paid_is_cancelled_for_the_rest(scene: Scene) -> None:
    order = scene.shop.place_order([("MUG", 3)], payment="authorized", delivery=None)
    (row,) = (await scene.client.order(order))["items"]
    rows = {"items": [{"order_item_id": row["item_id"], "qty": 1}], "capture": True}
    await scene.client.post(f"order/{order}/invoice", rows)
    assert await scene.client.post(f"orders/{order}/cancel") is True
    told = await scene.client.order(order)
    assert (told["state"], told["items"][0]["qty_canceled"], told["total_paid"]) == ("processing", 2, 12)
    record = scene.shop.order(order)
    assert ([(line.quantity, line.removed) for line in record.lines], scene.shop.reserved("MUG")) == ([(1, 2)], 1)
    assert record.total == 12


async def test_nobody_cancels_what_has_been_sent(scene: Scene) -> None:
    order = scene.shop.place_order([("MUG", 1)])
    scene.shop.ship(order)
    with pytest.raises(ValueError, match="cannot be cancelled"):
        scene.shop.cancel(order)


async def test_an_edit_makes_a_new_order_and_cancels_the_old_one(scene: Scene) -> None:
    """ADB-33."""
    old = scene.shop.place_order([("MUG", 2), ("POT", 1)], payment="authorized")
    new = scene.shop.edit(old, {"MUG": 1, "BOOK": 1, "POT": 0})
    before, after = await scene.client.order(old), await scene.client.order(new)
    assert (before["state"], before["relation_child_real_id"], before["relation_child_id"]) == (
        "canceled",
        "000000001-1",
        new,
    )
    assert (after["increment_id"], after["original_increment_id"]) == ("000000001-1", "000000001")
    assert (after["relation_parent_real_id"], after["relation_parent_id"]) == ("000000001", old)
    assert after["edit_increment"] == 1
    assert [(row["sku"], row["qty_ordered"]) for row in after["items"]] == [("MUG", 1), ("BOOK", 1)]
    assert scene.shop.salable("POT") == 50


async def test_an_edit_of_an_edit_keeps_the_first_number(scene: Scene) -> None:
    old = scene.shop.place_order([("MUG", 3)], payment="pending")
    second = scene.shop.edit(scene.shop.edit(old, {"MUG": 2}), {"MUG": 1})
    told = await scene.client.order(second)
    assert (told["increment_id"], told["relation_parent_real_id"]) == ("000000001-2", "000000001-1")
    other = await scene.client.order(scene.shop.place_order([("MUG", 1)]))
    assert other["increment_id"] == "000000002"


async def test_what_is_invoiced_held_or_over_is_not_edited(scene: Scene) -> None:
    paid = scene.shop.place_order([("MUG", 2)])
    held = scene.shop.place_order([("MUG", 2)], payment="pending")
    scene.shop.hold(held)
    for order in (paid, held):
        with pytest.raises(ValueError, match="cannot be edited"):
            scene.shop.edit(order, {"MUG": 1})


async def test_a_comment_is_kept_and_mailed_only_if_it_says_so(scene: Scene) -> None:
    order = scene.shop.place_order([("MUG", 1)])
    scene.wall.wait(minutes=1)
    note = {"comment": "In the ERP.", "is_customer_notified": 0, "is_visible_on_front": 0, "parent_id": int(order)}
    assert await scene.client.post(f"orders/{order}/comments", {"statusHistory": note}) is True
    assert (await scene.client.order(order))["updated_at"] == "2026-11-20 09:01:00"
    assert not scene.shop.mails
    await scene.client.post(f"orders/{order}/comments", {"statusHistory": note | {"is_customer_notified": 1}})
    assert [mail.kind for mail in scene.shop.mails] == ["comment"]
    told = await scene.client.get(f"orders/{order}/comments")
    assert [each["comment"] for each in told["items"]] == ["In the ERP."] * 2
    assert await scene.client.get(f"orders/{order}/statuses") == "processing"


async def test_a_comment_that_names_a_status_of_another_state_is_refused(scene: Scene) -> None:
    order = scene.shop.place_order([("MUG", 1)])
    note = {"comment": "x", "is_customer_notified": 0, "is_visible_on_front": 0, "parent_id": 1, "status": "complete"}
    answer = await scene.client.send("POST", f"orders/{order}/comments", {"statusHistory": note})
    assert answer.status == 400


async def test_a_status_of_the_merchants_own_is_kept_within_its_state(scene: Scene) -> None:
    order, other = scene.shop.place_order([("MUG", 1)]), scene.shop.place_order([("MUG", 1)], payment="pending")
    scene.shop.mark(order, "checked")
    assert await state(scene, order) == ("processing", "checked")
    note = {"comment": "x", "is_customer_notified": 0, "is_visible_on_front": 0, "parent_id": 1, "status": "checked"}
    answer = await scene.client.send("POST", f"orders/{other}/comments", {"statusHistory": note})
    assert answer.status == 400
    scene.shop.mark(order, "looked_at")
    await scene.client.post(f"orders/{order}/comments", {"statusHistory": note})
    assert await state(scene, order) == ("processing", "checked")


async def test_an_order_that_is_held_can_be_neither_sent_nor_billed(scene: Scene) -> None:
    order = scene.shop.place_order([("MUG", 1)], payment="authorized")
    scene.shop.hold(order)
    with pytest.raises(Refusal):
        scene.shop.capture(order)
    answer = await scene.client.send("POST", f"order/{order}/ship", {})
    assert "A shipment cannot be created when an order has a status of holded" in answer.message
    assert scene.shop.order(order).total == Decimal("16.95")
