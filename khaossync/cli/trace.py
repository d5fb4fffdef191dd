"""`khaossync trace`: the whole life of one order, in the order in which it happened."""

import argparse
import asyncio

from khaossync.cli.opening import config_argument, opened
from khaossync.cli.table import table
from khaossync.outbox import Trace, trace


def arguments(verb: argparse.ArgumentParser) -> None:
    """Declare the verb's options."""
    verb.add_argument("order", help="its number (#1001), its reference in the ERP, its sales order code, or its key")
    config_argument(verb)
    verb.set_defaults(execute=execute)


def execute(options: argparse.Namespace) -> int:
    """Print what is known; 1 when nothing is."""
    found = asyncio.run(_ask(options))
    if not found.events:
        print(f"nothing is known of {options.order}: look it up in the shop, and mind the channel's go_live_at")
        return 1
    print(_told(found))
    return 0


async def _ask(options: argparse.Namespace) -> Trace:
    async with opened(options) as database:
        return await trace(database, options.order)


def _told(found: Trace) -> str:
    rows = [(f"{one.at:%Y-%m-%d %H:%M:%S}", one.what, one.record, one.detail) for one in found.events]
    parts = [table(("when (UTC)", "what", "record", "particulars"), rows)]
    for one in found.unfinished:
        why = f"behind message {one.blocked_by}" if one.blocked_by else one.state
        due = f", due {one.not_before:%H:%M:%S}" if one.not_before else ""
        doubt = ", may have been sent" if one.doubt else ""
        parts.append(f"still on its way: message {one.message_id}, {one.kind} for {one.destination}, {why}{due}{doubt}")
    return "\n\n".join(parts)
