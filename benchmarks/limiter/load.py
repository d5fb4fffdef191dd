"""The load: a backlog of levels that never ends, orders that are read as they come in, and despatches."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

import aiohttp

from benchmarks.limiter.figures import WORK, Figures, Stopwatch, Watching
from benchmarks.limiter.shop import BenchShop
from khaossync.channels.shopify.client import Client
from khaossync.channels.shopify.config import Settings
from khaossync.channels.shopify.despatch_sink import Despatches
from khaossync.channels.shopify.signing_in import tokens
from khaossync.channels.shopify.sources import Orders
from khaossync.channels.shopify.stock_sink import StockLevels
from khaossync.clock import SystemClock
from khaossync.domain.documents import Kind
from khaossync.domain.errors import RateLimitedError
from khaossync.domain.messages import Delivery, Done, Message, Outcome, Payload
from khaossync.domain.stock import ChannelLevel
from khaossync.ports import Sink
from khaossync.transport.http import Http
from khaossync.transport.limiter import Limiter
from khaossync.transport.priority import Priority

BACKLOG = 50_000
READ_EVERY, ORDER_EVERY, DESPATCH_EVERY = 5.0, 2.0, 3.0
"""Seconds; the shop's webhooks wake the reading of orders more often than its interval."""

_CLOCK = SystemClock()


class Told:
    """What was stored of the orders that were read, as the outbox knows it."""

    def __init__(self) -> None:
        self.stored: dict[str, str] = {}

    async def open_references(self, *_: object, **__: object) -> Sequence[str]:
        return ()

    async def versions(self, _source: str, _kind: Kind, keys: Iterable[str]) -> Mapping[str, str]:
        return {key: self.stored[key] for key in keys if key in self.stored}


class Load:
    """One run of a limiter against a shop."""

    def __init__(self, shop: BenchShop, settings: Settings, session: aiohttp.ClientSession, limiter: Limiter) -> None:
        http = Http("shop", session, limiter, _CLOCK, Watching())
        client = Client(settings, http, tokens(settings, http, _CLOCK), Priority.ORDERS)
        self.figures = Figures()
        self._shop = shop
        self._stock = StockLevels(client.at(Priority.STOCK))
        self._despatches = Despatches(client.at(Priority.DESPATCH), notify=False)
        self._told = Told()
        self._orders = Orders("shop", client, settings, _CLOCK, self._told)
        self._due: asyncio.Queue[tuple[float, int]] = asyncio.Queue()
        self._cursor: str | None = None
        self._number = 0

    async def run(self, seconds: float) -> Figures:
        """Push for this long, then stop where it stands."""
        works = [self._push() for _ in range(self._stock.parallel)]
        works += [self._tell() for _ in range(self._despatches.parallel)]
        tasks = [asyncio.create_task(work) for work in (*works, self._sell(), self._ship(), self._read())]
        self._began = _now()
        self._shop.open_books()
        done, _ = await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_EXCEPTION)
        self._shop.close_books(self.figures)
        self.figures.seconds = _now() - self._began
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        for task in done:
            task.result()
        while not self._due.empty():
            due, _ = self._due.get_nowait()
            self.figures.waits["despatch"].append(_now() - due)
            self.figures.undone["despatch"] += 1
        return self.figures

    async def _push(self) -> None:
        """Push levels by the batch; when the backlog is through, the same SKUs change again, so that it never ends."""
        while True:
            batch = [self._delivery(Kind.STOCK_LEVEL, level) for level in self._shop.levels(self._stock.max_batch)]
            WORK.set(Stopwatch())
            await _insist(self._stock, batch)
            self.figures.levels += len(batch)
            if self.figures.levels >= BACKLOG and self.figures.backlog_at is None:
                self.figures.backlog_at = _now() - self._began

    async def _sell(self) -> None:
        while True:
            self._shop.sell()
            await asyncio.sleep(ORDER_EVERY)

    async def _ship(self) -> None:
        for number in range(len(self._shop.sold)):
            self._due.put_nowait((_now(), number))
            await asyncio.sleep(DESPATCH_EVERY)

    async def _tell(self) -> None:
        while True:
            due, number = await self._due.get()
            delivery = self._delivery(Kind.DESPATCH, self._shop.consignment(number))
            await self._timed("despatch", due, partial(_insist, self._despatches, [delivery]))

    async def _read(self) -> None:
        while True:
            await self._timed("orders", _now(), self._read_on)
            await asyncio.sleep(READ_EVERY)

    async def _read_on(self) -> None:
        try:
            async for page in self._orders.changes(self._cursor):
                self._told.stored |= {each.key: each.version for each in page.documents}
                self._cursor = page.cursor
        except RateLimitedError as error:
            await asyncio.sleep(error.wait.total_seconds())
            await self._read_on()

    async def _timed(self, work: str, due: float, do: Callable[[], Awaitable[object]]) -> None:
        WORK.set(watch := Stopwatch())
        try:
            await do()
        except asyncio.CancelledError:
            self.figures.undone[work] += 1
            raise
        finally:
            self.figures.waits[work].append(_now() - due - watch.seconds)

    def _delivery(self, kind: Kind, payload: Payload) -> Delivery:
        self._number += 1
        now = datetime.now(UTC)
        body = payload if isinstance(payload, ChannelLevel) else self._shop.despatch
        key = str(self._number)
        message = Message(self._number, "shop", kind, key, "1", "erp", body, now, now + timedelta(days=1))
        return Delivery(message, payload)


async def _insist(sink: Sink, batch: list[Delivery]) -> None:
    """Deliver, and again after as long as the shop says whenever it was one call too many."""
    todo = deque([batch])
    while todo:
        outcomes: list[Outcome]
        try:
            outcomes = list(await sink.deliver(todo[0]))
        except RateLimitedError as error:
            outcomes = [error]
        failed = [one for one in outcomes if not isinstance(one, Done)]
        if not failed:
            todo.popleft()
        elif isinstance(failed[0], RateLimitedError):
            await asyncio.sleep(failed[0].wait.total_seconds())
        else:
            raise RuntimeError(f"the load broke: {failed[0]}")


def _now() -> float:
    return asyncio.get_running_loop().time()
