"""`khaossync audit`: whether the trail of what was done off the normal road is still what was sealed."""

import argparse
import asyncio
import sys

from khaossync.cli.opening import config_argument, opened
from khaossync.outbox import Verified, anchor, verify

_STEP = 100_000
"""After so many entries it is told how far the verification is."""


def arguments(verb: argparse.ArgumentParser) -> None:
    """Declare the verb's options."""
    acts = verb.add_subparsers(dest="act", metavar="verify | anchor", required=True)
    check = acts.add_parser("verify", help="find an edited, removed, inserted or reordered entry")
    check.add_argument(
        "--anchor", default="", metavar="ANCHOR", help="an anchor that you kept: it must be in the trail"
    )
    check.add_argument(
        "--from",
        dest="first",
        type=int,
        default=0,
        metavar="SEAL",
        help="begin at this seal, as far as you came before",
    )
    keep = acts.add_parser("anchor", help="print the newest seal, to keep it where nobody here can change it")
    for one in (check, keep):
        config_argument(one)
    verb.set_defaults(execute=execute)


def execute(options: argparse.Namespace) -> int:
    """Do one of the acts; 1 when the trail was tampered with."""
    return asyncio.run(_anchor(options) if options.act == "anchor" else _verify(options))


async def _anchor(options: argparse.Namespace) -> int:
    async with opened(options) as database:
        print(await anchor(database))
    return 0


async def _verify(options: argparse.Namespace) -> int:
    async with opened(options) as database:
        found = await verify(database, _Progress(), first=options.first, kept=options.anchor)
    print(_told(found))
    return 1 if found.broken else 0


class _Progress:
    """Tells on stderr how many entries were verified, every now and then."""

    def __init__(self) -> None:
        self._told = 0

    def __call__(self, entries: int) -> None:
        if entries - self._told >= _STEP:
            self._told = entries
            print(f"{entries:,} entries verified", file=sys.stderr, flush=True)


def _told(found: Verified) -> str:
    if found.broken:
        one = found.broken
        entry = "" if one.entry_id is None else f"entry {one.entry_id}"
        when = f" of {one.at:%Y-%m-%d %H:%M:%S} UTC" if one.at else ""
        where = f"seal {one.seal}: {entry}{when} " if entry else f"seal {one.seal} "
        return (
            f"BROKEN  {where}{one.what}\n"
            f"everything before it is as it was sealed ({found.entries:,} entries in {found.seals:,} seals)"
        )
    whole = [f"WHOLE   {found.entries:,} entries in {found.seals:,} seals are as they were sealed"]
    lines = whole if found.seals else ["EMPTY   there is no seal to verify: nothing is proved"]
    if found.forgotten:
        lines.append(f"        of {found.forgotten:,} the reason was forgotten, as it may name a person")
    if found.pruned:
        lines.append(f"        {found.pruned:,} older seals are not looked at: pruned by age, or verified before")
    if found.unsealed:
        since = f"{found.unsealed_since:%Y-%m-%d %H:%M:%S} UTC"
        lines.append(
            f"        {found.unsealed:,} entries since {since} are not sealed yet; a running daemon seals them"
        )
    return "\n".join([*lines, f"anchor  {found.anchor}"])
