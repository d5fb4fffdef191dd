"""`khaossync sandbox`: run the simulated shop and the simulated ERP, for a daemon of one's own."""

import argparse
import asyncio
import random
from contextlib import suppress
from datetime import UTC, datetime

from khaossync.sandbox.day import Day, People, shopify
from khaossync.sandbox.khaosws import KhaosServer
from khaossync.sandbox.shopify import ShopifyShop


def arguments(verb: argparse.ArgumentParser) -> None:
    """Declare the verb's options."""
    verb.add_argument("--shop-port", type=port, default=8991, metavar="PORT", help="of the simulated Shopify (8991)")
    verb.add_argument(
        "--erp-port", type=port, default=8992, metavar="PORT", help="of the simulated Khaos Control (8992)"
    )
    verb.add_argument("--orders", type=int, default=0, metavar="N", help="customers who buy during the first hour")
    verb.add_argument("--hook", default="", metavar="URL", help="where the shop posts its webhooks")
    verb.set_defaults(execute=execute)


def execute(options: argparse.Namespace) -> int:
    """Run until Ctrl-C."""
    with suppress(KeyboardInterrupt):
        asyncio.run(_run(options))
    return 0


def port(text: str) -> int:
    """A TCP port. Raises ArgumentTypeError for a number that is none."""
    if not (text.isascii() and text.isdigit() and len(text) < 6 and int(text) <= 65_535):
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is no port; give a number from 0 to 65535")
    return int(text)


async def _run(options: argparse.Namespace) -> None:
    dice = random.Random(1)

    def now() -> datetime:
        return datetime.now(UTC)

    shop = ShopifyShop(now=now, dice=dice, name="demo")
    khaos = KhaosServer(now=now, dice=dice, sites=(("1", "Main"), ("2", "Overflow")))
    day = Day([shopify("shop", shop)], khaos, People(now), orders=options.orders, seed=1)
    day.open()
    shop.webhook_url = options.hook or None
    try:
        print(f"Shopify        {await shop.start(options.shop_port)}  (token shpat_test)")
        print(f"Khaos Control  {await khaos.start(options.erp_port)}\nCtrl-C ends both.", flush=True)
        await day.play(3600)
        await asyncio.Event().wait()
    finally:
        await shop.stop()
        await khaos.stop()
