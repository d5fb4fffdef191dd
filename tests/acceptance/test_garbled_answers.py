"""Whatever nonsense comes over the wire is told in a sentence or kept for a person, and the neighbours pass."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from acceptance.interpreter import Garble, Interpreter
from acceptance.playhouse import Playhouse

from khaossync.cli.stores import WORLD
from khaossync.sandbox.faults import HTML_PAGE

ORDERS, STOCK, STATES = "query Orders(", "ExportStockStatus", "ExportOrderStatusEx"
HUGE = 65 * 1024 * 1024


class Garbled:
    """A house in which both systems speak through interpreters."""

    def __init__(self, house: Playhouse, shop: Interpreter, khaos: Interpreter) -> None:
        self.house, self.shop, self.khaos = house, shop, khaos


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Garbled]:
    async with AsyncExitStack() as stack:
        house = await stack.enter_async_context(Playhouse(tmp_path_factory.mktemp("garbled")))
        shop_url, khaos_url = house.settings["channel"]["shop"]["url"], house.settings["erp"]["khaos"]["url"]
        parts = urlsplit(khaos_url)
        shop = await stack.enter_async_context(Interpreter(shop_url))
        khaos = await stack.enter_async_context(Interpreter(f"{parts.scheme}://{parts.netloc}"))
        tables = {"channel": {"shop": {"url": shop.url}}, "erp": {"khaos": {"url": khaos.url + parts.path}}}
        house.configure(tables)
        await house.open()
        yield Garbled(house, shop, khaos)
        assert await house.terminate() == 0


def instead(body: bytes) -> Garble:
    return lambda _: body


NO_JSON: dict[str, Garble] = {
    "half of it": lambda body: body[: len(body) // 2],
    "a page for people": instead(HTML_PAGE.encode()),
    "nothing": instead(b""),
    "a list": instead(b"[]"),
    "no data": instead(b'{"data": null}'),
    "not UTF-8": instead(b'{"data": "\xff\xfe"}'),
    "nested beyond measure": instead(b"[" * 100_000),
}


@pytest.mark.parametrize("what", NO_JSON)
async def test_a_shop_that_answers_nonsense_is_asked_again(world: Garbled, what: str) -> None:
    house = world.house
    before = len(house.events("tick_failed", loop="pull shop orders"))
    world.shop.plan(ORDERS, NO_JSON[what])
    order = house.shop.place_order([("MUG", 1)])
    await house.sold(order)
    told = house.events("tick_failed", loop="pull shop orders")[before:]
    assert [one["level"] for one in told] == ["warning"], told
    assert told[0]["text"]


async def test_an_answer_that_is_far_too_long_is_not_read_to_its_end(world: Garbled) -> None:
    house = world.house
    world.shop.plan(ORDERS, instead(b" " * HUGE))
    order = house.shop.place_order([("MUG", 1)])
    await house.sold(order)
    assert any("larger than" in one["text"] for one in house.events("tick_failed", loop="pull shop orders"))


@pytest.mark.parametrize(
    "garble",
    [lambda body: body[: len(body) // 2], instead(HTML_PAGE.encode()), instead(b""), instead(b"<a/>")],
    ids=["half of it", "a page for people", "nothing", "another document"],
)
@pytest.mark.parametrize(("operation", "loop"), [(STOCK, "pull khaos stock"), (STATES, "pull khaos despatches")])
async def test_an_erp_that_answers_nonsense_is_asked_again(
    world: Garbled, garble: Garble, operation: str, loop: str
) -> None:
    house = world.house
    before, garbled = len(house.events("tick_failed", loop=loop)), world.khaos.garbled
    world.khaos.plan(operation, garble)
    house.khaos.receive("TEA", 1)
    await house.until(lambda: world.khaos.garbled > garbled, "it is garbled")
    await house.until(lambda: len(house.events("tick_failed", loop=loop)) > before, "it is told")
    assert house.events("tick_failed", loop=loop)[-1]["level"] == "warning"
    await house.until(lambda: not house.stage.wrong_levels(), "the stock agrees all the same")


async def test_an_import_whose_answer_is_nonsense_is_looked_up_and_not_repeated(world: Garbled) -> None:
    """S-3: the order is there once."""
    world.khaos.plan("ImportOrders", instead(HTML_PAGE.encode()))
    order = world.house.shop.place_order([("MUG", 1)])
    await world.house.sent(order)
    assert world.house.khaos.imports_seen[WORLD.ref(order)] == 1


def spoilt(order: str, field: str, value: object) -> Garble:
    """Answers in which one field of one order is something else."""

    def garble(body: bytes) -> bytes:
        return json.dumps(spoil(json.loads(body))).encode() if order.encode() in body else body

    def spoil(node: Any) -> Any:
        if isinstance(node, list):
            return [spoil(one) for one in node]
        if not isinstance(node, dict):
            return node
        made = {name: spoil(one) for name, one in node.items()}
        return made | {field: value} if made.get("id") == order and field in made else made

    return garble


@pytest.mark.parametrize(
    ("field", "value"), [("createdAt", "yesterday"), ("lineItems", None), ("currencyCode", 826), ("name", {})]
)
async def test_an_order_that_cannot_be_read_is_kept_for_a_person(world: Garbled, field: str, value: object) -> None:
    """SHO-13, SHO-16, S-1: its neighbours pass, its raw text is kept, and when it is mended it goes."""
    house, shop = world.house, world.house.shop
    order = shop.place_order([("MUG", 1)], note="a canary for the raw text")
    world.shop.always = spoilt(order, field, value)
    neighbour = shop.place_order([("TEA", 1)])
    await house.sold(neighbour)
    case = await house.case("unreadable_document")
    assert order in case["subject"]
    show = await house.cli("cases", "show", str(case["case"]))
    assert field in show.out
    assert "a canary for the raw text" in show.out
    assert house.khaos.order(WORLD.ref(order)) is None
    world.shop.always = None
    shop.tag(order, "mended")
    await house.sold(order)
    await house.until(lambda: closed(house, case["case"]), "the case closes by itself")


async def closed(house: Playhouse, number: int) -> bool:
    return number in {one["case"] for one in await house.cases(closed=True)}
