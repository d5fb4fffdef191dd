"""The simulated server stays quick with a large merchant's books: what changed is found without reading the rest."""

import random
from decimal import Decimal

from sandbox.khaosws_client import Client, OrderForm, Wall

from khaossync.sandbox.khaosws import KhaosServer

CODES = 250_000
ORDERS = 10_000
AT_ONCE = 200


def batch(number: int) -> list[str]:
    return [
        OrderForm(f"W{number}-{n}", [{"STOCK_CODE": f"S{n:06d}"}], {"WEB_USER": f"u{n}@example.com"}).xml()
        for n in range(AT_ONCE)
    ]


async def test_ten_thousand_orders_and_a_quarter_of_a_million_codes_are_no_trouble() -> None:
    wall = Wall()
    server = KhaosServer(now=wall.now, dice=random.Random(1))
    for number in range(CODES):
        server.add_stock(f"S{number:06d}", "Thing", {"1": 1000})
    client = Client(await server.start())
    try:
        wall.pass_(hours=1)
        for number in range(ORDERS // AT_ONCE):
            answer = await client.import_orders(*batch(number))
            assert answer.root.findtext(".//ImportedCount") == str(AT_ONCE)
        moved = await client.call("GetStockList", DateType=2, DateValue=wall.london())
        status = await client.call("ExportOrderStatusEx", IDs="W7-7,W49-199", MappingType=4)
        assert moved.root.findtext(".//Count") == str(AT_ONCE)
        assert [order.get("ASSOCIATED_REF") for order in status.inner] == ["W7-7", "W49-199"]
        assert server.available("S000199") == Decimal(1000 - ORDERS // AT_ONCE)
    finally:
        await server.stop()
