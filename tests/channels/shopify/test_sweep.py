"""The sweep finds what the search hid, reads nothing that is known, and leaves the main stream alone."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest
from channels.shopify.answers import Json, order
from channels.shopify.scripts import Notebook, PaperShop, Selling, StillClock, settings
from examples import NOON

from khaossync.channels.shopify.sources import Orders
from khaossync.channels.shopify.sweep import OrderSweep
from khaossync.domain.documents import Page
from khaossync.domain.errors import ConnectorDownError

Asked = Mapping[str, Any]


class Shop(Selling):
    """Orders by id, of which the search shows `listed`, two a page."""

    def __init__(self, *nodes: Json, listed: Sequence[object] | None = None) -> None:
        super().__init__(self.show)
        self.listed = list(nodes) if listed is None else listed
        shown = [each for each in self.listed if isinstance(each, dict)]
        self.orders = {each["id"]: None for each in shown} | {node["id"]: node for node in nodes}

    def show(self, asked: Asked) -> Json:
        start = int(asked["after"] or 0)
        more = start + 2 < len(self.listed)
        found = self.listed[start : start + 2]
        return {"orders": {"nodes": found, "pageInfo": {"hasNextPage": more, "endCursor": str(start + 2)}}}


def numbered(number: int, **changes: Any) -> Json:
    return order(id=f"gid://shopify/Order/{number}", updatedAt=f"2026-11-02T11:00:{number:02}Z", **changes)


def sweep(shop: PaperShop, memory: Notebook, **changes: Any) -> OrderSweep:
    return OrderSweep("shop", shop, settings(**changes), StillClock(), memory)


async def read(pages: AsyncIterator[Page]) -> list[Page]:
    return [each async for each in pages]


def keys(pages: list[Page]) -> list[str]:
    return [document.key.rsplit("/", 1)[-1] for page in pages for document in page.documents]


async def test_only_what_is_not_stored_is_read() -> None:
    """S-2, SHO-11: an order that looks fine in the shop and never came."""
    orders, memory = [numbered(n) for n in range(1, 6)], Notebook()
    memory.know(*orders[:2], *orders[3:])
    shop = Shop(*orders)
    assert keys(await read(sweep(shop, memory).changes(None))) == ["3"]
    assert shop.read == ["3"]


async def test_a_sweep_of_known_orders_reads_none_and_costs_its_lists_alone() -> None:
    memory, orders = Notebook(), [numbered(n) for n in range(1, 6)]
    memory.know(*orders)
    shop = Shop(*orders)
    assert keys(await read(sweep(shop, memory).changes(None))) == []
    assert shop.counts == {"ListedOrders": 3}


@pytest.mark.parametrize(
    "change",
    [{"updatedAt": "2026-11-02T11:00:59Z"}, {"risk": {"recommendation": "CANCEL"}}, {"risk": None}],
    ids=["updated later", "judged a risk without an update", "no longer judged"],
)
async def test_an_order_that_is_stored_in_another_state_is_read_again(change: Json) -> None:
    memory = Notebook()
    memory.know(numbered(1))
    assert keys(await read(sweep(Shop(numbered(1) | change), memory).changes(None))) == ["1"]


async def test_a_list_that_is_older_than_what_is_stored_is_not_believed() -> None:
    memory = Notebook()
    memory.know(numbered(1, risk=None) | {"updatedAt": "2026-11-02T11:30:00Z"})
    shop = Shop(numbered(1))
    assert keys(await read(sweep(shop, memory).changes(None))) == []
    assert shop.read == []


async def test_what_the_sweep_reads_has_the_version_that_the_main_stream_gives_it() -> None:
    shop = Shop(numbered(1))
    main = Orders("shop", shop, settings(), StillClock(), Notebook())
    swept, told = sweep(shop, Notebook()).changes(None), main.changes(None)
    assert (await anext(swept)).documents == (await anext(told)).documents


async def test_the_sweep_reaches_back_as_far_as_it_is_told_by_creation_and_by_update() -> None:
    shop = Shop()
    await read(sweep(shop, Notebook(), sweep_hours=2).changes(None))
    assert shop.asked[0][1]["query"] == (
        "(created_at:>='2026-11-02T10:00:00Z' OR updated_at:>='2026-11-02T10:00:00Z') "
        "AND (status:open OR status:closed OR status:cancelled)"
    )
    assert shop.asked[0][1]["first"] == 250


async def test_nothing_is_listed_from_before_the_first_reading() -> None:
    shop = Shop()
    await read(sweep(shop, Notebook(), orders_since=NOON - timedelta(hours=1)).changes(None))
    assert "created_at:>='2026-11-02T11:00:00Z'" in shop.asked[0][1]["query"]


async def test_a_sweep_that_ended_is_followed_by_a_whole_new_one() -> None:
    shop = Shop(numbered(1), numbered(2), numbered(3))
    first = await read(sweep(shop, Notebook()).changes(None))
    second = await read(sweep(shop, Notebook()).changes(first[-1].cursor))
    assert keys(first) == keys(second) == ["1", "2", "3"]


async def test_orders_read_before_a_failure_are_not_lost_and_the_rest_follows() -> None:
    """The list is asked for again, and memory knows what was stored of it."""
    shop, memory = Shop(numbered(1), numbered(2), numbered(3)), Notebook()
    whole = shop.answers["Orders"]
    shop.answers["Orders"] = lambda asked: (
        ConnectorDownError("down") if asked["ids"][0].endswith("/2") else whole(asked)
    )
    pages = sweep(shop, memory, order_page=1).changes(None)
    first = await anext(pages)
    with pytest.raises(ConnectorDownError):
        await anext(pages)
    assert keys([first]) == ["1"]
    memory.know(numbered(1))
    shop.answers["Orders"] = whole
    assert keys(await read(sweep(shop, memory).changes(first.cursor))) == ["2", "3"]


async def test_an_order_that_is_gone_when_it_is_read_is_nothing() -> None:
    shop = Shop(numbered(1), listed=[numbered(1), numbered(2)])
    assert keys(await read(sweep(shop, Notebook()).changes(None))) == ["1"]


async def test_a_listed_order_that_cannot_be_read_is_told_and_hides_no_other() -> None:
    shop = Shop(numbered(1), numbered(2, name=None), listed=[None, numbered(2), numbered(1)])
    pages = await read(sweep(shop, Notebook()).changes(None))
    assert keys(pages) == ["1"]
    assert [each.key for page in pages for each in page.unreadable] == ["", "shop:gid://shopify/Order/2"]
