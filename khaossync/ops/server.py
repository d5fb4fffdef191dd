"""The daemon's own small HTTP server: probes, metrics and the door for webhooks."""

import hmac
import logging
from http import HTTPStatus
from typing import Any

import orjson
from aiohttp import web
from aiohttp.http import HttpProcessingError

from khaossync.ops.gauges import publish
from khaossync.ops.health import Status
from khaossync.ops.hooks import HookDoor
from khaossync.ops.lookout import Lookout
from khaossync.ops.metrics import Metrics
from khaossync.ops.wire import MEDIA_TYPE, brief, full


class Server:
    """Answers GET and HEAD on /livez, /readyz, /healthz and /metrics, and POST on /hooks/{connector}.

    With a `token` the details of /healthz and all of /metrics are for those who send it as a bearer. It goes on
    listening while the daemon drains (readiness is then refused), so it is started first and stopped last.
    """

    def __init__(
        self, lookout: Lookout, metrics: Metrics, door: HookDoor, *, host: str, port: int, token: str = ""
    ) -> None:
        self._lookout = lookout
        self._metrics = metrics
        self._token = token.encode()
        self._host, self._port = host, port
        app = web.Application(client_max_size=door.max_body)
        app.router.add_get("/livez", self._livez)
        app.router.add_get("/readyz", self._readyz)
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/metrics", self._scrape)
        app.router.add_post("/hooks/{connector}", door.receive)
        app.on_response_prepare.append(_nameless)
        # The daemon handles signals itself. A peer that never ends its body is let go after `lingering_time`.
        # Signatures are over the bytes that were sent, so nothing is decompressed.
        self._runner = web.AppRunner(
            app,
            handle_signals=False,
            access_log=None,
            logger=_server_log(),
            shutdown_timeout=1.0,
            lingering_time=1.0,
            keepalive_timeout=75.0,
            auto_decompress=False,
        )

    async def start(self) -> None:
        """Listen. Raises OSError when the address is taken."""
        await self._runner.setup()
        await web.TCPSite(self._runner, self._host, self._port).start()

    async def stop(self) -> None:
        """Finish the requests under way, for a second at most, and listen no more."""
        await self._runner.cleanup()
        await self._lookout.close()

    @property
    def url(self) -> str:
        """Where it listens, with the port that the system chose when port 0 was asked for."""
        host, port = self._runner.addresses[0][:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    async def _livez(self, _request: web.Request) -> web.Response:
        return _answer(HTTPStatus.OK, brief(Status.PASS))  # that we answer is the proof

    async def _readyz(self, _request: web.Request) -> web.Response:
        ready = (await self._lookout.report()).ready
        code = HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE
        return _answer(code, brief(Status.PASS if ready else Status.FAIL))

    async def _healthz(self, request: web.Request) -> web.Response:
        report = await self._lookout.report()
        code = HTTPStatus.SERVICE_UNAVAILABLE if report.status is Status.FAIL else HTTPStatus.OK
        return _answer(code, full(report) if self._trusts(request) else brief(report.status))

    async def _scrape(self, request: web.Request) -> web.Response:
        if not self._trusts(request):
            return web.Response(status=HTTPStatus.UNAUTHORIZED, headers={"WWW-Authenticate": "Bearer"})
        publish(await self._lookout.facts(), self._metrics)
        body, content_type = self._metrics.render()
        return web.Response(body=body, headers={"Content-Type": content_type, "Cache-Control": "no-store"})

    def _trusts(self, request: web.Request) -> bool:
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        # Compared as bytes: compare_digest refuses text that is not ASCII, which a stranger may well send.
        proof = given.strip().encode(errors="surrogateescape")
        return not self._token or (scheme.lower() == "bearer" and hmac.compare_digest(proof, self._token))


def _answer(code: HTTPStatus, document: dict[str, Any]) -> web.Response:
    headers = {"Content-Type": MEDIA_TYPE, "Cache-Control": "no-store"}
    return web.Response(status=code, body=orjson.dumps(document), headers=headers)


async def _nameless(_request: web.BaseRequest, response: web.StreamResponse) -> None:
    """Which versions we run on is nobody's business."""
    response.headers["Server"] = "khaossync"


def _server_log() -> logging.Logger:
    logger = logging.getLogger("aiohttp.server")
    logger.addFilter(_is_news)
    return logger


def _is_news(record: logging.LogRecord) -> bool:
    """Strangers who do not speak HTTP knock on every open port; only our own mistakes are news."""
    return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))
