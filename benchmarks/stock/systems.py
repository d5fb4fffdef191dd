"""`python -m benchmarks.stock.systems N`: the other side, in a process of its own so that its memory is not counted.

Prints where it listens and what it sells as one line of JSON, then does what each line on its input says.
"""

import asyncio
import json
import random
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from khaossync.sandbox.khaosws import KhaosServer
from khaossync.sandbox.shopify import ShopifyShop

SOLD = 200
"""So many of the codes are for sale in the simulated shop; of all others only the listing is known."""

FREE, ELSEWHERE = 40, 7
"""Units of every code at the first and at the second site."""


def code(number: int) -> str:
    """The stock code, and the SKU, of a number."""
    return f"SKU{number:07}"


class Calendar:
    """The present, or as far before it as is said."""

    ago = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) - self.ago


async def main(count: int) -> None:
    dice, calendar = random.Random(7), Calendar()
    calendar.ago = timedelta(days=30)  # else all of the catalogue would count as moved today
    khaos = KhaosServer(now=calendar.now, dice=dice, sites=(("1", "Main"), ("2", "Overflow")))
    for number in range(count):
        khaos.add_stock(code(number), "Thing", {"1": Decimal(FREE), "2": Decimal(ELSEWHERE)}, price=Decimal(10))
    calendar.ago = timedelta(0)
    shop = ShopifyShop(
        now=calendar.now, dice=dice, name="bench", maximum=20_000, restore_rate=1000, locations=("A", "B")
    )
    stock = {"A": FREE, "B": ELSEWHERE}
    items = [shop.list_product(code(number), "Thing", Decimal(12), stock) for number in range(min(SOLD, count))]
    places = [shop.state.catalogue.location(name).id for name in ("A", "B")]
    told = {"khaos": await khaos.start(), "shop": await shop.start(), "items": items, "places": places}
    print(json.dumps(told), flush=True)
    await _obey(khaos)
    await khaos.stop()
    await shop.stop()


async def _obey(khaos: KhaosServer) -> None:
    """Each line is a number and a step: the levels of so many codes change, one in every so many."""
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while line := await lines.readline():
        changes, step = map(int, line.split())
        for number in range(changes):
            khaos.receive(code(number * step), Decimal(1))
        print("changed", flush=True)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
