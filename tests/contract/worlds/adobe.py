"""Adobe Commerce for the contract suite."""

import random
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar

import examples
from contract.world import NAME, Identity, Stream, Target, World

from khaossync.domain.despatch import Consignment, ConsignmentLine
from khaossync.domain.documents import Kind
from khaossync.domain.messages import Delivery
from khaossync.domain.stock import ChannelLevel
from khaossync.sandbox.adobe import AdobeShop

_PRICE = Decimal("12.00")
_SPECIFICATION = Path(__file__).resolve().parents[3] / "../shared/schemas/adobe/admin-schema-2.4.9.json"


class Simulated(World):
    """A shop with one source and a mug to sell; calls are held against the published specification, if it is there."""

    STRANGER: ClassVar = {"access_token": "of-somebody-else"}
    MISTAKEN: ClassVar = {"locations": ["nowhere"]}

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.shop = AdobeShop(now=self.clock, dice=random.Random(7), specification=_SPECIFICATION)
        self.faults = self.shop.faults

    def furnish(self) -> None:
        self.shop.list_product("MUG", "Mug", _PRICE, {"default": 1000})

    async def start(self) -> None:
        self.url = await self.shop.start(self.port)

    async def stop(self) -> None:
        await self.shop.stop()
        assert not self.shop.breaches, self.shop.breaches

    def settings(self) -> Mapping[str, Any]:
        access = self.shop.access
        return {
            "url": self.url,
            "consumer_key": access.consumer_key,
            "consumer_secret": access.consumer_secret,
            "access_token": access.access_token,
            "token_secret": access.token_secret,
            "order_page": 2,
            "catalogue_page": 2,
            "overlap": 0,
            "calls_per_minute": 60000,
        }


class Orders(Stream[Simulated]):
    KINDS = frozenset({Kind.ORDER})

    async def create(self) -> Identity:
        return Kind.ORDER, f"{NAME}:{self.world.shop.place_order([('MUG', 1)])}"

    async def change(self, identity: Identity) -> None:
        self.world.shop.comment(identity[1].removeprefix(f"{NAME}:"), "gift")


class OrderSweep(Orders):
    """With an empty memory every order of the last days was missed."""


class Refunds(Stream[Simulated]):
    KINDS = frozenset({Kind.REFUND})

    async def create(self) -> Identity:
        order = self.world.shop.place_order([("MUG", 2)])
        return Kind.REFUND, self.world.shop.refund(order, {"MUG": 1})

    async def change(self, identity: Identity) -> None:
        """Nothing that staff do changes one; extensions that open it and settle it later do."""
        memo = self.world.shop.state.memos[int(identity[1])]
        memo.state, memo.updated_at = 1, self.world.shop.state.now()


class Catalogue(Stream[Simulated]):
    KINDS = frozenset({Kind.LISTING})
    WHOLE = True

    async def create(self) -> Identity:
        sku = f"SKU{next(self.world.numbers)}"
        self.world.shop.list_product(sku, "Thing", _PRICE, {"default": 5})
        return Kind.LISTING, sku

    async def change(self, identity: Identity) -> None:
        self.world.shop.staff_sets(identity[1], "default", 7)


class Levels(Target[Simulated]):
    """Five lie there and one is sold, so that what is salable and what lies there differ."""

    KIND = Kind.STOCK_LEVEL
    WRITE = "POST inventory/source-items"

    async def possible(self) -> Delivery:
        shop, sku = self.world.shop, f"SKU{next(self.world.numbers)}"
        item = shop.list_product(sku, "Thing", _PRICE, {"default": 5})
        shop.place_order([(sku, 1)])
        return self._set(ChannelLevel(sku, item, "default", 17, 4))

    async def impossible(self) -> Delivery:
        sku = f"SKU{next(self.world.numbers)}"
        item = self.world.shop.list_product(sku, "Thing", _PRICE, {"default": 5})
        return self._set(ChannelLevel(sku, item, "nowhere", 17, None))

    def effects(self, delivery: Delivery) -> int:
        level = delivery.payload
        assert isinstance(level, ChannelLevel)
        return int(self.world.shop.salable(level.sku) == level.quantity)

    def _set(self, level: ChannelLevel) -> Delivery:
        return self.wanted(level, level)


class Parcels(Target[Simulated]):
    """One mug of two, with a tracking number: another parcel of the same order would fit as well."""

    KIND = Kind.DESPATCH
    WRITE = "POST order/{id}/ship"
    BOUGHT = 2
    NUMBERED = True

    async def possible(self) -> Delivery:
        return self._parcel(self.world.shop.place_order([("MUG", self.BOUGHT)]))

    async def impossible(self) -> Delivery:
        return self._parcel("999")

    def effects(self, delivery: Delivery) -> int:
        """Shipments of the order; the mail to the customer counts as one too, where it was written twice."""
        assert isinstance(delivery.payload, Consignment)
        order = self.world.shop.order(delivery.payload.order_id)
        mails = [mail for mail in self.world.shop.mails if mail.order == order.name and mail.kind.startswith("ship")]
        return max(len(self.world.shop.fulfilments(order.id)), len(mails))

    def _parcel(self, order_id: str) -> Delivery:
        number = next(self.world.numbers)
        order = self.world.shop.state.orders.get(int(order_id))
        sold = [str(item.number) for item in order.items] if order else ["1"]
        lines = (ConsignmentLine("MUG", tuple(sold), 1),)
        tracking = f"T{number}" if self.NUMBERED else ""
        told = Consignment(order_id, f"INV{number}", self.world.clock(), "Royal Mail", tracking, "", lines)
        return self.wanted(told, examples.despatch())


class UnnumberedParcels(Parcels):
    """One mug of two, without a tracking number."""

    NUMBERED = False


class LateNumbers(Parcels):
    """The tracking number of a parcel that was told without one."""

    WRITE = "POST shipment/track"

    async def possible(self) -> Delivery:
        order_id = self.world.shop.place_order([("MUG", 1)])
        return self._late(order_id, self.world.shop.ship(order_id))

    async def impossible(self) -> Delivery:
        return self._late(self.world.shop.place_order([("MUG", 1)]), "999")

    def effects(self, delivery: Delivery) -> int:
        """Whether it has its number; a second number, mail or shipment counts as once more."""
        assert isinstance(delivery.payload, Consignment)
        made = self.world.shop.fulfilments(delivery.payload.order_id)
        numbers = [each.number for one in made for each in one.tracking]
        return max(super().effects(delivery), len(numbers)) if delivery.payload.tracking_number in numbers else 0

    def _late(self, order_id: str, shipment: str) -> Delivery:
        told = self._parcel(order_id)
        assert isinstance(told.payload, Consignment)
        return replace(told, payload=replace(told.payload, told_as=shipment))


Simulated.STREAMS = {"orders": Orders, "order sweep": OrderSweep, "refunds": Refunds, "catalogue": Catalogue}
Simulated.TARGETS = {
    "stock levels": Levels,
    "parcels": Parcels,
    "parcels without a number": UnnumberedParcels,
    "late numbers": LateNumbers,
}
