"""Despatches: codes before the state, one mail, repeat-safe, and honest about what Shopware cannot say."""

from typing import Any

from channels.shopware.simulated import D, World
from examples import NOON, despatch, message

from khaossync.domain.cases import CaseClass
from khaossync.domain.despatch import Consignment, ConsignmentLine
from khaossync.domain.documents import Kind
from khaossync.domain.errors import RejectedError
from khaossync.domain.messages import Delivery, Done, Outcome
from khaossync.sandbox.faults import Fault
from khaossync.sandbox.shopware import Discount, Extra


def parcel(world: World, order: str, number: str, *units: tuple[str, int], **changes: Any) -> Delivery:
    sold = world.shop.order(order).lines
    lines = [ConsignmentLine(sku, tuple(one.id for one in sold if sku in (one.sku, one.label)), n) for sku, n in units]
    told = Consignment(order, f"INV-{number}", NOON, "Royal Mail", number, "", tuple(lines), **changes)
    return Delivery(message(Kind.DESPATCH, despatch()), told)


async def tell(world: World, delivery: Delivery, **changes: Any) -> Outcome:
    connector = await world.connect(**changes)
    (outcome,) = await connector.sinks[Kind.DESPATCH].deliver([delivery])
    return outcome


async def test_the_mail_of_a_despatch_has_its_number(world: World) -> None:
    """SHW-33: the codes are on the delivery before its state writes the mail."""
    order = world.shop.place_order([("MUG", 2)])
    assert isinstance(await tell(world, parcel(world, order, "T1", ("MUG", 2))), Done)
    assert world.shop.order(order).fulfilment_status == "shipped"
    (mail,) = world.shop.mails
    assert mail.tracking_numbers == ("T1",)


async def test_nobody_is_written_to_where_the_settings_say_so(world: World) -> None:
    order = world.shop.place_order([("MUG", 2)])
    await tell(world, parcel(world, order, "T1", ("MUG", 2)), notify_customer=False)
    assert world.shop.order(order).fulfilment_status == "shipped"
    assert world.shop.mails == []


async def test_three_parcels_are_told_in_part_without_a_mail_and_whole(world: World) -> None:
    """SHW-10: of the second of three Shopware writes nothing, and we do not claim that it did."""
    order = world.shop.place_order([("MUG", 3), ("CUP", 1)])
    first = await tell(world, parcel(world, order, "T1", ("MUG", 1)))
    second = await tell(world, parcel(world, order, "T2", ("MUG", 1)))
    assert world.shop.order(order).fulfilment_status == "shipped_partially"
    third = await tell(world, parcel(world, order, "T3", ("MUG", 1), ("CUP", 1)))
    assert world.shop.order(order).fulfilment_status == "shipped"
    told = [one.reference.split()[1] for one in (first, second, third) if isinstance(one, Done)]
    assert told == ["ship_partially", "without_mail", "ship"]
    assert [mail.tracking_numbers for mail in world.shop.mails] == [("T1",), ("T1", "T2", "T3")]


async def test_an_earlier_parcel_told_once_more_changes_nothing(world: World) -> None:
    order = world.shop.place_order([("MUG", 3)])
    parcels = [parcel(world, order, f"T{number}", ("MUG", 1)) for number in (1, 2, 3)]
    outcomes = [await tell(world, one) for one in (*parcels, parcels[0], parcels[1])]
    again = [one for one in outcomes[3:] if isinstance(one, Done)]
    assert [one.found for one in again] == [True, True]
    assert again[0].reference == getattr(outcomes[0], "reference", "")
    assert len(world.shop.mails) == 2


async def test_equal_parcels_without_numbers_are_two(world: World) -> None:
    order = world.shop.place_order([("MUG", 2)])
    for despatch_id in ("A", "B"):
        one = parcel(world, order, "", ("MUG", 1))
        assert isinstance(one.payload, Consignment)
        told = Consignment(order, despatch_id, NOON, "Van", "", "", one.payload.lines)
        assert isinstance(await tell(world, Delivery(one.message, told)), Done)
    assert world.shop.order(order).fulfilment_status == "shipped"


async def test_a_crash_between_codes_and_state_is_made_good_by_the_next_try(world: World) -> None:
    order = world.shop.place_order([("MUG", 1)])
    world.shop.faults.plan(Fault.UNAVAILABLE, "order_delivery/state/ship")
    assert not isinstance(await tell(world, parcel(world, order, "T1", ("MUG", 1))), Done)
    assert world.shop.order(order).fulfilment_status == "open"
    assert isinstance(await tell(world, parcel(world, order, "T1", ("MUG", 1))), Done)
    assert [mail.tracking_numbers for mail in world.shop.mails] == [("T1",)]


async def test_what_is_merely_charged_for_need_not_be_sent(world: World) -> None:
    order = world.shop.place_order([("MUG", 1)], extras=[Extra("custom", "Engraving", D("3.00"))])
    await tell(world, parcel(world, order, "T1", ("MUG", 1)))
    assert world.shop.order(order).fulfilment_status == "shipped"


async def test_a_discount_on_the_delivery_is_never_shipped(world: World) -> None:
    order = world.shop.place_order([("MUG", 1)], discounts=[Discount("FREE", shipping=True, percentage=D(100))])
    await tell(world, parcel(world, order, "T1", ("MUG", 1)))
    (told,) = world.shop.fulfilments(order)
    assert told.delivery == world.shop.delivery(order)


async def test_a_late_number_takes_the_place_of_none_without_a_second_mail(world: World) -> None:
    order = world.shop.place_order([("MUG", 1)])
    first = parcel(world, order, "", ("MUG", 1))
    done = await tell(world, first)
    assert isinstance(done, Done)
    assert isinstance(first.payload, Consignment)
    late = Consignment(order, first.payload.despatch_id, NOON, "Van", "T9", "", first.payload.lines, done.reference)
    assert isinstance(await tell(world, Delivery(first.message, late)), Done)
    (told,) = world.shop.fulfilments(order)
    assert [each.number for each in told.tracking] == ["T9"]
    assert len(world.shop.mails) == 1


async def test_a_corrected_number_moves_no_state_that_staff_have_changed_since(world: World) -> None:
    order = world.shop.place_order([("MUG", 1)])
    first = parcel(world, order, "T1", ("MUG", 1))
    done = await tell(world, first)
    assert isinstance(done, Done)
    assert isinstance(first.payload, Consignment)
    world.shop.act(order, "retour_partially", "order_delivery")
    late = Consignment(order, first.payload.despatch_id, NOON, "Van", "T2", "", first.payload.lines, done.reference)
    assert isinstance(await tell(world, Delivery(first.message, late)), Done)
    assert world.shop.order(order).fulfilment_status == "returned_partially"
    assert len(world.shop.mails) == 1
    (told,) = world.shop.fulfilments(order)
    assert [each.number for each in told.tracking] == ["T2"]
    assert isinstance(await tell(world, Delivery(first.message, late)), Done)


async def test_what_staff_shipped_by_hand_gets_its_number_and_no_second_mail(world: World) -> None:
    order = world.shop.place_order([("MUG", 1)])
    world.shop.act(order, "ship", "order_delivery")
    assert isinstance(await tell(world, parcel(world, order, "T1", ("MUG", 1))), Done)
    assert len(world.shop.mails) == 1


async def test_more_than_the_order_lacks_is_a_case(world: World) -> None:
    order = world.shop.place_order([("MUG", 1)])
    await tell(world, parcel(world, order, "T1", ("MUG", 1)))
    outcome = await tell(world, parcel(world, order, "T2", ("MUG", 1)))
    assert isinstance(outcome, RejectedError)
    assert outcome.case_class is CaseClass.UNALLOCATED_DESPATCH
    assert outcome.evidence["tracking"] == "T2"


async def test_a_delivery_that_was_called_off_is_a_case_that_operations_can_retry(world: World) -> None:
    """SHW-34, S-26."""
    order = world.shop.place_order([("MUG", 1)])
    world.shop.act(order, "cancel", "order_delivery")
    outcome = await tell(world, parcel(world, order, "T1", ("MUG", 1)))
    assert isinstance(outcome, RejectedError)
    assert (outcome.case_class, outcome.final) == (CaseClass.DESPATCH_REFUSED, False)
    world.shop.act(order, "reopen", "order_delivery")
    assert isinstance(await tell(world, parcel(world, order, "T1", ("MUG", 1))), Done)
