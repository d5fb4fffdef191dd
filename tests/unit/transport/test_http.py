"""One HTTP request and the remedy of its failure, against a real server on loopback."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from khaossync.clock import SystemClock
from khaossync.domain.errors import AmbiguousError, ConnectorDownError, RateLimitedError, SyncError, TransientError
from khaossync.transport.buckets import Budget
from khaossync.transport.http import Answer, Http, Request, retry_after
from khaossync.transport.limiter import Limiter
from khaossync.transport.priority import Priority

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Ledger:
    """A meter that remembers what it counted."""

    def __init__(self) -> None:
        self.counted: list[tuple[str, str]] = []

    def count(self, name: str, amount: float = 1, **labels: str) -> None:
        self.counted.append((name, labels.get("outcome", "")))

    def gauge(self, name: str, value: float, **labels: str) -> None:
        raise AssertionError("a request sets no gauge")

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        assert seconds >= 0


class Place:
    """A server whose one handler the test chooses."""

    def __init__(self, url: str, http: Http, meter: Ledger) -> None:
        self.url, self.http, self.meter = url, http, meter
        self.handler: Handler = lambda _: asyncio.sleep(0, web.Response())

    async def send(
        self,
        *,
        safe: bool = False,
        timeout: float = 5,
        url: str = "",
        feed: Callable[[bytes], None] | None = None,
    ) -> Answer:
        request = Request("Test", "POST", url or self.url, safe, {}, b"x", timedelta(seconds=timeout), feed=feed)
        return await self.http.send(request, Priority.ORDERS)


def answering(status: int = 200, **kwargs: object) -> Handler:
    async def handle(_: web.Request) -> web.StreamResponse:
        return web.Response(status=status, **kwargs)  # type: ignore[arg-type]

    return handle


@pytest.fixture
async def served() -> AsyncIterator[Place]:
    place: Place

    async def handle(request: web.Request) -> web.StreamResponse:
        return await place.handler(request)

    app = web.Application()
    app.router.add_route("*", "/", handle)
    async with TestServer(app) as server, aiohttp.ClientSession() as session:
        meter = Ledger()
        http = Http("shop", session, Limiter(Budget(1000, 1)), SystemClock(), meter, max_body=1000, max_fed=5000)
        place = Place(str(server.make_url("/")), http, meter)
        yield place


async def test_an_answer_comes_whole_with_lower_case_headers(served: Place) -> None:
    served.handler = answering(422, body=b"no", headers={"X-Thing": "1"})
    answer = await served.send()
    assert (answer.status, answer.body, answer.headers["x-thing"]) == (422, b"no", "1")
    assert ("requests", "ok") in served.meter.counted


@pytest.mark.parametrize("status", [401, 403])
async def test_refused_credentials_take_the_connector_down(served: Place, status: int) -> None:
    """S-40: nobody hammers a system that does not let us in."""
    served.handler = answering(status)
    with pytest.raises(ConnectorDownError, match="credentials"):
        await served.send()


async def test_a_429_waits_as_long_as_it_says(served: Place) -> None:
    served.handler = answering(429, headers={"Retry-After": "3"})
    with pytest.raises(RateLimitedError) as caught:
        await served.send()
    assert caught.value.wait == timedelta(seconds=3)


@pytest.mark.parametrize(("safe", "expected"), [(True, TransientError), (False, AmbiguousError)])
@pytest.mark.parametrize("trouble", ["502", "drop", "stall", "too large", "half"])
async def test_after_sending_only_a_safe_request_may_simply_be_repeated(
    served: Place, safe: bool, expected: type[SyncError], trouble: str
) -> None:
    """A lost answer to a write is neither a failure nor a success."""

    async def misbehave(request: web.Request) -> web.StreamResponse:
        if trouble == "stall":
            await asyncio.sleep(1)
        if trouble == "drop":
            assert request.transport
            request.transport.close()
        if trouble == "half":
            response = web.StreamResponse(headers={"Content-Length": "100"})
            await response.prepare(request)
            await response.write(b"half")
            assert request.transport
            request.transport.close()
            return response
        return web.Response(status=502 if trouble == "502" else 200, body=b"x" * 2000)

    served.handler = misbehave
    with pytest.raises(expected):
        await served.send(safe=safe, timeout=0.2 if trouble == "stall" else 5)


async def test_a_body_that_is_fed_may_be_longer_than_one_that_is_held(served: Place) -> None:
    taken: list[bytes] = []
    served.handler = answering(body=b"x" * 5000)
    answer = await served.send(feed=taken.append)
    assert (answer.body, b"".join(taken)) == (b"", b"x" * 5000)


async def test_a_body_that_is_fed_has_its_bounds_too(served: Place) -> None:
    served.handler = answering(body=b"x" * 5001)
    with pytest.raises(TransientError, match="answer larger than 5000 bytes"):
        await served.send(safe=True, feed=lambda _: None)


async def test_an_answer_that_its_reader_does_not_understand_is_no_success(served: Place) -> None:
    def baffled(_: bytes) -> None:
        raise ValueError("no XML")

    served.handler = answering(body=b"x")
    with pytest.raises(ValueError, match="no XML"):
        await served.send(feed=baffled)
    assert ("requests", "failed") in served.meter.counted
    assert ("requests", "ok") not in served.meter.counted


async def test_a_refused_connection_had_no_effect_and_takes_the_connector_down(served: Place) -> None:
    with pytest.raises(ConnectorDownError, match="cannot connect"):
        await served.send(url="http://127.0.0.1:1/")


async def test_a_long_retry_after_is_told_whole_but_holds_the_other_calls_for_a_minute_at_most(
    served: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SHO-3: a tick that waits for the limiter must not look dead to the watchdog."""
    pauses: list[float] = []
    monkeypatch.setattr(served.http.limiter, "pause", pauses.append)
    served.handler = answering(429, headers={"Retry-After": "600"})
    with pytest.raises(RateLimitedError) as caught:
        await served.send()
    assert (caught.value.wait, pauses) == (timedelta(minutes=10), [60.0])


async def test_redirects_are_not_followed(served: Place) -> None:
    """A token must not travel to wherever a redirect points."""
    served.handler = answering(302, headers={"Location": "http://127.0.0.1:1/"})
    assert (await served.send()).status == 302


class Noon:
    def now(self) -> datetime:
        return datetime(2026, 11, 2, 12, 0, tzinfo=UTC)

    def monotonic(self) -> float:
        return 0.0


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("2.5", timedelta(seconds=2.5)),
        ("Mon, 02 Nov 2026 12:00:10 GMT", timedelta(seconds=10)),
        ("Mon, 02 Nov 2026 11:00:00 GMT", timedelta(0)),
        ("999999", timedelta(minutes=15)),
        ("soon", None),
        ("", None),
        ("1e999", timedelta(minutes=15)),
        ("Mon, 02 Nov 2026 12:00:10 +99999999999999999999", None),
    ],
)
def test_retry_after_is_read_in_both_forms_and_bounded(header: str, expected: timedelta | None) -> None:
    assert retry_after({"retry-after": header}, Noon()) == expected
