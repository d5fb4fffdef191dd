"""The client paces by cost, signs in, and sorts every failure by its remedy (against a loopback server)."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from channels.shopify.scripts import settings
from hypothesis import given
from hypothesis import strategies as st

from khaossync.channels.shopify import operations as op
from khaossync.channels.shopify.client import Client
from khaossync.channels.shopify.fields import MalformedError, Node
from khaossync.channels.shopify.signing_in import tokens
from khaossync.channels.shopify.wire import Operation, TooDearError, charge, data, parse
from khaossync.clock import SystemClock
from khaossync.domain.cases import CaseClass
from khaossync.domain.errors import (
    AmbiguousError,
    ConnectorDownError,
    RateLimitedError,
    RejectedError,
    SyncError,
    TransientError,
)
from khaossync.transport.buckets import Call, CostBucket
from khaossync.transport.http import Http
from khaossync.transport.limiter import Limiter
from khaossync.transport.priority import Priority

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Counting:
    """A meter that remembers what it counted, by name and priority."""

    def __init__(self) -> None:
        self.counted: Counter[tuple[str, str]] = Counter()

    def count(self, name: str, amount: float = 1, **labels: str) -> None:
        self.counted[name, labels.get("priority", "")] += int(amount)

    def gauge(self, name: str, value: float, **labels: str) -> None: ...
    def observe(self, name: str, seconds: float, **labels: str) -> None: ...


class Hands(SystemClock):
    """A clock whose elapsed seconds the test sets."""

    seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds


class Listening(CostBucket):
    """A bucket that remembers what was taken from it."""

    def __init__(self, available: float, maximum: float, restore_rate: float) -> None:
        super().__init__(available, maximum, restore_rate)
        self.taken: list[float] = []

    async def take(self, cost: float) -> Call:
        self.taken.append(cost)
        return await super().take(cost)


@asynccontextmanager
async def shop(
    handle: Handler, clock: SystemClock | None = None, meter: Counting | None = None, **changes: Any
) -> AsyncIterator[tuple[Client, Listening]]:
    """A client of a shop that answers every request by `handle`."""
    async with AsyncExitStack() as stack:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", handle)
        server = TestServer(app)
        await server.start_server()
        stack.push_async_callback(server.close)
        session = await stack.enter_async_context(ClientSession())
        chosen = settings(url=str(server.make_url("/")), timeout=2, **changes)
        bucket = Listening(chosen.bucket, chosen.bucket, chosen.restore_rate)
        http = Http("shop", session, Limiter(bucket), SystemClock(), meter or Counting())
        yield Client(chosen, http, tokens(chosen, http, clock or SystemClock()), Priority.ORDERS), bucket


def answering(content: object, status: int = 200) -> Handler:
    async def handle(_: web.Request) -> web.StreamResponse:
        return web.json_response(content, status=status)

    return handle


def answering_in_turn(contents: list[dict[str, Any]]) -> Handler:
    waiting = iter(contents)

    async def handle(_: web.Request) -> web.StreamResponse:
        return web.json_response(next(waiting))

    return handle


def cost(requested: float, available: float, maximum: float = 2000, rate: float = 100) -> dict[str, Any]:
    throttle = {"maximumAvailable": maximum, "currentlyAvailable": available, "restoreRate": rate}
    return {"cost": {"requestedQueryCost": requested, "actualQueryCost": requested, "throttleStatus": throttle}}


def failing(code: str, **extensions: Any) -> dict[str, Any]:
    return {"errors": [{"message": "No", "extensions": {"code": code} | extensions}]}


GOOD = {"data": {"shop": {"name": "Example"}}}


async def test_the_request_names_its_version_its_token_and_its_document() -> None:
    seen: dict[str, Any] = {}

    async def handle(request: web.Request) -> web.StreamResponse:
        seen.update(path=request.path, token=request.headers["X-Shopify-Access-Token"], body=await request.json())
        return web.json_response(GOOD)

    async with shop(handle, api_version="2026-10") as (client, _):
        answer = await client.run(op.SHOP)
    assert answer.node("shop").text("name") == "Example"
    assert (seen["path"], seen["token"]) == ("/admin/api/2026-10/graphql.json", "token")
    assert (seen["body"]["operationName"], seen["body"]["query"]) == ("Shop", op.SHOP.document)


async def test_the_limiter_believes_the_shops_own_count() -> None:
    """SHO-2, SHO-3: the pace follows throttleStatus, whatever another app has drained."""
    async with shop(answering(GOOD | {"extensions": cost(1, 12.0, rate=1)})) as (client, bucket):
        await client.run(op.SHOP)
        assert bucket.tokens == pytest.approx(12.0, abs=0.9)


async def test_an_operation_is_expected_to_cost_what_it_was_charged_last_time() -> None:
    """SHO-3: Shopify charges long pages less than its published rule says."""
    many = {"data": {"locations": {}}, "extensions": cost(25.5, 2000, rate=1)}
    async with shop(answering(many)) as (client, bucket):
        await client.run(op.LOCATIONS, first=100)
        await client.run(op.LOCATIONS, first=200)
    assert bucket.taken == [102, pytest.approx(25.5 * 202 / 102)]


@pytest.mark.parametrize("status", [200, 429])
async def test_a_throttled_call_waits_and_spends_no_attempt(status: int) -> None:
    """SHO-3: sources differ on whether Shopify says so with 200 or 429."""
    content = failing("THROTTLED") | {"extensions": cost(300, 100)}
    async with shop(answering(content, status)) as (client, _):
        with pytest.raises(RateLimitedError) as caught:
            await client.run(op.SHOP)
    assert caught.value.wait.total_seconds() == 2.0


async def test_what_calls_cost_and_how_many_were_refused_is_counted_by_urgency() -> None:
    """S-23, SHO-10."""
    told = [GOOD | {"extensions": cost(7, 1900)}, GOOD, failing("THROTTLED") | {"extensions": cost(300, 100)}]
    meter = Counting()
    async with shop(answering_in_turn(told), meter=meter) as (client, _):
        await client.at(Priority.STOCK).run(op.SHOP)
        await client.run(op.SHOP)
        with pytest.raises(RateLimitedError):
            await client.at(Priority.DESPATCH).run(op.SHOP)
    assert meter.counted["limiter_tokens", "stock"] == 7
    assert meter.counted["limiter_refusals", "despatch"] == 1
    assert meter.counted["limiter_refusals", "stock"] == 0


async def test_a_throttled_call_holds_back_no_other_that_the_shop_has_tokens_for() -> None:
    """SHO-28: a page of orders was one too many; a despatch goes on."""
    told = [failing("THROTTLED") | {"extensions": cost(900, 300, rate=1)}, GOOD]
    async with shop(answering_in_turn(told)) as (client, _):
        with pytest.raises(RateLimitedError):
            await client.run(op.LOCATIONS, first=200)
        async with asyncio.timeout(5):
            await client.at(Priority.DESPATCH).run(op.SHOP)


async def test_what_one_urgency_has_learnt_the_others_know() -> None:
    many = {"data": {"locations": {}}, "extensions": cost(25.5, 2000, rate=1)}
    async with shop(answering(many)) as (client, bucket):
        await client.at(Priority.BACKFILL).run(op.LOCATIONS, first=100)
        await client.at(Priority.STOCK).run(op.LOCATIONS, first=100)
        assert client.budget == (2000, 1)
    assert bucket.taken == [102, pytest.approx(25.5)]


async def test_a_query_dearer_than_the_whole_bucket_asks_for_a_smaller_page_instead_of_waiting() -> None:
    async with shop(answering(failing("THROTTLED") | {"extensions": cost(300, 40, maximum=40, rate=2)})) as (client, _):
        with pytest.raises(TooDearError, match="costs 300 of a bucket of 40"):
            await client.run(op.SHOP)


async def test_too_dear_a_query_is_told_apart() -> None:
    async with shop(answering(failing("MAX_COST_EXCEEDED", cost=1200, maxCost=1000))) as (client, _):
        with pytest.raises(TooDearError):
            await client.run(op.SHOP)


async def test_a_missing_scope_takes_the_connector_down_and_is_named() -> None:
    """SHO-11: nothing is skipped in silence for want of a right."""
    denied = failing("ACCESS_DENIED", requiredAccess="`read_orders` access scope.")
    async with shop(answering(denied)) as (client, _):
        with pytest.raises(ConnectorDownError, match="grant the app `read_orders` access scope"):
            await client.run(op.SHOP)


FAILURES: list[tuple[Operation, object, int, type[SyncError]]] = [
    (op.SHOP, failing("INTERNAL_SERVER_ERROR"), 200, TransientError),
    (op.CREATE_FULFILMENT, failing("INTERNAL_SERVER_ERROR"), 200, AmbiguousError),
    (op.SHOP, {"errors": "[API] Invalid API key"}, 200, TransientError),
    (op.SHOP, {"errors": [{"message": "no code"}, None, 7]}, 200, TransientError),
    (op.SHOP, {"data": None}, 200, TransientError),
    (op.CREATE_FULFILMENT, {"data": None}, 200, AmbiguousError),
    (op.SHOP, [], 200, TransientError),
    (op.SHOP, {}, 500, TransientError),
    (op.CREATE_FULFILMENT, {}, 502, AmbiguousError),
    (op.SHOP, {}, 401, ConnectorDownError),
    (op.SHOP, {}, 402, ConnectorDownError),
    (op.SHOP, {}, 403, ConnectorDownError),
    (op.SHOP, {}, 404, ConnectorDownError),
    (op.SHOP, {}, 423, ConnectorDownError),
    (op.SHOP, {}, 301, ConnectorDownError),
    (op.SHOP, {}, 400, RejectedError),
    (op.SHOP, failing("INVALID_VARIABLE"), 200, RejectedError),
    (op.SHOP, {"errors": [{"message": "No", "extensions": {"value": "X", "problems": []}}]}, 200, RejectedError),
]


@pytest.mark.parametrize(("operation", "content", "status", "error"), FAILURES)
async def test_every_failure_is_sorted_by_its_remedy(
    operation: Operation, content: object, status: int, error: type[SyncError]
) -> None:
    async with shop(answering(content, status)) as (client, _):
        with pytest.raises(error) as caught:
            await client.run(operation)
    assert type(caught.value) is error or issubclass(type(caught.value), error)
    assert isinstance(caught.value, AmbiguousError) == (error is AmbiguousError)


async def test_a_refusal_opens_the_case_of_its_operation() -> None:
    async with shop(answering(failing("INVALID_VARIABLE"))) as (client, _):
        with pytest.raises(RejectedError) as caught:
            await client.run(op.SET_QUANTITIES)
    assert (caught.value.case_class, caught.value.final) == (CaseClass.STOCK_REFUSED, False)


@pytest.mark.parametrize("operation", [op.SHOP, op.CREATE_FULFILMENT], ids=["read", "write"])
async def test_an_answer_without_data_names_the_operation_and_is_no_fault_of_a_record(operation: Operation) -> None:
    """A record that cannot be read is kept as unreadable; a whole answer that cannot be read is asked for again."""
    async with shop(answering({"data": None})) as (client, _):
        with pytest.raises(SyncError, match=rf"{operation.name}\.data is null") as caught:
            await client.run(operation)
    assert not isinstance(caught.value, MalformedError)


async def test_a_field_that_is_missing_from_an_answer_is_named_with_its_operation() -> None:
    async with shop(answering({"data": {}})) as (client, _):
        found = await client.run(op.SHOP)
    with pytest.raises(MalformedError, match=r"Shop\.data\.shop is null"):
        found.node("shop")


async def test_an_html_page_and_half_an_answer_say_nothing_about_the_effect() -> None:
    async def html(_: web.Request) -> web.StreamResponse:
        return web.Response(text="<html>busy</html>", content_type="text/html")

    async with shop(html) as (client, _):
        with pytest.raises(TransientError, match="not answered with a JSON object"):
            await client.run(op.SHOP)
        with pytest.raises(AmbiguousError):
            await client.run(op.CREATE_FULFILMENT)


class Grants:
    """A shop that grants tokens for a while."""

    def __init__(self, seconds: float, refuse: frozenset[str] = frozenset()) -> None:
        self.granted = 0
        self.forms: list[dict[str, Any]] = []
        self.seconds, self.refuse = seconds, refuse

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if request.path == "/admin/oauth/access_token":
            self.forms.append(dict(await request.post()))
            self.granted += 1
            return web.json_response({"access_token": f"t{self.granted}", "scope": "", "expires_in": self.seconds})
        refused = request.headers["X-Shopify-Access-Token"] in self.refuse
        return web.json_response({} if refused else GOOD, status=401 if refused else 200)


APP: dict[str, Any] = {"access_token": None, "client_id": "id", "client_secret": "secret"}


async def test_an_app_asks_for_a_token_once_and_keeps_it() -> None:
    grants = Grants(86399)
    async with shop(grants.handle, **APP) as (client, _):
        await client.run(op.SHOP)
        await client.run(op.SHOP)
    assert grants.forms == [{"grant_type": "client_credentials", "client_id": "id", "client_secret": "secret"}]


async def test_a_token_is_renewed_at_four_fifths_of_its_life() -> None:
    grants, clock = Grants(100), Hands()
    async with shop(grants.handle, clock, **APP) as (client, _):
        await client.run(op.SHOP)
        clock.seconds = 79
        await client.run(op.SHOP)
        assert grants.granted == 1
        clock.seconds = 80
        await client.run(op.SHOP)
    assert grants.granted == 2


async def test_a_refused_token_is_renewed_once() -> None:
    grants = Grants(86399, refuse=frozenset({"t1"}))
    async with shop(grants.handle, **APP) as (client, _):
        await client.run(op.SHOP)
    assert grants.granted == 2


async def test_a_second_refusal_takes_the_connector_down() -> None:
    grants = Grants(86399, refuse=frozenset({"t1", "t2", "t3"}))
    async with shop(grants.handle, **APP) as (client, _):
        with pytest.raises(ConnectorDownError):
            await client.run(op.SHOP)
    assert grants.granted == 2


async def test_a_grant_that_is_refused_says_what_to_check() -> None:
    async with shop(answering({"error": "invalid_client"}, 400), **APP) as (client, _):
        with pytest.raises(ConnectorDownError, match="check client_id and client_secret"):
            await client.run(op.SHOP)


async def test_a_permanent_token_that_is_refused_is_not_tried_again() -> None:
    calls = []

    async def handle(request: web.Request) -> web.StreamResponse:
        calls.append(request.path)
        return web.json_response({}, status=401)

    async with shop(handle) as (client, _):
        with pytest.raises(ConnectorDownError):
            await client.run(op.SHOP)
    assert len(calls) == 1


ANSWER_NAMES = st.sampled_from(["data", "errors", "extensions", "code", "cost", "throttleStatus", "message", "x"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANSWER_NAMES, inner, max_size=5),
    max_leaves=20,
)


def understood(operation: Operation, content: bytes) -> Node | SyncError:
    """What the client makes of an answer; any other error breaks the test."""
    try:
        answer = parse(operation, content)
        charge(answer)
        return data(operation, answer)
    except SyncError as error:
        return error


@given(JSON, st.sampled_from([op.SHOP, op.CREATE_FULFILMENT]))
def test_an_answer_of_any_shape_raises_nothing_but_controlled_errors(content: object, operation: Operation) -> None:
    assert isinstance(understood(operation, json.dumps(content).encode()), Node | SyncError)


@given(st.binary(max_size=200))
def test_bytes_that_are_no_answer_raise_nothing_but_controlled_errors(content: bytes) -> None:
    assert isinstance(understood(op.SHOP, content), Node | TransientError)


def test_an_answer_nested_beyond_reason_is_a_broken_answer() -> None:
    assert isinstance(understood(op.SHOP, b"[" * 200_000), TransientError)
