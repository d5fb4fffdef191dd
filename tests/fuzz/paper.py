"""A shop that answers GraphQL by script on loopback, and a stream of a real connector pulled into a real outbox."""

import json
import re
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random
from typing import Any

from aiohttp import web
from channels.khaosws.service import NoMeter
from examples import rules
from outbox.stories import HandClock, query, value

from khaossync.domain.rules import Rules
from khaossync.loops.outage import Outage
from khaossync.loops.pull import Pull
from khaossync.outbox import PostgresOutbox
from khaossync.ports import Connector, Kit, Source

Json = dict[str, Any]
_EXACT = re.compile(r'"@@([^"]+)@@"')


def text_of(tree: Any) -> bytes:
    """JSON whose decimals are numbers to the last digit."""
    return _EXACT.sub(r"\1", json.dumps(tree, default=lambda number: f"@@{_plain(number)}@@")).encode()


def _plain(number: Decimal) -> str:
    return str(number) if number.is_finite() else "null"


@dataclass
class ScriptedShop:
    """Answers operations by name; what nobody scripted is a refusal, as of a garbled id."""

    answers: dict[str, Callable[[Json], Any]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    url: str = ""

    async def answer(self, request: web.Request) -> web.Response:
        told = json.loads(await request.read())
        name = told["operationName"]
        self.asked.append(name)
        if name not in self.answers:
            return web.json_response({"errors": [{"message": "invalid id", "extensions": {"code": "BAD_ID"}}]})
        made = self.answers[name](told["variables"])
        body = made if isinstance(made, bytes) else text_of({"data": made})
        return web.Response(body=body, content_type="application/json")


@asynccontextmanager
async def scripted_shop() -> AsyncIterator[ScriptedShop]:
    """The shop on a free port of loopback."""
    shop = ScriptedShop()
    application = web.Application()
    application.router.add_post("/{path:.*}", shop.answer)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        shop.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield shop
    finally:
        await runner.cleanup()


def connection(*nodes: object, after: str | None = None) -> Json:
    """A page of a connection."""
    return {"nodes": list(nodes), "pageInfo": {"hasNextPage": bool(after), "endCursor": after}}


def by_id(records: Iterable[Any], asked: Json) -> Json:
    """The answer that tells these records whole, as far as it is asked for them."""
    known = {each["id"]: each for each in records if isinstance(each, dict) and isinstance(each.get("id"), str)}
    return {"nodes": [known.get(each) for each in asked["ids"]]}


@dataclass
class Reading:
    """One stream, pulled as the daemon pulls it."""

    pull: Pull
    outbox: PostgresOutbox
    source: Source
    connector: str

    async def cursor(self) -> str | None:
        """Where it stands."""
        return await self.outbox.cursor(self.connector, self.source.name)

    async def documents(self) -> Mapping[str, str]:
        """Key → version of everything that was read well."""
        rows = await query(self.outbox.database, "select kind, key, version from khaossync.documents")
        return {f"{row['kind']} {row['key']}": row["version"] for row in rows}

    async def cases(self, state: str = "open") -> Mapping[str, str]:
        """Subject → detail of the records that could not be read."""
        sql = "select subject, detail from khaossync.cases where class = 'unreadable_document' and state = $1"
        return {row["subject"]: row["detail"] for row in await query(self.outbox.database, sql, state)}

    async def counts(self) -> tuple[int, ...]:
        """How many rows each table of arrivals and effects holds."""
        tables = ("documents", "raws", "ledger", "messages", "cases", "links")
        return tuple([await value(self.outbox.database, f"select count(*) from khaossync.{one}") for one in tables])  # noqa: S608

    async def unkept(self) -> int:
        """Open cases of unreadable records whose raw text is not kept."""
        sql = """select count(*) from khaossync.cases c where class = 'unreadable_document' and evidence ? 'version'
            and not exists (select from khaossync.raws r where r.version = c.evidence ->> 'version' and raw <> '')"""
        return int(await value(self.outbox.database, sql))


def reading(connector: Connector, stream: str, outbox: PostgresOutbox, clock: HandClock) -> Reading:
    """A stream of a connector with the rules of the examples."""
    source = next(one for one in connector.sources if one.name == stream)
    outage = Outage(connector, clock)
    pull = Pull(
        source=source,
        outage=outage,
        outbox=outbox,
        rules=Rules.of([rules()]),
        clock=clock,
        meter=NoMeter(),
        beat=lambda: None,
        look=lambda _channel, _level: None,
    )
    return Reading(pull, outbox, source, connector.name)


def kit(clock: HandClock, outbox: PostgresOutbox, stack: AsyncExitStack) -> Kit:
    """What a connector is built with."""
    return Kit(clock, Random(1), NoMeter(), outbox, stack)
