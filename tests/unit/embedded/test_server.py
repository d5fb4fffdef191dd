"""It starts anywhere, keeps what was committed, and never outlives its daemon."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest
from postgres_watch import control_data, fetch, mode, server_pid, wait_for_the_end_of
from structlog.testing import capture_logs

from khaossync.domain.errors import ConfigError
from khaossync.embedded import Server

CHECKOUT = Path(__file__).resolve().parents[3]

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


async def test_a_fresh_folder_becomes_a_utf8_database_with_checksums_that_no_network_reaches(home: Path) -> None:
    async with Server(home) as dsn:
        assert await fetch(dsn, "show server_encoding") == "UTF8"
        assert await fetch(dsn, "show data_checksums") == "on"
        assert await fetch(dsn, "show listen_addresses") == ""
        assert await fetch(dsn, "show unix_socket_permissions") == "0700"
        assert await fetch(dsn, "select datcollate from pg_database where datname = 'postgres'") == "C"


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
