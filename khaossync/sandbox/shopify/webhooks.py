"""Tells subscribers of events by signed HTTP posts, in the background; can be told to do it badly.

https://shopify.dev/docs/apps/build/webhooks/subscribe/https
"""

import asyncio
import base64
import hashlib
import hmac
import random
import uuid
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import aiohttp
import orjson

from khaossync.sandbox.shopify import rest, subscriptions
from khaossync.sandbox.shopify.schema import VERSIONS
from khaossync.sandbox.shopify.state import State, Subscription

PATIENCE = aiohttp.ClientTimeout(total=5, connect=1)
ATTEMPTS = 4
FIRST_PAUSE = 0.05
FAILURES_BEFORE_DELETION = 8
_REMEMBERED = 2000
_OK = range(200, 300)


Json = dict[str, Any]


class Mischief(StrEnum):
    """What goes wrong with one event."""

    LOSE = "lose"  # nobody is told
    DOUBLE = "double"  # told twice, under one webhook id
    REORDER = "reorder"  # told only after the next event
    FORGE = "forge"  # a stranger tells first, with a signature of their own


@dataclass(frozen=True, slots=True)
class Delivery:
    """One post of one event to one address. `status` is 0 until there is an answer, and where none came."""

    uri: str
    topic: str
    body: bytes
    headers: dict[str, str]
    subscription: int | None = None
    attempt: int = 1
    status: int = 0


class Webhooks:
    """`uri` is told of everything and never given up; subscriptions made through the API are told of their topics."""

    def __init__(self, state: State, secret: str, dice: random.Random) -> None:
        self.uri: str | None = None
        self.secret = secret
        self.sent: deque[Delivery] = deque(maxlen=_REMEMBERED)
        self.lost: list[Delivery] = []
        self._state = state
        self._dice = dice
        self._planned: list[tuple[Mischief, str]] = []
        self._queue: deque[Delivery] = deque()
        self._late: list[Delivery] = []
        self._waiting = 0
        self._news = asyncio.Event()
        self._quiet = asyncio.Event()
        self._quiet.set()
        self._worker: asyncio.Task[None] | None = None

    def misbehave(self, mischief: Mischief, topic: str = "*", times: int = 1) -> None:
        """Let the next `times` events of `topic` go wrong."""
        self._planned += [(mischief, topic)] * times

    def announce(self, topic: str, record: Any) -> None:
        """Queue the posts of one event; returns at once."""
        if self.uri is None and not self._state.subscriptions:
            return
        body, event = rest.body(record), self._uuid()
        told = [self._delivery(topic, part, event, uri, by) for uri, by, part in self._addresses(topic, body)]
        mischief = self._strike(topic) if told else None
        if mischief is Mischief.LOSE:
            self.lost += told
        elif mischief is Mischief.REORDER:
            self._late += told
        else:
            self._push([*self._extra(mischief, told), *told, *self._late])
            self._late.clear()

    def _addresses(self, topic: str, body: Json) -> Iterable[tuple[str, Subscription | None, Json]]:
        if self.uri is not None:
            yield self.uri, None, body
        yield from ((each.uri, each, part) for each, part in subscriptions.wanted(self._state, topic, body))

    def _extra(self, mischief: Mischief | None, told: list[Delivery]) -> list[Delivery]:
        if mischief is Mischief.DOUBLE:
            return told
        if mischief is Mischief.FORGE:
            return [replace(each, headers={**each.headers, **_signed(each.body, "a stranger's")}) for each in told]
        return []

    def _strike(self, topic: str) -> Mischief | None:
        for position, (mischief, planned) in enumerate(self._planned):
            if planned in ("*", topic):
                del self._planned[position]
                return mischief
        return None

    def _delivery(self, topic: str, told: Json, event: str, uri: str, by: Subscription | None) -> Delivery:
        body = orjson.dumps(told)
        headers = {
            "Content-Type": "application/json",
            "X-Shopify-Topic": topic,
            "X-Shopify-Shop-Domain": f"{self._state.name}.myshopify.com",
            "X-Shopify-API-Version": by.version if by else VERSIONS[-1],
            "X-Shopify-Webhook-Id": self._uuid(),
            "X-Shopify-Event-Id": event,
            "X-Shopify-Triggered-At": self._state.now().isoformat(),
            **_signed(body, self.secret),
        }
        if by is not None and by.name:
            headers["X-Shopify-Name"] = by.name
        return Delivery(uri, topic, body, headers, by.number if by else None)

    def _uuid(self) -> str:
        return str(uuid.UUID(int=self._dice.getrandbits(128), version=4))

    def _push(self, deliveries: list[Delivery]) -> None:
        self._queue.extend(deliveries)
        self._waiting += len(deliveries)
        self._quiet.clear()
        self._news.set()

    async def start(self) -> None:
        """Begin to post."""
        self._worker = asyncio.create_task(self._work(), name=f"webhooks of {self._state.name}")

    async def stop(self) -> None:
        """Stop posting; what is queued stays unsent."""
        if self._worker is not None:
            self._worker.cancel()
            await asyncio.gather(self._worker, return_exceptions=True)
            self._worker = None

    async def idle(self) -> None:
        """Wait until everything that will be posted has been; late ones go out now."""
        if self._late:
            self._push(self._late)
            self._late = []
        await self._quiet.wait()

    async def _work(self) -> None:
        async with aiohttp.ClientSession(timeout=PATIENCE) as session:
            while True:
                await self._news.wait()
                while self._queue:
                    delivery = self._queue.popleft()
                    if self._still_wanted(delivery):
                        await self._post(session, delivery)
                    else:
                        self._done()
                self._news.clear()

    async def _post(self, session: aiohttp.ClientSession, delivery: Delivery) -> None:
        try:
            async with session.post(delivery.uri, data=delivery.body, headers=delivery.headers) as answer:
                status = answer.status
        except (aiohttp.ClientError, TimeoutError):
            status = 0
        self.sent.append(replace(delivery, status=status))
        self._judge(delivery, status)
        if status in _OK or delivery.attempt >= ATTEMPTS:
            self._done()
        else:
            again = replace(delivery, attempt=delivery.attempt + 1)
            pause = FIRST_PAUSE * 2 ** (delivery.attempt - 1)
            asyncio.get_running_loop().call_later(pause, self._again, again)

    def _judge(self, delivery: Delivery, status: int) -> None:
        """Shopify deletes a subscription made through the API after eight failures in a row."""
        held = self._state.subscriptions.get(delivery.subscription or 0)
        if held is None:
            return
        held.failures = 0 if status in _OK else held.failures + 1
        if held.failures >= FAILURES_BEFORE_DELETION:
            del self._state.subscriptions[held.number]

    def _still_wanted(self, delivery: Delivery) -> bool:
        return delivery.subscription is None or delivery.subscription in self._state.subscriptions

    def _again(self, delivery: Delivery) -> None:
        self._queue.append(delivery)
        self._news.set()

    def _done(self) -> None:
        self._waiting -= 1
        if not self._waiting:
            self._quiet.set()


def _signed(body: bytes, secret: str) -> dict[str, str]:
    digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    return {"X-Shopify-Hmac-Sha256": base64.b64encode(digest).decode()}
