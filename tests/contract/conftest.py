"""Spreads the laws over every connector that has a folder, every stream it tells and every sink it offers."""

from collections.abc import AsyncIterator

import pytest
from contract.taking import Taking
from contract.telling import Telling
from contract.world import KINDS, Mailroom, World, has_world, started, world_class

JOINED = [kind for kind in KINDS if has_world(kind)]
"""The others make `test_every_connector_has_a_world` fail."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    spread: dict[str, list[tuple[str, ...]]] = {
        "kind": [(kind,) for kind in KINDS],
        "world": [(kind,) for kind in JOINED],
        "telling": [(kind, name) for kind in JOINED for name in world_class(kind).STREAMS],
        "taking": [(kind, name) for kind in JOINED for name in world_class(kind).TARGETS],
        "mailroom": [(kind,) for kind in JOINED if world_class(kind).MAILROOM],
    }
    for name, places in spread.items():
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, places, indirect=True, ids=["-".join(place) for place in places])


@pytest.fixture
def kind(request: pytest.FixtureRequest) -> str:
    """A connector's folder."""
    (name,) = request.param
    return str(name)


@pytest.fixture
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """A connector's simulator, running."""
    (kind,) = request.param
    async with started(world_class(kind)(kind)) as running:
        yield running


@pytest.fixture
async def telling(request: pytest.FixtureRequest) -> AsyncIterator[Telling]:
    """A stream of a connector."""
    kind, name = request.param
    async with started(world_class(kind)(kind)) as running:
        yield Telling(running, running.STREAMS[name](running), name)


@pytest.fixture
async def taking(request: pytest.FixtureRequest) -> AsyncIterator[Taking]:
    """A sink of a connector."""
    kind, name = request.param
    async with started(world_class(kind)(kind)) as running:
        yield Taking(running, running.TARGETS[name](running))


@pytest.fixture
async def mailroom(request: pytest.FixtureRequest) -> AsyncIterator[Mailroom[World]]:
    """Where a connector's webhooks come from."""
    (kind,) = request.param
    async with started(world_class(kind)(kind)) as running:
        assert running.MAILROOM is not None
        yield running.MAILROOM(running)
