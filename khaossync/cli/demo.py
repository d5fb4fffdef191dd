"""`khaossync demo`: play a simulated trading day around the real daemon, and prove the result."""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from khaossync.cli.daemon import Daemon
from khaossync.cli.picture import Picture
from khaossync.cli.proof import ProofRow, show_proof
from khaossync.cli.stage import Proven, Stage
from khaossync.cli.stores import OTHERS
from khaossync.sandbox.day import Law

TRADING_DAY = 10 * 3600
"""Seconds of a trading day, from nine in the morning to seven in the evening."""

PATIENCE = 120
"""Seconds that the daemon may take after the day to bring the last documents across."""

MEMORY = 120
"""Megabytes that the daemon may take in a day."""

LOOK = 0.5
"""Seconds between two looks at the picture."""

LEAST, MOST = 40, 1_000_000
"""Fewer customers leave some law of some shop without a case to judge; more neither a day nor a machine holds."""


def arguments(verb: argparse.ArgumentParser) -> None:
    """Declare the verb's options."""
    verb.add_argument(
        "--orders",
        type=int,
        default=150,
        metavar="N",
        help=f"how many customers buy, half of them in the first shop (default 150, at least {LEAST})",
    )
    verb.add_argument("--seed", type=int, default=1, metavar="N", help="another seed is another day (default 1)")
    verb.add_argument(
        "--speed", type=float, default=600, metavar="X", help="how many times faster than life (default 600: a minute)"
    )
    verb.add_argument("--keep-running", action="store_true", help="stay up after the proof, until Ctrl-C")
    verb.set_defaults(execute=execute)


def execute(options: argparse.Namespace) -> int:
    """0 when every law of the day holds, 1 when one is broken."""
    if not (LEAST <= options.orders <= MOST and 0 < options.speed <= MOST):
        bounds = f"--orders must be {LEAST} (so that every law is put to the test in every shop) to {MOST}"
        print(f"khaossync: {bounds}; --speed must be above zero and at most {MOST}", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="khaossync-demo-") as folder:
        return asyncio.run(_play(options, Path(folder)))


async def _play(options: argparse.Namespace, folder: Path) -> int:
    length = timedelta(seconds=TRADING_DAY / options.speed)
    stage = Stage(folder, orders=options.orders, seed=options.seed, length=length, others=OTHERS)
    async with stage:
        daemon = Daemon(stage.config, folder / "daemon.log")
        async with daemon:
            await daemon.ready(stage.url)
            await stage.shelved(PATIENCE)
            with Picture() as picture:
                proven = await _live(stage, daemon, picture, length.total_seconds())
            print()
            good = show_proof([*_rows(*proven), _repeatable(await stage.replay()), _frugality(daemon)])
            print(f"\n{stage.told()}\n{daemon.told()}")
            if options.keep_running:
                await _stay(stage, daemon)
    return 0 if good else 1


def _rows(shops: Mapping[str, Sequence[Law]], house: Sequence[Law]) -> Iterator[ProofRow]:
    """One row for each law, with the part that each shop has in it."""
    for laws in zip(*shops.values(), strict=True):
        shares = {channel: law.checked for channel, law in zip(shops, laws, strict=True)}
        bad = [f"{channel}: {one}" for channel, law in zip(shops, laws, strict=True) for one in law.broken]
        checked = sum(shares.values())
        yield ProofRow(laws[0].text, checked, checked - len(bad), bad, shares)
    for law in house:
        yield ProofRow(law.text, law.checked, law.checked - len(law.broken), law.broken)


def _repeatable(told: Sequence[Mapping[str, Any]]) -> ProofRow:
    """What was decided in the day was judged again, `told` as `khaossync replay --json` tells it."""
    *differing, total = told or [{"records": 0, "same": 0}]
    bad = tuple(f"{one['what']} {one['key']} would come out otherwise" for one in differing)
    return ProofRow("judged again, the day comes out the same", total["records"], total["same"], bad)


def _frugality(daemon: Daemon) -> ProofRow:
    bad = () if daemon.peak < MEMORY else (f"it took {daemon.peak:.0f} MB",)
    return ProofRow(f"the daemon stayed under {MEMORY} MB", 1, 1 - len(bad), bad)


async def _live(stage: Stage, daemon: Daemon, picture: Picture, seconds: float) -> Proven:
    """The day itself, then as long as the last documents need."""
    playing = asyncio.create_task(stage.day.play(seconds))
    while not playing.done():
        picture.show(await stage.snapshot(daemon))
        await asyncio.wait({playing, daemon.ended}, timeout=LOOK, return_when=asyncio.FIRST_COMPLETED)
        daemon.insist()
    playing.result()
    return await _close(stage, daemon, picture)


async def _close(stage: Stage, daemon: Daemon, picture: Picture) -> Proven:
    loop = asyncio.get_running_loop()
    end = loop.time() + PATIENCE
    while True:
        await stage.day.close()
        picture.show(await stage.snapshot(daemon))
        shops, house = await stage.laws(daemon)
        broken = any(law.broken for laws in (*shops.values(), house) for law in laws)
        if loop.time() > end or (stage.day.idle and not broken):
            return shops, house
        await asyncio.sleep(1)
        daemon.insist()


async def _stay(stage: Stage, daemon: Daemon) -> None:
    print(f"\nstill running: {stage.url}/healthz  {stage.url}/metrics")
    print(f"look around with: khaossync status --config {stage.config}\nCtrl-C ends it.")
    with suppress(asyncio.CancelledError):
        await daemon.ended
