"""Each round of chaos that broke a law once, in the fewest words that show it."""

import random
from dataclasses import replace
from typing import Any

import pytest
from chaos import stories
from chaos.conftest import Play
from chaos.database import Ground
from chaos.rounds import Field, Plan, Played
from chaos.stories import Story
from chaos.troubles import Systems, Trouble

SENT = "khaos ImportOrders: sent"
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


async def _at_work(it: Systems, _: Ground, __: random.Random) -> None:
    it.khaos.habits.delay = (24.0, 24.0)


def test_an_order_is_not_looked_for_while_the_erp_is_still_at_work_on_it(in_a_field: Play[Any]) -> None:
    """It rested for less than a call may take: nothing was found, and it was created a second time."""
    at_work = Trouble("at work", "the ERP takes 24 s for the call", _at_work, steps=0, hasty=True)
    peaceful = Plan("slow 3", stories=(stories.paid_late,))

    async def scene(field: Field) -> Played:
        sent = 1 + (await field.play(peaceful)).trace.index(SENT)
        return await field.play(replace(peaceful, trouble=at_work, point=SENT, since=sent))

    played = in_a_field(scene)
    assert played.died_at == [SENT]
    assert played.broken == []
