"""A small SOAP client and an order form for the tests of the Khaos simulator; it knows nothing of the product."""

import random
import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from html import escape
from zoneinfo import ZoneInfo

import aiohttp
from lxml import etree

from khaossync.sandbox.khaosws import Habits, KhaosServer

SERVICE = "urn:IKosWebIntf-IKosWeb"
BEGIN = datetime(2025, 7, 1, 9, 0, tzinfo=UTC)


@dataclass
class Wall:
    """A clock that stands still until somebody moves it."""

    at: datetime = BEGIN

    def now(self) -> datetime:
        return self.at

    def london(self) -> datetime:
        """What a wall clock in Britain shows, the only time the server understands."""
        return self.at.astimezone(ZoneInfo("Europe/London")).replace(tzinfo=None, microsecond=0)

    def pass_(self, **duration: float) -> None:
        self.at += timedelta(**duration)


@dataclass(frozen=True)
class Answer:
    """What came back: the HTTP status and the parsed envelope."""

    status: int
    root: etree._Element

    @property
    def text(self) -> str:
        """A string result."""
        return self.root.findtext(".//return") or ""

    @property
    def inner(self) -> etree._Element:
        """A string result that is a document."""
        return etree.fromstring(self.text)

    @property
    def fault(self) -> str:
        """The fault's text, empty when there is none."""
        return self.root.findtext(".//faultstring") or ""

    def items(self, path: str) -> list[dict[str, str]]:
        """The items of an array of objects as dictionaries."""
        return [{str(part.tag): part.text or "" for part in item} for item in self.root.findall(f".//{path}/item")]


def envelope(operation: str, arguments: str, *, namespace: str = SERVICE) -> str:
    """A request in Delphi's style around arguments that are XML already."""
    return (
        '<?xml version="1.0"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/" '
        'xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f'<soap:Body><m:{operation} xmlns:m="{namespace}">{arguments}</m:{operation}></soap:Body></soap:Envelope>'
    )


def argument(name: str, value: object) -> str:
    """One typed argument."""
    kind = {bool: "boolean", int: "int", datetime: "dateTime"}.get(type(value), "string")
    text = value.isoformat() if isinstance(value, datetime) else str(value)
    text = text.lower() if isinstance(value, bool) else text
    return f'<{name} xsi:type="xsd:{kind}">{escape(text)}</{name}>'


@dataclass
class Client:
    """Calls one server."""

    url: str
    auth: tuple[str, str] | None = None
    tls: ssl.SSLContext | bool = True

    async def call(self, operation: str, **arguments: object) -> Answer:
        """Call an operation; the Python types decide the XSD types."""
        written = "".join(argument(name, value) for name, value in arguments.items())
        return await self.post(envelope(operation, written), operation)

    async def post(self, body: str | bytes, operation: str, content_type: str = "text/xml; charset=utf-8") -> Answer:
        """Post a body as it is."""
        status, content = await self.raw(body, operation, content_type)
        return Answer(status, etree.fromstring(content))

    async def raw(self, body: str | bytes, operation: str, content_type: str = "text/xml") -> tuple[int, bytes]:
        """Post a body and return the status and the bytes."""
        headers = {"SOAPAction": f'"{SERVICE}#{operation}"', "Content-Type": content_type}
        if self.auth:
            headers["Authorization"] = aiohttp.encode_basic_auth(*self.auth)
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{self.url}/soap/IKosWeb", data=body, headers=headers, ssl=self.tls) as answer,
        ):
            return answer.status, await answer.read()

    async def import_orders(self, *orders: str) -> Answer:
        """Import orders written by an `OrderForm`."""
        return await self.call("ImportOrders", Orders=f"<SALES_ORDERS>{''.join(orders)}</SALES_ORDERS>")


@dataclass
class OrderForm:
    """An order that the server takes as it stands; tests change what they are about. A None leaves a tag out."""

    ref: str = "WEB-1001"
    items: list[dict[str, str | None]] = field(default_factory=lambda: [{"STOCK_CODE": "MUG"}])
    customer: dict[str, str | None] = field(default_factory=dict)
    address: dict[str, str | None] = field(default_factory=dict)
    delivery_address: dict[str, str | None] = field(default_factory=dict)
    header: dict[str, str | None] = field(default_factory=dict)
    payment: dict[str, str | None] = field(default_factory=dict)

    def xml(self) -> str:
        """One SALES_ORDER."""
        customer = {"IS_NEW_CUSTOMER": "0", "WEB_USER": "test@example.com", "COMPANY_CLASS": "Retail", **self.customer}
        address: dict[str, str | None] = {
            "ADDRESS1": "1 Test Street",
            "TOWN": "Testford",
            "POSTCODE": "TE1 1ST",
            "COUNTRY_CODE": "GB",
            "SURNAME": "Customer",
        }
        header = {"ASSOCIATED_REF": self.ref, "DELIVERY_GRS": "0", "SALES_SOURCE": "Web", **self.header}
        payment = {"PAYMENT_AMOUNT": "12.00", "PAYMENT_TYPE": "2", "AUTH_CODE": "OK", **self.payment}
        item = {"MAPPING_TYPE": "1", "ORDER_QTY": "1", "PRICE_GRS": "12.00", "TAX_RATE": "1"}
        delivery = {**address, **self.delivery_address} if self.delivery_address else {}
        addresses = _tag("INVADDR", _tags({**address, **self.address}, "I")) + _tag("DELADDR", _tags(delivery, "D"))
        return _tag(
            "SALES_ORDER",
            _tag("CUSTOMER_DETAIL", _tags(customer) + _tag("ADDRESSES", addresses))
            + _tag("PAYMENTS", _tag("PAYMENT_DETAIL", _tags(payment)))
            + _tag("ORDER_HEADER", _tags(header))
            + _tag("ORDER_ITEMS", "".join(_tag("ORDER_ITEM", _tags({**item, **changes})) for changes in self.items)),
        )


def _tag(name: str, inside: str) -> str:
    return f"<{name}>{inside}</{name}>"


def _tags(values: dict[str, str | None], prefix: str = "") -> str:
    return "".join(_tag(prefix + name, escape(value)) for name, value in values.items() if value is not None)


def khaos(wall: Wall, **settings: object) -> KhaosServer:
    """A server without chance, with three codes on the shelf: MUG and TEA (two sites), and the pack GIFT."""
    settings.setdefault("habits", Habits(extra_tags=0, missing_tags=0))
    server = KhaosServer(now=wall.now, dice=random.Random(1), **settings)  # type: ignore[arg-type]  # the tests' own words
    server.add_stock(
        "MUG", "Mug, blue", {"1": 10, "2": 5}, price=Decimal("10.00"), other_ref="M-1", barcode="5012345678900"
    )
    server.add_stock("TEA", "Tea & biscuits", {"1": 20}, tax_code=2, price=Decimal("3.5"))
    server.add_stock("GIFT", "Gift box", {}, pack={"MUG": 1, "TEA": 2})
    return server
