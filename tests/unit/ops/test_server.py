"""The server: probes that never hang, and a door that is bounded in size and time."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta

import aiohttp
import orjson
import pytest
from structlog.testing import capture_logs

from khaossync.clock import SystemClock
from khaossync.ops.health import Backlog, Facts
from khaossync.ops.hooks import HookDoor
from khaossync.ops.lookout import Lookout
from khaossync.ops.metrics import Metrics
from khaossync.ops.server import Server

from .conftest import NOON, LogFile, StillClock

WELL = Facts(now=NOON, started_at=NOON)


@dataclass
class World:
    """What the server is given, and what it gave away."""

    facts: Facts = WELL
    told: list[tuple[str, Mapping[str, str], bytes]] = field(default_factory=list)
    status: int = 200

    async def gather(self) -> Facts:
        return self.facts

    async def hook(self, connector: str, headers: Mapping[str, str], body: bytes) -> int:
        self.told.append((connector, headers, body))
        return self.status


@asynccontextmanager
async def served(
    world: World,
    *,
    token: str = "",
    gather: Callable[[], Awaitable[Facts]] | None = None,
    hook: Callable[[str, Mapping[str, str], bytes], Awaitable[int]] | None = None,
) -> AsyncIterator[tuple[Server, aiohttp.ClientSession]]:
    brief = timedelta(milliseconds=80)
    lookout = Lookout(gather or world.gather, SystemClock(), keep=timedelta(0), patience=brief)
    door = HookDoor(hook or world.hook, {"shop"}, max_body=1000, read_timeout=brief, hook_timeout=brief)
    server = Server(lookout, Metrics(), door, host="127.0.0.1", port=0, token=token)
    await server.start()
    async with aiohttp.ClientSession(server.url) as session:
        yield server, session
    await server.stop()


async def never(*_: object) -> int:
    await asyncio.Event().wait()
    return 200


async def test_a_monitor_sees_that_all_is_well() -> None:
    """M-9: health endpoint polled by uptime monitors."""
    async with served(World()) as (_, session), session.get("/healthz") as answer:
        body = await answer.text()
        assert answer.status == 200
        assert body.startswith('{"status":"pass"')
        assert answer.headers["Content-Type"] == "application/health+json"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Server"] == "khaossync"


@pytest.mark.parametrize(
    ("facts", "livez", "readyz", "healthz"),
    [
        (WELL, 200, 200, 200),
        (replace(WELL, cases={"expired": 1}), 200, 200, 200),
        (replace(WELL, draining=True), 200, 503, 200),
        (replace(WELL, database_ok=False), 200, 503, 503),
        (replace(WELL, depth_bound=0), 200, 200, 503),
    ],
    ids=["well", "cases", "draining", "no database", "full"],
)
async def test_each_probe_answers_its_own_question(facts: Facts, livez: int, readyz: int, healthz: int) -> None:
    async with served(World(facts)) as (_, session):
        for path, expected in (("/livez", livez), ("/readyz", readyz), ("/healthz", healthz)):
            async with session.get(path) as answer:
                assert (path, answer.status) == (path, expected)
                assert (await answer.json(content_type=None))["status"] in ("pass", "warn", "fail")
            async with session.head(path) as answer:
                assert (path, answer.status, await answer.read()) == (path, expected, b"")


async def test_a_database_that_never_answers_hangs_no_probe() -> None:
    stuck = asyncio.Event()

    async def gather() -> Facts:
        while True:  # as a driver does that waits for the server to confirm the cancellation
            try:
                await stuck.wait()
            except asyncio.CancelledError:
                continue
            return WELL

    async with served(World(), gather=gather) as (_, session):
        for path, expected in (("/livez", 200), ("/readyz", 503), ("/healthz", 503), ("/metrics", 200)):
            async with asyncio.timeout(5), session.get(path) as answer:
                assert answer.status == expected
        stuck.set()
        async with session.get("/readyz") as answer:
            assert answer.status == 200


async def test_facts_that_cannot_be_gathered_fail_the_report_and_are_logged() -> None:
    async def gather() -> Facts:
        raise ConnectionRefusedError("no database")

    with capture_logs() as logs:
        async with served(World(), gather=gather) as (_, session), session.get("/healthz") as answer:
            assert answer.status == 503
            assert "ConnectionRefusedError" in await answer.text()
    assert [line["event"] for line in logs] == ["facts_not_gathered"]


async def test_probes_of_the_same_second_share_one_look_at_the_database(clock: StillClock) -> None:
    looks = 0

    async def gather() -> Facts:
        nonlocal looks
        looks += 1
        await asyncio.sleep(0)
        return WELL

    lookout = Lookout(gather, clock)
    await asyncio.gather(*(lookout.report() for _ in range(50)))
    clock.pass_time(timedelta(seconds=0.9))
    await lookout.report()
    assert looks == 1
    clock.pass_time(timedelta(seconds=0.2))
    await lookout.report()
    assert looks == 2


async def test_one_slow_look_is_not_held_against_the_next_probe(clock: StillClock) -> None:
    slow = True

    async def gather() -> Facts:
        if slow:
            await asyncio.Event().wait()
        return WELL

    lookout = Lookout(gather, clock, patience=timedelta(milliseconds=20))
    assert (await lookout.report()).ready is False
    await lookout.close()  # returns when the look that was given up has really ended
    slow = False
    clock.pass_time(timedelta(seconds=30))
    assert (await lookout.report()).ready is True


async def test_a_look_that_takes_too_long_is_given_up(clock: StillClock) -> None:
    given_up = asyncio.Event()

    async def gather() -> Facts:
        try:
            await asyncio.Event().wait()
        finally:
            given_up.set()
        return WELL

    lookout = Lookout(gather, clock, patience=timedelta(milliseconds=20))
    assert await lookout.facts() is None
    async with asyncio.timeout(5):
        await given_up.wait()
    assert "no answer within 0.02 s" in (await lookout.report()).checks[0].output


async def test_the_details_are_for_those_who_know_the_token() -> None:
    async with served(World(replace(WELL, cases={"expired": 1})), token="open sesame") as (_, session):
        for given, trusted in (
            ({}, False),
            ({"Authorization": "Bearer wrong"}, False),
            ({"Authorization": "Bearer ümläut"}, False),
            ({"Authorization": "Basic open sesame"}, False),
            ({"Authorization": "bearer open sesame"}, True),
        ):
            async with session.get("/healthz", headers=given) as answer:
                assert ("checks" in await answer.json(content_type=None)) == trusted
            async with session.get("/metrics", headers=given) as answer:
                assert (answer.status == 200) == trusted


async def test_a_scrape_shows_the_facts_of_the_moment() -> None:
    world = World(replace(WELL, backlogs=(Backlog("erp", "order", 7, None, timedelta(1)),)))
    async with served(world) as (_, session), session.get("/metrics") as answer:
        assert 'khaossync_outbox_depth{destination="erp",kind="order"} 7.0' in await answer.text()
        assert answer.headers["Content-Type"].startswith("text/plain; version=")


async def test_a_webhook_is_handed_over_as_it_came() -> None:
    world = World(status=401)
    raw, sent = gzip.compress(b"{}"), {"X-Shopify-Hmac-SHA256": "x=", "Content-Encoding": "gzip"}
    async with served(world) as (_, session), session.post("/hooks/shop", data=raw, headers=sent) as answer:
        assert (answer.status, await answer.read()) == (401, b"")
    ((connector, headers, body),) = world.told
    assert (connector, body) == ("shop", raw)
    assert headers["x-shopify-hmac-sha256"] == "x="


async def test_nobody_listens_for_an_unknown_connector() -> None:
    world = World()
    async with served(world) as (_, session):
        for path in ("/hooks/other", "/hooks/", "/nothing"):
            async with session.post(path, data=b"{}") as answer:
                assert answer.status == 404
        async with session.get("/hooks/shop") as answer:
            assert answer.status == 405
    assert world.told == []


@pytest.mark.parametrize(("size", "status"), [(999, 200), (1000, 200), (1001, 413), (500_000, 413)])
@pytest.mark.parametrize("announced", [True, False])
async def test_a_body_that_is_too_large_is_refused(size: int, status: int, announced: bool) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"x" * size

    world = World()
    body = b"x" * size if announced else chunks()
    async with served(world) as (_, session), session.post("/hooks/shop", data=body) as answer:
        assert answer.status == status
    assert len(world.told) == (status == 200)


async def test_an_announced_giant_is_refused_before_it_is_read() -> None:
    async with served(World()) as (server, _):
        answer = await _raw(server, b"POST /hooks/shop HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 413 ")


async def test_a_body_that_trickles_is_given_up() -> None:
    with capture_logs() as logs:
        async with served(World()) as (server, _):
            answer = await _raw(server, b"POST /hooks/shop HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{")
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"connection: close" in answer.lower()
    assert [line["event"] for line in logs] == ["hook_body_too_slow"]


@pytest.mark.parametrize("start", [b"Content-Length: 10\r\n\r\n{", b"Transfer-Encoding: chunked\r\n\r\nZZ\r\n\r\n"])
async def test_a_sender_that_hangs_up_or_babbles_leaves_no_trace(start: bytes, log_to_memory: LogFile) -> None:
    written = log_to_memory()
    world = World()
    async with served(world) as (server, session):
        _, writer = await asyncio.open_connection(*_address(server))
        writer.write(b"POST /hooks/shop HTTP/1.1\r\nHost: x\r\n" + start)
        await writer.drain()
        writer.close()
        await writer.wait_closed()
        async with session.get("/livez") as answer:
            assert answer.status == 200
    assert world.told == []
    assert written.text() == ""


async def test_a_hook_that_takes_too_long_is_told_to_come_back() -> None:
    with capture_logs() as logs:
        async with served(World(), hook=never) as (_, session), session.post("/hooks/shop", data=b"{}") as answer:
            assert answer.status == 503
    assert [line["event"] for line in logs] == ["hook_timed_out"]


async def test_a_hook_that_breaks_is_a_500_without_details(log_to_memory: LogFile) -> None:
    async def broken(connector: str, headers: Mapping[str, str], body: bytes) -> int:
        raise RuntimeError("hunter22")

    written = log_to_memory("hunter22")
    async with served(World(), hook=broken) as (_, session), session.post("/hooks/shop", data=b"{}") as answer:
        assert answer.status == 500
        assert "hunter22" not in await answer.text()
    assert written.lines()[0]["library"] == "aiohttp.server"
    assert "hunter22" not in written.text()


async def test_it_listens_until_it_is_stopped_and_finishes_what_is_under_way() -> None:
    entered, leave = asyncio.Event(), asyncio.Event()

    async def slow(connector: str, headers: Mapping[str, str], body: bytes) -> int:
        entered.set()
        await leave.wait()
        return 200

    world = World(replace(WELL, draining=True))
    lookout = Lookout(world.gather, SystemClock())
    server = Server(lookout, Metrics(), HookDoor(slow, {"shop"}), host="127.0.0.1", port=0)
    await server.start()
    url = server.url
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{url}/readyz") as answer:
            assert (answer.status, orjson.loads(await answer.read())) == (503, {"status": "fail"})
        post = asyncio.create_task(session.post(f"{url}/hooks/shop", data=b"{}"))
        await entered.wait()
        stopping = asyncio.create_task(server.stop())
        await asyncio.sleep(0)
        leave.set()
        assert (await post).status == 200
        await stopping
        with pytest.raises(aiohttp.ClientConnectorError):
            await session.get(f"{url}/livez")


async def test_the_address_can_be_told_for_ipv6_too() -> None:
    server = Server(Lookout(World().gather, SystemClock()), Metrics(), HookDoor(World().hook, ()), host="::1", port=0)
    await server.start()
    try:
        assert server.url.startswith("http://[::1]:")
    finally:
        await server.stop()


def _address(server: Server) -> tuple[str, int]:
    host, port = server.url.removeprefix("http://").split(":")
    return host, int(port)


async def _raw(server: Server, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection(*_address(server))
    writer.write(request)
    await writer.drain()
    async with asyncio.timeout(5):
        answer = await reader.readuntil(b"\r\n\r\n")
    writer.close()
    await writer.wait_closed()
    return answer
