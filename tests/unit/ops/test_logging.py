"""Lines are for machines and people alike, come from one chain, and never stop the daemon."""

import asyncio
import io
import json
import logging
import os
import subprocess
import sys
import warnings
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest
import structlog

from khaossync.domain.documents import Kind
from khaossync.domain.errors import TransientError
from khaossync.ops.logging import configure

from .conftest import LogFile

log = structlog.get_logger()


def test_a_line_starts_with_when_how_bad_and_what(log_to_memory: LogFile) -> None:
    """M-8: operators tail structured logs."""
    written = log_to_memory()
    log.info("page_accepted", stream="orders", documents=3)
    (line,) = written.lines()
    assert list(line) == ["ts", "level", "event", "stream", "documents"]
    assert (line["level"], line["event"], line["documents"]) == ("info", "page_accepted", 3)
    assert datetime.fromisoformat(line["ts"]).utcoffset() == timedelta(0)


def test_what_is_bound_to_the_context_is_on_every_line(log_to_memory: LogFile) -> None:
    written = log_to_memory()
    with structlog.contextvars.bound_contextvars(loop="pull"):
        log.info("one")
    log.info("two")
    assert [line.get("loop") for line in written.lines()] == ["pull", None]


def test_lines_below_the_level_are_not_written(log_to_memory: LogFile) -> None:
    written = log_to_memory(level="WARNING")
    log.info("quiet")
    log.warning("loud")
    assert [line["event"] for line in written.lines()] == ["loud"]


def test_an_unknown_level_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"'chatty'.*use debug, info"):
        configure(level="chatty", fmt="json", secrets=())


def test_values_that_json_does_not_know_are_written_readably(log_to_memory: LogFile) -> None:
    class Instant(datetime):
        pass

    written = log_to_memory()
    log.info(
        "values",
        money=Decimal("12.30"),
        at=Instant(2026, 11, 20, 12, tzinfo=UTC),
        day=date(2026, 11, 20),
        wait=timedelta(minutes=2),
        id=UUID(int=7),
        path=Path("/etc/x"),
        kind=Kind.ORDER,
        some={1: (Decimal(1), {"a"})},
        why=TransientError("gone"),
    )
    (line,) = written.lines()
    assert line["money"] == "12.30"
    assert line["at"] == "2026-11-20T12:00:00+00:00"
    assert (line["day"], line["wait"], line["path"], line["kind"]) == ("2026-11-20", 120.0, "/etc/x", "order")
    assert line["id"].endswith("0007")
    assert line["some"] == {"1": ["1", ["a"]]}
    assert line["why"] == "TransientError: gone"


def test_a_line_never_fails(log_to_memory: LogFile) -> None:
    written = log_to_memory()
    knot: dict[str, object] = {}
    knot["knot"] = knot
    log.info("odd", half="\ud800", huge=2**70, knot=knot, nothing=float("nan"), raw=b"\xff", it=object())
    (line,) = written.lines()
    assert line["huge"] == 2**70
    assert (line["raw"], line["it"]) == ("<bytes>", "<object>")


def test_an_exception_is_written_as_frames_without_their_locals(log_to_memory: LogFile) -> None:
    written = log_to_memory()
    canary = "value-of-a-local"
    try:
        raise ValueError(len(canary))
    except ValueError:
        log.exception("broke")
    (line,) = written.lines()
    (trace,) = line["exception"]
    assert (trace["exc_type"], trace["exc_value"]) == ("ValueError", "16")
    assert trace["frames"][0]["name"] == "test_an_exception_is_written_as_frames_without_their_locals"
    assert canary not in written.text()
    assert written.getvalue().count(b"\n") == 1


def test_the_libraries_speak_through_the_same_chain(log_to_memory: LogFile) -> None:
    written = log_to_memory("hunter22")
    library = logging.getLogger("asyncpg.pool")
    library.warning("lost %s", "postgres://u:hunter22@db/x")
    library.info("chatter")
    try:
        raise OSError("with hunter22")
    except OSError:
        library.exception("trouble")
    lost, trouble = written.lines()
    assert (lost["event"], lost["level"], lost["library"]) == ("library_log", "warning", "asyncpg.pool")
    assert lost["text"] == "lost postgres://u:***@db/x"
    assert trouble["exception"][0]["exc_value"] == "with ***"


def test_a_librarys_slips_do_not_lose_its_text(log_to_memory: LogFile) -> None:
    written = log_to_memory()
    library = logging.getLogger("third.party")
    library.warning("two %s %s", "one")
    library.log(35, "own level")
    library.error("no trace", exc_info=(None, None, None))
    assert [line["text"] for line in written.lines()] == ["two %s %s", "own level", "no trace"]
    assert [line["level"] for line in written.lines()] == ["warning", "warning", "error"]


async def test_a_task_that_dies_unheard_is_in_the_log(log_to_memory: LogFile) -> None:
    written = log_to_memory()
    asyncio.get_running_loop().call_exception_handler({"message": "nobody asked", "exception": KeyError("x")})
    (line,) = written.lines()
    assert (line["library"], line["exception"][0]["exc_type"]) == ("asyncio", "KeyError")


def test_python_warnings_are_in_the_log(log_to_memory: LogFile) -> None:
    written = log_to_memory()
    warnings.showwarning("old way", UserWarning, "x.py", 1)
    assert written.lines()[0]["library"] == "py.warnings"


def test_a_logger_that_was_used_before_learns_of_secrets_found_later(log_to_memory: LogFile) -> None:
    log_to_memory()
    early = structlog.get_logger()
    early.info("starting")
    written = log_to_memory("hunter22")
    early.info("configured", text="hunter22")
    assert "hunter22" not in written.text()


def test_nobody_reading_the_log_stops_nothing(log_to_memory: LogFile) -> None:
    del log_to_memory  # puts everything back afterwards
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb", buffering=0) as pipe:
        configure(level="info", fmt="json", secrets=(), stream=pipe)
        log.info("into the void")
    log.info("into a closed file")
    assert pipe.closed


def test_lines_for_journald_carry_their_priority(
    tmp_path: Path, log_to_memory: LogFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    del log_to_memory
    with (tmp_path / "journal").open("wb") as stream:
        status = os.fstat(stream.fileno())
        monkeypatch.setenv("JOURNAL_STREAM", f"{status.st_dev}:{status.st_ino}")
        configure(level="debug", fmt="auto", secrets=(), stream=stream)
        for level in ("debug", "info", "warning", "error", "critical"):
            getattr(log, level)("x")
    lines = (tmp_path / "journal").read_text().splitlines()
    assert [line[:3] for line in lines] == ["<7>", "<6>", "<4>", "<3>", "<2>"]
    assert json.loads(lines[0][3:])["event"] == "x"


def test_a_file_gets_no_prefix_though_the_desktop_set_journal_stream(
    log_to_memory: LogFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOURNAL_STREAM", "8:12345")
    written = log_to_memory()
    log.info("x")
    assert written.getvalue().startswith(b"{")


def test_a_person_at_a_terminal_gets_colour_and_no_secrets(log_to_memory: LogFile) -> None:
    class Terminal(io.BytesIO):
        def isatty(self) -> bool:
            return True

    del log_to_memory  # puts everything back afterwards
    terminal = Terminal()
    configure(level="info", fmt="auto", secrets=("hunter22",), stream=terminal)
    try:
        raise ValueError("hunter22")
    except ValueError:
        log.exception("page_accepted", documents=3)
    shown = terminal.getvalue().decode()
    assert "\x1b[" in shown
    assert "page_accepted" in shown
    assert "Traceback" in shown
    assert "hunter22" not in shown


def test_console_lines_off_a_terminal_are_plain(log_to_memory: LogFile) -> None:
    written = log_to_memory(fmt="console")
    log.info("page_accepted", stream="orders")
    assert "\x1b" not in written.text()
    assert "stream=orders" in written.text()


def test_a_crash_is_a_line_too_and_hides_the_password() -> None:
    program = (
        "from khaossync.ops.logging import configure\n"
        "configure(level='info', fmt='auto', secrets=['hunter22'])\n"
        "raise RuntimeError('postgres://u:hunter22@db/x')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    (line,) = done.stderr.splitlines()
    assert done.returncode == 1
    assert json.loads(line)["event"] == "crashed"
    assert b"hunter22" not in line


def test_the_standard_error_is_where_lines_go_by_themselves(
    log_to_memory: LogFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    del log_to_memory
    stderr = io.TextIOWrapper(io.BytesIO())
    monkeypatch.setattr(sys, "stderr", stderr)
    configure(level="info", fmt="json", secrets=())
    log.info("here")
    assert b'"event":"here"' in stderr.buffer.getvalue()
