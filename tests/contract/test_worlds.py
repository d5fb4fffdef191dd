"""Every connector takes part, and its world leaves out nothing that it offers."""

from datetime import timedelta

import pytest
from contract.world import KINDS, NAME, World, has_world, package, world_class

from khaossync.domain.documents import Kind


def test_every_connector_has_a_world(kind: str) -> None:
    assert has_world(kind), (
        f"the connector {kind} is held to no law: write tests/contract/worlds/{kind}.py with a class Simulated(World)"
    )
    assert issubclass(world_class(kind), World)


def test_a_connector_without_a_world_fails_the_suite() -> None:
    with pytest.raises(AssertionError, match=r"worlds/nobody\.py"):
        test_every_connector_has_a_world("nobody")


def test_there_are_connectors_to_hold_to_the_laws() -> None:
    assert {"shopify", "khaosws"} <= KINDS.keys()


def test_a_connector_exports_how_to_build_it_and_nothing_else(kind: str) -> None:
    assert package(kind).__all__ == ["build"]


async def test_a_connector_is_called_as_configured_and_is_of_the_kind_of_its_folder(world: World) -> None:
    async with world.connected() as connector:
        assert (connector.name, connector.kind) == (NAME, world.kind)


async def test_a_system_may_be_at_work_on_a_call_for_as_long_as_it_is_waited_for(world: World) -> None:
    """S-2: what may have been sent rests for so long before it is looked for."""
    async with world.connected(patience=77) as connector:
        assert connector.longest_call == timedelta(seconds=77)


async def test_the_world_tells_of_every_stream(world: World) -> None:
    async with world.connected() as connector:
        names = [source.name for source in connector.sources]
        assert sorted(names) == sorted(world.STREAMS)
        assert all(source.interval.total_seconds() > 0 for source in connector.sources)


async def test_a_kind_that_is_not_offered_is_no_sink_and_every_other_is_tried(world: World) -> None:
    async with world.connected() as connector:
        assert connector.capabilities == {target.KIND for target in world.TARGETS.values()}
        assert all(isinstance(kind, Kind) and sink.kind is kind for kind, sink in connector.sinks.items())
        assert all(min(sink.max_batch, sink.parallel) >= 1 for sink in connector.sinks.values())


async def test_the_world_sends_webhooks_exactly_where_they_are_taken(world: World) -> None:
    async with world.connected() as connector:
        assert (connector.hooks is not None) == (world.MAILROOM is not None)
