"""`python -m chaos`: let the daemon die at every point, in every trouble, and tell which laws that breaks."""

import argparse
import asyncio
import logging
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import structlog
from chaos.crossing import Crossing, Place, Tally, census
from chaos.hurry import HurriedLoop
from chaos.kills import PER_DAY, POINT, play_day
from chaos.progress import Progress
from chaos.rounds import open_field
from chaos.shops import SHOPS
from conftest import FAST_AND_FORGETFUL

from khaossync.embedded import Server


def main() -> int:
    options = _options()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    logging.disable(logging.CRITICAL)
    tally = Tally()
    try:
        if options.day is None:
            with asyncio.Runner(loop_factory=HurriedLoop) as runner:
                runner.run(_rounds(options, tally))
        if options.round is None:
            asyncio.run(_days(options, tally))
    except KeyboardInterrupt:
        sys.stderr.write("\nstopped; this is what was played:\n")
    sys.stdout.write(f"{tally.told()}\n")
    return 1 if tally.broken else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="another seed is another run (default 1)")
    parser.add_argument("--shop", choices=[*SHOPS], help="play only this platform (default: all in turn)")
    parser.add_argument("--rounds", type=int, default=300, metavar="N", help="how many rounds; 0 plays every cell once")
    parser.add_argument(
        "--kills", type=int, default=8, metavar="N", help=f"how often the real process is killed, in days of {PER_DAY}"
    )
    parser.add_argument("--round", type=int, metavar="N", help="play only this round of the seed and shop again")
    parser.add_argument("--day", type=int, metavar="N", help="play only this day of the real process again")
    options = parser.parse_args()
    if options.round and not options.shop:
        parser.error("which shop's round is that? Name it with --shop")
    return options


async def _rounds(options: argparse.Namespace, tally: Tally) -> None:
    with tempfile.TemporaryDirectory(prefix="khaossync-chaos-") as folder:
        async with Server(Path(folder), settings=FAST_AND_FORGETFUL) as dsn, open_field(dsn) as field:
            crossings = [
                await census(field, options.seed, shop) for shop in ([options.shop] if options.shop else SHOPS)
            ]
            rounds = _in_turn(crossings, options)
            progress = Progress("rounds", len(rounds))
            for done, (crossing, number) in enumerate(rounds, start=1):
                await tally.play(field, crossing, [number])
                progress.show(done, len(tally.broken))


def _in_turn(crossings: Sequence[Crossing], options: argparse.Namespace) -> list[tuple[Crossing, int]]:
    """Which round of which crossing is played when: every platform comes as often, or each of its cells once."""
    if options.round:
        return [(crossings[0], options.round)]
    longest = max(len(crossing) for crossing in crossings)
    if not options.rounds:
        return [(each, number) for number in range(1, longest + 1) for each in crossings if number <= len(each)]
    return [(crossings[n % len(crossings)], n // len(crossings) + 1) for n in range(options.rounds)]


async def _days(options: argparse.Namespace, tally: Tally) -> None:
    days = [options.day] if options.day else range(1, options.kills // PER_DAY + 1)
    progress = Progress("days with kills", len(days))
    for done, day in enumerate(days, start=1):
        with tempfile.TemporaryDirectory(prefix="khaossync-chaos-") as folder:
            crossed, broken = await play_day(Path(folder), options.seed, day, PER_DAY)
        for trouble in crossed:
            tally.note(Place("shopify", POINT, trouble.name), 1)
        if broken:
            tally.fail(Place("shopify", POINT, crossed[-1].name), broken, f"make chaos SEED={options.seed} DAY={day}")
        progress.show(done, len(tally.broken))


sys.exit(main())
