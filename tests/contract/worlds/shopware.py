"""Shopware for the contract suite."""

import hashlib
import hmac
import json
import random
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar

import examples
from contract.world import NAME, Identity, Mailroom, Post, Stream, Target, World

from khaossync.domain.despatch import Consignment, ConsignmentLine
from khaossync.domain.documents import Kind
from khaossync.domain.messages import Delivery
from khaossync.domain.stock import ChannelLevel
from khaossync.sandbox.shopware import ShopwareShop

_PRICE = Decimal("12.00")
_PUBLISHED = Path(__file__).resolve().parents[3] / "../shared/schemas/shopware/admin-6.7.10.1.json"
"""Shopware's own description of its API; every call is held against it where there is a copy."""


class Simulated(World):
    """A shop with a mug to sell."""

    STRANGER: ClassVar = {"client_secret": "of somebody else"}
    MISTAKEN: ClassVar = {"terms_methods": ["payment_of_nobody"]}

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        published = _PUBLISHED if _PUBLISHED.exists() else None
        self.shop = ShopwareShop(now=self.clock, dice=random.Random(7), published=published)
        self.faults = self.shop.faults

    def furnish(self) -> None:
        self.shop.list_product("MUG", "Mug", _PRICE, 1000)

    async def start(self) -> None:
        self.url = await self.shop.start(self.port)

    async def stop(self) -> None:
        await self.shop.stop()
        assert self.shop.complaints == []

    def settings(self) -> Mapping[str, Any]:
        return {
            "url": self.url,
            "client_id": "SWIATEST",
            "client_secret": "client-secret",
            "page": 2,
            "order_page": 2,
            "overlap": 0,
            "calls_per_second": 1000,
            "app_secret": self.shop.webhook_secret,
        }


class Orders(Stream[Simulated]):
    KINDS = frozenset({Kind.ORDER})

    async def create(self) -> Identity:
        return Kind.ORDER, f"{NAME}:{self.world.shop.place_order([('MUG', 1)])}"

    async def change(self, identity: Identity) -> None:
        self.world.shop.act(identity[1].removeprefix(f"{NAME}:"), "ship", "order_delivery")


class Refunds(Stream[Simulated]):
    KINDS = frozenset({Kind.REFUND})

    async def create(self) -> Identity:
        order = self.world.shop.place_order([("MUG", 2)])
        return Kind.REFUND, self.world.shop.refund(order, {"MUG": 1}, pending=True)

    async def change(self, identity: Identity) -> None:
        self.world.shop.settle_refund(identity[1])


class Catalogue(Stream[Simulated]):
    KINDS = frozenset({Kind.LISTING})
    WHOLE = True

    async def create(self) -> Identity:
        sku = f"SKU{next(self.world.numbers)}"
        self.world.shop.list_product(sku, "Thing", _PRICE, 5)
        return Kind.LISTING, sku

    async def change(self, identity: Identity) -> None:
        self.world.shop.rename_product(identity[1], "Another thing")


class Methods(Stream[Simulated]):
    KINDS = frozenset({Kind.DELIVERY_METHOD})
    WHOLE = True

    async def create(self) -> Identity:
        technical = f"shipping_{next(self.world.numbers)}"
        self.world.shop.add_delivery_method(f"Way of {technical}", technical)
        return Kind.DELIVERY_METHOD, technical

    async def change(self, identity: Identity) -> None:
        self.world.shop.rename_delivery_method(f"Way of {identity[1]}", f"Other way of {identity[1]}")


class Levels(Target[Simulated]):
    KIND = Kind.STOCK_LEVEL
    WRITE = "sync"

    async def possible(self) -> Delivery:
        sku = f"SKU{next(self.world.numbers)}"
        product = self.world.shop.list_product(sku, "Thing", _PRICE, 5)
        return self._set(ChannelLevel(sku, product, "shop", 17, 5))

    async def impossible(self) -> Delivery:
        return self._set(ChannelLevel("MUG", "no id at all", "shop", 17, None))

    def effects(self, delivery: Delivery) -> int:
        level = delivery.payload
        assert isinstance(level, ChannelLevel)
        return int(self.world.shop.available(level.sku) == level.quantity)

    def _set(self, level: ChannelLevel) -> Delivery:
        return self.wanted(level, level)


class Parcels(Target[Simulated]):
    """One mug of two, with a tracking number: another parcel of the same order would fit as well."""

    KIND = Kind.DESPATCH
    WRITE = "order_delivery/state/ship_partially"
    BOUGHT = 2
    NUMBERED = True

    async def possible(self) -> Delivery:
        return self._parcel(self.world.shop.place_order([("MUG", self.BOUGHT)]))

    async def impossible(self) -> Delivery:
        order = self.world.shop.place_order([("MUG", self.BOUGHT)])
        self.world.shop.act(order, "cancel", "order_delivery")
        return self._parcel(order)

    def effects(self, delivery: Delivery) -> int:
        """Shipments of the order; the mail to the customer counts as one too, where it was written twice."""
        assert isinstance(delivery.payload, Consignment)
        order = self.world.shop.order(delivery.payload.order_id)
        mails = [mail for mail in self.world.shop.mails if mail.order == order.name]
        told = self.world.shop.fulfilments(order.id)
        if self.NUMBERED and told:
            assert delivery.payload.tracking_number in mails[0].tracking_numbers
        return max(len(told), len(mails))

    def _parcel(self, order: str) -> Delivery:
        number = next(self.world.numbers)
        sold = tuple(line.id for line in self.world.shop.order(order).lines if line.sku == "MUG")
        tracking = f"T{number}" if self.NUMBERED else ""
        lines = (ConsignmentLine("MUG", sold, 1),)
        told = Consignment(order, f"INV{number}", self.world.clock(), "Royal Mail", tracking, "", lines)
        return self.wanted(told, examples.despatch())


class WholeParcels(Parcels):
    """All that the order has, without a tracking number."""

    WRITE = "order_delivery/state/ship"
    BOUGHT = 1
    NUMBERED = False


class LateNumbers(Parcels):
    """The tracking number of a parcel that was told without one."""

    WRITE = "patch/order-delivery"

    async def possible(self) -> Delivery:
        order = self.world.shop.place_order([("MUG", 1)])
        self.world.shop.act(order, "ship", "order_delivery")
        return self._late(order, self.world.shop.delivery(order))

    async def impossible(self) -> Delivery:
        return self._late(self.world.shop.place_order([("MUG", 1)]), "0" * 32)

    def effects(self, delivery: Delivery) -> int:
        """Whether it has its number; a second mail or a second shipment counts as once more."""
        assert isinstance(delivery.payload, Consignment)
        order = self.world.shop.order(delivery.payload.order_id)
        made = self.world.shop.fulfilments(order.id)
        mails = [mail for mail in self.world.shop.mails if mail.order == order.name]
        numbered = any(delivery.payload.tracking_number == each.number for one in made for each in one.tracking)
        return max(len(made), len(mails)) if numbered else 0

    def _late(self, order: str, delivery: str) -> Delivery:
        told = self._parcel(order)
        assert isinstance(told.payload, Consignment)
        return replace(told, payload=replace(told.payload, told_as=delivery))


class Webhooks(Mailroom[Simulated]):
    SIGNATURE = "shopware-shop-signature"

    async def genuine(self) -> Post:
        """As the shop posts it, to an address where nobody answers."""
        return await self._sent("checkout.order.placed", "orders")

    async def irrelevant(self) -> Post:
        """Signed by the same secret, of an event that wakes nothing."""
        body = json.dumps({"data": {"payload": [], "event": "media.written"}, "source": {"eventId": "1"}}).encode()
        proof = hmac.new(self.world.shop.webhook_secret.encode(), body, hashlib.sha256).hexdigest()
        return Post({self.SIGNATURE: proof}, body)

    async def _sent(self, event: str, stream: str) -> Post:
        webhooks = self.world.shop.webhooks
        self.world.shop.webhook_url = "http://127.0.0.1:9/"
        self.world.shop.place_order([("MUG", 1)])
        await webhooks.idle()
        sent = next(each for each in webhooks.sent if each.topic == event)
        return Post(sent.headers, sent.body, stream)


Simulated.STREAMS = {"orders": Orders, "refunds": Refunds, "catalogue": Catalogue, "delivery methods": Methods}
Simulated.TARGETS = {
    "stock levels": Levels,
    "parcels": Parcels,
    "whole parcels without a number": WholeParcels,
    "late numbers": LateNumbers,
}
Simulated.MAILROOM = Webhooks
