"""Despatches as the shop has them: once, from the right source, bundles whole or apart, with their numbers (ADB-9)."""

from decimal import Decimal

import pytest
from channels.adobe.adobe_shop import opened, parcel, ship, told
from contract.worlds.adobe import Simulated

from khaossync.domain.cases import CaseClass
from khaossync.domain.despatch import Consignment
from khaossync.domain.errors import RejectedError
from khaossync.domain.messages import Done
from khaossync.sandbox.faults import Fault


async def lines(world: Simulated, order: str) -> dict[str, tuple[str, ...]]:
    """SKU → the ids of the order's lines that sold it, as the ERP's despatch will refer to them."""
    found: dict[str, tuple[str, ...]] = {}
    for line in (await told(world, order)).lines:
        found[line.sku] = (*found.get(line.sku, ()), line.line_id)
    return found


async def consigned(
    world: Simulated, order: str, units: dict[str, int], number: str = "T1", name: str = "INV1"
) -> Consignment:
    ids = await lines(world, order)
    found = parcel(order, {sku: (ids[sku], count) for sku, count in units.items()}, number, name)
    assert isinstance(found, Consignment)
    return found


async def test_the_customer_is_written_to_once_and_the_number_is_in_the_mail() -> None:
    async with opened() as world:
        order = world.shop.place_order([("MUG", 2)])
        outcome = await ship(world, await consigned(world, order, {"MUG": 2}), carriers={"DPD": "dpd"})
        (made,) = world.shop.fulfilments(order)
        assert outcome == Done(made.id)
        assert [(each.company, each.number) for each in made.tracking] == [("DPD", "T1")]
        (mail,) = [each for each in world.shop.mails if each.kind == "shipping_confirmation"]
        assert mail.tracking_numbers == ("T1",)


async def test_where_the_shop_is_not_to_write_it_does_not() -> None:
    async with opened() as world:
        order = world.shop.place_order([("MUG", 1)])
        await ship(world, await consigned(world, order, {"MUG": 1}), notify_customer=False)
        assert [each for each in world.shop.mails if each.kind == "shipping_confirmation"] == []


async def test_two_despatches_of_one_order_are_two_shipments_and_each_is_known_again() -> None:
    async with opened() as world:
        order = world.shop.place_order([("MUG", 3)])
        first = await consigned(world, order, {"MUG": 1}, "", "INV1")
        second = await consigned(world, order, {"MUG": 2}, "", "INV2")
        for each, found in ((first, False), (second, False), (first, True), (second, True)):
            outcome = await ship(world, each)
            assert isinstance(outcome, Done)
            assert outcome.found is found
        assert [sum(units for _, units in one.lines) for one in world.shop.fulfilments(order)] == [1, 2]


async def test_what_staff_have_shipped_under_the_number_is_recognised() -> None:
    async with opened() as world:
        order = world.shop.place_order([("MUG", 1)])
        wanted = await consigned(world, order, {"MUG": 1})
        await ship(world, wanted)
        outcome = await ship(world, parcel(order, {"MUG": (wanted.lines[0].line_ids, 1)}, "T1", "INV9"))
        assert isinstance(outcome, Done)
        assert outcome.found
        assert len(world.shop.fulfilments(order)) == 1


async def test_what_staff_have_shipped_without_a_number_is_a_case() -> None:
    async with opened() as world:
        order = world.shop.place_order([("MUG", 1)])
        wanted = await consigned(world, order, {"MUG": 1})
        world.shop.ship(order)
        outcome = await ship(world, wanted)
    assert isinstance(outcome, RejectedError)
    assert outcome.case_class is CaseClass.UNALLOCATED_DESPATCH


async def test_a_variant_is_shipped_by_its_parents_item() -> None:
    async with opened() as world:
        order = world.shop.place_order([("TEE-RED", 2)])
        assert isinstance(await ship(world, await consigned(world, order, {"TEE-RED": 2})), Done)
        assert world.shop.order(order).fulfilment_status == "FULFILLED"


@pytest.mark.parametrize("sku", ["SET", "BOX"])
async def test_a_bundle_that_is_shipped_together_is_shipped_whole(sku: str) -> None:
    async with opened() as world:
        order = world.shop.place_order([(sku, 2)])
        part = await ship(world, await consigned(world, order, {"POT": 1}))
        assert isinstance(part, RejectedError)
        assert "ships together" in str(part)
        one = await consigned(world, order, {"POT": 1, "MUG": 2}, "T1", "INV1")
        two = await consigned(world, order, {"POT": 1, "MUG": 2}, "T2", "INV2")
        assert isinstance(await ship(world, one), Done)
        again = await ship(world, one)
        assert isinstance(again, Done)
        assert again.found
        assert isinstance(await ship(world, two), Done)
        assert world.shop.order(order).fulfilment_status == "FULFILLED"


async def test_a_bundle_that_is_shipped_apart_is_shipped_part_by_part() -> None:
    async with opened() as world:
        parts = {"POT": 1, "MUG": 2}
        world.shop.list_product("KIT", "Kit", Decimal(0), bundle_of=parts, ships_together=False)
        order = world.shop.place_order([("KIT", 1)])
        assert isinstance(await ship(world, await consigned(world, order, {"POT": 1}, "T1", "INV1")), Done)
        assert isinstance(await ship(world, await consigned(world, order, {"MUG": 2}, "T2", "INV2")), Done)
        assert world.shop.order(order).fulfilment_status == "FULFILLED"


async def test_what_is_virtual_is_not_shipped() -> None:
    async with opened() as world:
        order = world.shop.place_order([("COURSE", 1), ("MUG", 1)])
        assert isinstance(await ship(world, await consigned(world, order, {"COURSE": 1, "MUG": 1})), Done)
        (made,) = world.shop.fulfilments(order)
        assert made.lines == (("MUG", 1),)
        other = world.shop.place_order([("COURSE", 1)], delivery=None)
        outcome = await ship(world, await consigned(world, other, {"COURSE": 1}))
        assert outcome == Done("nothing to ship", found=True)


async def test_a_shipment_leaves_from_the_first_source_that_has_it_all() -> None:
    async with opened(locations=("leeds", "york")) as world:
        world.shop.list_product("CUP", "Cup", Decimal(12), {"leeds": 1, "york": 9})
        order = world.shop.place_order([("CUP", 3)])
        outcome = await ship(world, await consigned(world, order, {"CUP": 3}), locations=["leeds", "york"])
        assert isinstance(outcome, Done)
        assert [one.location for one in world.shop.fulfilments(order)] == ["york"]


async def test_an_order_on_hold_is_a_case_in_the_shops_words() -> None:
    async with opened() as world:
        order = world.shop.place_order([("MUG", 1)])
        wanted = await consigned(world, order, {"MUG": 1})
        world.shop.hold(order)
        outcome = await ship(world, wanted)
    assert isinstance(outcome, RejectedError)
    assert outcome.case_class is CaseClass.DESPATCH_REFUSED
    assert not outcome.final
    assert "holded" in str(outcome)


async def test_a_number_that_comes_later_is_added_and_told_once() -> None:
    async with opened() as world:
        order = world.shop.place_order([("MUG", 1)])
        first = await consigned(world, order, {"MUG": 1}, "")
        made = await ship(world, first)
        assert isinstance(made, Done)
        late = parcel(order, {"MUG": (first.lines[0].line_ids, 1)}, "T9")
        late = Consignment(**{**{name: getattr(late, name) for name in late.__slots__}, "told_as": made.reference})
        for _ in range(2):
            assert isinstance(await ship(world, late), Done)
        (shipment,) = world.shop.fulfilments(order)
        assert [each.number for each in shipment.tracking] == ["T9"]
        numbers = [mail.tracking_numbers for mail in world.shop.mails if mail.kind == "shipping_confirmation"]
        assert numbers == [(), ("T9",)]


async def test_a_mail_that_fails_does_not_undo_the_number() -> None:
    async with opened() as world:
        order = world.shop.place_order([("MUG", 1)])
        shipment = world.shop.ship(order)
        wanted = await consigned(world, order, {"MUG": 1}, "T9")
        late = Consignment(**{**{name: getattr(wanted, name) for name in wanted.__slots__}, "told_as": shipment})
        world.faults.plan(Fault.UNAVAILABLE, "POST shipment/{id}/emails")
        assert await ship(world, late) == Done(shipment)
