"""One chain for every log line, ours and the libraries': JSON for machines, colour for a terminal, no secrets."""

import json
import logging
import os
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import BinaryIO, Literal, cast

import orjson
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from khaossync.ops.redaction import Redaction

log = structlog.get_logger()

# syslog(3) priorities, read by journald from the start of a line (sd-daemon(3)).
_PRIORITIES = {"debug": b"<7>", "info": b"<6>", "warning": b"<4>", "error": b"<3>", "critical": b"<2>"}


def configure(
    *, level: str, fmt: Literal["auto", "json", "console"], secrets: Iterable[str], stream: BinaryIO | None = None
) -> None:
    """Send every log line of the process through one chain to `stream` (stderr when None).

    `level` is a name such as "info" (ValueError for an unknown one); `auto` is console on a terminal and JSON
    elsewhere. `secrets` are masked wherever they turn up. May be called again, e.g. once the secrets are known.
    """
    threshold = logging.getLevelNamesMapping().get(level.upper())
    if threshold is None:
        raise ValueError(f"unknown log level {level!r}: use debug, info, warning, error or critical")
    out = sys.stderr.buffer if stream is None else stream
    console = fmt == "console" or (fmt == "auto" and out.isatty())
    structlog.configure(
        processors=[*_shared(Redaction(secrets), trace_as_text=console), *(_console(out) if console else _json(out))],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.BytesLoggerFactory(cast(BinaryIO, _Patient(out))),
        cache_logger_on_first_use=False,  # a logger that was used before the secrets were known must learn of them
    )
    _adopt_the_libraries(threshold)


def _shared(redaction: Redaction, *, trace_as_text: bool) -> Sequence[Processor]:
    def redact(_logger: WrappedLogger, _method: str, fields: EventDict) -> EventDict:
        return redaction.mapping(fields)

    trace = structlog.tracebacks.ExceptionDictTransformer(show_locals=False, max_frames=20)
    return (
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="ts"),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info if trace_as_text else structlog.processors.ExceptionRenderer(trace),
        redact,  # last, so that the text of exceptions is masked too
    )


def _json(out: BinaryIO) -> Sequence[Processor]:
    return (_as_json_for_journald if _is_journal(out) else _as_json,)


def _as_json(_logger: WrappedLogger, _method: str, fields: EventDict) -> bytes:
    line = {"ts": fields.pop("ts", None), "level": fields.pop("level", None), "event": fields.pop("event", None)}
    try:
        return orjson.dumps(line | dict(fields))
    except orjson.JSONEncodeError:  # half a surrogate pair or an integer beyond 64 bits; a line must never fail
        return json.dumps(line | dict(fields)).encode()


def _as_json_for_journald(logger: WrappedLogger, method: str, fields: EventDict) -> bytes:
    return _PRIORITIES.get(fields.get("level", ""), b"<6>") + _as_json(logger, method, fields)


def _console(out: BinaryIO) -> Sequence[Processor]:
    render = structlog.dev.ConsoleRenderer(
        colors=out.isatty(), timestamp_key="ts", exception_formatter=structlog.dev.plain_traceback, pad_event_to=24
    )

    def as_text(logger: WrappedLogger, method: str, fields: EventDict) -> bytes:
        return str(render(logger, method, fields)).encode(errors="replace")

    return (as_text,)


def _is_journal(out: BinaryIO) -> bool:
    """Whether the stream itself leads to journald: a desktop's terminals inherit $JOURNAL_STREAM too.

    https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html#%24JOURNAL_STREAM
    """
    with suppress(OSError, ValueError):
        status = os.fstat(out.fileno())
        return os.environ.get("JOURNAL_STREAM") == f"{status.st_dev}:{status.st_ino}"
    return False


class _Patient:
    """A stream whose reader may go away: the daemon works on when nobody reads its log any more."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out

    def write(self, line: bytes) -> None:
        with suppress(OSError, ValueError):
            self._out.write(line)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            self._out.flush()


class _Adopted(logging.Handler):
    """Hands the standard library's records (asyncio, asyncpg, aiohttp, warnings) to our chain."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            text = record.getMessage()
        except (TypeError, ValueError):  # its arguments do not fit its text; the text alone still helps
            text = str(record.msg)
        level = min(max(record.levelno // 10 * 10, logging.DEBUG), logging.CRITICAL)  # libraries may invent levels
        trace = record.exc_info if record.exc_info and record.exc_info[0] else None
        log.log(level, "library_log", library=record.name, text=text, exc_info=trace)


def _adopt_the_libraries(threshold: int) -> None:
    # Libraries chat on the level info; only their warnings are news, unless somebody is debugging.
    root_level = threshold if threshold <= logging.DEBUG else max(threshold, logging.WARNING)
    logging.basicConfig(handlers=[_Adopted()], level=root_level, force=True)
    logging.captureWarnings(True)
    sys.excepthook = _log_crash


def _log_crash(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    log.critical("crashed", exc_info=(kind, error, trace))
