"""Strangers at the door for webhooks: right answers, quick ones, and nothing in the log but a line."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from random import Random

import pytest
from channels.khaosws.service import NoMeter
from channels.shopify.scripts import settings
from fuzz.conftest import Rounds
from fuzz.nonsense import WORDS, garbled, nested
from fuzz.paper import kit
from hypothesis import given
from hypothesis import settings as example_settings
from hypothesis import strategies as st
from outbox.stories import HandClock
from structlog.testing import capture_logs

from khaossync.channels import shopify
from khaossync.channels.shopify.hooks import Webhooks
from khaossync.clock import SystemClock
from khaossync.domain.errors import ForgedError
from khaossync.loops.hints import Hints
from khaossync.loops.listen import Listen
from khaossync.loops.loop import Wake
from khaossync.ops.health import Facts
from khaossync.ops.hooks import HookDoor
from khaossync.ops.lookout import Lookout
from khaossync.ops.metrics import Metrics
from khaossync.ops.server import Server
from khaossync.outbox import PostgresOutbox
from khaossync.ports import Hint

SHOP, SECRET = "example.myshopify.com", "hush hush"
BODY = json.dumps({"id": 820982911946154508, "kind": "refund", "order_id": 1}).encode()
HOOKS = Webhooks(SHOP, (SECRET.encode(), b"the old one"))


def proof(body: bytes) -> str:
    """The signature that Shopify would give."""
    return base64.b64encode(hmac.new(SECRET.encode(), body, hashlib.sha256).digest()).decode()


def headers(body: bytes = BODY, **changes: str) -> dict[str, str]:
    """Those of an honest delivery; underscores in names are hyphens."""
    made = {"Hmac_Sha256": proof(body), "Topic": "orders/create", "Shop_Domain": SHOP, "Webhook_Id": "1"}
    return {f"X-Shopify-{name.replace('_', '-')}": text for name, text in (made | changes).items()}


# --- the connector's judgement ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "forged",
    [
        proof(BODY).lower(),
        proof(BODY).replace("=", ""),
        proof(BODY) + "=",
        proof(BODY)[:-4],
        hmac.new(SECRET.encode(), BODY, hashlib.sha256).hexdigest(),
        base64.urlsafe_b64encode(b"\xff" * 32).decode(),
        base64.b64encode(proof(BODY).encode()).decode(),
        f"sha256={proof(BODY)}",
        f"{proof(BODY)},{proof(BODY)}",
        base64.b64encode(hashlib.sha256(SECRET.encode() + BODY).digest()).decode(),
        base64.b64encode(hmac.new(b"", BODY, hashlib.sha256).digest()).decode(),
        base64.b64encode(hmac.new(SECRET.encode(), b"", hashlib.sha256).digest()).decode(),
    ],
)
def test_a_signature_in_another_dress_is_a_forgery(forged: str) -> None:
    with pytest.raises(ForgedError):
        HOOKS.receive(headers(Hmac_Sha256=forged), BODY)


def test_a_body_changed_anywhere_is_a_forgery(rounds: Rounds) -> None:
    for dice in rounds(300):
        with dice:
            if (body := garbled(BODY, dice)) != BODY:
                with pytest.raises(ForgedError):
                    HOOKS.receive(headers(), body)


def test_what_is_signed_is_a_hint_whatever_it_holds(rounds: Rounds) -> None:
    """SHO-21: it is never taken for data, so nothing in it can do harm."""
    bodies = [b"", b"null", b"[]", json.dumps(nested(500)).encode(), b"[" * 100_000, b"9" * 6_000, b'{"id": 1e999}']
    bodies += [garbled(BODY, dice) for dice in rounds(300)]
    for body in bodies:
        for topic in ("orders/create", "order_transactions/create", "inventory_levels/update", "refunds/create"):
            told = HOOKS.receive(headers(body, Topic=topic), body)
            assert told is None or (isinstance(told, Hint) and len(told.delivery_id) < 300 and len(told.subject) < 60)


@example_settings(derandomize=True, deadline=None, max_examples=200)
@given(
    told=st.dictionaries(
        st.sampled_from([*headers(), "shopify-hmac-sha256", "x-shopify-topic", "Shopify-Shop-Domain", "cookie"]),
        st.text(st.characters(codec="latin-1"), max_size=60) | st.sampled_from([w for w in WORDS if "\ud800" not in w]),
    )
)
def test_headers_of_any_sort_without_the_proof_are_a_forgery(told: dict[str, str]) -> None:
    with pytest.raises(ForgedError):
        HOOKS.receive(told, BODY)


@pytest.mark.parametrize(
    "shop", ["", "other.myshopify.com", f"{SHOP}.evil.example", f" {SHOP}", "éxample.myshopify.com"]
)
def test_a_signed_delivery_of_another_shop_is_a_forgery(shop: str) -> None:
    with pytest.raises(ForgedError, match="another shop"):
        HOOKS.receive(headers(Shop_Domain=shop), BODY)


# --- the door ---------------------------------------------------------------------------------------------------------


@pytest.fixture
async def door(outbox: PostgresOutbox, clock: HandClock) -> AsyncIterator[Server]:
    """The daemon's server before a real outbox; bodies of at most 10,000 bytes, within a second."""
    async with AsyncExitStack() as stack:
        own = settings(shop=SHOP, webhook_secrets=[SECRET])
        systems = {"shop": await shopify.build("shop", own, kit(clock, outbox, stack))}
        wakes = {("shop", one.name): Wake() for one in systems["shop"].sources}
        listen = Listen(systems, Hints(wakes, {}, outbox), outbox, NoMeter())

        async def facts() -> Facts:
            return Facts(clock.now(), clock.now())

        entrance = HookDoor(listen.hook, systems, max_body=10_000, read_timeout=timedelta(seconds=1))
        server = Server(Lookout(facts, SystemClock()), Metrics(), entrance, host="127.0.0.1", port=0)
        await server.start()
        stack.push_async_callback(server.stop)
        yield server


@asynccontextmanager
async def line(server: Server) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection of bytes."""
    host, port = server.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        yield reader, writer
    finally:
        writer.close()


async def answer(server: Server, request: bytes) -> int:
    """The status that these bytes are answered with; 0 for a hung up line."""
    async with line(server) as (reader, writer):
        writer.write(request)
        told = await asyncio.wait_for(reader.readline(), 5)
    return int(told.split()[1]) if told else 0


def posted(body: bytes = BODY, path: str = "/hooks/shop", method: str = "POST", **changes: str) -> bytes:
    """A delivery as bytes; underscores in the names of further headers are hyphens."""
    lines = headers(body) | {"Host": "here", "Content-Length": str(len(body))}
    lines |= {name.replace("_", "-"): text for name, text in changes.items()}
    told = "".join(f"{name}: {text}\r\n" for name, text in lines.items())
    return f"{method} {path} HTTP/1.1\r\n{told}\r\n".encode("latin-1") + body


ANSWERS: dict[str, tuple[bytes, set[int]]] = {
    "an honest one": (posted(), {200}),
    "another method": (posted(method="PUT"), {405}),
    "a method that is none": (posted(method="BREW"), {400, 405}),
    "nobody's address": (posted(path="/hooks/nobody"), {404}),
    "a path that climbs": (posted(path="/hooks/../healthz"), {404, 405}),
    "a path that climbs in disguise": (posted(path="/hooks/%2e%2e%2fshop"), {404}),
    "a path with a slash at its end": (posted(path="/hooks/shop/"), {404}),
    "a path with NUL": (posted(path="/hooks/shop%00"), {404}),
    "a path of any length": (posted(path="/hooks/" + "a" * 7_000), {404}),
    "a path that is too long": (posted(path="/hooks/" + "a" * 70_000), {400, 414}),
    "another name in other letters": (posted(path="/hooks/SHOP"), {404}),
    "another shop's": (posted(X_Shopify_Shop_Domain="other.myshopify.com"), {401}),
    "no proof": (posted(X_Shopify_Hmac_Sha256=""), {401}),
    "a proof of other bytes": (posted(X_Shopify_Hmac_Sha256="\xff\xfe"), {401}),
    "an endless delivery id": (
        posted(X_Shopify_Webhook_Id=Random(1).randbytes(3_500).hex()),
        {200},
    ),
    "an endless header": (posted(X_Shopify_Topic="t" * 70_000), {400, 431}),
    "a huge body": (posted(b" " * 10_001), {413}),
    "a huge body, announced": (posted(b"", Content_Length="99999999999999"), {413}),
    "a length that is none": (posted(Content_Length="many"), {400}),
    "two lengths": (posted().replace(b"\r\n\r\n", b"\r\nContent-Length: 1\r\n\r\n", 1), {400}),
    "a length and chunks": (posted(Transfer_Encoding="chunked"), {400}),
    "chunks that are none": (posted(Transfer_Encoding="chunked").replace(b"Content-Length", b"X-Length"), {400}),
    "less than announced": (posted(Content_Length="5000"), {408}),
    "compressed, says it": (posted(Content_Encoding="gzip"), {200}),
    "no HTTP": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", {400}),
    "a line with NUL": (b"POST /hooks/shop\x00 HTTP/1.1\r\n\r\n", {400}),
}


@pytest.mark.parametrize("what", ANSWERS)
async def test_the_door_answers_everything_quickly_and_without_a_trace(door: Server, what: str) -> None:
    """S-40: whoever knocks."""
    request, statuses = ANSWERS[what]
    with capture_logs() as logs:
        assert await answer(door, request) in statuses
    assert [one for one in logs if one.get("exc_info") or one["log_level"] == "error"] == []


@pytest.mark.parametrize(("first", "second", "status"), [("no", proof(BODY), 200), (proof(BODY), "no", 401)])
async def test_of_two_proofs_the_last_counts(door: Server, first: str, second: str, status: int) -> None:
    """Which one matters little; that one alone decides, and that it must fit the body, does."""
    name = b"X-Shopify-Hmac-Sha256: "
    assert await answer(door, posted(X_Shopify_Hmac_Sha256=f"{first}\r\n{name.decode()}{second}")) == status


async def test_a_replayed_delivery_wakes_nobody_twice(door: Server, outbox: PostgresOutbox) -> None:
    """SHO-21: taken politely, so that the shop does not tell it again."""
    assert [await answer(door, posted()) for _ in range(3)] == [200, 200, 200]
    async with outbox.database.connection() as connection:
        assert await connection.fetchval("select count(*) from khaossync.hooks") == 1


async def test_garbled_requests_never_stop_the_door(door: Server, rounds: Rounds) -> None:
    with capture_logs() as logs:
        for dice in rounds(150):
            with dice:
                async with line(door) as (reader, writer):
                    writer.write(garbled(posted(), dice))
                    writer.write_eof()
                    await asyncio.wait_for(reader.read(), 10)
    assert [one for one in logs if one.get("exc_info") or one["log_level"] == "error"] == []
    assert await answer(door, posted()) == 200
