"""A sample of the crossing of every crash point with every trouble; `make chaos` plays more of it, `chaos-long` all."""

import os
from typing import Any

import pytest
from chaos.conftest import Play
from chaos.crossing import Crossing, Tally, census
from chaos.points import points
from chaos.rounds import Field
from chaos.shops import SHOPS

SEED = int(os.environ.get("CHAOS_SEED", "1"))
SLICES, ROUNDS = 2, 5


@pytest.fixture(scope="module", params=[*SHOPS])
def crossing(in_a_field: Play[Any], request: pytest.FixtureRequest) -> Crossing:
    async def scene(field: Field) -> Crossing:
        return await census(field, SEED, request.param)

    return in_a_field(scene)  # type: ignore[no-any-return]  # a fixture cannot be generic


@pytest.mark.parametrize("part", range(SLICES))
def test_whatever_point_it_dies_at_and_in_whatever_trouble_every_law_holds(
    in_a_field: Play[Any], crossing: Crossing, part: int
) -> None:
    """ADB-9, ADB-10, ADB-33, ADB-34, SHO-9, SHO-13, SHO-21, SHO-23, SHW-1, SHW-10, SHW-33, S-1, S-2, S-12, S-15, S-17,
    S-26, S-28."""

    async def scene(field: Field) -> Tally:
        tally = Tally()
        await tally.play(field, crossing, range(1 + part * ROUNDS, 1 + (part + 1) * ROUNDS))
        return tally

    tally: Tally = in_a_field(scene)
    assert not tally.broken, tally.told()
    assert tally.deaths >= ROUNDS * 3 // 4


def test_every_named_point_is_reached_and_every_point_that_is_reached_has_a_name(crossing: Crossing) -> None:
    named = points(SHOPS[crossing.shop])
    assert set(crossing.points) == named
    assert len(named) >= 70
