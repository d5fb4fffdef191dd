"""A consignment number that the warehouse types in after the parcel was told still reaches the customer, once."""

from pathlib import Path

from acceptance.playhouse import Playhouse


async def test_a_number_that_is_typed_in_and_corrected_later_reaches_the_customer(tmp_path: Path) -> None:
    """SHO-8, SHO-28, S-26, S-28: one fulfilment, and a mail for each number that it was given."""
    async with Playhouse(tmp_path) as house:
        await house.open()
        shop, khaos = house.shop, house.khaos
        order = shop.place_order([("MUG", 1)])
        ref = (await house.sold(order)).ref
        khaos.pick(ref)
        khaos.despatch(ref, courier="RM48", consignment="")
        await house.until(lambda: len(shop.fulfilments(order)) == 1, "the parcel is told without a number")
        for number in ("JD0001", "JD0002"):
            khaos.track(ref, number)
            await followed(house, order, number)
        await house.turned("pull khaos despatches")
        assert told(house, order) == {"JD0002"}
        assert len(shop.fulfilments(order)) == 1
        mails = [(mail.kind, mail.tracking_numbers) for mail in shop.mails]
        assert mails == [
            ("shipping_confirmation", ()),
            ("shipping_update", ("JD0001",)),
            ("shipping_update", ("JD0002",)),
        ]


async def followed(house: Playhouse, order: str, number: str) -> None:
    await house.until(lambda: number in told(house, order), f"the customer can follow {number}")


def told(house: Playhouse, order: str) -> set[str | None]:
    """The numbers that the shop shows on an order's parcels."""
    return {each.number for parcel in house.shop.fulfilments(order) for each in parcel.tracking}
