"""Each use of the ERP says how urgent it is, and no question stands before another's door."""

import asyncio
from collections import defaultdict
from dataclasses import replace
from datetime import timedelta

from channels.khaosws.service import Bench, settings
from channels.khaosws.simulated import read, send

from khaossync.domain.documents import Kind
from khaossync.erp.khaosws import build
from khaossync.sandbox.faults import Fault
from khaossync.sandbox.khaosws import KhaosServer


class Ledger:
    """A meter that remembers which operations were called, in which order, and how urgent each was."""

    def __init__(self) -> None:
        self.urgency: defaultdict[str, set[str]] = defaultdict(set)
        self.turns: list[str] = []

    def count(self, name: str, amount: float = 1, **labels: str) -> None: ...
    def gauge(self, name: str, value: float, **labels: str) -> None: ...

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        if name == "limiter_wait_seconds":
            self.turns.append(labels["priority"])
        if name == "request_seconds":
            self.urgency[labels["operation"]].add(self.turns[-1])


async def test_sweeps_wait_behind_changes_changes_behind_orders_and_all_behind_despatches(
    bench: Bench, server: KhaosServer
) -> None:
    """MKP-4, SHO-28."""
    ledger = Ledger()
    connector = await build("khaos", settings(await server.start()), replace(bench.kit, meter=ledger))
    *_, last = await read(connector, "stock")
    swept, ledger.urgency = ledger.urgency, defaultdict(set)
    assert {"backfill"} == set().union(*swept.values()) - {"stock"}
    bench.clock.at += timedelta(minutes=10)
    await read(connector, "stock", last.cursor)
    changed, ledger.urgency = ledger.urgency, defaultdict(set)
    assert set().union(*changed.values()) == {"stock"}
    await send(connector, doubt=True)
    assert dict(ledger.urgency) == {"ExportOrderStatusEx": {"orders"}, "ImportOrders": {"orders"}}
    ledger.urgency.clear()
    await read(connector, "despatches")
    assert set().union(*ledger.urgency.values()) == {"despatch"}


async def test_despatches_pass_a_sweep_that_waits_for_a_slow_answer(bench: Bench, server: KhaosServer) -> None:
    """MKP-4: reading calls go one at a time; of those who wait the most urgent is next, not the first come."""
    ledger = Ledger()
    connector = await build("khaos", settings(await server.start()), replace(bench.kit, meter=ledger))
    server.faults.plan(Fault.STALL, "GetStockList", seconds=0.3)
    streams = [asyncio.create_task(read(connector, name)) for name in ("stock", "catalogue", "despatches")]
    await asyncio.gather(*streams)
    assert ledger.turns[0] != "despatch"
    assert ledger.turns[1] == "despatch"


async def test_orders_go_in_one_at_a_time(bench: Bench, server: KhaosServer) -> None:
    connector = await build("khaos", settings(await server.start()), bench.kit)
    assert {kind: sink.parallel for kind, sink in connector.sinks.items()} == {Kind.ORDER: 1}
