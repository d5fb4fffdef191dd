"""A KhaosWS that answers by script, on loopback; and the orders, deliveries and settings that tests start from."""

import ssl
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from email.utils import format_datetime
from html import escape
from random import Random
from typing import Any

import examples
from aiohttp import web
from examples import NOON, VAT
from lxml import etree

from khaossync import ports
from khaossync.domain.documents import Kind
from khaossync.domain.messages import Delivery
from khaossync.domain.orders import Customer, Payment
from khaossync.domain.sales_order import SalesLine, SalesOrder, Totals
from khaossync.erp.khaosws.config import Settings

ENVELOPE = (
    '<?xml version="1.0"?><S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><S:Body>{}</S:Body></S:Envelope>'
)


@dataclass(frozen=True)
class Asked:
    """One call as the service received it."""

    operation: str
    arguments: dict[str, str]
    headers: dict[str, str]


class DropError(Exception):
    """Close the connection without an answer."""


Reply = str | bytes | tuple[int, str] | DropError | Callable[[], Any]


@dataclass
class Service:
    """`replies` are given per operation, the last one for ever: text in a result, (status, body), or a drop."""

    replies: dict[str, list[Reply]] = field(default_factory=lambda: defaultdict(list))
    rules: dict[str, Callable[[Asked], Reply]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    url: str = ""

    def on(self, operation: str, *replies: Reply) -> None:
        """Script an operation."""
        self.replies[operation] = list(replies)

    def by(self, operation: str, rule: Callable[[Asked], Reply]) -> None:
        """Answer an operation by what is asked for."""
        self.rules[operation] = rule

    def calls(self, operation: str) -> list[Asked]:
        """The calls of one operation, oldest first."""
        return [one for one in self.asked if one.operation == operation]

    async def answer(self, request: web.Request) -> web.StreamResponse:
        root = etree.fromstring(await request.read())
        element = root[0][0]
        operation = etree.QName(element).localname
        arguments = {str(argument.tag): argument.text or "" for argument in element}
        call = Asked(operation, arguments, dict(request.headers))
        self.asked.append(call)
        reply = self.rules[operation](call) if operation in self.rules else self._scripted(operation)
        if callable(reply):
            reply = await reply()
        match reply:
            case DropError():
                assert request.transport is not None
                request.transport.abort()
                return web.Response()
            case bytes():
                return web.Response(body=reply)
            case (int() as status, str() as text):
                return web.Response(status=status, text=text)
            case _:
                return web.Response(text=returned(operation, str(reply)), content_type="text/xml")

    def _scripted(self, operation: str) -> Reply:
        script = self.replies[operation] or [""]
        return script.pop(0) if len(script) > 1 else script[0]


def returned(operation: str, text: str) -> str:
    """An answer whose result is a text, escaped as the real service does."""
    return answer(operation, f'<return xsi:type="xsd:string">{escape(text)}</return>')


def answer(operation: str, body: str) -> str:
    """An answer whose result is XML of its own, as arrays and records are."""
    return ENVELOPE.format(f'<N:{operation}Response xmlns:N="urn:IKosWebIntf-IKosWeb">{body}</N:{operation}Response>')


def fault(text: str, kind: str = "EWebServiceError") -> tuple[int, str]:
    """A fault as Delphi writes it, with status 500."""
    return 500, ENVELOPE.format(
        f"<S:Fault><faultcode>S:Client</faultcode><faultstring>{escape(text)}</faultstring>"
        f"<faultactor>{kind}</faultactor><detail><D:{kind} xmlns:D='urn:InvokeRegistry'>"
        f"<ExceptionClassName>{kind}</ExceptionClassName></D:{kind}></detail></S:Fault>"
    )


def imported(ref: str, code: str) -> tuple[int, str]:
    """ImportOrders took one order."""
    row = f"<item><SalesOrderCode>{code}</SalesOrderCode><AssociatedRef>{ref}</AssociatedRef></item>"
    body = f"<return><ImportedCount>1</ImportedCount><OrderImport>{row}</OrderImport></return>"
    return 200, answer("ImportOrders", body)


def skipped(ref: str, reason: str) -> tuple[int, str]:
    """ImportOrders skipped one order."""
    row = f"<item><OrderRef>{ref}</OrderRef><SkipReason>{escape(reason)}</SkipReason></item>"
    body = f"<return><ImportedCount>0</ImportedCount><OrderSkipped>{row}</OrderSkipped></return>"
    return 200, answer("ImportOrders", body)


def listed(*codes: str, operation: str = "GetStockList", count: int | None = None) -> tuple[int, str]:
    """A TStockList."""
    rows = "".join(f"<item><StockCode>{escape(code)}</StockCode></item>" for code in codes)
    size = len(codes) if count is None else count
    return 200, answer(operation, f"<return><Count>{size}</Count><List>{rows}</List></return>")


async def _at_noon(_request: web.Request, response: web.StreamResponse) -> None:
    """Its clock stands where the tests' clock begins."""
    response.headers["Date"] = format_datetime(NOON, usegmt=True)


@asynccontextmanager
async def running(tls: ssl.SSLContext | None = None) -> AsyncIterator[Service]:
    """A service on a free port of loopback."""
    service = Service()
    app = web.Application()
    app.on_response_prepare.append(_at_noon)
    app.router.add_post("/KhaosTEST.exe/soap/IKosWeb", service.answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
        port = runner.addresses[0][1]
        service.url = f"{'https' if tls else 'http'}://127.0.0.1:{port}/KhaosTEST.exe"
        yield service
    finally:
        await runner.cleanup()


@dataclass
class StoppedClock:
    """A clock that shows what it is told."""

    at: datetime = NOON

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return 0.0


class NoMeter:
    """Counts nothing."""

    def count(self, name: str, amount: float = 1, **labels: str) -> None: ...

    def gauge(self, name: str, value: float, **labels: str) -> None: ...

    def observe(self, name: str, seconds: float, **labels: str) -> None: ...


@dataclass
class OpenOrders:
    """The references that are still open."""

    refs: Sequence[str] = ()

    async def open_references(self, erp: str) -> Sequence[str]:
        assert erp == "khaos"
        return self.refs

    async def versions(self, source: str, kind: Kind, keys: Iterable[str]) -> Mapping[str, str]:
        return {}


@dataclass
class Bench:
    """What a connector is built with, at hand for the test."""

    stack: AsyncExitStack
    clock: StoppedClock = field(default_factory=StoppedClock)
    open_orders: OpenOrders = field(default_factory=OpenOrders)

    @property
    def kit(self) -> ports.Kit:
        return ports.Kit(self.clock, Random(1), NoMeter(), self.open_orders, self.stack)


def settings(url: str = "https://khaos.example/KhaosTEST.exe", **changes: Any) -> Settings:
    """Settings that do not slow a test down."""
    return Settings(url=url, **{"calls_per_minute": 1200, "request_timeout": 5, **changes})


def sales_line(**changes: Any) -> SalesLine:
    """One mug at 12.00, VAT of 20 % included."""
    return replace(SalesLine("11", "MUG", "Mug", 1, Decimal("12.00"), True, VAT, 1, sku="MUG"), **changes)


def sales_order(**changes: Any) -> SalesOrder:
    """A paid order of one mug and delivery at 6.00: 18.00 in all."""
    base = SalesOrder(
        channel="shop",
        order_id="5001",
        number="#1001",
        ref="S5001",
        placed_at=NOON,
        currency="GBP",
        customer=Customer("7", "test@example.com", "Test", "Customer", ""),
        invoice_address=examples.address(),
        delivery_address=examples.address(),
        courier="RM48",
        lines=(sales_line(),),
        delivery=Totals(Decimal("5.00"), Decimal("1.00"), Decimal("6.00")),
        payments=(Payment("card", Decimal("18.00"), "ch_1", captured=True),),
        site="Main",
        sales_source="Web",
        company_class="Retail",
        fingerprint="f",
    )
    return replace(base, **changes)


def delivery(order: SalesOrder | None = None, *, doubt: bool = False) -> Delivery:
    """A message with a sales order, as the outbox hands it to the sink."""
    return Delivery(examples.message(Kind.ORDER, examples.order(), doubt=doubt), order or sales_order())
