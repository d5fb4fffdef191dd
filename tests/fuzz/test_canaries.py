"""Canaries in every free text of every sample: what is logged and told by verbs holds none, however badly it goes."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial

import pytest
from channels.khaosws.service import sales_order
from channels.shopify import rest, test_published_samples
from channels.shopify.scripts import settings as shop_settings
from fuzz.canaries import PRIVATE, leaked, people
from fuzz.nonsense import Json
from fuzz.paper import Reading, ScriptedShop, by_id, connection, kit, reading, scripted_shop
from fuzz.records import ORDER
from outbox.stories import HandClock
from structlog.testing import capture_logs

from khaossync.channels import shopify
from khaossync.channels.shopify.fields import Node
from khaossync.channels.shopify.mapping import read_order
from khaossync.domain.orders import Customer
from khaossync.erp.khaosws.order_sink import discreet
from khaossync.outbox import PostgresOutbox, status, trace

SPOILT: tuple[Json, ...] = (
    {"currencyCode": 7},
    {"createdAt": "yesterday"},
    {"lineItems": None},
    {"name": None},
    {"updatedAt": 5},
    {},
)


def samples() -> list[Json]:
    """Our own order and every published one, where they are at hand."""
    published = test_published_samples.whole_orders() if test_published_samples.SAMPLES.exists() else []
    return [ORDER, *(ORDER | rest.order(each) for each in published)]


@pytest.fixture
async def bench(outbox: PostgresOutbox, clock: HandClock) -> AsyncIterator[tuple[ScriptedShop, Reading]]:
    async with AsyncExitStack() as stack:
        shop = await stack.enter_async_context(scripted_shop())
        connector = await shopify.build(
            "shop", shop_settings(url=shop.url, restore_rate=5000, bucket=50000), kit(clock, outbox, stack)
        )
        yield shop, reading(connector, "orders", outbox, clock)


def records() -> Iterator[Json]:
    """Every sample, well and spoilt in several ways, each an order of its own."""
    number = 0
    for sample in samples():
        for spoilt in SPOILT:
            number += 1
            made = people(sample) | {"id": f"gid://shopify/Order/{number}", "name": f"#{number}"}
            yield made | spoilt


def listed(page: list[Json], _asked: Json) -> Json:
    """The answer that lists these orders."""
    return {"orders": connection(*page)}


async def test_no_sample_well_or_spoilt_tells_a_person_in_a_log_or_a_verb(
    bench: tuple[ScriptedShop, Reading], clock: HandClock
) -> None:
    """SHO-13, SHO-22: the raw text of what could not be read is kept for the person who opens its case."""
    shop, stream = bench
    told = list(records())
    with capture_logs() as logs:
        for start in range(0, len(told), 30):
            page = told[start : start + 30]
            shop.answers |= {"ListedOrders": partial(listed, page), "Orders": partial(by_id, page)}
            clock.forward(minutes=1)
            await stream.pull.tick()
    assert logs
    assert leaked(logs) == []
    cases = await stream.cases()
    assert len(cases) >= 5
    assert leaked(cases) == [], "what is listed of a case"
    database = stream.outbox.database
    assert leaked(await status(database)) == []
    for number in range(1, len(SPOILT) + 1):
        assert leaked(await trace(database, f"#{number}")) == []
        assert leaked(await trace(database, f"shop:gid://shopify/Order/{number}")) == []


def test_a_refusal_that_recites_the_order_is_told_without_the_person() -> None:
    """SHO-22: Khaos Control repeats names and addresses in its words."""
    for sample in samples():
        order = read_order(Node.of(people(sample), "order"), "shop")
        place = order.shipping or order.billing
        if place is None:  # of these there is nothing to recite
            continue
        sold = replace(
            sales_order(),
            customer=replace(order.customer, telephone=PRIVATE["phone"]),
            invoice_address=place,
            delivery_address=place,
            note=order.note,
        )
        words = f"Invalid customer {', '.join(PRIVATE.values())}; {' '.join(PRIVATE.values()).upper()}"
        assert leaked(discreet(words, sold)) == []


def test_a_name_of_odd_signs_does_not_break_what_hides_it() -> None:
    """A name is a text, never a pattern."""
    odd = sales_order(customer=Customer("1", "(a+)+$@x.example", "[unclosed", "\\1 (?P<x>", "+44"), note="(" * 3_000)
    assert discreet("the account [unclosed is odd", odd) == "the account … is odd"
