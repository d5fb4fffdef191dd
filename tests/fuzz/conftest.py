"""Seeded rounds of nonsense, and a migrated database with an outbox for every test that needs one."""

import itertools
import os
import secrets
import time
from collections.abc import AsyncIterator, Callable, Iterator
from random import Random
from typing import Self

import pytest
import pytest_asyncio
from outbox.conftest import at_database, execute
from outbox.stories import HandClock

from khaossync.outbox import DatabaseSettings, PostgresOutbox, open_outbox

_numbers = itertools.count(1)


class Round(Random):
    """Dice whose seed is told when what they were thrown for fails."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.seeded = seed

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if error:
            error.add_note(f"again with: make fuzz SEED={self.seeded}")


Rounds = Callable[[int], Iterator[Round]]


@pytest.fixture
def rounds(request: pytest.FixtureRequest) -> Rounds:
    """So many rounds with fixed seeds; with $FUZZ_SECONDS, fresh ones for this test's share of that time.

    With $FUZZ_SEED, the one round of that seed.
    """
    seconds, seed = float(os.environ.get("FUZZ_SECONDS", 0)), os.environ.get("FUZZ_SEED")
    sharers = sum("rounds" in getattr(item, "fixturenames", ()) for item in request.session.items)

    def made(times: int) -> Iterator[Round]:
        if seed:
            yield Round(int(seed))
            return
        yield from map(Round, range(times))
        end = time.monotonic() + seconds / sharers
        while time.monotonic() < end:
            yield Round(secrets.randbits(48))

    return made


@pytest.fixture
def clock() -> HandClock:
    """Noon of a day in November, until a test turns it."""
    return HandClock()


@pytest_asyncio.fixture
async def outbox(postgres_server: str, clock: HandClock) -> AsyncIterator[PostgresOutbox]:
    """An empty outbox that owns the queues of `khaos` and `shop`."""
    name = f"fuzz_{next(_numbers)}"
    await execute(postgres_server, f"create database {name}")
    settings = DatabaseSettings(at_database(postgres_server, name))
    async with open_outbox(settings, clock, migrating=True, holder="tests") as opened:
        await opened.own(["khaos", "shop"])
        yield opened
    await execute(postgres_server, f"drop database {name} with (force)")
