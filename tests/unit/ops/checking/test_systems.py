"""Each system has its own time: what one keeps to itself costs the others nothing."""

import asyncio
from collections.abc import Mapping, Sequence

from examples import document, listing, rules
from unit.ops.checking.test_asking import Knocking, Told, Topics, soon

from khaossync.clock import SystemClock
from khaossync.domain.documents import Kind, Page
from khaossync.domain.findings import Finding, Severity
from khaossync.domain.rules import Rules
from khaossync.ops.checking.systems import Systems
from khaossync.ports import Connector


class Slow(Topics):
    async def missing(self, url: str) -> Sequence[str]:
        for _ in range(5):
            await asyncio.sleep(0)
        return await super().missing(url)


async def seen(connectors: Sequence[Connector], heard: list[str]) -> Mapping[str, Mapping[str, Finding]]:
    named = {one.name: one for one in connectors}
    told = Systems(
        Rules.of([rules()]), named, None, {"shop": "https://sync.example.org/x"}, SystemClock(), soon(0.3), heard.append
    )
    return {name: {one.subject: one for one in findings} for name, findings in await told.look()}


async def test_an_erp_that_hangs_costs_its_shop_nothing() -> None:
    heard: list[str] = []
    goods = Told([Page((document("shop", Kind.LISTING, "A", listing("A")),), "1", complete=True)])
    shop = Connector("shop", "scripted", Knocking(), (goods,), subscriptions=Slow())
    erp = Connector("khaos", "scripted", Knocking(silent=True), (Told([], endless=True),))
    found = await seen([erp, shop], heard)
    assert found["khaos"]["answers"].severity is Severity.FAIL
    assert (found["shop"]["answers"].severity, found["shop"]["webhooks"].severity) == (Severity.OK, Severity.OK)
    assert "the catalogue of khaos" in found["shop"]["catalogue"].detail
    assert heard == ["khaos: its catalogue was not read to the end (too slow)"]


async def test_a_system_that_tells_nothing_of_itself_may_still_tell_its_goods() -> None:
    heard: list[str] = []
    shop = Connector("shop", "scripted", Knocking(silent=True), (Told([Page((), "1", complete=True)]),))
    erp = Connector("khaos", "scripted", Knocking(), (Told([Page((), "1", complete=True)]),))
    found = await seen([erp, shop], heard)
    assert found["shop"]["answers"].severity is Severity.FAIL
    assert heard == []
