"""A quantity that staff change in the shop is seen by its webhook, not at the next full reading."""

from pathlib import Path

from acceptance.playhouse import Playhouse

RARELY = {"channel": {"shop": {"catalogue_interval": 3600, "catalogue_full_interval": 7200}}}


async def test_a_quantity_that_staff_set_is_set_right_again_long_before_the_next_reading(tmp_path: Path) -> None:
    """ADB-F3, S-17, S-39: all stock movements are keyed in the ERP; the shop shows the ERP's stock."""
    async with Playhouse(tmp_path) as house:
        await house.open()
        house.configure(RARELY)
        await house.terminate()
        await house.start()
        house.connect()
        assert house.stage.wrong_levels() == []
        house.shop.staff_sets("MUG", "Warehouse", 3)
        assert house.stage.wrong_levels() != []
        await house.until(lambda: not house.stage.wrong_levels(), "the shop shows the ERP's stock again")
        read = {event["stream"] for event in house.events("page_accepted")}
        assert "catalogue by name" in read


async def test_a_new_order_is_read_by_its_name_although_the_search_does_not_know_it_yet(tmp_path: Path) -> None:
    """S-2, SHO-2, SHO-11."""
    async with Playhouse(tmp_path) as house:
        await house.open()
        house.connect()
        house.shop.index_lag(3600, times=1)
        order = house.shop.place_order([("MUG", 1)])
        await house.sold(order)
