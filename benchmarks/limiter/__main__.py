"""`python -m benchmarks.limiter`: run each way for as long, and tell how they did."""

import argparse
import asyncio
import logging
import sys
from pathlib import Path

import aiohttp
import structlog

from benchmarks.limiter import report
from benchmarks.limiter.contenders import contenders
from benchmarks.limiter.figures import Figures
from benchmarks.limiter.load import DESPATCH_EVERY, Load
from benchmarks.limiter.shop import MAXIMUM, RATE, BenchShop
from khaossync.channels.shopify.config import Settings
from khaossync.cli.table import table

LOOK = 0.5
"""Seconds between two looks at the bar on a terminal; elsewhere a line comes every ten."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.limiter", description=__doc__)
    parser.add_argument("--seconds", type=float, default=150, metavar="N", help="how long each way runs (default 150)")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="also put the table into this page")
    options = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    runs = asyncio.run(_all(options.seconds))
    print(table(report.COLUMNS, report.rows(runs), width=150))
    if options.write:
        report.write(options.write, report.markdown(runs))


async def _all(seconds: float) -> dict[str, Figures]:
    names = contenders(_settings(""), MAXIMUM, RATE)
    return {name: await _one(name, seconds) for name in names}


async def _one(name: str, seconds: float) -> Figures:
    stage = BenchShop(orders=int(seconds / DESPATCH_EVERY) + 1)
    settings = _settings(await stage.shop.start())
    progress = asyncio.create_task(_progress(name, seconds))
    try:
        async with aiohttp.ClientSession() as session:
            limiter = contenders(settings, MAXIMUM, RATE)[name]()
            return await Load(stage, settings, session, limiter).run(seconds)
    finally:
        progress.cancel()
        await asyncio.wait([progress])
        await stage.shop.stop()


async def _progress(name: str, seconds: float) -> None:
    began, terminal = asyncio.get_running_loop().time(), sys.stderr.isatty()
    while True:
        passed = min(asyncio.get_running_loop().time() - began, seconds)
        bar = "█" * int(30 * passed / seconds)
        text = f"{name:20} {bar:30} {passed:4.0f} of {seconds:.0f} s"
        print(f"\r{text}" if terminal else text, end="" if terminal and passed < seconds else "\n", file=sys.stderr)
        if passed >= seconds:
            return
        await asyncio.sleep(LOOK if terminal else 10)


def _settings(url: str) -> Settings:
    return Settings.model_validate({"shop": "bench.myshopify.com", "url": url, "access_token": "shpat_test"})


main()
