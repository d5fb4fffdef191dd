"""Messages as tests of their ways send them, and a place on loopback that takes them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from aiohttp import web

from khaossync.ops.alerts.matters import Matter
from khaossync.ops.alerts.policy import Notice, Stage
from khaossync.ops.alerts.wording import Telling

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)

GHOST = Matter(
    "shop",
    "unmapped_sku",
    "An ordered SKU has no stock code",
    "operations",
    True,
    NOON - timedelta(hours=3),
    count=2,
    lines=("2 open, the oldest for 3 h", "case 7 (3 h): #1001 shop:5001: skus GHOST & <Co>"),
    recipe="Create the stock code.",
    look="khaossync cases show 7",
)
DOWN = Matter("khaos", "down", "khaos cannot be used", "platform admin", True, NOON - timedelta(hours=5))
NEWS = Telling("here", NOON, [Notice(Stage.NEW, GHOST, 1), Notice(Stage.RESOLVED, DOWN, 2)])
TEST = Telling("here", NOON)


@dataclass
class Place:
    """What was posted where, and what is answered."""

    url: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    answer: bytes = b"ok"

    async def take(self, request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.requests.append((f"{request.method} {request.path}", headers, await request.read()))
        return web.Response(status=self.status, headers=self.headers, body=self.answer)


@asynccontextmanager
async def place() -> AsyncIterator[Place]:
    """A receiver on loopback while the block lasts."""
    taking, application = Place(), web.Application()
    application.router.add_route("*", "/{path:.*}", taking.take)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    taking.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield taking
    finally:
        await runner.cleanup()
