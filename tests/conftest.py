"""Fixtures that every folder of tests may use."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from khaossync.embedded import Server

FAST_AND_FORGETFUL = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "autovacuum": "off",
    "max_connections": "100",
}


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """The DSN of a private PostgreSQL (database `postgres`, superuser) that lives as long as the test session."""
    home: Path = tmp_path_factory.mktemp("postgres")
    async with Server(home, settings=FAST_AND_FORGETFUL) as dsn:
        yield dsn
