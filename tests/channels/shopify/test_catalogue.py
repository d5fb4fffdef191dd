"""The catalogue is read whole now and then, and by what changed in between."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from channels.shopify.answers import Json, item, nodes
from channels.shopify.scripts import PaperShop, settings

from khaossync.channels.shopify.catalogue import Catalogue, number_mark, quoted
from khaossync.channels.shopify.fields import MalformedError
from khaossync.domain.documents import Page
from khaossync.domain.stock import Listing

Asked = Mapping[str, Any]
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


class Hands:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.time = NOON

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return self.time.timestamp()


def page(*records: object, after: str | None = None) -> Json:
    return {"inventoryItems": {"nodes": list(records), "pageInfo": {"hasNextPage": bool(after), "endCursor": after}}}


async def read(shop: PaperShop, cursor: str | None, clock: Hands | None = None) -> list[Page]:
    catalogue = Catalogue("shop", shop, settings(catalogue_full_interval=3600, overlap=60), clock or Hands())
    return [each async for each in catalogue.changes(cursor)]


def listings(pages: list[Page]) -> list[Listing]:
    bodies = [document.body for each in pages for document in each.documents]
    return [body for body in bodies if isinstance(body, Listing)]


async def test_a_full_reading_ends_with_a_complete_page() -> None:
    """SHO-7."""

    def answer(asked: Asked) -> Json:
        return page(item(2, "CUP")) if asked["after"] else page(item(1, "MUG"), after="one")

    pages = await read(PaperShop(Listings=answer), None)
    assert [each.complete for each in pages] == [False, True]
    assert [(each.sku, each.listing_id[-1]) for each in listings(pages)] == [("MUG", "1"), ("CUP", "2")]
    assert [document.key for each in pages for document in each.documents] == ["MUG", "CUP"]


async def test_between_full_readings_only_changes_are_read() -> None:
    clock = Hands()
    shop = PaperShop(Listings=lambda _: page(item(1, "MUG")))
    (full,) = await read(shop, None, clock)
    clock.time += timedelta(minutes=5)
    (delta,) = await read(shop, full.cursor, clock)
    assert shop.asked[1][1]["query"] == "updated_at:>='2026-11-02T11:59:00Z'"
    assert not delta.complete


async def test_the_full_reading_repeats_on_its_own_interval() -> None:
    """SHO-14: what was changed in the shop by others is seen in the end."""
    clock = Hands()
    shop = PaperShop(Listings=lambda _: page(item(1, "MUG")))
    (full,) = await read(shop, None, clock)
    clock.time += timedelta(minutes=30)
    (delta,) = await read(shop, full.cursor, clock)
    clock.time += timedelta(minutes=30)
    (again,) = await read(shop, delta.cursor, clock)
    assert [asked["query"] for _, asked in shop.asked] == ["", "updated_at:>='2026-11-02T11:59:00Z'", ""]
    assert again.complete


async def test_when_a_clock_that_was_ahead_is_set_right_the_whole_catalogue_is_read() -> None:
    """It asked for what would change; and the next full reading would be due hours late."""
    clock = Hands()
    shop = PaperShop(Listings=lambda _: page(item(1, "MUG")))
    (full,) = await read(shop, None, clock)
    clock.time -= timedelta(hours=5)
    (again,) = await read(shop, full.cursor, clock)
    assert again.complete
    (delta,) = await read(shop, again.cursor, clock)
    assert not delta.complete


async def test_a_full_reading_that_broke_off_goes_on_even_after_its_interval() -> None:
    def answer(asked: Asked) -> Json:
        return page(item(2, "CUP")) if asked["after"] else page(item(1, "MUG"), after="one")

    clock = Hands()
    shop = PaperShop(Listings=answer)
    first, _ = await read(shop, None, clock)
    clock.time += timedelta(hours=2)
    (rest,) = await read(shop, first.cursor, clock)
    assert rest.complete
    assert [each.sku for each in listings([rest])] == ["CUP"]


async def test_listings_with_one_sku_are_one_document_that_names_them_all() -> None:
    """SHO-11: a duplicate is reported, never guessed at."""
    twins = [item(12, "MUG", duplicateSkuCount=1), item(9, "MUG", duplicateSkuCount=1), item(10, "mug")]

    def answer(asked: Asked) -> Json:
        return page(*twins) if asked["query"].startswith("sku:") else page(*twins[:2], item(3, "CUP"))

    shop = PaperShop(Listings=answer)
    pages = await read(shop, None)
    mug, cup = listings(pages)
    assert (mug.listing_id, mug.duplicates) == ("gid://shopify/InventoryItem/9", ("gid://shopify/InventoryItem/12",))
    assert mug.title == "Item 9"
    assert cup.duplicates == ()
    assert shop.counts["Listings"] == 2


async def test_an_item_without_a_sku_is_not_a_listing() -> None:
    assert listings(await read(PaperShop(Listings=lambda _: page(item(1, None), item(2, " "))), None)) == []


async def test_levels_are_followed_to_the_last_location() -> None:
    first = item(1, "MUG", {"1": 5})
    first["inventoryLevels"]["pageInfo"] = {"hasNextPage": True, "endCursor": "x"}
    more = item(1, "MUG", {"2": 7})["inventoryLevels"]
    shop = PaperShop(Listings=lambda _: page(first), ListingLevels=lambda _: {"owner": {"page": more}})
    (mug,) = listings(await read(shop, None))
    assert mug.shown == {"gid://shopify/Location/1": 5, "gid://shopify/Location/2": 7}


async def test_one_bad_item_hides_no_other() -> None:
    (only,) = await read(PaperShop(Listings=lambda _: page(item(1, "MUG", tracked=None), item(2, "CUP"))), None)
    assert [each.sku for each in listings([only])] == ["CUP"]
    assert [(each.key, each.reason) for each in only.unreadable] == [
        ("MUG", "listing.tracked is null where a boolean was expected")
    ]


async def test_a_catalogue_deeper_than_shopify_pages_goes_on_by_id() -> None:
    shop = PaperShop(
        Listings=lambda asked: page(item(70, "B")) if asked["after"] is None else page(item(69, "A"), after="z")
    )
    (_, last) = await read(
        shop,
        '{"floor":"","after":"y","seen":19999,"top":"' + number_mark("gid/8") + '","full":"yes","full_at":"'
        '2026-11-02T12:00:00Z"}',
    )
    assert shop.asked[1][1]["query"] == "id:>=69"
    assert last.complete


async def test_what_changes_behind_a_reading_of_changes_is_read_by_the_next() -> None:
    """SHO-14: the list is in the order of ids, so the highest mark of a reading says nothing about its first pages."""
    clock = Hands()
    shop = PaperShop(Listings=lambda _: page(item(1, "MUG")))
    (full,) = await read(shop, None, clock)
    clock.time += timedelta(minutes=5)
    shop.answers["Listings"] = lambda _: page(item(1, "MUG"), item(9, "CUP", updatedAt="2026-11-02T12:09:00Z"))
    (delta,) = await read(shop, full.cursor, clock)
    clock.time += timedelta(minutes=5)
    await read(shop, delta.cursor, clock)
    assert shop.asked[-1][1]["query"] == "updated_at:>='2026-11-02T12:04:00Z'"


async def test_a_clock_ahead_of_the_shops_does_not_skip_changes() -> None:
    clock = Hands()
    shop = PaperShop(Listings=lambda _: page(item(1, "MUG", updatedAt="2026-11-02T12:02:00Z")))
    (full,) = await read(shop, None, clock)
    clock.time += timedelta(minutes=30)
    (delta,) = await read(shop, full.cursor, clock)
    await read(shop, delta.cursor, clock)
    assert shop.asked[-1][1]["query"] == "updated_at:>='2026-11-02T12:01:00Z'"


async def test_more_changes_than_shopify_pages_make_a_full_reading_due() -> None:
    def answer(asked: Asked) -> Json:
        more = "z" if asked["after"] == "y" else None
        return page(item(1, "MUG", updatedAt="2026-11-02T12:09:00Z"), after=more)

    clock = Hands()
    shop = PaperShop(Listings=answer)
    cursor = (
        '{"floor":"2026-11-02T12:00:00Z","after":"y","seen":19999,"top":"2026-11-02T12:00:00Z","full":"no",'
        '"full_at":"2026-11-02T12:00:00Z","began":"2026-11-02T12:00:00Z"}'
    )
    (deep,) = await read(shop, cursor, clock)
    (full,) = await read(shop, deep.cursor, clock)
    assert [asked["query"] for _, asked in shop.asked] == ["updated_at:>='2026-11-02T12:00:00Z'", ""]
    assert full.complete


def test_a_sku_is_quoted_for_the_search() -> None:
    assert quoted("O'Neill \\ 5\"") == "'O\\'Neill \\\\ 5\"'"


def test_an_id_without_a_number_is_named() -> None:
    with pytest.raises(MalformedError, match="no id with a number"):
        number_mark("gid://shopify/InventoryItem/x")


async def test_the_listing_of_an_item_that_shows_nothing_anywhere_is_told() -> None:
    bare = item(1, "MUG") | {"inventoryLevels": nodes()}
    (mug,) = listings(await read(PaperShop(Listings=lambda _: page(bare)), None))
    assert mug.shown == {}
