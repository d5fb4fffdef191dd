"""Kept text is read again to the same document."""

from dataclasses import replace
from datetime import timedelta

import pytest
from channels.shopware.simulated import World, documents, pages, settings
from examples import NOON

from khaossync.channels.shopware.retelling import retell
from khaossync.domain.documents import Document, Kind, Unreadable

STREAMS = ("orders", "refunds", "catalogue", "delivery methods")


@pytest.mark.parametrize("stream", STREAMS)
async def test_every_document_is_told_again_from_its_own_text(world: World, stream: str) -> None:
    order = world.shop.place_order([("MUG", 3), ("SOAP", 1)])
    world.ticks.time += timedelta(minutes=1)
    for source in ("capture", "return", "credit"):
        world.shop.refund(order, {"MUG": 1}, source=source)
    found = documents(await pages(await world.connect(), stream))
    assert found
    for document in found.values():
        assert retell(document, settings(), NOON) == document


async def test_text_that_nobody_can_read_stays_unreadable_with_its_reason(world: World) -> None:
    world.shop.place_order([("MUG", 1)])
    (document,) = documents(await pages(await world.connect(), "orders")).values()
    broken = replace(document, raw='{"id":"x"}')
    again = retell(broken, settings(), NOON)
    assert isinstance(again, Unreadable)
    assert "price" in again.reason


async def test_what_could_not_be_read_then_may_be_read_now(world: World) -> None:
    world.shop.place_order([("MUG", 1)])
    (document,) = documents(await pages(await world.connect(), "orders")).values()
    kept = Unreadable("shop", Kind.ORDER, document.key, "an older release could not", document.raw)
    assert isinstance(retell(kept, settings(), NOON), Document)
