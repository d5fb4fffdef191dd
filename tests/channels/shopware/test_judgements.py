"""The pure decisions of the connector, each on the smallest record that shows it."""

from datetime import timedelta
from typing import Any

from channels.shopware.simulated import D, World
from examples import NOON

from khaossync.channels.shopware import deliveries
from khaossync.channels.shopware.charges import Charge, Portion, lay, settle
from khaossync.channels.shopware.despatch_records import codes
from khaossync.channels.shopware.fields import Node
from khaossync.channels.shopware.methods import read_method
from khaossync.channels.shopware.payments import payment_state
from khaossync.channels.shopware.polls import Poll, Polls, Stretch
from khaossync.channels.shopware.sources import LISTS, Seen
from khaossync.domain.money import ZERO
from khaossync.domain.orders import PaymentState
from khaossync.sandbox.shopware import Discount


def delivery(name: str, cost: str, *, sent: bool = False) -> dict[str, Any]:
    price = {"totalPrice": D(cost), "calculatedTaxes": []}
    return {"id": name, "shippingMethodId": name, "shippingCosts": price, "positions": [{"id": "p"}] if sent else []}


def test_the_real_delivery_is_the_one_with_goods_even_where_it_costs_nothing() -> None:
    order = Node({"deliveries": [delivery("dear", "9.00"), delivery("sent", "0", sent=True), delivery("off", "-5.00")]})
    found = deliveries.real(order)
    assert found
    assert found.text("id") == "sent"


def test_without_goods_on_any_it_is_the_shops_own_choice() -> None:
    order = Node({"deliveries": [delivery("dear", "9.00"), delivery("own", "2.00")], "primaryOrderDeliveryId": "own"})
    found = deliveries.real(order)
    assert found
    assert found.text("id") == "own"


def test_a_discount_is_taken_off_the_real_delivery_alone() -> None:
    order = Node({"deliveries": [delivery("a", "4.00", sent=True), delivery("b", "3.00"), delivery("off", "-4.00")]})
    told = {name: charge.left for name, charge in deliveries.charged(order, 2)}
    assert told == {"a": ZERO, "b": D("3.00")}


def payment(state: str, minute: int) -> Node:
    created = (NOON + timedelta(minutes=minute)).isoformat()
    return Node({"id": str(minute), "createdAt": created, "stateMachineState": {"technicalName": state}})


def test_of_several_tries_to_pay_the_newest_that_stands_counts() -> None:
    assert payment_state([payment("paid", 1), payment("failed", 2)]) is PaymentState.PAID
    assert payment_state([payment("failed", 1), payment("authorized", 2)]) is PaymentState.AUTHORISED
    assert payment_state([payment("cancelled", 1), payment("failed", 2)]) is PaymentState.PENDING
    assert payment_state([payment("chargeback", 1)]) is PaymentState.UNKNOWN
    assert payment_state([]) is PaymentState.PENDING


def test_tax_is_moved_by_a_penny_for_each_line_and_no_further() -> None:
    """S-11: more is nobody's rounding."""
    near, far = Charge(D("12.00"), {D("0.2"): D("2.00")}), Charge(D("12.00"), {D("0.2"): D("2.00")})
    settle([near], {D("0.2"): D("2.01")}, D("0.01"))
    settle([far], {D("0.2"): D("2.02")}, D("0.01"))
    assert (near.taxes, far.taxes) == ({D("0.2"): D("2.01")}, {D("0.2"): D("2.00")})


def test_a_discount_lies_on_goods_of_its_own_rate_only() -> None:
    books, mugs = Charge(D("10.00"), {ZERO: ZERO}), Charge(D("12.00"), {D("0.2"): D("2.00")})
    assert lay(Portion("TEN", D("0.2"), D("1.20"), D("0.20")), [books, mugs], "GBP") is None
    assert (books.left, mugs.left, mugs.taxes) == (D("10.00"), D("10.80"), {D("0.2"): D("1.80")})
    nowhere = Portion("TEN", D("0.05"), D("1.00"), D("0.05"))
    assert lay(nowhere, [books, mugs], "GBP") is nowhere


def test_a_parcels_code_takes_the_place_of_its_own_and_of_no_other() -> None:
    assert codes(["A", "B"], "A", "C") == ["B", "C"]
    assert codes(["A", "B"], "A", "A") == ["A", "B"]
    assert codes(["A"], "", "") == ["A"]
    assert codes(["A"], "", "A") == ["A"]


def test_a_mark_is_kept_where_a_reading_finds_nothing() -> None:
    polls = Polls((Poll("one", "order", "createdAt", "id"),), page=2, overlap=0)
    begun = polls.begin('{"marks":{"one":"2026-11-02T12:00:00.000+00:00"}}', NOON)
    assert begun.floor == "2026-11-02T12:00:00.000+00:00"
    assert polls.behind((), begun).marks == {"one": "2026-11-02T12:00:00.000+00:00"}


def test_an_order_that_changes_during_a_reading_is_read_again_in_it() -> None:
    seen = Seen(NOON)
    begun = Polls(LISTS, 2, 0).begin(None, NOON)
    rows = [Node({"createdAt": (NOON + timedelta(seconds=second)).isoformat()}) for second in (-60, -60, 1)]
    stretches = [Stretch(LISTS[0], (row,), begun) for row in rows]
    assert [seen.unread(stretch, ["x"]) for stretch in stretches] == [["x"], [], ["x"]]


def test_a_method_is_offered_only_while_it_is_active() -> None:
    told = {"id": "1", "technicalName": "drone", "name": "Drone"}
    assert read_method(Node({**told, "active": True})).offered
    assert not read_method(Node({**told, "active": False})).offered


async def test_a_credit_that_came_with_the_order_is_a_discount(world: World) -> None:
    order = world.shop.place_order([("MUG", 1)], discounts=[Discount("Sorry", D("2.00"), kind="manual")])
    assert (await world.order(order)).refund_ids == ()
    assert await world.refunds() == ({}, [])
