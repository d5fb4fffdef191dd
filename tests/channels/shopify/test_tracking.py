"""A number that comes after its despatch reaches the customer once, and never makes a second fulfilment."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from channels.shopify.answers import Json
from channels.shopify.scripts import PaperShop
from examples import NOON, despatch, message

from khaossync.channels.shopify.despatch_sink import Despatches
from khaossync.domain.cases import CaseClass
from khaossync.domain.despatch import Consignment, ConsignmentLine
from khaossync.domain.documents import Kind
from khaossync.domain.errors import AmbiguousError, ConnectorDownError, RejectedError, SyncError
from khaossync.domain.messages import Delivery, Done, Outcome

Asked = Mapping[str, Any]
LOST = AmbiguousError("connection lost")
LATE = Consignment(
    order_id="gid://shopify/Order/5001",
    despatch_id="INV1:goods",
    despatched_at=NOON,
    courier="Royal Mail",
    tracking_number="LATE1",
    tracking_url="",
    lines=(ConsignmentLine("MUG", ("mug",), 1),),
    told_as="F1",
)


class Desk:
    """Fulfilments by gid, with their numbers; nothing can be created here. `lost` calls had their effect."""

    def __init__(self, **numbers: str) -> None:
        self.numbers = numbers
        self.undone: set[str] = set()
        self.asked: list[Asked] = []
        self.before: list[SyncError] = []
        self.lost: list[SyncError] = []
        self.refusal = ""
        self.shop = PaperShop(Fulfilments=lambda _: {"owner": {"list": self.listed()}}, ChangeTracking=self.change)

    def listed(self) -> list[Json]:
        return [
            {
                "id": gid,
                "status": "CANCELLED" if gid in self.undone else "SUCCESS",
                "createdAt": "2026-11-02T12:00:10Z",
                "trackingInfo": [{"number": number}] if number else [],
            }
            for gid, number in self.numbers.items()
        ]

    def change(self, asked: Asked) -> Json | SyncError:
        if self.before:
            return self.before.pop()
        if self.refusal:
            return {"fulfillmentTrackingInfoUpdate": {"fulfillment": None, "userErrors": [{"message": self.refusal}]}}
        self.asked.append(asked)
        self.numbers[asked["fulfilment"]] = asked["tracking"]["number"]
        if self.lost:
            return self.lost.pop()
        return {"fulfillmentTrackingInfoUpdate": {"fulfillment": {"id": asked["fulfilment"]}, "userErrors": []}}


async def tell(desk: Desk, consignment: Consignment = LATE, *, notify: bool = True) -> Outcome:
    told = Delivery(message(Kind.DESPATCH, despatch()), consignment)
    (outcome,) = await Despatches(desk.shop, notify).deliver([told])
    return outcome


async def test_a_number_that_was_typed_in_later_reaches_the_customer() -> None:
    """SHO-8, S-26."""
    desk = Desk(F1="")
    assert await tell(desk) == Done("F1")
    assert desk.asked == [
        {"fulfilment": "F1", "tracking": {"company": "Royal Mail", "number": "LATE1"}, "notify": True},
    ]


async def test_a_corrected_number_replaces_the_wrong_one_and_no_other() -> None:
    desk = Desk(F0="OTHER", F1="WRONG", F2="")
    assert await tell(desk, replace(LATE, tracking_url="https://track.example/LATE1")) == Done("F1")
    assert desk.numbers == {"F0": "OTHER", "F1": "LATE1", "F2": ""}
    assert desk.asked[0]["tracking"]["url"] == "https://track.example/LATE1"


async def test_the_shop_may_prefer_to_write_to_the_customer_itself() -> None:
    desk = Desk(F1="")
    await tell(desk, notify=False)
    assert [asked["notify"] for asked in desk.asked] == [False]


async def test_a_correction_told_twice_is_one_change_and_one_mail() -> None:
    """SHO-28."""
    desk = Desk(F1="")
    await tell(desk)
    assert await tell(desk) == Done("F1", found=True)
    assert len(desk.asked) == 1


async def test_what_went_out_from_two_locations_gets_its_number_twice_and_its_mail_once() -> None:
    desk = Desk(F1="", F2="")
    assert await tell(desk, replace(LATE, told_as="F1 F2")) == Done("F1 F2")
    assert [asked["notify"] for asked in desk.asked] == [True, False]
    assert desk.numbers == {"F1": "LATE1", "F2": "LATE1"}


async def test_a_correction_that_broke_off_is_finished_without_a_second_mail() -> None:
    desk = Desk(F1="", F2="")
    desk.lost = [LOST]
    assert await tell(desk, replace(LATE, told_as="F1 F2")) is LOST
    assert await tell(desk, replace(LATE, told_as="F1 F2")) == Done("F1 F2")
    assert [asked["notify"] for asked in desk.asked] == [True, False]


async def test_a_lost_answer_is_looked_up_and_found() -> None:
    desk = Desk(F1="")
    desk.lost = [LOST]
    assert await tell(desk) == Done("F1", found=True)


async def test_a_lost_call_stays_ambiguous_and_is_made_again() -> None:
    desk = Desk(F1="")
    desk.before = [LOST]
    assert await tell(desk) is LOST
    assert await tell(desk) == Done("F1")


async def test_an_answer_that_says_nothing_is_no_success() -> None:
    desk = Desk(F1="")
    desk.shop.answers["ChangeTracking"] = lambda _: {}
    assert isinstance(await tell(desk), AmbiguousError)


async def test_a_refusal_is_a_case_with_the_shops_words() -> None:
    desk = Desk(F1="")
    desk.refusal = "Tracking number is invalid"
    outcome = await tell(desk)
    assert isinstance(outcome, RejectedError)
    assert (outcome.case_class, outcome.final) == (CaseClass.DESPATCH_REFUSED, False)
    assert "Tracking number is invalid" in str(outcome)
    assert outcome.evidence["tracking"] == "LATE1"


@pytest.mark.parametrize("there", [False, True], ids=["gone", "undone"])
async def test_a_fulfilment_that_staff_took_back_is_a_case_and_is_not_made_again(there: bool) -> None:
    desk = Desk(F1="") if there else Desk(F9="")
    desk.undone = {"F1"}
    outcome = await tell(desk)
    assert isinstance(outcome, RejectedError)
    assert outcome.final
    assert "no longer there" in str(outcome)
    assert desk.asked == []


async def test_a_closed_door_concerns_everything() -> None:
    desk = Desk(F1="")
    desk.before = [ConnectorDownError("down")]
    with pytest.raises(ConnectorDownError):
        await tell(desk)
