"""A configuration file of made-up kinds."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from toys import TOY_CHANNEL, TOY_ERP, VALID, Write

import khaossync.channels
import khaossync.erp
from khaossync.config import kinds


@pytest.fixture(scope="module")
def toys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One made-up kind of channel and one of ERP, each nothing but a folder."""
    with pytest.MonkeyPatch.context() as patch:
        for room, kind, source in (
            (khaossync.channels, "toyshop", TOY_CHANNEL),
            (khaossync.erp, "toyerp", TOY_ERP),
        ):
            folder = tmp_path_factory.mktemp("room") / kind
            folder.mkdir()
            (folder / "__init__.py").touch()
            (folder / "config.py").write_text(source)
            patch.setattr(room, "__path__", [*room.__path__, str(folder.parent)])
        yield
    for name in [name for name in sys.modules if "toyshop" in name or "toyerp" in name]:
        del sys.modules[name]
    kinds.own.cache_clear()
    kinds.combined.cache_clear()


@pytest.fixture
def write(tmp_path: Path, toys: None) -> Write:
    def write_config(text: str = VALID, mode: int = 0o644) -> Path:
        path = tmp_path / "config.toml"
        path.write_text(text)
        path.chmod(mode)
        return path

    return write_config
