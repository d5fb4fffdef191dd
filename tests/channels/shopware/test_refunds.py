"""Refunds: four sources, none of which knows everything; each pound is told once, and none beyond the order."""

from datetime import timedelta

import pytest
from channels.shopware.simulated import D, World, settings
from examples import NOON

from khaossync.channels.shopware.fields import Node
from khaossync.channels.shopware.refund_mapping import Told
from khaossync.channels.shopware.refund_picking import Picked, _groups, _within
from khaossync.domain.money import ZERO


@pytest.mark.parametrize("source", ["capture", "return", "credit"])
async def test_a_refund_is_told_whichever_source_tells_it(world: World, source: str) -> None:
    order = world.shop.place_order([("MUG", 3), ("BOOK", 1)])
    world.ticks.time += timedelta(minutes=1)
    refund = world.shop.refund(order, {"MUG": 1}, source=source)
    found, doubtful = await world.refunds()
    assert doubtful == []
    (told,) = found.values()
    assert (told.total, told.pending, told.order_id) == (world.shop.refunds(order)[0].amount, False, order)
    assert told.total == told.delivery + told.adjustment + sum((line.amount for line in told.lines), ZERO)
    if source != "credit":
        assert told.refund_id == refund
        assert [(line.sku, line.quantity) for line in told.lines] == [("MUG", 1)]
        assert told.lines[0].tax == D("2.00")


async def test_a_credit_is_in_the_figures_of_its_order_already(world: World) -> None:
    """An order that goes to the ERP after the credit must not be credited once more."""
    order = world.shop.place_order([("MUG", 3)])
    world.ticks.time += timedelta(minutes=1)
    world.shop.refund(order, {"MUG": 1}, source="credit")
    (told,) = (await world.refunds())[0].values()
    read = await world.order(order)
    assert read.refund_ids == (told.refund_id,)
    assert told.adjustment == ZERO
    assert read.total == world.shop.order(order).total


async def test_the_same_money_told_by_two_sources_is_one_refund(world: World) -> None:
    """SHO-F3: a return, and the capture's refund by which it was paid."""
    order = world.shop.place_order([("MUG", 3)])
    world.shop.refund(order, {"MUG": 1}, source="return")
    first, _ = await world.refunds()
    world.shop.refund(order, {"MUG": 1}, source="capture")
    again, doubtful = await world.refunds()
    assert list(again) == list(first)
    assert doubtful == []


async def test_a_refund_keeps_the_name_under_which_it_was_told_first(world: World) -> None:
    order = world.shop.place_order([("MUG", 3)])
    world.shop.refund(order, {"MUG": 1}, source="capture")
    first, _ = await world.refunds()
    world.shop.refund(order, {"MUG": 1}, source="return")
    assert list((await world.refunds())[0]) == list(first)


async def test_two_refunds_of_the_same_amount_in_one_source_are_two(world: World) -> None:
    order = world.shop.place_order([("MUG", 3)])
    for _ in range(2):
        world.shop.refund(order, {"MUG": 1})
    found, _ = await world.refunds()
    assert [told.total for told in found.values()] == [D("12.00"), D("12.00")]


async def test_a_pending_refund_is_told_again_when_its_money_moves(world: World) -> None:
    order = world.shop.place_order([("MUG", 3)])
    refund = world.shop.refund(order, {"MUG": 1}, pending=True)
    before, _ = await world.refunds()
    assert (before[refund].total, before[refund].pending) == (ZERO, True)
    world.shop.settle_refund(refund)
    after, _ = await world.refunds()
    assert (after[refund].total, after[refund].pending) == (D("12.00"), False)


async def test_one_that_failed_moved_nothing(world: World) -> None:
    order = world.shop.place_order([("MUG", 3)])
    refund = world.shop.refund(order, {"MUG": 1}, pending=True)
    world.shop.settle_refund(refund, succeeded=False)
    found, _ = await world.refunds()
    assert (found[refund].total, found[refund].pending) == (ZERO, False)


async def test_a_payment_marked_as_refunded_without_any_figure_is_asked_about(world: World) -> None:
    order = world.shop.place_order([("MUG", 3)])
    world.shop.refund(order, {"MUG": 1}, source="state")
    world.ticks.time += timedelta(minutes=5)
    found, (doubt,) = await world.refunds()
    assert found == {}
    assert "marked as refunded in part" in doubt.reason


async def test_the_amount_may_come_a_moment_after_the_state(world: World) -> None:
    order = world.shop.place_order([("MUG", 3)])
    world.shop.refund(order, {"MUG": 1}, source="state")
    assert await world.refunds() == ({}, [])


async def test_a_full_one_may_be_taken_at_its_word(world: World) -> None:
    order = world.shop.place_order([("MUG", 3)])
    world.shop.act(order, "refund", "order_transaction")
    (told,) = (await world.refunds(bare_refunds=True))[0].values()
    assert told.total == world.shop.order(order).bought_total


async def test_of_a_cancelled_order_all_goes_back(world: World) -> None:
    order = world.shop.place_order([("MUG", 3)])
    world.shop.act(order, "cancel")
    world.shop.act(order, "refund", "order_transaction")
    found, doubtful = await world.refunds()
    assert [told.total for told in found.values()] == [world.shop.order(order).bought_total]
    assert doubtful == []


async def test_a_shop_without_the_paid_plans_has_no_returns_and_tells_the_others(world: World) -> None:
    world.shop.state.setup.commercial = False
    order = world.shop.place_order([("MUG", 3)])
    refund = world.shop.refund(order, {"MUG": 1})
    assert list((await world.refunds())[0]) == [refund]


def one(source: str, identity: str, amount: str, minute: int = 0) -> Told:
    at = NOON + timedelta(minutes=minute)
    return Told(source, Node({"id": identity}), D(amount), at, at, done=True, dead=False)


def test_equal_amounts_meet_across_sources_and_never_within_one() -> None:
    groups = _groups([one("capture", "c1", "5"), one("capture", "c2", "5"), one("return", "r1", "5")])
    assert [[each.id for each in group] for group in groups] == [["r1", "c1"], ["c2"]]


def test_what_goes_beyond_the_order_is_asked_about_in_the_order_in_which_it_came() -> None:
    picked = _within(D("20"), Picked([one("return", "r1", "15", 2), one("capture", "c1", "10", 1)]))
    assert [each.id for each in picked.refunds] == ["c1"]
    ((doubt, why),) = picked.doubtful
    assert doubt.id == "r1"
    assert "refunds of 25 are told of an order of 20" in why


def test_bare_refunds_are_asked_about_unless_somebody_says_otherwise() -> None:
    assert settings().bare_refunds is False
