"""KhaosWS over HTTP: one method per operation that is used, and every failure sorted by remedy."""

from collections.abc import Callable, Iterable, Mapping
from copy import copy
from datetime import datetime, timedelta
from typing import Self, TypeVar

import aiohttp

from khaossync.domain.errors import AmbiguousError, ConnectorDownError, TransientError
from khaossync.erp.khaosws import wire
from khaossync.erp.khaosws.config import Settings
from khaossync.erp.khaosws.markup import Element, UnintelligibleError, document, parse
from khaossync.erp.khaosws.soap import Result, envelope, read
from khaossync.erp.khaosws.stock_list import StockList
from khaossync.transport.http import Answer, Http, Request
from khaossync.transport.priority import Priority

T = TypeVar("T")

_OK, _FAULT = 200, 500

READ, WRITE = "read", "write"
"""The doors of the limiter: how many calls may be under way at once is a matter of their kind."""


class Client:
    """One KhaosWS, called with one urgency. Nothing here tries again.

    Every method raises SyncError: FaultError for a SOAP fault, TransientError for a reading that was not understood,
    AmbiguousError for a writing whose answer is lost or not understood, ConnectorDownError for a wrong address.
    """

    def __init__(self, system: str, settings: Settings, http: Http, priority: Priority) -> None:
        self._system = system
        self._settings = settings
        self._http = http
        self._priority = priority
        self._headers = {"Content-Type": "text/xml; charset=utf-8"}
        if settings.username:
            login = aiohttp.encode_basic_auth(settings.username, settings.password.get_secret_value(), "utf-8")
            self._headers["Authorization"] = login

    def at(self, priority: Priority) -> Self:
        """The same client for calls of another urgency."""
        other = copy(self)
        other._priority = priority
        return other

    @property
    def skew(self) -> timedelta | None:
        """By how much the server's clock is ahead of ours, as far as it told."""
        return self._http.skew

    async def version(self) -> str:
        """The version of the web service."""
        return await self._ask(wire.Call("GetVersion"), lambda result: result.text.strip())

    async def sales_sources(self) -> tuple[str, ...]:
        """The sales sources' names."""
        return await self._ask(wire.Call("GetSaleSource"), wire.names)

    async def company_classes(self) -> tuple[str, ...]:
        """The company classes' names."""
        return await self._ask(wire.Call("GetCompanyClass"), wire.names)

    async def couriers(self) -> tuple[str, ...]:
        """The couriers' codes and names, in one list."""
        call = wire.Call("GetSOPData", {"Courier": True})
        return await self._ask(call, lambda result: wire.couriers(_document(result)))

    async def sites(self) -> Mapping[str, str]:
        """Site id → name."""
        return await self._ask(wire.Call("GetSiteList"), wire.sites)

    async def stock_codes(self, date_type: int | None = None, since: datetime | None = None) -> tuple[str, ...]:
        """The codes that changed since an instant, by DateType; all codes when none is given."""
        call = wire.stock_list(date_type, self._local(since) if since else None)
        listed = StockList(call.operation)
        return await self._answered(call, self._request(call, listed.feed), lambda _: listed.codes())

    async def stock(self, codes: Iterable[str]) -> Element:
        """STOCK_ITEMS of these codes."""
        return await self._ask(wire.stock(codes), _document)

    async def stock_status(self, codes: Iterable[str], site: int | None) -> Element:
        """STOCK_STATUS of these codes on one site, or on the default site."""
        return await self._ask(wire.stock_status(codes, site), _document)

    async def companies(self, code: str) -> Mapping[str, str]:
        """The company with this code, if there is one: its code → its currency."""
        return await self._ask(wire.company_info(code), wire.companies)

    async def states_of(self, refs: Iterable[str]) -> Element:
        """STATUS_LIST of the orders with these references."""
        return await self._ask(wire.states_of(refs), _document)

    async def states_between(self, start: datetime, end: datetime) -> Element:
        """STATUS_LIST of the orders that changed between two instants."""
        return await self._ask(wire.states_between(self._local(start), self._local(end)), _document)

    async def import_orders(self, text: str) -> wire.ImportResult:
        """Import a SALES_ORDERS document; what the answer says of an order is to be proved by a look-up."""
        return await self._ask(wire.import_orders(text), wire.import_result)

    def _local(self, at: datetime) -> datetime:
        return wire.local(at, self._settings.zone)

    async def _ask(self, call: wire.Call, understand: Callable[[Result], T]) -> T:
        def understood(answer: Answer) -> T:
            return understand(read(call.operation, answer.body))

        return await self._answered(call, self._request(call), understood)

    async def _answered(self, call: wire.Call, request: Request, understand: Callable[[Answer], T]) -> T:
        try:
            answer = await self._http.send(request, self._priority)
            self._require_service(call, answer)
            return understand(answer)
        except UnintelligibleError as error:
            text = f"{self._system}: the answer to {call.operation} cannot be understood: {error}"
            raise (TransientError(text) if call.safe else AmbiguousError(text)) from error

    def _request(self, call: wire.Call, feed: Callable[[bytes], None] | None = None) -> Request:
        names = self._settings.argument_names
        arguments = {names.get(f"{call.operation}.{key}", key): told for key, told in call.arguments.items()}
        action = self._settings.soap_action.replace("{operation}", call.operation)
        return Request(
            operation=call.operation,
            method="POST",
            url=self._settings.endpoint,
            safe=call.safe,
            headers={**self._headers, "SOAPAction": f'"{action}"'},
            body=envelope(self._settings.namespace, call.operation, arguments),
            timeout=timedelta(seconds=self._settings.request_timeout),
            readable=frozenset({_FAULT}),  # SOAP 1.1 §6.2 sends every fault with it
            door=READ if call.safe else WRITE,
            feed=feed,
            writes=not call.safe,
        )

    def _require_service(self, call: wire.Call, answer: Answer) -> None:
        if answer.status not in (_OK, _FAULT):
            raise ConnectorDownError(
                f"{self._system}: {call.operation} was answered with HTTP {answer.status}: KhaosWS does not live at "
                f"{self._settings.endpoint}; check `url` with your Khaos Control consultant"
            )


def _document(result: Result) -> Element:
    """The document inside a result; nothing at all is how some versions say that nothing was found."""
    text = result.text
    return parse(text) if text.strip() else document("NOTHING")
