"""`khaossync erase`: scrub a customer from everything that is stored, and keep what an auditor needs."""

import argparse
import asyncio
import sys
from collections.abc import Sequence

from khaossync.cli.opening import config_argument, opened, whoami
from khaossync.cli.table import table
from khaossync.clock import SystemClock
from khaossync.domain.errors import ConfigError
from khaossync.outbox import Database, Erased, erase, orders_of

_STEP = 20_000
"""After so many records it is told how far the search is."""


def arguments(verb: argparse.ArgumentParser) -> None:
    """Declare the verb's options."""
    verb.add_argument(
        "--customer",
        required=True,
        metavar="WHO",
        help="the e-mail, the shop's id of the customer or company, or the company's code in the ERP; - reads it from "
        "the input, so that it stays out of the list of processes and the shell's history",
    )
    verb.add_argument("--dry-run", action="store_true", help="only show what would be scrubbed")
    verb.add_argument("--yes", action="store_true", help="do not ask")
    verb.add_argument(
        "--even-unfinished",
        action="store_true",
        help="also orders on which something still waits: send nothing more of them, and close their cases",
    )
    config_argument(verb)
    verb.set_defaults(execute=execute)


def execute(options: argparse.Namespace) -> int:
    """Show, ask, scrub; 1 when something hinders, 2 when nobody can be asked."""
    person = sys.stdin.readline().strip() if options.customer == "-" else options.customer.strip()
    if not person:
        raise ConfigError("erase: say who with --customer, such as --customer somebody@example.org")
    return asyncio.run(_erase(options, person))


async def _erase(options: argparse.Namespace, person: str) -> int:
    async with opened(options) as database:
        orders = await orders_of(database, person, _Progress())
        would = await _each(database, orders, options.even_unfinished, trial=True)
        print(_told(would) if would else "nothing is stored about this customer (any more)")
        if not would or options.dry_run:
            return int(any(one.hindrances for one in would))
        if any(one.hindrances for one in would):
            print("\nNothing was scrubbed. Let the orders finish, or give them up with --even-unfinished.")
            return 1
        if not options.yes and not _agreed(len(would)):
            return 2
        done = await _each(database, orders, options.even_unfinished, trial=False)
    return _after(done)


async def _each(database: Database, orders: Sequence[str], even_unfinished: bool, *, trial: bool) -> Sequence[Erased]:
    """Each order in a transaction of its own, so that a large customer holds nobody up."""
    by, clock = whoami(), SystemClock()
    return [
        await erase(database, order, by, clock.now(), even_unfinished=even_unfinished, trial=trial) for order in orders
    ]


def _after(done: Sequence[Erased]) -> int:
    hindered = [one for one in done if one.hindrances]
    print(f"scrubbed {len(done) - len(hindered)} orders; the trail tells that you did")
    if hindered:
        print("\nMeanwhile something has begun on these; run it again:\n" + _told(hindered))
    print(
        "Not in khaossync's hands: the shop, Khaos Control, the courier, backups of this database, and the logs.\n"
        "What the shop tells of these orders from now on is stored without the person."
    )
    return int(bool(hindered))


def _agreed(count: int) -> bool:
    if not sys.stdin.isatty():
        print("\nNothing was scrubbed: nobody can be asked here; add --yes.", file=sys.stderr)
        return False
    return input(f"\nScrub the customer from these {count} orders for good? Type yes: ").strip().lower() == "yes"


def _told(orders: Sequence[Erased]) -> str:
    return table(("order", "number", "what"), [(one.order, one.number, _what(one)) for one in orders])


def _what(one: Erased) -> str:
    if one.hindrances:
        return "hindered: " + "; ".join(one.hindrances)
    return ", ".join(f"{count} {what}" for what, count in one.counts.items()) or "nothing is left to scrub"


class _Progress:
    """Tells on stderr how many records were looked through, every now and then."""

    def __init__(self) -> None:
        self._told = 0

    def __call__(self, looked: int) -> None:
        if looked - self._told >= _STEP:
            self._told = looked
            print(f"{looked:,} records looked through", file=sys.stderr, flush=True)
