"""A despatch is told to the shop once: after a look, never twice, and never in silence when it does not fit."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from channels.shopify.answers import Json, nodes
from channels.shopify.scripts import PaperShop
from examples import NOON, despatch, message

from khaossync.channels.shopify.despatch_sink import Despatches
from khaossync.domain.cases import CaseClass
from khaossync.domain.despatch import Consignment, ConsignmentLine
from khaossync.domain.documents import Kind
from khaossync.domain.errors import (
    AmbiguousError,
    ConnectorDownError,
    RateLimitedError,
    RejectedError,
    SyncError,
    TransientError,
)
from khaossync.domain.messages import Delivery, Done, Outcome

Asked = Mapping[str, Any]
LOST = AmbiguousError("connection lost")


class Desk:
    """The despatch desk of a shop on paper: fulfilment orders by gid, and the fulfilments made of them."""

    def __init__(self, **orders: Json) -> None:
        self.orders = orders
        self.made: list[Json] = []
        self.lines: dict[str, list[Json]] = {}
        self.asked: list[Json] = []
        self.before: list[SyncError] = []
        self.after: list[SyncError] = []
        self.refusal = ""
        self.shop = PaperShop(
            Fulfilments=lambda asked: {"owner": {"list": self.made}},
            FulfilmentLines=lambda asked: {"owner": {"page": nodes(*self.lines[asked["id"]])}},
            FulfilmentOrders=lambda asked: {"owner": {"page": nodes(*self.orders.values())}},
            CreateFulfilment=self.create,
        )

    def create(self, asked: Asked) -> Json | SyncError:
        if self.before:
            return self.before.pop()
        if self.refusal:
            return {"fulfillmentCreate": {"fulfillment": None, "userErrors": [{"message": self.refusal}]}}
        told = asked["fulfillment"]
        self.asked.append(told)
        gid = self.fulfil(told, told.get("trackingInfo", {}).get("number", ""))
        if self.after:
            return self.after.pop()
        return {"fulfillmentCreate": {"fulfillment": {"id": gid}, "userErrors": []}}

    def fulfil(self, told: Json, number: str) -> str:
        gid = f"gid://shopify/Fulfillment/{len(self.made) + 1}"
        lines = []
        for part in told["lineItemsByFulfillmentOrder"]:
            for wanted in part["fulfillmentOrderLineItems"]:
                (line,) = [
                    each
                    for each in self.orders[part["fulfillmentOrderId"]]["lineItems"]["nodes"]
                    if each["id"] == wanted["id"]
                ]
                line["remainingQuantity"] -= wanted["quantity"]
                lines.append({"quantity": wanted["quantity"], "lineItem": line["lineItem"]})
        self.remember(gid, number, *lines)
        return gid

    def remember(self, gid: str, number: str, *lines: Json, **changes: Any) -> None:
        tracking = [{"number": number}] if number else []
        made = {"id": gid, "status": "SUCCESS", "createdAt": "2026-11-02T12:00:10Z", "trackingInfo": tracking}
        self.made.append(made | changes)
        self.lines[gid] = list(lines)


def asked_of(place: str = "1", method: str = "SHIPPING", **units: int) -> Json:
    """A fulfilment order at a location; units still to send by line."""
    return {
        "id": f"fo-{place}-{'-'.join(units)}",
        "status": "OPEN",
        "supportedActions": [{"action": "CREATE_FULFILLMENT"}, {"action": "HOLD"}],
        "assignedLocation": {"name": f"Place {place}", "location": {"id": f"gid://shopify/Location/{place}"}},
        "deliveryMethod": {"methodType": method},
        "fulfillmentHolds": [],
        "lineItems": nodes(
            *({"id": f"fol-{line}", "remainingQuantity": n, "lineItem": {"id": line}} for line, n in units.items())
        ),
    }


def desk(*orders: Json) -> Desk:
    return Desk(**{each["id"]: each for each in orders})


def parcel(tracking: str = "TRACK1", **units: int) -> Consignment:
    lines = tuple(ConsignmentLine(sku.upper(), (sku,), count) for sku, count in units.items())
    return Consignment(
        order_id="gid://shopify/Order/5001",
        despatch_id="INV1/TRACK1",
        despatched_at=NOON,
        courier="Royal Mail",
        tracking_number=tracking,
        tracking_url="https://track.example/TRACK1" if tracking else "",
        lines=lines,
    )


async def tell(desk: Desk, consignment: Consignment, *, notify: bool = True, doubt: bool = False) -> Outcome:
    told = Delivery(message(Kind.DESPATCH, despatch(), doubt=doubt), consignment)
    (outcome,) = await Despatches(desk.shop, notify).deliver([told])
    return outcome


async def test_a_despatch_becomes_a_fulfilment_with_its_tracking_and_the_customer_is_told() -> None:
    """SHO-8, SHO-28."""
    at = desk(asked_of(mug=2))
    assert await tell(at, parcel(mug=2)) == Done("gid://shopify/Fulfillment/1")
    assert at.asked == [
        {
            "notifyCustomer": True,
            "lineItemsByFulfillmentOrder": [
                {
                    "fulfillmentOrderId": "fo-1-mug",
                    "fulfillmentOrderLineItems": [{"id": "fol-mug", "quantity": 2}],
                }
            ],
            "trackingInfo": {
                "company": "Royal Mail",
                "number": "TRACK1",
                "url": "https://track.example/TRACK1",
            },
        }
    ]


async def test_the_shop_may_prefer_to_write_to_the_customer_itself() -> None:
    at = desk(asked_of(mug=1))
    await tell(at, parcel(mug=1), notify=False)
    assert [each["notifyCustomer"] for each in at.asked] == [False]


async def test_a_despatch_told_twice_is_one_fulfilment() -> None:
    """SHO-9."""
    at = desk(asked_of(mug=1))
    await tell(at, parcel(mug=1))
    assert await tell(at, parcel(mug=1), doubt=True) == Done("gid://shopify/Fulfillment/1", found=True)
    assert len(at.made) == 1


async def test_part_of_a_line_is_fulfilled_and_the_rest_later() -> None:
    at = desk(asked_of(mug=3))
    await tell(at, parcel("T1", mug=1))
    assert await tell(at, parcel("T2", mug=2)) == Done("gid://shopify/Fulfillment/2")


async def test_goods_at_two_locations_take_two_calls_and_one_mail() -> None:
    """SHO-28: the customer hears once, in the first call."""
    at = desk(asked_of("1", mug=1), asked_of("2", cup=1))
    assert await tell(at, parcel(mug=1, cup=1)) == Done("gid://shopify/Fulfillment/1 gid://shopify/Fulfillment/2")
    assert [each["notifyCustomer"] for each in at.asked] == [True, False]


async def test_fulfilment_orders_of_one_place_go_in_one_call_unless_they_are_delivered_differently() -> None:
    at = desk(asked_of("1", mug=1), asked_of("1", cup=1), asked_of("1", "PICK_UP", jug=1))
    await tell(at, parcel(mug=1, cup=1, jug=1))
    assert [len(each["lineItemsByFulfillmentOrder"]) for each in at.asked] == [2, 1]


async def test_boxes_under_one_number_tell_the_shop_what_it_does_not_know_under_it_yet() -> None:
    """SHO-9: each is told with all that left under the number; the order may lack more of the same goods."""
    at = desk(asked_of(mug=5))
    assert await tell(at, parcel("T1", mug=1)) == Done("gid://shopify/Fulfillment/1")
    both = parcel("T1", mug=2)
    assert await tell(at, both) == Done("gid://shopify/Fulfillment/1 gid://shopify/Fulfillment/2")
    assert await tell(at, both) == Done("gid://shopify/Fulfillment/1 gid://shopify/Fulfillment/2", found=True)
    assert [each["notifyCustomer"] for each in at.asked] == [True, False]
    assert remaining(at) == 3


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_the_second_box_under_a_number_is_told_once_although_its_answer_is_lost(moment: str) -> None:
    """SHO-9: the first box is no proof of the second."""
    at = desk(asked_of(mug=5))
    await tell(at, parcel("T1", mug=1))
    getattr(at, moment).append(LOST)
    await tell(at, parcel("T1", mug=2))
    outcome = await tell(at, parcel("T1", mug=2), doubt=True)
    assert isinstance(outcome, Done)
    assert remaining(at) == 3


def remaining(at: Desk) -> int:
    return sum(line["remainingQuantity"] for order in at.orders.values() for line in order["lineItems"]["nodes"])


async def test_a_lost_answer_is_looked_up_and_found() -> None:
    """SHO-9, SHO-21: the work was done, only its answer got lost."""
    at = desk(asked_of(mug=1))
    at.after = [LOST]
    assert await tell(at, parcel(mug=1)) == Done("gid://shopify/Fulfillment/1", found=True)


async def test_a_lost_call_that_cannot_be_found_stays_ambiguous() -> None:
    at = desk(asked_of(mug=1))
    at.before = [LOST]
    assert await tell(at, parcel(mug=1)) is LOST
    assert await tell(at, parcel(mug=1), doubt=True) == Done("gid://shopify/Fulfillment/1")


async def test_a_lost_answer_stays_ambiguous_when_the_look_fails_too() -> None:
    at = desk(asked_of(mug=1))
    looks: list[Asked] = []

    def look(asked: Asked) -> Json | SyncError:
        looks.append(asked)
        return {"owner": {"list": []}} if len(looks) == 1 else TransientError("busy")

    at.shop.answers["Fulfilments"] = look
    at.after = [LOST]
    assert await tell(at, parcel(mug=1)) is LOST


async def test_a_despatch_that_broke_off_between_two_locations_is_finished_without_a_second_mail() -> None:
    at = desk(asked_of("1", mug=1), asked_of("2", cup=1))
    at.after = [LOST]
    assert await tell(at, parcel(mug=1, cup=1)) is LOST
    assert await tell(at, parcel(mug=1, cup=1), doubt=True) == Done(
        "gid://shopify/Fulfillment/1 gid://shopify/Fulfillment/2"
    )
    assert [each["notifyCustomer"] for each in at.asked] == [True, False]


async def test_a_parcel_that_staff_entered_by_hand_is_found_by_its_number() -> None:
    at = desk(asked_of(mug=0))
    at.remember("gid-by-hand", " TRACK1 ", {"quantity": 1, "lineItem": {"id": "mug"}})
    assert await tell(at, parcel(mug=1)) == Done("gid-by-hand", found=True)


async def test_a_cancelled_fulfilment_tells_nothing() -> None:
    at = desk(asked_of(mug=1))
    at.remember("gid-undone", "TRACK1", {"quantity": 1, "lineItem": {"id": "mug"}}, status="CANCELLED")
    assert await tell(at, parcel(mug=1)) == Done("gid://shopify/Fulfillment/2")


async def test_two_equal_parcels_without_numbers_are_two_fulfilments() -> None:
    at = desk(asked_of(mug=2))
    assert await tell(at, parcel("", mug=1)) == Done("gid://shopify/Fulfillment/1")
    assert await tell(at, parcel("", mug=1)) == Done("gid://shopify/Fulfillment/2")
    assert "url" not in at.asked[0]["trackingInfo"]


@pytest.mark.parametrize("failure", ["refused", "lost"])
async def test_an_equal_parcel_told_before_is_no_proof_of_the_one_that_failed(failure: str) -> None:
    """SHO-9: two parcels without numbers and with the same goods; the second call fails and must not count as done."""
    at = desk(asked_of(mug=2))
    await tell(at, parcel("", mug=1))
    if failure == "refused":
        at.refusal = "Fulfillment order is busy"
    else:
        at.before = [LOST]
    assert isinstance(await tell(at, parcel("", mug=1)), SyncError)
    assert len(at.made) == 1


async def test_a_despatch_without_a_number_that_was_slowed_down_half_way_is_finished_later() -> None:
    """SHO-9: the part that is told must be recognised at the next try, which only doubt allows."""
    at = desk(asked_of("1", mug=1), asked_of("2", cup=1))
    create, calls = at.create, 0

    def slowed(asked: Asked) -> Json | SyncError:
        nonlocal calls
        calls += 1
        return RateLimitedError("slow down", timedelta(seconds=1)) if calls == 2 else create(asked)

    at.shop.answers["CreateFulfilment"] = slowed
    outcome = await tell(at, parcel("", mug=1, cup=1))
    assert isinstance(outcome, AmbiguousError)
    assert "1 of 2 calls" in str(outcome)
    assert await tell(at, parcel("", mug=1, cup=1), doubt=True) == Done(
        "gid://shopify/Fulfillment/1 gid://shopify/Fulfillment/2"
    )
    assert [each["notifyCustomer"] for each in at.asked] == [True, False]


async def test_in_doubt_a_parcel_without_a_number_is_found_by_what_it_holds() -> None:
    at = desk(asked_of(mug=2))
    await tell(at, parcel("", mug=1))
    assert await tell(at, parcel("", mug=1), doubt=True) == Done("gid://shopify/Fulfillment/1", found=True)


async def test_an_older_parcel_without_a_number_is_another_one() -> None:
    at = desk(asked_of(mug=1))
    older = (NOON - timedelta(hours=1)).isoformat()
    at.remember("gid-older", "", {"quantity": 1, "lineItem": {"id": "mug"}}, createdAt=older)
    assert await tell(at, parcel("", mug=1), doubt=True) == Done("gid://shopify/Fulfillment/2")


async def test_a_hold_is_a_case_that_may_pass() -> None:
    held = asked_of(mug=1) | {
        "status": "ON_HOLD",
        "supportedActions": [{"action": "RELEASE_HOLD"}],
        "fulfillmentHolds": [{"displayReason": "Incorrect address"}],
    }
    outcome = await tell(desk(held), parcel(mug=1))
    assert isinstance(outcome, RejectedError)
    assert (outcome.case_class, outcome.final) == (CaseClass.DESPATCH_REFUSED, False)
    assert "Place 1: on hold (Incorrect address)" in str(outcome)


async def test_more_than_the_order_lacks_is_a_case_for_a_person() -> None:
    """SHO-16."""
    outcome = await tell(desk(asked_of(mug=1)), parcel(mug=2))
    assert isinstance(outcome, RejectedError)
    assert (outcome.case_class, outcome.final) == (CaseClass.UNALLOCATED_DESPATCH, True)
    assert outcome.evidence["not told"] == "MUG × 2"


async def test_what_staff_fulfilled_without_a_number_meanwhile_is_found_when_nothing_is_left() -> None:
    at = desk(asked_of(mug=0))
    at.remember("gid-by-hand", "", {"quantity": 1, "lineItem": {"id": "mug"}})
    assert await tell(at, parcel("", mug=1)) == Done("gid-by-hand", found=True)


async def test_an_order_that_is_gone_is_refused_for_good() -> None:
    at = desk()
    at.shop.answers["Fulfilments"] = lambda _: {"owner": None}
    outcome = await tell(at, parcel(mug=1))
    assert isinstance(outcome, RejectedError)
    assert outcome.final


async def test_a_refusal_in_the_shops_own_words_is_tried_again_before_it_is_parked() -> None:
    at = desk(asked_of(mug=1))
    at.refusal = "Fulfillment order is closed"
    outcome = await tell(at, parcel(mug=1))
    assert isinstance(outcome, RejectedError)
    assert (outcome.case_class, outcome.final) == (CaseClass.DESPATCH_REFUSED, False)
    assert "Fulfillment order is closed" in str(outcome)


async def test_an_answer_without_a_fulfilment_is_ambiguous() -> None:
    at = desk(asked_of(mug=1))
    at.shop.answers["CreateFulfilment"] = lambda _: {"fulfillmentCreate": None}
    assert isinstance(await tell(at, parcel(mug=1)), AmbiguousError)


async def test_a_failure_before_anything_was_sent_is_no_doubt() -> None:
    at = desk(asked_of(mug=1))
    busy = TransientError("busy")
    at.shop.answers["FulfilmentOrders"] = lambda _: busy
    assert await tell(at, parcel(mug=1)) is busy


async def test_a_shop_that_is_down_stops_the_whole_connector() -> None:
    at = desk(asked_of(mug=1))
    at.shop.answers["Fulfilments"] = lambda _: ConnectorDownError("401")
    with pytest.raises(ConnectorDownError):
        await tell(at, parcel(mug=1))


async def test_one_sku_on_several_lines_fills_them_in_the_order_of_the_sale() -> None:
    at = desk(asked_of("1", a=1), asked_of("2", b=2))
    both = replace(parcel(), lines=(ConsignmentLine("MUG", ("a", "b"), 2),))
    await tell(at, both)
    assert [each["lineItemsByFulfillmentOrder"][0]["fulfillmentOrderLineItems"] for each in at.asked] == [
        [{"id": "fol-a", "quantity": 1}],
        [{"id": "fol-b", "quantity": 1}],
    ]
