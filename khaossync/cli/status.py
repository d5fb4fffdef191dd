"""`khaossync status`: what waits, what is stuck, and how fresh each stream is."""

import argparse
import asyncio
import json
from dataclasses import asdict
from datetime import datetime

from khaossync.cli.opening import config_argument, opened
from khaossync.cli.table import age, table
from khaossync.clock import SystemClock
from khaossync.outbox import Status, status
from khaossync.outbox.counting import Owner


def arguments(verb: argparse.ArgumentParser) -> None:
    """Declare the verb's options."""
    config_argument(verb)
    verb.add_argument("--json", action="store_true", help="for a machine")
    verb.set_defaults(execute=execute)


def execute(options: argparse.Namespace) -> int:
    """Print the outbox at a glance; always 0, for `/healthz` is what alarms."""
    found = asyncio.run(_ask(options))
    if options.json:
        print(json.dumps(asdict(found), indent=2, default=str))
    else:
        print(_told(found, SystemClock().now()))
    return 0


async def _ask(options: argparse.Namespace) -> Status:
    async with opened(options) as database:
        return await status(database)


def _told(found: Status, now: datetime) -> str:
    parts = []
    if found.states:
        rows = [
            (one.destination, one.kind, one.state, str(one.count), age(now - one.oldest_at)) for one in found.states
        ]
        parts.append(table(("to", "kind", "state", "messages", "oldest"), rows))
    else:
        parts.append("nothing waits: every message was delivered")
    if found.blockers:
        held = [(one.key, one.kind, one.state, str(one.behind), age(now - one.created_at)) for one in found.blockers]
        parts.append(table(("held up by", "kind", "state", "behind it", "since"), held))
    if found.streams:
        read = [(one.source, one.stream, age(now - one.read_at)) for one in found.streams]
        parts.append(table(("stream of", "what", "last read"), read))
    if found.owners:
        owned = [(one.connector, _run_by(one), str(one.epoch), age(now - one.since)) for one in found.owners]
        parts.append(table(("connector", "run by", "epoch", "since"), owned))
    counts = ", ".join(f"{count} {name}" for name, count in sorted(found.ledger.items()))
    open_cases = ", ".join(f"{count} {name}" for name, count in sorted(found.cases.items()))
    parts.append(f"effects ever asked for: {counts or 'none'}\nopen cases: {open_cases or 'none'}")
    return "\n\n".join(parts)


def _run_by(owner: Owner) -> str:
    return owner.holder if owner.held else f"nobody; {owner.holder} was the last"
