"""A page with spoilt records through the whole first half of the road: the good pass, the bad wait for a person."""

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack
from functools import partial
from random import Random
from typing import Any
from zlib import crc32

import pytest
from channels.khaosws import service
from channels.shopify.scripts import settings as shop_settings
from fuzz.conftest import Rounds
from fuzz.nonsense import VALUES, Json, Path, paths, replaced, spoilt, xml_spoilt
from fuzz.paper import Reading, ScriptedShop, by_id, connection, kit, reading, scripted_shop
from fuzz.records import ITEM, LISTING, ORDER, STATE, STATUS
from outbox.stories import HandClock, accept
from structlog.testing import capture_logs

from khaossync.channels import shopify
from khaossync.domain.documents import Document, Kind, Page
from khaossync.domain.stock import StockLevel
from khaossync.erp import khaosws
from khaossync.outbox import PostgresOutbox
from khaossync.ports import Acceptance

AT_ONCE = 25
"""Spoilt records in one page."""


class Shop:
    """The shop's side: a page of records of one stream."""

    def __init__(self, script: ScriptedShop, stream: str) -> None:
        self.script, self.stream = script, stream
        self.operation, self.root, self.base = {
            "orders": ("ListedOrders", "orders", ORDER),
            "catalogue": ("Listings", "inventoryItems", LISTING),
        }[stream]

    def record(self, name: str, version: int = 1) -> Json:
        """A good record; another version is news."""
        number = str(1000 + crc32(name.encode()))
        made = self.base | {"id": f"{self.base['id']}{number}"}
        if self.stream == "orders":
            return made | {"name": name, "updatedAt": f"2026-11-02T12:{version:02}:00Z"}
        return made | {"sku": name, "tracked": version % 2 == 1}

    def tell(self, *records: Any) -> None:
        """What the next readings find."""
        self.script.answers[self.operation] = lambda _: {self.root: connection(*records)}
        self.script.answers["Orders"] = partial(by_id, records)


@pytest.fixture(params=["orders", "catalogue"])
async def bench(request: pytest.FixtureRequest, outbox: PostgresOutbox, clock: HandClock) -> AsyncIterator["Bench"]:
    async with AsyncExitStack() as stack:
        script = await stack.enter_async_context(scripted_shop())
        settings = shop_settings(url=script.url, restore_rate=5000, bucket=50000, catalogue_full_interval=5)
        connector = await shopify.build("shop", settings, kit(clock, outbox, stack))
        yield Bench(Shop(script, request.param), reading(connector, request.param, outbox, clock), clock)


class Bench:
    """A shop, its stream as the daemon pulls it, and the clock of both."""

    def __init__(self, shop: Shop, stream: Reading, clock: HandClock) -> None:
        self.shop, self.stream, self.clock = shop, stream, clock
        self.version = 0

    async def read(self, *spoilt_records: Any) -> None:
        """One turn over a page whose first and last records are good and new; asserts what must hold of any page."""
        self.version += 1
        good = [self.shop.record(name, self.version) for name in ("first", "last")]
        before = await self.stream.documents()
        self.shop.tell(good[0], *spoilt_records, good[1])
        with capture_logs() as logs:
            await self._turn()
        after = await self.stream.documents()
        news = {key for key, version in after.items() if before.get(key) != version}
        keys = {record["id"] if self.shop.stream == "orders" else record["sku"] for record in good}
        assert all(any(key in told for told in news) for key in keys), "the good ones are read"
        assert [one for one in logs if one["log_level"] in ("warning", "error")] == [], "no loop and no rule broke"
        assert await self.stream.unkept() == 0, "the raw text is kept"
        await self._holds_still()

    async def _holds_still(self) -> None:
        counts, cursor = await self.stream.counts(), await self.stream.cursor()
        assert cursor is not None
        await self._turn()
        assert await self.stream.counts() == counts, "told twice, nothing is added"

    async def _turn(self) -> None:
        self.clock.forward(seconds=30)
        await self.stream.pull.tick()


def spoilt_records(shop: Shop, dice: Random) -> Iterator[tuple[str, Any]]:
    """Records of a page, each with one thing wrong that was picked by dice; and the subjects they would have."""
    places: list[Path] = list(paths(shop.base))
    for number in range(AT_ONCE):
        name = f"spoilt {dice.random()} {number}"
        record = shop.record(name)
        bad = (
            replaced(record, dice.choice(places), dice.choice(VALUES)) if dice.random() < 0.7 else spoilt(record, dice)
        )
        yield name, bad


async def test_the_good_records_of_a_page_pass_and_the_bad_ones_are_kept(bench: Bench, rounds: Rounds) -> None:
    """SHO-13, SHO-16, ADB-13, ADB-14, S-1."""
    await with_levels(bench)
    for dice in rounds(12):
        with dice:
            await bench.read(*(record for _, record in spoilt_records(bench.shop, dice)))
    assert await bench.stream.cases()


async def test_a_mended_record_closes_its_case(bench: Bench) -> None:
    """SHO-16: nobody need close it."""
    field = "createdAt" if bench.shop.stream == "orders" else "tracked"
    mended = bench.shop.record("mended")
    await bench.read(mended | {field: "nonsense"})
    (subject,) = await bench.stream.cases()
    assert field in (await bench.stream.cases())[subject]
    await bench.read(mended)
    assert await bench.stream.cases() == {}
    assert subject in await bench.stream.cases("closed")
    assert subject in await bench.stream.documents()


@pytest.mark.parametrize("nothing", [None, [], "text", 7, {}, {"id": None}], ids=repr)
async def test_what_is_no_record_at_all_is_kept_too(bench: Bench, nothing: Any) -> None:
    await bench.read(nothing)
    listing_without_sku = bench.shop.stream == "catalogue" and isinstance(nothing, dict)
    assert len(await bench.stream.cases()) == (0 if listing_without_sku else 1)


async def test_a_moment_in_the_far_future_does_not_carry_the_cursor_away(bench: Bench) -> None:
    """S-40: the next reading would ask for what changed after the year 9999, and find nothing for ever."""
    await bench.read(bench.shop.record("late") | {"updatedAt": "9999-12-31T23:59:59Z"})
    cursor = json.loads(await bench.stream.cursor() or "{}")
    assert max(cursor["floor"], cursor["top"]) < "2027"


async def with_levels(bench: Bench) -> None:
    """The ERP has told a level of the good items, so that a listing of theirs asks for a level."""
    told = [
        Document("khaos", Kind.STOCK_LEVEL, code, "1", bench.clock.now(), StockLevel(code, {"1": 7}), "{}")  # type: ignore[dict-item]  # an int is enough
        for code in ("first", "last")
    ]
    await accept(bench.stream.outbox, Acceptance("khaos", "stock", Page(tuple(told), "1")))


# --- Khaos Control --------------------------------------------------------------------------------------------------


@pytest.fixture
async def khaos(
    outbox: PostgresOutbox, clock: HandClock
) -> AsyncIterator[tuple[service.Service, Mapping[str, Reading]]]:
    async with AsyncExitStack() as stack:
        scripted = await stack.enter_async_context(service.running())
        connector = await khaosws.build("khaos", service.settings(scripted.url), kit(clock, outbox, stack))
        streams = {one.name: reading(connector, one.name, outbox, clock) for one in connector.sources}
        yield scripted, streams


def answered(khaos: service.Service, stream: str, codes: list[str], rows: list[str]) -> None:
    """What the next reading of a stream finds."""
    text = "".join(rows)
    khaos.on("GetStockList", service.listed(*codes))
    khaos.on("ExportOrderStatusEx", f"<STATUS_LIST>{text}</STATUS_LIST>")
    khaos.on("ExportStockStatus", f"<STOCK_STATUS>{text}</STOCK_STATUS>")
    khaos.on("ExportStock", f"<STOCK_ITEMS>{text}</STOCK_ITEMS>")


ROWS = {"despatches": (STATE, "S5001"), "stock": (STATUS, "MUG"), "catalogue": (ITEM, "MUG")}


@pytest.mark.parametrize("stream", ROWS)
async def test_the_good_rows_of_an_answer_pass_and_the_bad_ones_are_kept(
    khaos: tuple[service.Service, Mapping[str, Reading]], clock: HandClock, stream: str, rounds: Rounds
) -> None:
    """ADB-13, ADB-14, S-1."""
    scripted, streams = khaos
    row, name = ROWS[stream]
    for dice in rounds(8):
        with dice:
            here = [f"{name}-{dice.seeded}-{number}" for number in range(AT_ONCE)]
            bad = [xml_spoilt(row.replace(name, one), dice) for one in here]
            good = [row.replace(name, f"{name}-{dice.seeded}-{one}") for one in ("first", "last")]
            codes = [f"{name}-{dice.seeded}-first", f"{name}-{dice.seeded}-last", *here]
            answered(scripted, stream, codes, [good[0], *bad, good[1]])
            clock.forward(hours=1)
            with capture_logs() as logs:
                await streams[stream].pull.tick()
            documents = await streams[stream].documents()
            assert {f"{name}-{dice.seeded}-first", f"{name}-{dice.seeded}-last"} <= {
                one.split(" ", 1)[1] for one in documents
            }
            assert [one for one in logs if one["log_level"] in ("warning", "error")] == []
            assert await streams[stream].unkept() == 0
            counts = await streams[stream].counts()
            await streams[stream].pull.tick()
            assert await streams[stream].counts() == counts
