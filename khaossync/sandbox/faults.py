"""The ways a simulated system can be told to misbehave, wrapped around any aiohttp handler."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

from aiohttp import web

HTML_PAGE = (
    "<!DOCTYPE html><html><head><title>502 - Web server error</title></head><body><h1>Bad Gateway</h1></body></html>"
)


class Fault(StrEnum):
    """What goes wrong with one call; whether the work was done is part of the kind."""

    DROP_BEFORE = "drop_before"  # the connection closes, nothing was done
    DROP_AFTER = "drop_after"  # the work was done, the answer never comes
    STALL = "stall"  # the work was done, the answer comes late
    UNAVAILABLE = "unavailable"  # 503, nothing was done
    THROTTLE = "throttle"  # 429 with Retry-After, nothing was done
    HTML = "html"  # 502 with a page for people, nothing was done
    TRUNCATE = "truncate"  # the work was done, half of the answer comes


@dataclass(frozen=True)
class Planned:
    """A fault for the next `times` calls of `operation` ("*" is any)."""

    fault: Fault
    operation: str = "*"
    times: int = 1
    seconds: float = 5.0


@dataclass(frozen=True)
class Spread:
    """A fault that hits each call of `operation` ("*" is any) with a seeded chance."""

    fault: Fault
    probability: float
    dice: random.Random
    operation: str = "*"
    seconds: float = 5.0


class Faults:
    """The plan of one simulator. Planned faults come first, in order; then the spread ones get their throw."""

    def __init__(self) -> None:
        self._planned: list[Planned] = []
        self._spread: list[Spread] = []
        self._happened: list[tuple[str, Fault]] = []

    @property
    def happened(self) -> list[tuple[str, Fault]]:
        """Every fault that struck, as (operation, fault), oldest first."""
        return list(self._happened)

    def plan(self, fault: Fault, operation: str = "*", times: int = 1, seconds: float = 5.0) -> None:
        """Let `fault` strike the next `times` calls of `operation`; `seconds` is how long a STALL lasts."""
        if times < 1:
            raise ValueError(f"a fault must be planned for at least one call, not {times}")
        self._planned += [Planned(fault, operation, 1, seconds)] * times

    def spread(
        self, fault: Fault, probability: float, dice: random.Random, operation: str = "*", seconds: float = 5.0
    ) -> None:
        """Let `fault` strike each call of `operation` with `probability` (0 to 1), thrown by `dice`."""
        if not 0 <= probability <= 1:
            raise ValueError(f"a probability is between 0 and 1, not {probability}")
        self._spread.append(Spread(fault, probability, dice, operation, seconds))

    def clear(self) -> None:
        """Behave from now on. What happened stays on record."""
        self._planned.clear()
        self._spread.clear()

    async def around(
        self, operation: str, handle: Callable[[], Awaitable[web.StreamResponse]], request: web.BaseRequest
    ) -> web.StreamResponse:
        """Answer one call through `handle`, or spoil it as planned."""
        struck = self._strike(operation)
        if struck is None:
            return await handle()
        fault, seconds = struck
        self._happened.append((operation, fault))
        if fault in _REFUSALS:
            return _REFUSALS[fault]()
        if fault is Fault.DROP_BEFORE:
            return _hang_up(request)
        return await _spoil(fault, seconds, await handle(), request)

    def _strike(self, operation: str) -> tuple[Fault, float] | None:
        for position, planned in enumerate(self._planned):
            if planned.operation in ("*", operation):
                del self._planned[position]
                return planned.fault, planned.seconds
        for spread in self._spread:
            if spread.operation in ("*", operation) and spread.dice.random() < spread.probability:
                return spread.fault, spread.seconds
        return None


def _unavailable() -> web.Response:
    return web.Response(status=503, text="Service Unavailable")


def _throttled() -> web.Response:
    return web.Response(status=429, text="Too Many Requests", headers={"Retry-After": "1"})


def _html() -> web.Response:
    return web.Response(status=502, text=HTML_PAGE, content_type="text/html")


_REFUSALS: dict[Fault, Callable[[], web.Response]] = {
    Fault.UNAVAILABLE: _unavailable,
    Fault.THROTTLE: _throttled,
    Fault.HTML: _html,
}


async def _spoil(
    fault: Fault, seconds: float, answer: web.StreamResponse, request: web.BaseRequest
) -> web.StreamResponse:
    """Do to an answer that has been worked out what `fault` says."""
    if fault is Fault.STALL:
        await asyncio.sleep(seconds)
        return answer
    if fault is Fault.TRUNCATE:
        return await _send_half(answer, request)
    return _hang_up(request)


def _hang_up(request: web.BaseRequest) -> web.StreamResponse:
    """Close the TCP connection; aiohttp writes the returned answer into the void."""
    if request.transport is not None:
        request.transport.close()
    return web.Response(status=500)


async def _send_half(answer: web.StreamResponse, request: web.BaseRequest) -> web.StreamResponse:
    """Promise the whole body, send half of it, hang up."""
    body = answer.body if isinstance(answer, web.Response) else None
    whole = body if isinstance(body, bytes | bytearray) else b""
    half = web.StreamResponse(status=answer.status, headers={"Content-Type": answer.headers.get("Content-Type", "")})
    half.content_length = len(whole)
    await half.prepare(request)
    await half.write(bytes(whole[: len(whole) // 2]))
    if request.transport is not None:
        request.transport.close()
    return half
