"""A reading of orders lists what changed and reads only the news, and an order that changed unseen is news."""

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from typing import Any

import pytest
from channels.shopify.answers import Json, order
from channels.shopify.scripts import Notebook, Selling, StillClock, number, settings
from examples import NOON

from khaossync.channels.shopify.fields import MalformedError
from khaossync.channels.shopify.sources import Orders, Times, times_of
from khaossync.channels.shopify.windows import Position, load, stamp
from khaossync.domain.cases import CaseClass
from khaossync.domain.documents import Page
from khaossync.domain.errors import ConnectorDownError, RejectedError

Asked = Mapping[str, Any]
LONG_AGO = NOON - timedelta(minutes=1)


def changed(name: int, moment: Any = LONG_AGO, **changes: Any) -> Json:
    return order(id=f"gid://shopify/Order/{name}", updatedAt=stamp(moment), **changes)


class Bench:
    """A shop that lists `orders` by pages of a size, their stream, and a memory that keeps what it tells."""

    def __init__(self, *orders: Json, size: int = 250, **chosen: Any) -> None:
        self.size, self.chosen = size, chosen
        self.clock, self.memory = StillClock(), Notebook()
        self.shop = Selling(self._listed)
        self.cursor: str | None = None
        self.listed: list[Any] = []
        self.put(*orders)

    def put(self, *orders: Json) -> None:
        """These orders as they are from now on."""
        self.shop.orders |= {each["id"]: each for each in orders}
        self.listed = sorted(filter(None, self.shop.orders.values()), key=lambda each: str(each["updatedAt"]))

    def _listed(self, asked: Asked) -> Json:
        floor, start = asked["query"].removeprefix("updated_at:>='")[:20], int(asked["after"] or 0)
        found = [each for each in self.listed if "updated_at" not in asked["query"] or each["updatedAt"] >= floor]
        more = start + self.size < len(found)
        info = {"hasNextPage": more, "endCursor": str(start + self.size)}
        return {"orders": {"nodes": found[start : start + self.size], "pageInfo": info}}

    @property
    def stream(self) -> Orders:
        return Orders("shop", self.shop, settings(**self.chosen), self.clock, self.memory)

    async def pages(self) -> AsyncIterator[Page]:
        """Read on, as the daemon does: what is told is kept with its cursor."""
        async for page in self.stream.changes(self.cursor):
            self.memory.keep(page.documents)
            self.cursor = page.cursor
            yield page

    async def read(self, seconds: float = 30) -> list[str]:
        """The numbers of the orders that a reading so long after the last one reads."""
        self.clock.time += timedelta(seconds=seconds)
        self.shop.asked.clear()
        async for _ in self.pages():
            pass
        return self.shop.read


async def test_a_reading_without_news_costs_its_list_alone() -> None:
    """SHO-3, SHO-23: the overlap of two readings is listed again, not read again."""
    bench = Bench(*(changed(n) for n in range(1, 10)))
    assert len(await bench.read()) == 9
    assert await bench.read() == []
    assert bench.shop.counts == {"ListedOrders": 1}


async def test_only_what_is_new_or_changed_is_read() -> None:
    """SHO-3."""
    bench = Bench(*(changed(n) for n in range(1, 10)))
    await bench.read()
    later = bench.clock.time + timedelta(seconds=20)
    bench.put(changed(10, later), changed(3, later, note="ring twice"))
    assert sorted(await bench.read()) == ["10", "3"]


async def test_a_risk_that_was_judged_anew_without_an_update_is_news() -> None:
    """SHO-4."""
    bench = Bench(changed(1), changed(2))
    await bench.read()
    bench.put(changed(2, risk={"recommendation": "CANCEL"}))
    assert await bench.read() == ["2"]


async def test_an_order_that_changes_again_in_the_second_in_which_it_was_read_is_not_missed() -> None:
    """SHO-4: its `updatedAt` does not tell."""
    bench = Bench(changed(1), changed(2, NOON + timedelta(seconds=30)))
    await bench.read(seconds=30)
    before = dict(bench.memory.stored)
    bench.put(changed(2, NOON + timedelta(seconds=30), note="changed again"))
    assert await bench.read() == ["2"]
    assert {key for key, version in bench.memory.stored.items() if before[key] != version} == {
        "shop:gid://shopify/Order/2"
    }
    assert await bench.read() == [], "by now its second has passed"


async def test_nor_is_one_that_a_webhook_had_read_in_that_second() -> None:
    """SHO-21: the webhook of its second change may never come."""
    bench = Bench(changed(1))
    await bench.read()
    moment = bench.clock.time + timedelta(seconds=10)
    bench.put(changed(2, moment))
    bench.memory.keep((await bench.stream.named(["gid://shopify/Order/2"])).documents)
    bench.put(changed(2, moment, note="changed again"))
    assert await bench.read() == ["2"]
    assert await bench.read() == []


async def test_the_seconds_are_the_shops() -> None:
    bench = Bench(changed(1))
    bench.shop.ahead = timedelta(hours=-1)
    moment = NOON + timedelta(seconds=30)
    await bench.read(seconds=3630)
    bench.put(changed(2, moment))
    bench.memory.know(changed(2, moment, note="before"))
    assert await bench.read() == ["2"]


async def test_what_changed_just_before_a_reading_is_read_once_more_and_what_did_before_that_is_not() -> None:
    """The search may tell of a change some seconds late."""
    bench = Bench(changed(1, NOON - timedelta(seconds=6)), changed(2, NOON - timedelta(seconds=5)))
    await bench.read(seconds=0)
    assert await bench.read() == ["2"]


async def test_memory_is_asked_once_a_page_of_the_list() -> None:
    bench = Bench(*(changed(n) for n in range(1, 8)), size=3)
    await bench.read()
    assert [len(asked) for asked in bench.memory.asked] == [3, 3, 1]


async def test_a_first_reading_reads_what_is_stored_too() -> None:
    """Whoever resets the stream wants to have everything read."""
    bench = Bench(changed(1), changed(2))
    bench.memory.know(changed(1))
    assert await bench.read() == ["1", "2"]


@pytest.mark.parametrize("size", [250, 3])
async def test_a_reading_that_broke_off_goes_on_behind_the_last_batch_that_was_stored(size: int) -> None:
    """Even where memory is of no help: the cursor tells."""
    bench = Bench(*(changed(n, LONG_AGO + timedelta(seconds=n)) for n in range(1, 8)), size=size, order_page=2)
    whole = bench.shop.answers["Orders"]
    down = ConnectorDownError("down")
    bench.shop.answers["Orders"] = lambda asked: down if number(asked["ids"][0]) in "67" else whole(asked)
    with pytest.raises(ConnectorDownError):
        await bench.read()
    told = set(bench.memory.stored)
    bench.shop.answers["Orders"] = whole
    rest = await bench.read()
    assert len(rest) < 5
    assert {f"shop:gid://shopify/Order/{each}" for each in rest} | told == set(bench.memory.stored)
    assert len(bench.memory.stored) == 7


async def test_orders_of_one_second_that_fill_pages_are_read_to_the_last() -> None:
    """Staff tag a thousand orders at a stroke; a reading that breaks off goes on with its page."""
    bench = Bench(*(changed(n) for n in range(1, 8)), size=3, order_page=2, orders_since=LONG_AGO)
    whole, calls = bench.shop.answers["Orders"], iter([1, 1, 1, 0, *[1] * 20])
    bench.shop.answers["Orders"] = lambda asked: whole(asked) if next(calls) else ConnectorDownError("down")
    with pytest.raises(ConnectorDownError):
        await bench.read()
    assert load(str(bench.cursor))[0].after == "3"
    await bench.read()
    assert len(bench.memory.stored) == 7


def test_a_position_moves_on_to_a_mark_that_is_behind_its_floor() -> None:
    begun = Position("b", "x", 7, "d")
    assert begun.reached("c") == Position("c", "", 0, "d")
    assert begun.reached("e") == Position("e", "", 0, "e")
    assert begun.reached("b") == begun, "pages of one second are told apart by their cursors alone"
    assert begun.reached("") == begun


def test_a_reading_that_broke_off_keeps_its_times_and_the_next_has_its_own() -> None:
    times = Times("2026-11-02T12:00:00Z", "2026-11-02T11:00:00Z")
    assert times_of(times.cursor(Position(after="x")), LONG_AGO) == times
    assert times_of(times.cursor(Position()), NOON) == Times("2026-11-02T12:00:00Z", "2026-11-02T11:59:55Z")


async def test_an_order_that_is_gone_when_it_is_read_is_nothing() -> None:
    bench = Bench(changed(1), changed(2), changed(3))
    bench.shop.orders["gid://shopify/Order/2"] = None
    pages = [page async for page in bench.pages()]
    assert [number(each.key) for page in pages for each in page.documents] == ["1", "3"]
    assert [page.unreadable for page in pages if page.unreadable] == []


async def test_an_order_that_the_shop_refuses_to_tell_hides_no_other() -> None:
    """SHO-13."""
    bench = Bench(*(changed(n) for n in range(1, 6)), order_page=5)
    whole, refused = bench.shop.answers["Orders"], RejectedError("no", CaseClass.UNREADABLE_DOCUMENT)
    bench.shop.answers["Orders"] = lambda asked: refused if "gid://shopify/Order/4" in asked["ids"] else whole(asked)
    (page,) = [page async for page in bench.pages()]
    assert sorted(number(each.key) for each in page.documents) == ["1", "2", "3", "5"]
    assert [(each.key, each.reason) for each in page.unreadable] == [("shop:gid://shopify/Order/4", "no")]
    assert await bench.read() == ["4"], "it is not stored, so it is tried again"


async def test_an_answer_of_another_length_than_was_asked_for_is_no_answer() -> None:
    """Taken for orders that are gone, those that are left out would be lost."""
    bench = Bench(changed(1), changed(2))
    bench.shop.answers["Orders"] = lambda asked: {"nodes": [changed(1)]}
    with pytest.raises(MalformedError, match="as many as were asked for"):
        await bench.read()
    assert bench.cursor is None


async def test_webhooks_name_more_orders_than_one_call_reads() -> None:
    bench = Bench(*(changed(n) for n in range(1, 8)))
    page = await bench.stream.named([f"gid://shopify/Order/{n}" for n in range(1, 8)])
    assert [number(each.key) for each in page.documents] == list("1234567")
    assert bench.shop.counts == {"Orders": 2}
