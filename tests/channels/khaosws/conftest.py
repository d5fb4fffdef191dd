"""A scripted service, a simulated server, and what a connector is built with."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from channels.khaosws.service import Bench, Service, running, settings
from channels.khaosws.simulated import simulated

from khaossync.erp.khaosws import build
from khaossync.ports import Connector
from khaossync.sandbox.khaosws import KhaosServer


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    async with running() as started:
        yield started


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with AsyncExitStack() as stack:
        yield Bench(stack)


@pytest.fixture
async def server(bench: Bench) -> AsyncIterator[KhaosServer]:
    server = simulated(bench)
    yield server
    await server.stop()


@pytest.fixture
async def connector(server: KhaosServer, bench: Bench) -> Connector:
    return await build("khaos", settings(await server.start(), sites=[1, 2], request_timeout=2), bench.kit)
