"""Tells an app of events by signed HTTP posts, in the background and in no order; can be told to do it badly.

https://developer.shopware.com/docs/guides/plugins/apps/app-base-guide.html#webhooks
"""

import asyncio
import hashlib
import hmac
import random
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import aiohttp
import orjson

from khaossync.sandbox.shopware.encoding import scalars
from khaossync.sandbox.shopware.entities import ENTITIES
from khaossync.sandbox.shopware.state import State

PATIENCE = aiohttp.ClientTimeout(total=5, connect=1)
ATTEMPTS = 4
FIRST_PAUSE = 0.05
ERRORS_BEFORE_THE_END = 10
_REMEMBERED = 2000
_OK = range(200, 300)
_WRITTEN = ("order.written", "product.written")


class Mischief(StrEnum):
    """What goes wrong with one event."""

    LOSE = "lose"  # nobody is told
    DOUBLE = "double"  # told twice
    REORDER = "reorder"  # told only after the next event
    FORGE = "forge"  # a stranger tells first, with a signature of their own


@dataclass(frozen=True, slots=True)
class Delivery:
    """One post of one event. `status` is 0 until there is an answer, and where none came."""

    uri: str
    topic: str
    body: bytes
    headers: dict[str, str]
    attempt: int = 1
    status: int = 0


class Webhooks:
    """Posts every event to `uri`, until it failed too often: then the webhook is switched off, as Shopware does."""

    def __init__(self, state: State, dice: random.Random) -> None:
        self.uri: str | None = None
        self.secret = "app-secret"  # noqa: S105  signs nothing but what this simulator posts
        self.sent: deque[Delivery] = deque(maxlen=_REMEMBERED)
        self.lost: list[Delivery] = []
        self.errors = 0
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

    def announce(self, topic: str, entity: str, keys: Iterable[str]) -> None:
        """Queue the post of one event; returns at once."""
        if self.uri is None or (topic.endswith(".written") and topic not in _WRITTEN):
            return
        told = self._delivery(self.uri, topic, entity, keys)
        mischief = self._strike(topic)
        if mischief is Mischief.LOSE:
            self.lost.append(told)
        elif mischief is Mischief.REORDER:
            self._late.append(told)
        else:
            self._push([*_extra(mischief, told), told, *self._late])
            self._late.clear()

    def _strike(self, topic: str) -> Mischief | None:
        for position, (mischief, planned) in enumerate(self._planned):
            if planned in ("*", topic):
                del self._planned[position]
                return mischief
        return None

    def _delivery(self, uri: str, topic: str, entity: str, keys: Iterable[str]) -> Delivery:
        event = f"{self._dice.getrandbits(128):032x}"
        source = {"url": "http://localhost", "appVersion": "1.0.0", "shopId": self._state.setup.name, "eventId": event}
        data = {"payload": self._payload(topic, entity, keys), "event": topic}
        body = orjson.dumps({"data": data, "source": source, "timestamp": int(self._state.now().timestamp())})
        headers = {"Content-Type": "application/json", "sw-version": self._state.setup.version}
        return Delivery(uri, topic, body, {**headers, **_signed(body, self.secret)})

    def _payload(self, topic: str, entity: str, keys: Iterable[str]) -> Any:
        """Of what was written only the id; of an order that was placed or moved, the order."""
        rows = [self._state.live.get(entity, key) or {"id": key} for key in keys]
        if topic.endswith(".written"):
            told = [{"entity": entity, "operation": "update", "primaryKey": row["id"]} for row in rows]
            return [{**each, "updatedFields": []} for each in told]
        order = rows[0] if entity == "order" else self._state.live.get("order", rows[0].get("orderId"))
        return {"order": scalars(self._state.setup, ENTITIES["order"], order)} if order else []

    def _push(self, deliveries: list[Delivery]) -> None:
        self._queue.extend(deliveries)
        self._waiting += len(deliveries)
        self._quiet.clear()
        self._news.set()

    async def start(self) -> None:
        """Begin to post."""
        self._worker = asyncio.create_task(self._work(), name=f"webhooks of {self._state.setup.name}")

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
                    await self._post(session, self._queue.popleft())
                self._news.clear()

    async def _post(self, session: aiohttp.ClientSession, delivery: Delivery) -> None:
        try:
            async with session.post(delivery.uri, data=delivery.body, headers=delivery.headers) as answer:
                status = answer.status
        except (aiohttp.ClientError, TimeoutError):
            status = 0
        self.sent.append(replace(delivery, status=status))
        self.errors = 0 if status in _OK else self.errors + 1
        if self.errors >= ERRORS_BEFORE_THE_END:
            self.uri = None
        if status in _OK or delivery.attempt >= ATTEMPTS or self.uri is None:
            self._done()
        else:
            again = replace(delivery, attempt=delivery.attempt + 1)
            pause = FIRST_PAUSE * 2 ** (delivery.attempt - 1)
            asyncio.get_running_loop().call_later(pause, self._again, again)

    def _again(self, delivery: Delivery) -> None:
        self._queue.append(delivery)
        self._news.set()

    def _done(self) -> None:
        self._waiting -= 1
        if not self._waiting:
            self._quiet.set()


def _extra(mischief: Mischief | None, told: Delivery) -> list[Delivery]:
    if mischief is Mischief.DOUBLE:
        return [told]
    if mischief is Mischief.FORGE:
        return [replace(told, headers={**told.headers, **_signed(told.body, "a stranger's")})]
    return []


def _signed(body: bytes, secret: str) -> dict[str, str]:
    return {"shopware-shop-signature": hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}
