"""`khaossync replay`: decide again what was decided, by today's code and configuration, and show what would differ."""

import argparse
import asyncio
import re
import sys
import time
from collections.abc import AsyncIterator, Callable, Collection
from datetime import UTC, datetime, timedelta

from khaossync.app.replay import Judged, replay_of
from khaossync.cli.differences import Tally, detail, line, report, summary
from khaossync.cli.opening import config_argument, configured, opened
from khaossync.clock import SystemClock
from khaossync.config.fingerprint import settings
from khaossync.outbox.decisions import Span, configurations
from khaossync.outbox.tracing import names_of

PROGRESS = 5.0
"""Seconds between two signs of life."""

_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


def arguments(verb: argparse.ArgumentParser) -> None:
    """Declare the verb's options."""
    when = "an instant (2026-11-01T09:00Z, or a day) or how long ago (30m, 6h, 7d)"
    verb.add_argument("--since", type=instant, required=True, metavar="WHEN", help=f"decided from then on: {when}")
    verb.add_argument("--until", type=instant, metavar="WHEN", help="decided before then (default: now)")
    verb.add_argument("--source", "--channel", metavar="NAME", help="only what this connector told or is told")
    verb.add_argument("--key", help="only this order (by any of its names), refund, despatch, stock code or SKU")
    verb.add_argument("--dry-run", action="store_true", help="required: replay compares, and never sends or writes")
    verb.add_argument(
        "--json", action="store_true", help="for a machine: a line for each record that differs, a summary"
    )
    config_argument(verb)
    verb.set_defaults(execute=execute)


def execute(options: argparse.Namespace) -> int:
    """0 when everything would be decided the same, 1 when something would not, 2 when nothing could be asked so."""
    if not options.dry_run:
        print(
            "khaossync: replay only compares: it calls no system and writes nothing. Say so with --dry-run. "
            "What is to be sent again goes by `khaossync cases retry`.",
            file=sys.stderr,
        )
        return 2
    return asyncio.run(_replay(options))


def instant(text: str) -> datetime:
    """An instant, or one so long ago; without a zone it is UTC. Raises ArgumentTypeError for what is neither."""
    if ago := re.fullmatch(r"(\d{1,5})([mhd])", text):
        return SystemClock().now() - int(ago[1]) * _UNITS[ago[2]]
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is no instant such as 2026-11-01T09:00Z, and no 6h") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


async def _replay(options: argparse.Namespace) -> int:
    until, tally = options.until or SystemClock().now(), Tally()
    if until <= options.since:
        print("khaossync: --until must be later than --since", file=sys.stderr)
        return 2
    async with opened(options) as database:
        config = configured(options, level="critical")  # a rule that breaks is told as a difference, not in the log
        names = await names_of(database, options.key) if options.key else None
        span = Span(options.since, until, names)
        wanted = _wanted(replay_of(config).run(database, span), options.source, names)
        try:
            await _judge(wanted, tally, span, show=line if options.json else detail if options.key else None)
        except asyncio.CancelledError:
            print(f"stopped; go on with --since {(tally.at or span.since).isoformat()}", file=sys.stderr)
            raise
        told = await configurations(database, tally.by_configuration)
    if options.key:
        tally.groups.by_pattern.clear()  # each was told by itself
    print((summary if options.json else report)(tally, told, settings(config)))
    if not tally.records:
        print("khaossync: no decision is kept of that; there is nothing to compare", file=sys.stderr)
        return 2
    return 1 if tally.differing else 0


async def _judge(
    wanted: AsyncIterator[Judged], tally: Tally, span: Span, *, show: Callable[[Judged], str] | None
) -> None:
    told_at = time.monotonic()
    async for judged in wanted:
        tally.add(judged)
        if show and not judged.same:
            print(show(judged))
        if time.monotonic() - told_at > PROGRESS and tally.at:
            told_at, part = time.monotonic(), (tally.at - span.since) / (span.until - span.since)
            print(f"{part:.0%}, {tally.records:,} judged, {tally.differing:,} differ", file=sys.stderr, flush=True)


async def _wanted(
    judged: AsyncIterator[Judged], source: str | None, names: Collection[str] | None
) -> AsyncIterator[Judged]:
    async for one in judged:
        asked = (source is None or source in one.connectors) and (names is None or not one.names.isdisjoint(names))
        if asked or one.trouble:
            yield one
