"""Every verb given nonsense ends with a clear line and the right exit code, and shows nobody a traceback."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from fuzz.test_settings import GOOD
from outbox.conftest import at_database, execute

from khaossync.cli import EX_CONFIG, EX_TEMPFAIL, main
from khaossync.clock import SystemClock
from khaossync.outbox import DatabaseSettings, migrate

USAGE, FINDING = 2, 1


@pytest.fixture
async def config(postgres_server: str, tmp_path: Path) -> Path:
    """A configuration with a database of its own; its server is the tests' own."""
    name = f"fuzz_cli_{os.getpid()}"
    await execute(postgres_server, f"drop database if exists {name} with (force)", f"create database {name}")
    dsn = at_database(postgres_server, name)
    await migrate(DatabaseSettings(dsn), SystemClock())
    file = tmp_path / "config.toml"
    file.write_text(f'[database]\ndsn = "{dsn}"\n{GOOD}')
    file.chmod(0o600)
    return file


def run(*words: str | bytes, stdout: int = subprocess.PIPE, **environment: str) -> "subprocess.CompletedProcess[str]":
    command: Sequence[str | bytes] = (sys.executable, "-m", "khaossync", *words)
    return subprocess.run(
        command,
        stdout=stdout,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        encoding="utf-8",
        errors="replace",
        env=os.environ | {"PYTHONUNBUFFERED": ""} | environment,
        timeout=60,
        check=False,
    )


def clear(done: "subprocess.CompletedProcess[str]", code: int) -> str:
    """The one line that a person is shown, after the usage where that is what was wrong."""
    assert "Traceback" not in done.stderr, done.stderr
    assert done.returncode == code, done.stderr
    lines = [line for line in done.stderr.splitlines() if not line.startswith(("usage:", "  "))]
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("khaossync")
    return lines[0]


@pytest.mark.parametrize("number", ["-1", "", "abc", "1.5", "9223372036854775808", "9" * 5_000, "١", "0x10", "1_0"])
def test_what_is_no_number_of_a_case_is_a_wrong_usage(number: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["cases", "show", "--", number])
    assert ended.value.code == USAGE
    assert "no number of a case" in capsys.readouterr().err


async def test_a_case_or_an_order_that_is_not_there_is_said_to_be_so(config: Path) -> None:
    where = ("--config", str(config))
    asked: list[tuple[str | bytes, ...]] = [
        ("cases", "show", "999999999999999999"),
        ("cases", "ignore", "5", "--reason", b"\xff\xfe"),
        ("trace", b"\xff\xfe"),
        ("trace", b"x" * 100_000),
    ]
    shown, ignored, *traced = await asyncio.gather(*(asyncio.to_thread(run, *words, *where) for words in asked))
    assert "no case 999" in clear(shown, EX_CONFIG)
    assert "No case 5" in clear(ignored, EX_CONFIG)
    for done in traced:
        assert (done.returncode, done.stderr) == (FINDING, "")
        assert done.stdout.startswith("nothing is known of ")


async def test_a_reader_that_goes_away_or_a_full_disk_is_no_crash(config: Path) -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    try:
        done = run("status", "--config", str(config), stdout=write_end)
    finally:
        os.close(write_end)
    assert (done.returncode, done.stderr) == (0, "")
    full = os.open("/dev/full", os.O_WRONLY)
    done = run("status", "--config", str(config), stdout=full)
    os.close(full)
    assert "No space left" in clear(done, EX_TEMPFAIL)


async def test_a_terminal_that_knows_only_ascii_shows_the_rest_as_codes(config: Path) -> None:
    done = run("trace", "Zoë", "--config", str(config), PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (FINDING, "")
    assert "Zo\\xeb" in done.stdout


VERBS = (("run",), ("migrate",), ("cases",))


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb[0])
def test_a_folder_as_configuration_is_a_line(verb: tuple[str, ...], tmp_path: Path) -> None:
    assert "cannot be read (Is a directory)" in clear(run(*verb, "--config", str(tmp_path)), EX_CONFIG)


def test_a_folder_for_data_that_cannot_be_is_a_line(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(f'[database]\ndata_dir = "/proc/nowhere/postgres"\n{GOOD}')
    file.chmod(0o600)
    assert "database.data_dir: /proc/nowhere/postgres" in clear(run("status", "--config", str(file)), EX_CONFIG)


@pytest.mark.parametrize(
    "words",
    [
        ("sandbox", "--shop-port", "99999999"),
        ("sandbox", "--shop-port", "70000"),
        ("sandbox", "--erp-port", "-1"),
        ("demo", "--orders", "99999999999999999999999"),
        ("demo", "--orders", "-1"),
        ("demo", "--speed", "nan"),
        ("demo", "--speed", "inf"),
        ("db", "copy", "--to"),
        ("nonsense",),
    ],
    ids=" ".join,
)
def test_numbers_beyond_all_bounds_and_unknown_words_are_a_wrong_usage(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code = main(words)
    except SystemExit as ended:  # how argparse refuses
        code = int(str(ended.code))
    assert code == USAGE
    assert "khaossync" in capsys.readouterr().err


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody without rights")
def test_the_usual_file_in_a_folder_without_rights_is_told(tmp_path: Path) -> None:
    """What `khaossync status` of an ordinary user meets where /etc/khaossync belongs to the service."""
    code = (
        "import os, sys; from pathlib import Path; from khaossync.config import layers; "
        "os.setuid(65534); print(layers._is_there(Path(sys.argv[1]) / 'config.toml'))"
    )
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o700)
    done = subprocess.run([sys.executable, "-c", code, str(locked)], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "True", done.stderr
