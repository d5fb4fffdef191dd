# ruff: noqa: S104 -- nothing is bound here
"""Calls to configured addresses lead out of the house, whatever an address looks like and wherever its name leads."""

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from outbox.stories import HandClock
from unit.ops.alerts.tellings import place

from khaossync.domain.errors import RateLimitedError, TransientError
from khaossync.ops.outward import Outward, Reach, guarded, objection, reach, refusal

MINE = ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1"]
OURS = ["10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1", "100.100.100.200", "fd12::1", "::ffff:10.0.0.1"]
OURS += ["64:ff9b::a00:1"]
NEVER = [
    *("0.0.0.0", "::", "255.255.255.255", "240.0.0.1", "224.0.0.1", "224.0.1.1", "ff02::1", "ff0e::1"),
    *("169.254.169.254", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "fe80::1", "fe80::1%eth0", "fec0::1"),
    *("168.63.129.16", "fd00:ec2::254", "fd20:ce::254", "192.0.0.192", "198.18.0.1", "192.0.2.1", "203.0.113.9"),
    *("2002:7f00:1::", "2001:0:1::1", "::7f00:1", "64:ff9b:1::1", "2001:db8::1", "100::1"),
    *("2130706433", "0177.0.0.1", "0x7f.0.0.1", "127.1", "localhost", "", "1.2.3.4 "),
]
OUTSIDE = ["1.1.1.1", "52.1.2.3", "2606:4700:4700::1111", "64:ff9b::101:101", "::ffff:1.1.1.1"]


@pytest.mark.parametrize("address", [*MINE, *OURS, *NEVER])
def test_a_call_to_the_world_reaches_nothing_of_ours(address: str) -> None:
    assert refusal(address, Reach.PUBLIC)


@pytest.mark.parametrize("address", OUTSIDE)
@pytest.mark.parametrize("allowed", [Reach.PUBLIC, Reach.PRIVATE])
def test_a_public_address_is_reached(address: str, allowed: Reach) -> None:
    assert refusal(address, allowed) == ""


@pytest.mark.parametrize("address", [*MINE, *OURS])
def test_a_receiver_of_ones_own_is_reached_where_that_is_allowed(address: str) -> None:
    assert refusal(address, Reach.PRIVATE) == ""


@pytest.mark.parametrize("address", NEVER)
def test_metadata_services_and_the_like_are_never_reached(address: str) -> None:
    assert refusal(address, Reach.PRIVATE)


@pytest.mark.parametrize("address", [*OURS, *NEVER, *OUTSIDE])
def test_without_tls_nothing_leaves_the_machine(address: str) -> None:
    assert refusal(address, Reach.LOOPBACK)


@pytest.mark.parametrize(
    ("url", "allow_private", "wrong"),
    [
        ("https://hooks.example.org/x", False, ""),
        ("https://10.0.0.1/x", True, ""),
        ("http://localhost:9000/x", True, ""),
        ("http://localhost:9000/x", False, "must begin with https://"),
        ("ftp://example.org", False, "must look like"),
        ("https://", False, "must look like"),
        ("hooks.example.org/x", False, "must look like"),
        ("https://a b.example.org", False, "must look like"),
        ("https://example.org/\r\nHost: x", False, "must look like"),
        ("https://me:secret@example.org/", False, "must not hold a name"),
        ("https://[::1/x", False, "is no address"),
        ("https://example.org:99999/", False, "is no address"),
        ("https://a..b/", False, "is no address"),
        ("https://.example.org/", False, "is no address"),
        (f"https://{'a' * 64}.org/", False, "is no address"),
        (f"https://{'ü' * 63}.org/", False, "is no address"),
        (f"https://{'a' * 63}.org./", False, ""),
        ("https://bücher.example.org/", False, ""),
    ],
)
def test_an_address_that_cannot_be_meant_is_told_when_it_is_read(url: str, allow_private: bool, wrong: str) -> None:
    found = objection(url, allow_private=allow_private)
    assert found.startswith(wrong)
    assert bool(found) == bool(wrong)


def test_http_means_this_machine() -> None:
    assert reach("http://localhost/", allow_private=True) is Reach.LOOPBACK
    assert reach("https://localhost/", allow_private=True) is Reach.PRIVATE
    assert reach("https://localhost/", allow_private=False) is Reach.PUBLIC


@pytest_asyncio.fixture(loop_scope="session")
async def callers() -> AsyncIterator[tuple[int, list[str]]]:
    """A port on loopback, and who connected to it."""
    seen: list[str] = []

    async def noted(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(str(writer.get_extra_info("peername")))
        writer.close()

    async with await asyncio.start_server(noted, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1], seen


@pytest.mark.parametrize("host", ["a..b", "a" * 64 + ".org", "[1]"])
async def test_a_host_that_cannot_be_is_an_error_of_ours(host: str) -> None:
    with pytest.raises(TransientError, match=r"alerts\.ops: not reached"):
        await Outward("alerts.ops", f"https://{host}/s3cret", False, HandClock()).call("GET")


HOSTS = ["127.0.0.1", "localhost", "127.0.0.1.", "localhost.", "2130706433", "0177.0.0.1", "0x7f.1", "127.1"]
HOSTS += ["[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::1]", "0", "0.0.0.0", "[64:ff9b::7f00:1]", "①②⑦.0.0.1"]


@pytest.mark.parametrize("host", HOSTS)
async def test_no_way_of_writing_this_machine_leads_to_it(host: str, callers: tuple[int, list[str]]) -> None:
    port, seen = callers
    with pytest.raises(TransientError):
        await Outward("alerts.ops", f"https://{host}:{port}/", False, HandClock()).call("GET")
    assert seen == []


async def test_a_name_that_leads_to_this_machine_is_judged_by_where_it_leads_each_time(
    callers: tuple[int, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: what a name stood for when it was looked at is no promise; two answers at once neither."""
    port, seen = callers
    answers = iter([["127.0.0.1"], ["169.254.169.254", "127.0.0.1"], ["::ffff:127.0.0.1"], ["10.0.0.1"]])

    def resolve(*_: Any, **__: Any) -> list[Any]:
        return [
            (socket.AF_INET6, socket.SOCK_STREAM, 6, "", (one, port, 0, 0))
            if ":" in one
            else (socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port))
            for one in next(answers)
        ]

    way = Outward("alerts.ops", f"https://evil.example.org:{port}/", False, HandClock())
    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    for _ in range(4):
        with pytest.raises(TransientError, match=r"evil\.example\.org"):
            await way.call("GET")
    assert seen == []
    assert next(answers, None) is None


async def test_a_redirect_is_not_followed(callers: tuple[int, list[str]]) -> None:
    port, seen = callers
    async with place() as there:
        there.status, there.headers = 302, {"Location": f"http://127.0.0.1:{port}/"}
        with pytest.raises(TransientError, match="HTTP 302; look at its url"):
            await Outward("alerts.ops", there.url, True, HandClock()).call("POST", body=b"{}")
    assert seen == []


async def test_of_an_answer_no_more_is_read_than_needed() -> None:
    """A receiver that goes on for ever costs ten seconds at most, and no memory."""

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        try:
            while True:
                writer.write(b"1000\r\n" + b"x" * 0x1000 + b"\r\n")
                await writer.drain()
        except ConnectionError:
            hung_up.set()

    hung_up = asyncio.Event()
    async with await asyncio.start_server(endless, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        await Outward("heartbeats.orders", f"http://127.0.0.1:{port}/", True, HandClock()).call("GET")
        await asyncio.wait_for(hung_up.wait(), 10)
    assert hung_up.is_set()


async def test_neither_cookies_nor_proxies_nor_compression_have_a_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    async with place() as there:
        there.headers = {"Set-Cookie": "a=b", "Content-Encoding": "gzip"}
        way = Outward("alerts.ops", there.url, True, HandClock())
        await way.call("GET")
        await way.call("GET")
    assert ["cookie" in headers for _, headers, _ in there.requests] == [False, False]


@pytest.mark.parametrize(("status", "error"), [(204, None), (400, TransientError), (500, TransientError)])
async def test_only_a_2xx_is_taken_for_yes(status: int, error: type[Exception] | None) -> None:
    async with place() as there:
        there.status = status
        way = Outward("alerts.ops", f"{there.url}/s3cret-path", True, HandClock())
        if error is None:
            await way.call("GET")
            return
        with pytest.raises(error) as raised:
            await way.call("GET")
        assert "s3cret-path" not in str(raised.value)


async def test_a_429_without_a_time_means_a_minute() -> None:
    async with place() as there:
        there.status = 429
        with pytest.raises(RateLimitedError) as raised:
            await Outward("alerts.ops", there.url, True, HandClock()).call("GET")
    assert raised.value.wait.total_seconds() == 60


async def test_a_receiver_on_this_machine_is_not_told_in_plain_to_another() -> None:
    async with guarded(Reach.LOOPBACK) as session, place() as there, session.get(there.url) as answer:
        assert answer.status == 200
    way = Outward("alerts.ops", "http://10.255.255.1:9/", True, HandClock())
    with pytest.raises(TransientError, match="must not leave it"):
        await way.call("GET")
