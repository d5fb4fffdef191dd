"""The load: pages are accepted, messages are claimed and settled, people act, and all is tidied, each at full speed."""

import asyncio
import itertools
import random
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from benchmarks.judged import as_it_is
from khaossync.domain.cases import Case, CaseClass
from khaossync.domain.documents import Document, Kind, Page
from khaossync.domain.errors import ConfigError
from khaossync.domain.messages import Complete, HandOver, Message, NewMessage, Park, Retry, Settlement, Verdict
from khaossync.domain.orders import Address, Customer, Delivery, Order, OrderLine, Payment, PaymentState, Tax
from khaossync.domain.stock import ChannelLevel, StockLevel, Wanted
from khaossync.outbox import PostgresOutbox, ignore_case, list_cases, retry_case
from khaossync.ports import Acceptance, Hint

SKUS = 20_000
VAT = Decimal("0.20")
ORDERS, LEVELS = 20, 230
"""Of each page."""
DEEPEST = 5_000
"""Messages on their way, before the pages wait for the deliveries."""
TIDY, SEAL, LOOK = 5.0, 1.0, 2.0
"""Seconds between two turns of those who keep the house."""


@dataclass(slots=True)
class Rushing:
    """A clock that runs `times` as fast, so that what is kept for months goes within minutes."""

    times: float
    began: float = field(default_factory=time.monotonic)
    origin: datetime = field(default_factory=lambda: datetime.now(UTC))

    def now(self) -> datetime:
        return self.origin + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        return (time.monotonic() - self.began) * self.times


class Churn:
    """What goes round until `stop` is set. `settled` counts verdicts; the longest turns are seconds."""

    def __init__(self, outbox: PostgresOutbox, clock: Rushing) -> None:
        self._outbox, self._clock = outbox, clock
        self._dice = random.Random(1)
        self._numbers = itertools.count(1)
        self._depth = 0
        self.stop = asyncio.Event()
        self.settled = 0
        self.longest: dict[str, float] = {}

    async def run(self) -> None:
        """Do all of it, until `stop` is set."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._tell())
            group.create_task(self._deliver("khaos", Kind.ORDER))
            group.create_task(self._deliver("shop", Kind.STOCK_LEVEL))
            group.create_task(self._keep("cases", 1, self._office))
            group.create_task(self._keep("seal", SEAL, self._outbox.seal))
            group.create_task(self._keep("tidy", TIDY, self._outbox.tidy))
            group.create_task(self._keep("depths", LOOK, self._look))

    async def _tell(self) -> None:
        while not self.stop.is_set():
            await self._outbox.take_in("shop", as_it_is(self._page()))
            await self._outbox.hint("shop", Hint("orders", f"delivery-{next(self._numbers)}", "orders/create"))
            if self._depth > DEEPEST:
                await asyncio.sleep(0.1)

    async def _look(self) -> None:
        self._depth = sum(one.depth for one in await self._outbox.depths())

    async def _deliver(self, destination: str, kind: Kind) -> None:
        while not self.stop.is_set():
            batch = await self._outbox.claim(destination, kind, 250)
            if not batch:
                await asyncio.sleep(0.005)
                continue
            if kind is Kind.ORDER:
                await self._outbox.intend(batch)
            await self._outbox.settle([Settlement(one, self._verdict(one)) for one in batch])
            self.settled += len(batch)

    def _verdict(self, message: Message) -> Verdict:
        chance = self._dice.random()
        if message.kind is Kind.STOCK_LEVEL or message.failures or chance < 0.9:
            return Complete("SO" + message.key)
        if chance < 0.95:
            return Retry(self._clock.now() + timedelta(minutes=5), "the other side is away", failed=True)
        case = Case(CaseClass.ORDER_REFUSED, "shop", message.key, "said no to Somebody", {"total": "12.00 GBP"})
        return HandOver(case) if chance < 0.975 else Park(case)

    async def _office(self) -> None:
        for filed in await list_cases(self._outbox.database, limit=200):
            now = self._clock.now()
            if not (filed.waiting and await retry_case(self._outbox.database, filed.case_id, "Office", now)):
                with suppress(ConfigError):  # it closed by itself meanwhile
                    await ignore_case(self._outbox.database, filed.case_id, "Office", "done by hand", now)

    async def _keep(self, name: str, pause: float, turn: Callable[[], Awaitable[object]]) -> None:
        while not self.stop.is_set():
            began = time.monotonic()
            await turn()
            self.longest[name] = max(self.longest.get(name, 0), time.monotonic() - began)
            await asyncio.sleep(pause)

    def _page(self) -> Acceptance:
        now, number = self._clock.now(), next(self._numbers)
        orders = [_order(next(self._numbers), now) for _ in range(ORDERS)]
        told = [_told(one, now) for one in orders]
        messages = tuple(NewMessage("khaos", Kind.ORDER, one.key, "1", "shop", one) for one in orders)
        changed = {f"SKU{self._dice.randrange(SKUS)}": self._dice.randrange(1000) for _ in range(LEVELS)}
        told += [_level(sku, units, number, now) for sku, units in changed.items()]
        levels = tuple(
            Wanted("shop", "khaos", ChannelLevel(sku, sku, "1", units, None)) for sku, units in changed.items()
        )
        refs = {one.key: ("khaos", f"S{one.order_id}") for one in orders}
        return Acceptance("shop", "orders", Page(tuple(told), str(number)), messages, levels, refs=refs)


def _told(order: Order, now: datetime) -> Document:
    return Document("shop", Kind.ORDER, order.key, now.isoformat(), now, order, '{"raw": "' + "x" * 4000 + '"}')


def _level(sku: str, units: int, number: int, now: datetime) -> Document:
    body = StockLevel(sku, {"1": Decimal(units)})
    return Document("khaos", Kind.STOCK_LEVEL, sku, f"{number}", now, body, "<level>" + "x" * 200 + "</level>")


def _order(number: int, now: datetime) -> Order:
    home = Address("Some", "Body", "", "1 High Street", "", "Leeds", "", "LS1 1AA", "GB", "")
    return Order(
        channel="shop",
        order_id=str(number),
        number=f"#{number}",
        placed_at=now,
        updated_at=now,
        currency="GBP",
        gross=True,
        payment=PaymentState.PAID,
        confirmed=True,
        test=False,
        cancelled_at=None,
        customer=Customer(str(number), f"{number}@example.com", "Some", "Body", ""),
        billing=home,
        shipping=home,
        lines=(OrderLine("1", "MUG", "Mug", 1, 1, Decimal("12.00"), taxes=(Tax(VAT, Decimal("2.00")),)),),
        deliveries=(Delivery("Standard", Decimal("6.00"), taxes=(Tax(VAT, Decimal("1.00")),)),),
        payments=(Payment("card", Decimal("18.00"), f"txn-{number}", captured=True),),
        extras=(),
        tax=Decimal("3.00"),
        total=Decimal("18.00"),
    )
