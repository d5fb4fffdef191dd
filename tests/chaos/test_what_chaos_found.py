"""Each round of chaos that broke a law once, in the fewest words that show it."""

from typing import Any

import pytest
from chaos import stories
from chaos.conftest import Play
from chaos.rounds import Field, Plan, Played
from chaos.stories import Story

DONE = "khaos ImportOrders: done, not answered"

CHANGES = pytest.mark.parametrize("story", [stories.edited_late, stories.moved], ids=["total", "address"])


@CHANGES
def test_an_order_that_changes_while_its_import_is_in_doubt_is_amended(in_a_field: Play[Any], story: Story) -> None:
    """It was looked for as it had become: a mismatch that blocked it, or with the same total nobody was told at all."""

    async def scene(field: Field) -> list[Played]:
        return [await field.play(Plan(f"in doubt {n}", point=DONE, since=1, stories=(story,))) for n in range(2)]

    for played in in_a_field(scene):
        assert played.died_at == [DONE]
        assert played.broken == []


@CHANGES
@pytest.mark.parametrize("then", ["intend: after the statement", "deliver order: before"])
def test_an_order_that_changed_is_looked_for_as_it_was_sent_also_after_a_second_death(
    in_a_field: Play[Any], story: Story, then: str
) -> None:
    """What it had become was noted with the second intent, before anybody had looked for what the first had sent."""
    plan = Plan("in doubt 0", point=DONE, since=1, again=1, then=then, stories=(story,))
    played = in_a_field(lambda field: field.play(plan))
    assert played.died_at == [DONE, then]
    assert played.broken == []
