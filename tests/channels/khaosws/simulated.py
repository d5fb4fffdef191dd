"""A simulated Khaos Control with a shelf of goods, and short ways of asking the connector."""

from random import Random
from typing import Any

from channels.khaosws.service import Bench, delivery

from khaossync.domain.despatch import Despatch, OrderState
from khaossync.domain.documents import Document, Kind, Page
from khaossync.domain.messages import Outcome
from khaossync.domain.sales_order import SalesOrder
from khaossync.ports import Connector
from khaossync.sandbox.khaosws import Habits, KhaosServer


def simulated(bench: Bench, **changes: Any) -> KhaosServer:
    """A server whose records all carry odd tags and lack optional ones."""
    odd = Habits(extra_tags=1.0, missing_tags=0.5)
    server = KhaosServer(
        now=bench.clock.now, dice=Random(7), habits=odd, couriers=(("RM48", "Royal Mail 48"),), **changes
    )
    server.add_stock("MUG", "Mug & saucer <blue>", {"1": 10, "2": 3})
    server.add_stock("TEA", "Tea", {"1": 5})
    server.add_stock("DISCOUNT", "Discount", {}, controlled=False)
    return server


async def send(connector: Connector, order: SalesOrder | None = None, *, doubt: bool = False) -> Outcome:
    (outcome,) = await connector.sinks[Kind.ORDER].deliver([delivery(order, doubt=doubt)])
    return outcome


async def read(connector: Connector, name: str, cursor: str | None = None) -> list[Page]:
    source = next(one for one in connector.sources if one.name == name)
    return [page async for page in source.changes(cursor)]


def told(pages: list[Page], kind: Kind) -> dict[str, Document]:
    assert [one for page in pages for one in page.unreadable] == []
    return {one.key: one for page in pages for one in page.documents if one.kind is kind}


def despatches(pages: list[Page]) -> list[Despatch]:
    return [one.body for one in told(pages, Kind.DESPATCH).values() if isinstance(one.body, Despatch)]


def state(pages: list[Page], ref: str = "S5001") -> OrderState:
    body = told(pages, Kind.ORDER_STATE)[ref].body
    assert isinstance(body, OrderState)
    return body
