"""The quantity that a shop should show for what the ERP has free to sell."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from examples import listing, rules, stock_item, stock_level
from hypothesis import given
from hypothesis import strategies as st

from khaossync.domain.levels import levels
from khaossync.domain.stock import ChannelLevel, StockLevel, sellable

D = Decimal
PLACES = {"loc-1": ("1", "2"), "loc-2": ("3",), "loc-3": ("4",)}


def shown(available: str = "10", **changes: Any) -> list[int]:
    return [one.quantity for one in levels(rules(**changes), stock_level(available), stock_item(), listing())]


def test_a_level_names_its_listing_its_place_and_what_was_last_seen_there() -> None:
    """SHO-7: the ERP's free stock becomes the shop's."""
    assert levels(rules(), stock_level("7"), stock_item(), listing(shown=10)) == (
        ChannelLevel("MUG", "gid://shopify/InventoryItem/MUG", "loc-1", 7, expected=10),
    )


@pytest.mark.parametrize(
    ("available", "buffer", "expected"),
    [("10", 0, 10), ("10", 3, 7), ("3", 3, 0), ("2", 3, 0), ("-4", 0, 0), ("2.9", 0, 2), ("-0.5", 0, 0)],
)
def test_a_buffer_is_held_back_and_halves_are_not_sold(available: str, buffer: int, expected: int) -> None:
    """SHO-25, SHW-24: a margin of safety, never below none."""
    assert shown(available, buffer=buffer) == [expected]


def test_each_location_shows_its_own_sites() -> None:
    channel = rules(sites={"loc-1": ("1", "2"), "loc-2": ("3",), "loc-3": ("1",)}, buffer=1)
    level = StockLevel("MUG", {"1": D(4), "2": D("1.5"), "3": D(9), "4": D(100)})
    places = replace(listing(), shown={"loc-2": 0, "loc-1": 5, "elsewhere": 3})
    found = levels(channel, level, None, places)
    assert [(one.location, one.quantity, one.expected) for one in found] == [("loc-1", 4, 5), ("loc-2", 8, 0)]


@pytest.mark.parametrize(
    ("available", "expected"),
    [
        ({"1": -6, "2": 2, "3": 9, "4": 8}, [0, 5, 4]),  # four are owed by the first two sites
        ({"1": -6, "2": 7, "3": 9, "4": 8}, [1, 9, 8]),  # within one location nothing is owed
        ({"1": -3, "2": 0, "3": -2, "4": 12}, [0, 0, 7]),
        ({"1": -9, "2": 0, "3": 5, "4": 4}, [0, 0, 0]),
    ],
)
def test_what_one_location_lacks_no_other_offers(available: dict[str, int], expected: list[int]) -> None:
    """The ERP books every sale on one site: with the goods at another it runs below none, and the other never falls."""
    channel = rules(sites=PLACES)
    level = StockLevel("MUG", {site: D(units) for site, units in available.items()})
    places = replace(listing(), shown=dict.fromkeys(channel.sites, 0))
    assert [one.quantity for one in levels(channel, level, stock_item(), places)] == expected


@pytest.mark.parametrize("gone", [{"discontinued": True}, {"deleted": True}])
def test_an_item_that_is_gone_is_shown_as_none(gone: dict[str, Any]) -> None:
    """SHW-9: no order for an archived item."""
    found = levels(rules(), stock_level("50"), stock_item(**gone, controlled=False), listing())
    assert [one.quantity for one in found] == [0]


def test_an_unknown_item_is_taken_at_its_level() -> None:
    assert [one.quantity for one in levels(rules(), stock_level("5"), None, listing())] == [5]


@pytest.mark.parametrize("changes", [{"tracked": False}, {"bundle": True}, {"duplicates": ("other",)}, {"shown": {}}])
def test_some_listings_are_left_alone(changes: dict[str, Any]) -> None:
    """MKP-F2: a guess would oversell."""
    assert levels(rules(), stock_level(), stock_item(), replace(listing(), **changes)) == ()


def test_stock_that_the_erp_does_not_control_sells_regardless() -> None:
    assert levels(rules(), stock_level("0"), stock_item(controlled=False), listing()) == ()
    assert levels(rules(), StockLevel("MUG", {}, controlled=False), stock_item(), listing()) == ()


AVAILABLE = st.dictionaries(st.sampled_from("1234"), st.decimals(-100, 1000, places=2))


@given(available=AVAILABLE, sites=st.lists(st.sampled_from("12345"), unique=True), buffer=st.integers(0, 50))
def test_a_shop_never_shows_more_than_there_is(available: dict[str, D], sites: list[str], buffer: int) -> None:
    """ADB-22, ADB-3: overselling begins with a level too high."""
    there = sum((available.get(site, D(0)) for site in sites), D(0))
    quantity = sellable(StockLevel("MUG", available), sites, buffer)
    assert quantity <= there - buffer
    assert there - buffer - quantity < 1


@given(available=AVAILABLE, held=st.decimals(0, 100, places=2), buffer=st.integers(0, 50))
def test_all_locations_together_never_show_more_than_there_is(available: dict[str, D], held: D, buffer: int) -> None:
    """ADB-22: wherever the ERP books what is sold, and however far a site runs below none."""
    places = replace(listing(), shown=dict.fromkeys(PLACES, 0))
    found = levels(rules(sites=PLACES, buffer=buffer), StockLevel("MUG", available), stock_item(), places, held)
    offered = [one.quantity for one in found if one.quantity]
    assert sum(offered) + buffer * len(offered) + held <= sum(available.values()) or not offered
