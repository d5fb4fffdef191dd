"""One folder, one daemon, one major version, one socket."""

import tempfile
from pathlib import Path

import pytest
from postgres_watch import fetch, mode

from khaossync.domain.errors import ConfigError
from khaossync.embedded import Server, running, sockets


async def test_a_second_daemon_on_the_same_folder_is_refused_and_the_first_goes_on(home: Path) -> None:
    async with Server(home) as dsn:
        with pytest.raises(ConfigError, match="another khaossync is running on"):
            await Server(home).start()
        assert await fetch(dsn, "select 1") == 1


async def test_a_folder_that_cannot_be_made_is_a_config_error(home: Path) -> None:
    home.parent.joinpath("file").write_text("")
    with pytest.raises(ConfigError, match="cannot be used"):
        await Server(home.parent / "file" / "home").start()


async def test_data_of_another_major_version_is_refused_with_the_way_out(home: Path) -> None:
    async with Server(home):
        pass
    (home / "data" / "PG_VERSION").write_text("15\n")
    with pytest.raises(ConfigError, match=r"written by PostgreSQL 15, but .* is PostgreSQL \d+; set \[database\]"):
        await Server(home).start()


async def test_a_missing_password_file_is_named(home: Path) -> None:
    async with Server(home):
        pass
    (home / "password").unlink()
    with pytest.raises(ConfigError, match=r"password is missing"):
        await Server(home).start()


async def test_an_initdb_that_was_cut_off_is_begun_afresh(home: Path) -> None:
    (home / "data.new").mkdir(parents=True)
    (home / "data.new" / "PG_VERSION").write_text("18\n")
    async with Server(home) as dsn:
        assert await fetch(dsn, "select 1") == 1


async def test_another_process_finds_the_running_server(home: Path) -> None:
    assert running(home) is None
    async with Server(home) as dsn:
        assert running(home) == dsn
    assert running(home) is None
    (home / "data" / "postmaster.pid").write_text("1\n/data\n1\n5432\n/nonexistent\n\n1 1\nready\n")
    assert running(home) is None


def test_the_socket_lies_beside_the_data_and_a_crash_leaves_no_second_folder(home: Path) -> None:
    home.mkdir()
    folder = sockets.make_folder(home)
    assert folder == sockets.make_folder(home)
    assert folder.parent == home
    assert mode(folder) == 0o700


@pytest.mark.parametrize("variable", ["RUNTIME_DIRECTORY", "TMPDIR"])
async def test_a_server_runs_in_a_folder_whose_path_is_too_long_for_a_socket(
    home: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    deep = home.parent / ("d" * 100)
    deep.mkdir()
    monkeypatch.setenv(variable, str(deep))
    monkeypatch.setattr(tempfile, "tempdir", None)
    async with Server(deep / "home") as dsn:
        assert await fetch(dsn, "select 1") == 1
        assert running(deep / "home") == dsn


def test_the_runtime_directory_is_next_best_for_the_socket(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNTIME_DIRECTORY", f"{home.parent}:/run/other")
    folder = sockets.make_folder(home / ("d" * 100))
    assert folder.parent == home.parent
    assert mode(folder) == 0o700
