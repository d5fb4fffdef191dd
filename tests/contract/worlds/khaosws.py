"""KhaosWS for the contract suite."""

import random
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

import examples
from channels.khaosws.service import sales_line, sales_order
from contract.world import Identity, Stream, Target, World

from khaossync.domain.documents import Kind
from khaossync.domain.messages import Delivery, Done
from khaossync.domain.sales_order import SalesOrder
from khaossync.sandbox.khaosws import Habits, KhaosServer, Verdict


class Simulated(World):
    """A Khaos Control with two sites and a mug to sell; its records carry tags that nobody has heard of."""

    TIMEOUT = "request_timeout"
    STRANGER: ClassVar = {"password": "of somebody else"}
    MISTAKEN: ClassVar = {"sites": [1, 9]}

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        # A server that leaves tags out now and then does not answer the same twice.
        habits = Habits(extra_tags=1.0, missing_tags=0.0)
        dice = random.Random(7)
        self.server = KhaosServer(now=self.clock, dice=dice, habits=habits, basic_auth=("sync", "secret"))
        self.faults = self.server.faults

    def furnish(self) -> None:
        self.server.add_stock("MUG", "Mug & saucer <blue>", {"1": 1000, "2": 3})

    async def start(self) -> None:
        self.url = await self.server.start(self.port)

    async def stop(self) -> None:
        await self.server.stop()

    def settings(self) -> Mapping[str, Any]:
        return {
            "url": self.url,
            "username": "sync",
            "password": "secret",
            "sites": [1, 2],
            "stock_chunk": 2,
            "status_chunk": 2,
            "first_look_back": 1,
            "stock_interval": 3600,
            "calls_per_minute": 1200,
        }


class Catalogue(Stream[Simulated]):
    KINDS = frozenset({Kind.STOCK_ITEM})
    WHOLE = True

    async def create(self) -> Identity:
        return Kind.STOCK_ITEM, _new_code(self.world)

    async def change(self, identity: Identity) -> None:
        self.world.server.discontinue(identity[1])


class Levels(Stream[Simulated]):
    KINDS = frozenset({Kind.STOCK_LEVEL})
    WHOLE = True

    async def create(self) -> Identity:
        return Kind.STOCK_LEVEL, _new_code(self.world)

    async def change(self, identity: Identity) -> None:
        self.world.server.receive(identity[1], 3)


class Despatches(Stream[Simulated]):
    """An order of ours that has left the building; it changes when its invoice is issued."""

    KINDS = frozenset({Kind.DESPATCH, Kind.ORDER_STATE})

    async def create(self) -> Identity:
        delivery = await Orders(self.world).possible()
        assert isinstance(delivery.payload, SalesOrder)
        async with self.world.connected() as connector:
            (outcome,) = await connector.sinks[Kind.ORDER].deliver([delivery])
        assert isinstance(outcome, Done)
        ref = delivery.payload.ref
        if next(self.world.numbers) % 2:  # the others are found by the time of their change alone
            self.world.open_orders.refs.append(ref)
        self.world.server.despatch(ref, courier="RM48", consignment=f"T-{ref}")
        return Kind.ORDER_STATE, ref

    async def change(self, identity: Identity) -> None:
        self.world.server.issue(identity[1])


class Orders(Target[Simulated]):
    KIND = Kind.ORDER
    WRITE = "ImportOrders"

    async def possible(self) -> Delivery:
        return self._order()

    async def impossible(self) -> Delivery:
        return self._order(lines=(sales_line(stock_code="UNHEARD-OF"),))

    def effects(self, delivery: Delivery) -> int:
        assert isinstance(delivery.payload, SalesOrder)
        return sum(order.ref == delivery.payload.ref for order in self.world.server.orders())

    def _order(self, **changes: Any) -> Delivery:
        ref = f"S{9000 + next(self.world.numbers)}"
        return self.wanted(replace(sales_order(), ref=ref, number=f"#{ref}", **changes), examples.order())


class ForgottenOrders(Orders):
    """For an ERP that books a known reference once more: what it does is documented nowhere."""

    FORGETFUL = True

    async def possible(self) -> Delivery:
        self.world.server.habits.duplicate = Verdict.ACCEPT
        return await super().possible()


def _new_code(world: Simulated) -> str:
    code = f"CODE{next(world.numbers):03}"
    world.server.add_stock(code, "Thing", {"1": 5})
    return code


Simulated.STREAMS = {"catalogue": Catalogue, "stock": Levels, "despatches": Despatches}
Simulated.TARGETS = {"orders": Orders, "orders where repeats are booked": ForgottenOrders}
