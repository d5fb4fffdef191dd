"""A connector that is made up to try the laws on: one stream of levels, one sink of orders, and ways to break both."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any, ClassVar

import aiohttp
import examples
from aiohttp import web
from channels.khaosws.service import sales_order
from contract.world import NAME, Identity, Stream, Target, World
from pydantic import BaseModel

from khaossync.domain.cases import CaseClass
from khaossync.domain.documents import Document, Kind, Page
from khaossync.domain.errors import AmbiguousError, RejectedError, SyncError
from khaossync.domain.findings import Finding
from khaossync.domain.messages import Delivery, Done, Outcome
from khaossync.domain.sales_order import SalesOrder
from khaossync.domain.stock import StockLevel
from khaossync.ports import Connector, Kit
from khaossync.sandbox.faults import Faults
from khaossync.transport.buckets import Budget
from khaossync.transport.http import Http, Request
from khaossync.transport.limiter import Limiter
from khaossync.transport.priority import Priority


@dataclass(frozen=True)
class Defects:
    """How the toy connector is broken; by default it is not."""

    creates_blindly: bool = False
    believes_an_empty_answer: bool = False
    moves_its_cursor_too_early: bool = False
    hides_its_errors: bool = False


@dataclass
class Ledger:
    """The simulator: a list of levels that only grows, and orders under any reference, as often as they are sent."""

    faults: Faults = field(default_factory=Faults)
    levels: list[tuple[str, int]] = field(default_factory=list)
    orders: list[str] = field(default_factory=list)
    runner: web.AppRunner | None = None

    async def start(self, port: int) -> str:
        app = web.Application()
        app.router.add_post("/{operation}", self._answer)
        self.runner = web.AppRunner(app, access_log=None)
        await self.runner.setup()
        await web.TCPSite(self.runner, "127.0.0.1", port).start()
        return f"http://127.0.0.1:{self.runner.addresses[0][1]}"

    async def stop(self) -> None:
        if self.runner is not None:
            await self.runner.cleanup()
            self.runner = None

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        operation, asked = request.match_info["operation"], await request.json()

        async def handle() -> web.StreamResponse:
            return web.json_response(self._work(operation, asked))

        return await self.faults.around(operation, handle, request)

    def _work(self, operation: str, asked: Any) -> Any:
        if operation == "levels":
            return self.levels[asked : asked + 2]
        if operation == "create" and asked != "impossible":
            self.orders.append(asked)
        return self.orders.count(asked)


class Settings(BaseModel):
    """Where the ledger is."""

    url: str
    timeout: float = 5


@dataclass(frozen=True)
class Client:
    """Calls the ledger."""

    settings: Settings
    http: Http

    async def ask(self, operation: str, asked: object) -> Any:
        """Raises SyncError."""
        answer = await self.http.send(
            Request(
                operation=operation,
                method="POST",
                url=f"{self.settings.url}/{operation}",
                safe=operation != "create",
                headers={},
                body=json.dumps(asked).encode(),
                timeout=timedelta(seconds=self.settings.timeout),
            ),
            Priority.ORDERS,
        )
        return json.loads(answer.body)


@dataclass(frozen=True)
class Levels:
    """Reads the list by position."""

    client: Client
    kit: Kit
    defects: Defects
    name: str = "levels"
    interval: timedelta = timedelta(seconds=1)

    async def changes(self, cursor: str | None) -> AsyncIterator[Page]:
        place = int(cursor or 0)
        while True:
            try:
                rows = await self.client.ask("levels", place)
            except SyncError:
                if not self.defects.hides_its_errors:
                    raise
                rows, place = [], place + 2
            told = place + len(rows)
            documents = tuple(self._document(code, number) for code, number in rows)
            yield Page(documents, str(told + 2 if self.defects.moves_its_cursor_too_early else told))
            if not rows:
                return
            place = told

    def _document(self, code: str, number: int) -> Document:
        level = StockLevel(code, {"1": Decimal(number)})
        return Document(NAME, Kind.STOCK_LEVEL, code, str(number), self.kit.clock.now(), level, f"{code} {number}")


@dataclass(frozen=True)
class Orders:
    """Looks for an order before it creates it, unless it is broken."""

    client: Client
    defects: Defects
    kind: Kind = Kind.ORDER
    max_batch: int = 1
    parallel: int = 1
    blind: bool = True

    async def deliver(self, batch: Sequence[Delivery]) -> Sequence[Outcome]:
        return [await self._outcome(delivery) for delivery in batch]

    async def _outcome(self, delivery: Delivery) -> Outcome:
        assert isinstance(delivery.payload, SalesOrder)
        ref = delivery.payload.ref
        if not self.defects.creates_blindly and await self.client.ask("find", ref):
            return Done(ref, found=True)
        try:
            created = await self.client.ask("create", ref)
        except AmbiguousError as error:
            return Done(ref) if self.defects.believes_an_empty_answer else error
        return Done(ref) if created else RejectedError("no", CaseClass.ORDER_REFUSED, evidence={"reference": ref})


@dataclass(frozen=True)
class LedgerProbe:
    """Knocks at the ledger."""

    client: Client

    async def ping(self) -> None:
        await self.client.ask("find", "")

    async def check(self) -> Sequence[Finding]:
        await self.ping()
        return [Finding.ok("ledger", "it answers")]


class ToyWorld(World):
    """The ledger and a connector for it."""

    STRANGER: ClassVar = {}
    MISTAKEN: ClassVar = {}

    def __init__(self, defects: Defects) -> None:
        super().__init__("toy")
        self.defects, self.ledger = defects, Ledger()
        self.faults = self.ledger.faults

    def furnish(self) -> None:
        self.ledger.levels.append(("MUG", 0))

    async def start(self) -> None:
        self.url = await self.ledger.start(self.port)

    async def stop(self) -> None:
        await self.ledger.stop()

    def settings(self) -> Mapping[str, Any]:
        return {"url": self.url}

    def validated(self, settings: Mapping[str, Any]) -> BaseModel:
        return Settings.model_validate(settings)

    async def build(self, settings: BaseModel, kit: Kit) -> Connector:
        assert isinstance(settings, Settings)
        session = await kit.stack.enter_async_context(aiohttp.ClientSession())
        client = Client(settings, Http(NAME, session, Limiter(Budget(10_000, 1)), kit.clock, kit.meter))
        source, sink = Levels(client, kit, self.defects), Orders(client, self.defects)
        return Connector(NAME, "toy", LedgerProbe(client), (source,), {Kind.ORDER: sink})


class LedgerLevels(Stream[ToyWorld]):
    KINDS = frozenset({Kind.STOCK_LEVEL})

    async def create(self) -> Identity:
        number = next(self.world.numbers)
        self.world.ledger.levels.append((f"CODE{number}", number))
        return Kind.STOCK_LEVEL, f"CODE{number}"

    async def change(self, identity: Identity) -> None:
        self.world.ledger.levels.append((identity[1], next(self.world.numbers)))


class LedgerOrders(Target[ToyWorld]):
    KIND = Kind.ORDER
    WRITE = "create"

    async def possible(self) -> Delivery:
        return self._order(f"S{next(self.world.numbers)}")

    async def impossible(self) -> Delivery:
        return self._order("impossible")

    def effects(self, delivery: Delivery) -> int:
        assert isinstance(delivery.payload, SalesOrder)
        return self.world.ledger.orders.count(delivery.payload.ref)

    def _order(self, ref: str) -> Delivery:
        return self.wanted(replace(sales_order(), ref=ref), examples.order())


ToyWorld.STREAMS = {"levels": LedgerLevels}
ToyWorld.TARGETS = {"orders": LedgerOrders}
