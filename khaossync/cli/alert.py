"""`khaossync alert`: who is told what, and whether a message gets there."""

import argparse
import asyncio
import json
import socket
from collections.abc import Mapping, Sequence

from khaossync.cli.opening import config_argument, configured
from khaossync.cli.table import table
from khaossync.clock import SystemClock
from khaossync.config import Config
from khaossync.config.alerting import AlertTable
from khaossync.domain.cases import PLAYBOOKS
from khaossync.domain.errors import SyncError
from khaossync.ops.alerts.wording import Telling


def arguments(verb: argparse.ArgumentParser) -> None:
    """Declare the verb's options."""
    config_argument(verb)
    verb.add_argument(
        "--test", action="store_true", help="send a test message to every target, and tell what came of it"
    )
    verb.add_argument("--json", action="store_true", help="for a machine")
    verb.set_defaults(execute=execute)


def execute(options: argparse.Namespace) -> int:
    """Print every target; 1 when one of them did not take its test message."""
    config = configured(options, level="critical")
    came = asyncio.run(_test(config)) if options.test else {}
    unheard = _unheard(config)
    if options.json:
        print(json.dumps({"targets": list(config.alerts), "came": came, "told_to_nobody": unheard}, indent=2))
    else:
        print(_told(config, came, unheard))
    return 1 if any(came.values()) else 0


async def _test(config: Config) -> Mapping[str, str]:
    """Target → why it did not take its message; empty when it did."""
    tested = await asyncio.gather(*(_sent(name, one) for name, one in config.alerts.items()))
    return dict(zip(config.alerts, tested, strict=True))


async def _sent(name: str, target: AlertTable) -> str:
    clock = SystemClock()
    try:
        await target.way(name, clock).send(Telling(socket.gethostname(), clock.now()))
    except SyncError as error:
        return str(error)
    return ""


def _unheard(config: Config) -> Sequence[str]:
    """Whose cases no target is told of, however urgent they are."""
    if any(not one.owners for one in config.alerts.values()):
        return []
    owners = {config.owners.get(case_class, playbook.owner) for case_class, playbook in PLAYBOOKS.items()}
    return sorted(owners - {owner for one in config.alerts.values() for owner in one.owners})


def _told(config: Config, came: Mapping[str, str], unheard: Sequence[str]) -> str:
    if not config.alerts:
        return "nobody is told of anything: add a table [alerts.<name>], config.example.toml shows each kind"
    rows = [(name, one.kind, _wishes(one), _came(name, came)) for name, one in config.alerts.items()]
    told = table(("target", "way", "is told of", "test message"), rows)
    return f"{told}\n\nnobody is told of what belongs to: {', '.join(unheard)}" if unheard else told


def _wishes(target: AlertTable) -> str:
    what = "urgent matters" if target.only_urgent else "everything"
    whose = f" of {', '.join(target.owners)}" if target.owners else ""
    after = f", once it has lasted {target.after_minutes} min" if target.after_minutes else ""
    return f"{what}{whose}{after}"


def _came(name: str, came: Mapping[str, str]) -> str:
    if name not in came:
        return "not sent (--test)"
    return came[name] or "taken"
