"""Each round of chaos that broke a law once, in the fewest words that show it."""

from typing import Any

import pytest
from chaos import stories
from chaos.conftest import Play
from chaos.rounds import Field, Plan, Played
from chaos.stories import Story

DONE = "khaos ImportOrders: done, not answered"


@pytest.mark.parametrize("story", [stories.edited_late, stories.moved], ids=["another total", "another address"])
def test_an_order_that_changes_while_its_import_is_in_doubt_is_amended(in_a_field: Play[Any], story: Story) -> None:
    """It was looked for as it had become: a mismatch that blocked it, or with the same total nobody was told at all."""

    async def scene(field: Field) -> list[Played]:
        return [await field.play(Plan(f"in doubt {n}", point=DONE, since=1, stories=(story,))) for n in range(2)]

    for played in in_a_field(scene):
        assert played.died_at == [DONE]
        assert played.broken == []
