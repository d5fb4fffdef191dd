"""Plays rounds of chaos for tests, in a loop of their own: they live faster than a test may."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import pytest
import structlog
from chaos.hurry import HurriedLoop
from chaos.rounds import Field, open_field

T = TypeVar("T")
Play = Callable[[Callable[[Field], Coroutine[Any, Any, T]]], T]


@pytest.fixture(scope="session")
def in_a_field(postgres_server: str) -> Play[Any]:
    """Runs what is given a field in a loop in a hurry; a log would drown every other."""

    def play(scene: Callable[[Field], Coroutine[Any, Any, T]]) -> T:
        async def on(dsn: str) -> T:
            async with open_field(dsn) as field:
                return await scene(field)

        loud = structlog.get_config()
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
        try:
            with asyncio.Runner(loop_factory=HurriedLoop) as runner:
                return runner.run(on(postgres_server))
        finally:
            structlog.configure(**loud)

    return play
