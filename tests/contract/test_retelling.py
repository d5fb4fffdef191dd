"""What is kept of a document suffices to read it again, today or with a later release."""

from dataclasses import replace
from importlib import import_module
from typing import Any

import pytest
from contract.telling import Telling, documents
from contract.world import KINDS

from khaossync.config.kinds import ROOMS
from khaossync.domain.documents import Document, Unreadable


def retell(telling: Telling, kept: Document | Unreadable) -> Any:
    """What the connector's folder makes of it, long after it was told."""
    world = telling.world
    folder = import_module(f"{ROOMS[KINDS[world.kind]].__name__}.{world.kind}.retelling")
    for _ in range(1000):
        world.clock.now()
    return folder.retell(kept, world.validated(world.settings()), world.clock.now())


async def test_a_kept_text_gives_the_same_document_again_byte_for_byte(telling: Telling) -> None:
    await telling.create(3)
    told = documents(await telling.read())
    again = [retell(telling, each) for each in told]
    assert {each.kind for each in again if each} == telling.stream.KINDS
    for each, one in zip(told, again, strict=True):
        assert one in (each, None)


async def test_a_text_that_says_something_else_gives_something_else(telling: Telling) -> None:
    """Else a release whose reading has changed would look as if it had not."""
    [identity] = await telling.create(1)
    before = documents(await telling.read())
    await telling.stream.change(identity)
    after = documents(await telling.read())
    [old] = [each for each in before if (each.kind, each.key) == identity][-1:]
    [new] = [each for each in after if (each.kind, each.key) == identity][-1:]
    assert retell(telling, replace(old, raw=new.raw)) != old


@pytest.mark.parametrize("text", ["", "{}", "[]", "<", "<a/>", "null", '{"id": 7}'])
async def test_a_text_that_is_none_is_unreadable_and_nothing_worse(telling: Telling, text: str) -> None:
    await telling.create(1)
    told = documents(await telling.read())[0]
    for kept in (replace(told, raw=text), Unreadable(told.source, told.kind, told.key, "why", text)):
        again = retell(telling, kept)
        assert again is None or isinstance(again, Unreadable)
        if again:
            assert (again.source, again.kind, again.key) == (told.source, told.kind, told.key)
            assert again.reason


async def test_what_could_not_be_read_is_read_where_its_text_is_good(telling: Telling) -> None:
    """A release that can read what an earlier one could not says so from the text alone."""
    await telling.create(1)
    told = documents(await telling.read())[0]
    again = retell(telling, Unreadable(told.source, told.kind, told.key, "an older release could not", told.raw))
    assert again is None or (isinstance(again, Document) and again.body == told.body)
