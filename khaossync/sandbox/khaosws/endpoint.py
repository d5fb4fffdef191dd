"""The HTTP side: envelopes in, envelopes out, every call on record."""

import asyncio
import base64
import random
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from aiohttp import web

from khaossync.sandbox.faults import Faults
from khaossync.sandbox.khaosws import encode, soap
from khaossync.sandbox.khaosws.encode import Value
from khaossync.sandbox.khaosws.habits import Habits, as_measured
from khaossync.sandbox.khaosws.signatures import Arguments
from khaossync.sandbox.khaosws.wsdl import wsdl

PATH = "/KhaosSIM.exe"
_LARGEST = 64 * 1024 * 1024
_WRITES = frozenset({"ImportOrders"})


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One call as it was; `fault` is the text of its SOAP fault, if any."""

    operation: str
    seconds: float
    fault: str = ""


class Endpoint:
    """Takes calls to the desks that answer them.

    `meanwhile` is what happens in the building, by operation: one act for each answer, once it has been worked out.
    """

    def __init__(
        self,
        desks: Mapping[str, Callable[[Arguments], Value]],
        habits: Habits,
        faults: Faults,
        dice: random.Random,
        basic_auth: tuple[str, str] | None,
    ) -> None:
        self.calls: list[CallRecord] = []
        self.most_writes_at_once = 0
        self.meanwhile: dict[str, deque[Callable[[], None]]] = {}
        self._writes = 0
        self._desks, self._habits, self._faults, self._dice = desks, habits, faults, dice
        credentials = base64.b64encode(":".join(basic_auth).encode()).decode() if basic_auth else ""
        self._authorization = f"Basic {credentials}" if basic_auth else None

    def app(self) -> web.Application:
        """The routes of one customer's executable."""
        app = web.Application(client_max_size=_LARGEST)
        app.router.add_post(f"{PATH}/soap/IKosWeb", self._post)
        app.router.add_get(f"{PATH}/wsdl/IKosWeb", self._wsdl)
        return app

    @property
    def writing(self) -> bool:
        return self._writes > 0

    async def _wsdl(self, request: web.Request) -> web.StreamResponse:
        if self._refused(request):
            return _unauthorised()
        location = f"{request.scheme}://{request.host}{PATH}/soap/IKosWeb"
        return web.Response(text=wsdl(location), content_type="text/xml", charset="utf-8")

    async def _post(self, request: web.Request) -> web.StreamResponse:
        if self._refused(request):
            return _unauthorised()
        if request.content_type != "text/xml":
            return web.Response(status=415, text="SOAP 1.1 needs Content-Type text/xml")
        body = await request.read()
        try:
            call = soap.parse_call(body, request.headers.get("SOAPAction", ""))
        except soap.SoapFaultError as error:
            return self._fault("", 0.0, error)
        return await self._counted(call, request)

    async def _counted(self, call: soap.Call, request: web.Request) -> web.StreamResponse:
        """Serve a call among others, and know how many writes are under way."""
        self._writes += call.operation in _WRITES
        self.most_writes_at_once = max(self.most_writes_at_once, self._writes)
        try:
            return await self._faults.around(call.operation, lambda: self._answer(call), request)
        finally:
            self._writes -= call.operation in _WRITES

    async def _answer(self, call: soap.Call) -> web.StreamResponse:
        began = time.monotonic()
        if self._habits.delay is not None:
            await asyncio.sleep(self._dice.uniform(*self._habits.delay))
        if self._habits.slow:
            await asyncio.sleep(self._habits.slow * as_measured(self._dice.random()))
        try:
            result = self._desks_answer(call)
        except soap.SoapFaultError as error:
            return self._fault(call.operation, time.monotonic() - began, error)
        if self.meanwhile.get(call.operation):
            self.meanwhile[call.operation].popleft()()
        text = encode.answer(call.operation, result, multiref=self._habits.multiref)
        self.calls.append(CallRecord(call.operation, time.monotonic() - began))
        return web.Response(text=text, content_type="text/xml", charset="utf-8")

    def _desks_answer(self, call: soap.Call) -> Value:
        arguments = Arguments(call.operation, call.arguments)
        return self._desks[call.operation](arguments)

    def _fault(self, operation: str, seconds: float, error: soap.SoapFaultError) -> web.Response:
        self.calls.append(CallRecord(operation, seconds, error.text))
        return web.Response(status=500, text=soap.fault(error), content_type="text/xml", charset="utf-8")

    def _refused(self, request: web.Request) -> bool:
        return self._authorization is not None and request.headers.get("Authorization") != self._authorization


def _unauthorised() -> web.Response:
    return web.Response(status=401, text="Unauthorized", headers={"WWW-Authenticate": 'Basic realm="KhaosSIM"'})
