"""A place for a private PostgreSQL."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder directly below the temporary one: pytest's own lie in a folder that only its user may enter."""
    folder = Path(tempfile.mkdtemp(prefix="embedded-"))
    yield folder / "home"
    shutil.rmtree(folder)
