"""Those who are told: a receiver on loopback that takes alerts and heartbeats, and believes only what is signed."""

import base64
import hashlib
import hmac
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from aiohttp import web

SECRET = "whsec_" + base64.b64encode(b"what both ends of a day agree on").decode()
OLDEST = timedelta(minutes=5)
"""A message that was signed longer ago may be a replay."""

Key = tuple[str, str]
"""(whom it is about, what it is): by which a matter is recognised."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing that people were told. `stage` is new, grown, lasting or resolved."""

    key: Key
    stage: str
    at: datetime


class People:
    """Everybody who is told of cases and of flows that go; `refused` says why a message was not believed."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._had: set[str] = set()
        self._runner: web.AppRunner | None = None
        self.notices: list[Notice] = []
        self.beats: Counter[str] = Counter()
        self.refused: list[str] = []

    async def start(self) -> str:
        """Listen on loopback. Returns the base URL: alerts go to /alerts, heartbeats to /beats/<flow>."""
        application = web.Application()
        application.router.add_post("/alerts", self._alert)
        application.router.add_get("/beats/{flow}", self._beat)
        self._runner = web.AppRunner(application, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        """Listen no longer."""
        if self._runner is not None:
            await self._runner.cleanup()

    def told(self, what: str, stage: str = "new") -> int:
        """How often people were told of such a thing at this stage."""
        return sum(one.key[1] == what and one.stage == stage for one in self.notices)

    def know(self, what: str) -> bool:
        """Whether people were told of such a thing and not that it is over."""
        last = {one.key: one.stage for one in self.notices if one.key[1] == what}
        return any(stage != "resolved" for stage in last.values())

    async def _alert(self, request: web.Request) -> web.Response:
        body = await request.read()
        if why := self._objection(request, body):
            self.refused.append(why)
            return web.Response(status=401)
        for told in json.loads(body)["data"]["notices"]:
            if told["id"] not in self._had:  # after a lost answer the same is told again
                self._had.add(told["id"])
                self.notices.append(Notice((told["about"], told["what"]), told["stage"], self._now()))
        return web.Response()

    async def _beat(self, request: web.Request) -> web.Response:
        self.beats[request.match_info["flow"]] += 1
        return web.Response()

    def _objection(self, request: web.Request, body: bytes) -> str:
        """Why a message is not believed; empty when it is. https://www.standardwebhooks.com"""
        name, stamp = request.headers.get("webhook-id", ""), request.headers.get("webhook-timestamp", "")
        key = base64.b64decode(SECRET.removeprefix("whsec_"))
        digest = hmac.new(key, f"{name}.{stamp}.".encode() + body, hashlib.sha256).digest()
        given = request.headers.get("webhook-signature", "").split()
        if not any(hmac.compare_digest(f"v1,{base64.b64encode(digest).decode()}", one) for one in given):
            return f"the signature of {name} is not ours"
        age = abs(self._now().timestamp() - int(stamp))
        return "" if age <= OLDEST.total_seconds() else f"{name} was signed {age:.0f} s ago"
