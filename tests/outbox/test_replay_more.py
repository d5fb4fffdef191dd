"""What one record of a page says of another, and how a difference is told."""

from dataclasses import replace
from decimal import Decimal

import examples
from outbox.test_replay import Road, differing, road

from khaossync.domain.documents import Document, Kind
from khaossync.domain.rules import Rules
from khaossync.outbox.decisions import Span, decided

__all__ = ["road"]


def an_order(number: str, sku: str = "MUG") -> Document:
    """One unit of a SKU, sold in the shop."""
    order = examples.order(order_id=number, number=f"#{number}", lines=(examples.line(sku),))
    return examples.document("shop", Kind.ORDER, order.key, order)


async def supplied(road: Road, *codes: str) -> None:
    """The ERP's items and levels, and the shop's listings of them."""
    await road.pull("khaos", *(examples.document("khaos", Kind.STOCK_ITEM, c, examples.stock_item(c)) for c in codes))
    await road.pull(
        "khaos", *(examples.document("khaos", Kind.STOCK_LEVEL, c, examples.stock_level("9", c)) for c in codes)
    )
    await road.pull("shop", *(examples.document("shop", Kind.LISTING, c, examples.listing(c, 9)) for c in codes))


async def test_each_order_of_a_page_finds_held_what_those_before_it_hold(road: Road) -> None:
    """Two customers of one page: the level follows from both sales, on the road and judged again."""
    await supplied(road, "MUG")
    await road.pull("shop", an_order("5001"), an_order("5002"))
    span = Span(road.clock.now(), road.clock.now().replace(year=2100))
    *_, last = [one async for one in decided(road.outbox.database, span)]
    assert [[one["level"]["quantity"] for one in made["plan"]["levels"]] for made in last.made] == [[8], [7]]
    assert differing(await road.replay()) == {}


async def test_what_comes_or_goes_is_told_by_its_name_and_shifts_nothing(road: Road) -> None:
    two = {"loc-1": ("1",), "loc-2": ("2",)}
    road.rules = Rules.of([examples.rules(sites=two)])
    body = replace(examples.stock_level("9"), available={"1": Decimal(9), "2": Decimal(4)})
    shown = replace(examples.listing(), shown={"loc-1": 9, "loc-2": 4})
    await road.pull("khaos", examples.document("khaos", Kind.STOCK_ITEM, "MUG", examples.stock_item()))
    await road.pull("khaos", examples.document("khaos", Kind.STOCK_LEVEL, "MUG", body))
    await road.pull("shop", examples.document("shop", Kind.LISTING, "MUG", shown))
    told = differing(await road.replay(Rules.of([examples.rules(sites={"loc-2": ("2",)})])))
    assert [place.split(":")[0] for place in told["listing of shop"]] == [
        "closed case stock_changed_in_shop MUG@loc-1",
        "level shop MUG@loc-1",
    ]
    assert all(place.endswith(" → ") for place in told["listing of shop"])


async def test_of_a_page_of_sightings_what_is_sold_and_not_posted_is_kept_too(road: Road) -> None:
    await supplied(road, "MUG", "CUP")
    await road.pull("shop", an_order("5001", "CUP"), an_order("5002", "MUG"))
    later = road.clock.forward(minutes=1)
    same = examples.document("shop", Kind.LISTING, "MUG", examples.listing("MUG", 9), moment=later)
    drifted = examples.document("shop", Kind.LISTING, "CUP", examples.listing("CUP", 3), version="2", moment=later)
    await road.pull("shop", same, drifted)
    judged = await road.replay()
    assert [one.key for one in judged][-1] == "CUP"
    assert differing(judged) == {}
    told = differing(await road.replay(Rules.of([examples.rules(buffer=1)])))
    assert "level shop CUP@loc-1 level quantity: 8 → 7" in told["listing of shop"]
