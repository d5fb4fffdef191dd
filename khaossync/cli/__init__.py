"""The command line: one file per verb, imported only when it is called."""

import argparse
import importlib
import io
import os
import sys
from collections.abc import Sequence

from khaossync import __version__
from khaossync.domain.errors import ConfigError, SyncError

VERBS = {
    "run": "run the daemon",
    "check": "validate the configuration and ping every system",
    "migrate": "bring the database to the schema of this version",
    "status": "what waits, what is stuck, what is fresh",
    "trace": "the whole life of one order",
    "cases": "list, show, retry or ignore what awaits a person",
    "erase": "scrub a customer from everything stored, and keep the audit skeleton",
    "audit": "verify that nobody has tampered with the trail of what was done",
    "replay": "decide again what was decided, and show what would differ today",
    "alert": "who is told what; with --test, a test message to everybody",
    "db": "move an embedded database to a real server",
    "sandbox": "run the simulated shop and the simulated ERP",
    "demo": "play a simulated trading day in three shops and prove it",
}

EX_CONFIG = 78
"""sysexits.h: a person must edit the configuration; systemd is told not to restart."""

EX_TEMPFAIL = 75
"""sysexits.h: something that should come back is away; trying again may work."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb; the exit code is 0 done, 1 a finding, 2 usage, 75 try later, 78 configuration."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal need not know every character of an address
    parser = _parser(arguments[0] if arguments else "")
    options = parser.parse_args(arguments)
    if options.verb is None:
        parser.print_help()
        return 2
    try:
        code: int = options.execute(options)
        if sys.stdout:
            sys.stdout.flush()  # here, where a reader that has gone away is no surprise
        return code
    except ConfigError as error:
        print(f"khaossync: {error}", file=sys.stderr)
        return EX_CONFIG
    except SyncError as error:
        print(f"khaossync: {error}", file=sys.stderr)
        return EX_TEMPFAIL
    except BrokenPipeError:
        _let_go_of_output()
        return 0
    except OSError as error:
        _let_go_of_output()
        print(f"khaossync: {error}: mend what it names and try again", file=sys.stderr)
        return EX_TEMPFAIL
    except KeyboardInterrupt:
        return 130


def _let_go_of_output() -> None:
    """Let what nobody takes go nowhere: else the interpreter complains of it once more when it ends.

    https://docs.python.org/3/library/signal.html#note-on-sigpipe
    """
    try:
        if sys.stdout:
            sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _parser(chosen: str) -> argparse.ArgumentParser:
    """Only the chosen verb's module is imported, so that `khaossync --help` is quick."""
    parser = argparse.ArgumentParser(prog="khaossync", description="Keeps Khaos Control in step with your shops.")
    parser.add_argument("--version", action="version", version=f"khaossync {__version__}")
    verbs = parser.add_subparsers(dest="verb", metavar="verb")
    for name, summary in VERBS.items():
        verb = verbs.add_parser(name, help=summary, description=summary[0].upper() + summary[1:] + ".")
        if name == chosen:
            importlib.import_module(f"khaossync.cli.{name}").arguments(verb)
    return parser
