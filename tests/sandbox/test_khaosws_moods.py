"""The simulated server has its own clock, its own speed, and people who work while a client reads."""

from collections.abc import AsyncIterator
from datetime import timedelta
from email.utils import parsedate_to_datetime

import aiohttp
import pytest
from sandbox.khaosws_client import BEGIN, Client, Wall, khaos

from khaossync.sandbox.khaosws import Habits, KhaosServer
from khaossync.sandbox.khaosws.habits import as_measured


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def server(wall: Wall) -> KhaosServer:
    return khaos(wall)


@pytest.fixture
async def client(server: KhaosServer) -> AsyncIterator[Client]:
    yield Client(await server.start())
    await server.stop()


async def levels(client: Client, codes: str) -> list[tuple[str | None, str | None]]:
    rows = (await client.call("ExportStockStatus", StockCode=codes, MappingType=1)).inner
    return [(row.findtext("LEVEL"), row.findtext("STATUS")) for row in rows]


async def test_a_skewed_clock_shows_in_the_header_and_in_the_records(server: KhaosServer, client: Client) -> None:
    server.skew = timedelta(minutes=7)
    server.adjust("MUG", -1)
    async with aiohttp.ClientSession() as session, session.get(f"{client.url}/wsdl/IKosWeb") as answer:
        assert parsedate_to_datetime(answer.headers["Date"]) == BEGIN + timedelta(minutes=7)
    moved = (await client.call("GetStockList", DateType=2)).items("List")
    assert {each["StockCode"]: each["LastUpdated"] for each in moved} == {
        "MUG": "2025-07-01T10:07:00", "TEA": "2025-07-01T10:00:00", "GIFT": "2025-07-01T10:00:00",
    }  # fmt: skip


async def test_a_level_may_be_below_nothing(server: KhaosServer, client: Client) -> None:
    server.adjust("MUG", -13)
    assert await levels(client, "MUG,TEA") == [("-3", "3"), ("20", "0")]
    (potential,) = (await client.call("GetStockPotential", StockCode="MUG", MappingType=1)).items("return")
    assert (potential["Available"], potential["BackOrder"], potential["Potential"]) == ("0", "3", "-3")


async def test_levels_change_while_a_sweep_runs(wall: Wall, server: KhaosServer, client: Client) -> None:
    """What was read may be old as soon as it is read: only the register of movements tells."""
    wall.pass_(minutes=5)
    since = wall.london()
    server.meanwhile("ExportStockStatus", lambda: server.adjust("MUG", -4), lambda: server.receive("TEA", 1))
    assert await levels(client, "MUG") == [("10", "0")]
    assert await levels(client, "TEA") == [("20", "0")]
    assert await levels(client, "MUG,TEA") == [("6", "0"), ("21", "0")]
    moved = (await client.call("GetStockList", DateType=2, DateValue=since)).items("List")
    assert [each["StockCode"] for each in moved] == ["TEA", "MUG"]


def test_a_slow_server_takes_what_a_real_one_took() -> None:
    assert [as_measured(chance) for chance in (0.0, 0.5, 0.9, 1.0)] == [1.0, 3.0, 10.0, 24.0]
    assert as_measured(0.25) == pytest.approx(2.0)
    with pytest.raises(ValueError, match="between 0 and 1"):
        as_measured(1.5)


async def test_slowness_is_scaled_for_tests(wall: Wall) -> None:
    server = khaos(wall, habits=Habits(slow=0.001))
    client = Client(await server.start())
    assert (await client.call("GetVersion")).fault == ""
    assert server.calls[0].seconds >= 0.001  # one second at best, scaled
    await server.stop()
