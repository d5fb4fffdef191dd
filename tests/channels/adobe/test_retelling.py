"""A kept text gives the same document again."""

from dataclasses import replace

import examples
from channels.adobe.adobe_shop import SETTINGS, documents, opened, read

from khaossync.channels.adobe.retelling import retell
from khaossync.domain.documents import Document, Kind, Unreadable
from khaossync.sandbox.adobe import Choice


async def test_every_document_is_told_again_as_it_was() -> None:
    async with opened() as world:
        order = world.shop.place_order([("SET", 1), Choice("RING", 1, {"Colour": "Silver"})])
        world.shop.refund(order, {"RING": 1})
        kept = [each for name in ("orders", "refunds", "catalogue") for each in documents(await read(world, name))]
    assert {each.kind for each in kept} == {Kind.ORDER, Kind.REFUND, Kind.LISTING}
    assert [retell(each, SETTINGS, examples.NOON) for each in kept] == kept


async def test_the_settings_of_today_decide() -> None:
    async with opened() as world:
        world.shop.place_order([Choice("RING", 1, {"Colour": "Silver"})])
        (kept,) = documents(await read(world, "orders"))
    mapped = retell(kept, SETTINGS.model_copy(update={"option_skus": {"2": "RING-S"}}), examples.NOON)
    assert isinstance(mapped, Document)
    assert "RING-S" in str(mapped.body)


async def test_what_cannot_be_read_says_why() -> None:
    kept = Unreadable("shop", Kind.ORDER, "shop:1", "it could not be read", "{")
    for text, reason in (("{", "Expecting"), ("[]", "a list where an object"), ('{"order": {}}', "missing")):
        found = retell(replace(kept, raw=text), SETTINGS, examples.NOON)
        assert isinstance(found, Unreadable)
        assert reason in found.reason
