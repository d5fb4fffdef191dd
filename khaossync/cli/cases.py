"""`khaossync cases`: what awaits a person, and what the person does with it."""

import argparse
import asyncio
import json
from collections.abc import Mapping
from datetime import datetime

from khaossync.cli.opening import config_argument, configured, opened, whoami
from khaossync.cli.table import age, table
from khaossync.clock import SystemClock
from khaossync.domain.cases import CaseClass
from khaossync.outbox import ignore_case, list_cases, retry_case, show_case
from khaossync.outbox.desk import CaseFile, FiledCase

_DIGITS = 18
"""As many digits as PostgreSQL's bigint holds for certain."""


def arguments(verb: argparse.ArgumentParser) -> None:
    """Declare the verb's options."""
    acts = verb.add_subparsers(dest="act", metavar="list | show | retry | ignore")
    listing = acts.add_parser("list", help="open cases, the longest open first (what `khaossync cases` does too)")
    listing.add_argument("--closed", action="store_true", help="those that are closed instead")
    listing.add_argument("--json", action="store_true", help="for a machine")
    show = acts.add_parser("show", help="everything about one case")
    retry = acts.add_parser("retry", help="its cause is gone: let its messages go again")
    ignore = acts.add_parser("ignore", help="it is dealt with otherwise: close it, and send nothing")
    for act in (show, retry, ignore):
        act.add_argument("case", type=number, metavar="CASE", help="the case's number")
    ignore.add_argument("--reason", required=True, help="why, for whoever asks later")
    for one in (verb, listing, show, retry, ignore):
        config_argument(one)
    verb.set_defaults(execute=execute, closed=False, json=False)


def execute(options: argparse.Namespace) -> int:
    """Do one of the acts; 0 when it was done."""
    return asyncio.run(_ACTS[options.act or "list"](options))


async def _list(options: argparse.Namespace) -> int:
    owners = configured(options, level="warning").owners
    async with opened(options) as database:
        filed = await list_cases(database, state="closed" if options.closed else "open")
    now = SystemClock().now()
    if options.json:
        print(json.dumps([_plain(one, owners) for one in filed], indent=2, default=str))
    elif not filed:
        print("no case is open: nothing awaits a person")
    else:
        rows = [_row(one, owners, now) for one in filed]
        print(table(("case", "age", "owner", "what", "record", "detail"), rows))
        print("\n`khaossync cases show <case>` tells what to do about one.")
    return 0


async def _show(options: argparse.Namespace) -> int:
    owners = configured(options, level="warning").owners
    async with opened(options) as database:
        print(_told(await show_case(database, options.case), owners))
    return 0


async def _retry(options: argparse.Namespace) -> int:
    async with opened(options) as database:
        file = await show_case(database, options.case)
        count = await retry_case(database, options.case, whoami(), SystemClock().now())
    if not count:
        print(f"case {file.filed.case_id} holds no message back: do what it asks, then close it with `cases ignore`")
        return 1
    print(f"{count} messages go again; the case closes by itself when they are through")
    return 0


async def _ignore(options: argparse.Namespace) -> int:
    async with opened(options) as database:
        count = await ignore_case(database, options.case, whoami(), options.reason, SystemClock().now())
    print(f"case {options.case} is closed" + (f", and {count} messages will not be sent" if count else ""))
    return 0


def _plain(one: FiledCase, owners: Mapping[CaseClass, str]) -> Mapping[str, object]:
    return {
        "case": one.case_id,
        "case_class": one.case.case_class,
        "source": one.case.source,
        "subject": one.case.subject,
        "owner": _owner(one, owners),
        "urgent": one.case.playbook.urgent,
        "detail": one.case.detail,
        "evidence": one.case.evidence,
        "state": one.state,
        "opened_at": one.opened_at.isoformat(),
        "closed_at": one.closed_at.isoformat() if one.closed_at else None,
        "waiting": one.waiting,
    }


def _row(one: FiledCase, owners: Mapping[CaseClass, str], now: datetime) -> tuple[str, ...]:
    title = one.case.playbook.title + (" (urgent)" if one.case.playbook.urgent else "")
    return (str(one.case_id), age(now - one.opened_at), _owner(one, owners), title, one.case.subject, one.case.detail)


def _told(file: CaseFile, owners: Mapping[CaseClass, str]) -> str:
    filed, playbook = file.filed, file.filed.case.playbook
    lines = [
        f"case {filed.case_id}: {playbook.title}",
        f"  record    {filed.case.subject} ({filed.case.source})",
        f"  detail    {filed.case.detail}",
        f"  owner     {_owner(filed, owners)}{', urgent' if playbook.urgent else ''}",
        f"  opened    {filed.opened_at:%Y-%m-%d %H:%M} UTC, {filed.state}",
        f"  to do     {playbook.recipe.replace('<case>', str(filed.case_id))}",
    ]
    if filed.closed_at:
        lines.append(f"  closed    {filed.closed_at:%Y-%m-%d %H:%M} UTC by {filed.closed_by}: {filed.why}")
    if filed.case.evidence:
        lines.append("  evidence")
    lines += [f"    {name}: {value}" for name, value in filed.case.evidence.items()]
    for one in file.waiting:
        behind = f", {one.behind} more wait behind it" if one.behind else ""
        lines.append(f"  waits     message {one.message_id}: {one.kind} for {one.destination}, {one.state}{behind}")
    return "\n".join(lines + (["  as it was told:", file.raw] if file.raw else []))


def _owner(one: FiledCase, owners: Mapping[CaseClass, str]) -> str:
    return owners.get(one.case.case_class, one.case.playbook.owner)


def number(text: str) -> int:
    """A case's number. Raises ArgumentTypeError for what cannot be one."""
    if not (text.isascii() and text.isdigit() and len(text) <= _DIGITS):
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is no number of a case; `khaossync cases list` shows them")
    return int(text)


_ACTS = {"list": _list, "show": _show, "retry": _retry, "ignore": _ignore}
