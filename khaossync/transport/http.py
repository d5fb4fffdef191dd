"""Send one HTTP request and sort its failure by remedy."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime
from functools import partial

import aiohttp
import structlog
from aiohttp.abc import AbstractStreamWriter

from khaossync.clock import Clock
from khaossync.domain.errors import (
    AmbiguousError,
    ConnectorDownError,
    OwnershipLostError,
    RateLimitedError,
    SyncError,
    TransientError,
)
from khaossync.ports import Meter
from khaossync.transport.buckets import Charge
from khaossync.transport.clocks import ahead
from khaossync.transport.limiter import Limiter, Turn
from khaossync.transport.priority import Priority

log = structlog.get_logger()

_OK = 200
_PIECE = 64 * 1024
"""Bytes of a body that are taken at once."""

_DEFAULT_WAIT = timedelta(seconds=2)
_LONGEST_WAIT = timedelta(minutes=15)
_LONGEST_PAUSE = timedelta(minutes=1)
"""Others wait for the limiter in the middle of a tick, and a loop that is silent for minutes counts as dead."""


class UnauthorisedError(ConnectorDownError):
    """HTTP 401: the one refusal that an adapter whose tokens run out may mend by asking for a new one."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request. `operation` names it in logs and metrics; `safe` tells that sending it twice does no harm.

    `writes` tells that it changes something, so that only the process that works for the system may send it.
    `readable` are failing statuses whose body the caller reads itself (a SOAP fault comes with 500). `door` is the
    one of the limiter's doors that it goes through, where a system bears only so many calls at once. `feed` takes the
    body of a good answer piece by piece, where it may be too long to be held; what it raises ends the reading.
    """

    operation: str
    method: str
    url: str
    safe: bool
    headers: Mapping[str, str]
    body: bytes | None = None
    timeout: timedelta = timedelta(seconds=60)
    readable: frozenset[int] = frozenset()
    door: str = ""
    feed: Callable[[bytes], None] | None = None
    writes: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer and the turn in which it was got; header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    turn: Turn


async def _once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Send a request once: aiohttp sends a GET again when a connection ends, unseen and signed as before."""
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise aiohttp.ClientConnectionError(_text(error)) from (error.__cause__ or error)


class _Permitted(aiohttp.BytesPayload):
    """A body that asks whether it may still go before its first byte does; headers wait for it in the same buffer."""

    def __init__(self, body: bytes, permit: Callable[[], None]) -> None:
        super().__init__(body)
        self._permit = permit

    async def write_with_length(self, writer: AbstractStreamWriter, content_length: int | None) -> None:
        self._permit()
        await super().write_with_length(writer, content_length)


class Http:
    """The way to one system: its session, its limiter, its measurements.

    No answer may be longer than `max_body` bytes, or `max_fed` where it is not held but fed to its reader.
    `skew` is by how much the system's clock was ahead of ours at its last answer that told the time; None before one.
    `permit` raises OwnershipLostError for a system that this process may not change; it is asked when the connection
    stands and the next thing is to send, for a process may stand still at any time before that.
    """

    def __init__(
        self,
        system: str,
        session: aiohttp.ClientSession,
        limiter: Limiter,
        clock: Clock,
        meter: Meter,
        *,
        max_body: int = 64 * 1024 * 1024,
        max_fed: int = 256 * 1024 * 1024,
        permit: Callable[[str], None] = lambda _system: None,
    ) -> None:
        self.limiter = limiter
        self._system = system
        self._session = session
        self._clock = clock
        self._meter = meter
        self._max_body = max_body
        self._max_fed = max_fed
        self._permit = permit
        self.skew: timedelta | None = None

    async def send(self, request: Request, priority: Priority, cost: float = 1) -> Answer:
        """Wait for the limiter, send, and return any answer that the caller must read itself.

        Raises ConnectorDownError (cannot connect, 401, 403), RateLimitedError (429), TransientError (nothing can
        have happened, or `safe`), AmbiguousError (it may have happened). Redirects are not followed.
        """
        began = time.monotonic()
        async with self.limiter.turn(priority, cost, request.door) as turn:
            waited = time.monotonic() - began
            self._meter.observe("limiter_wait_seconds", waited, system=self._system, priority=priority.label)
            return await self._measured(request, turn)

    def charged(self, answer: Answer, charge: Charge) -> None:
        """Tell what an answer says of its cost and of the server's bucket."""
        self.limiter.told(answer.turn, charge)
        priority = answer.turn.priority.label
        self._meter.count("limiter_tokens", charge.spent, system=self._system, priority=priority)

    def refused(self, turn: Turn, wait: timedelta = timedelta(0)) -> None:
        """Tell that a call was one too many; for `wait` (a minute at most) no other is made."""
        self._meter.count("limiter_refusals", system=self._system, priority=turn.priority.label)
        self.limiter.pause(min(wait, _LONGEST_PAUSE).total_seconds())

    async def _measured(self, request: Request, turn: Turn) -> Answer:
        began, outcome = time.monotonic(), "failed"
        try:
            answer = await self._exchange(request, turn)
            self._judge(request, answer)
            outcome = "ok"
            return answer
        except SyncError as error:
            outcome = type(error).__name__
            raise
        finally:
            took = time.monotonic() - began
            self._meter.observe("request_seconds", took, system=self._system, operation=request.operation)
            self._meter.count("requests", system=self._system, operation=request.operation, outcome=outcome)
            log.debug("request", system=self._system, operation=request.operation, outcome=outcome, seconds=took)

    async def _exchange(self, request: Request, turn: Turn) -> Answer:
        try:
            async with self._session.request(
                request.method,
                request.url,
                headers=request.headers,
                data=self._data(request),
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=request.timeout.total_seconds(), sock_connect=10),
                middlewares=(_once,),
            ) as response:
                self.skew = ahead(response.headers.get("Date", ""), self._clock.now(), self.skew)
                body = await self._body(request, response)
                headers = {name.lower(): value for name, value in response.headers.items()}
                return Answer(response.status, headers, body, turn)
        except (
            aiohttp.ClientConnectorError,
            aiohttp.ConnectionTimeoutError,
            aiohttp.ServerFingerprintMismatch,
        ) as error:
            raise ConnectorDownError(
                f"{self._system}: cannot connect for {request.operation}: {_text(error)}"
            ) from error
        except (TimeoutError, aiohttp.ClientError) as error:
            if isinstance(error.__cause__, OwnershipLostError):
                raise error.__cause__ from None
            raise self._lost(request, f"connection lost ({_text(error)})") from error

    def _data(self, request: Request) -> bytes | aiohttp.Payload | None:
        if request.body is None or not request.writes:
            return request.body
        return _Permitted(request.body, partial(self._permit, self._system))

    async def _body(self, request: Request, response: aiohttp.ClientResponse) -> bytes:
        held: list[bytes] = []
        take, most = held.append, self._max_body
        if request.feed is not None and response.status in {_OK, *request.readable}:
            take, most = request.feed, self._max_fed
        size = 0
        async for piece in response.content.iter_chunked(_PIECE):
            size += len(piece)
            if size > most:
                raise self._lost(request, f"answer larger than {most} bytes")
            take(piece)
        return b"".join(held)

    def _judge(self, request: Request, answer: Answer) -> None:
        if answer.status in request.readable:
            return
        where = f"{self._system}: {request.operation} was answered with HTTP {answer.status}"
        if answer.status in (401, 403):
            refusal = UnauthorisedError if answer.status == 401 else ConnectorDownError
            raise refusal(f"{where}: check the credentials and their permissions")
        if answer.status == 429:
            wait = retry_after(answer.headers, self._clock) or _DEFAULT_WAIT
            self.refused(answer.turn, wait)
            raise RateLimitedError(where, wait)
        if answer.status >= 500 or answer.status in (408, 425):
            raise self._lost(request, f"HTTP {answer.status}")

    def _lost(self, request: Request, why: str) -> SyncError:
        text = f"{self._system}: {request.operation}: {why}"
        return TransientError(text) if request.safe else AmbiguousError(text)


def retry_after(headers: Mapping[str, str], clock: Clock) -> timedelta | None:
    """The `Retry-After` header as a duration: seconds or an HTTP date (RFC 9110 §10.2.3), bounded to 15 minutes."""
    value = headers.get("retry-after", "").strip()
    try:
        wait = (
            timedelta(seconds=min(float(value), 1e6))
            if value[:1].isdigit()
            else parsedate_to_datetime(value) - clock.now()
        )
    except (ValueError, TypeError, OverflowError):  # the last for a zone of twenty digits
        return None
    return min(max(wait, timedelta(0)), _LONGEST_WAIT)


def _text(error: BaseException) -> str:
    return str(error) or type(error).__name__
