"""Shopify for the contract suite."""

import random
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any, ClassVar

import examples
from contract.world import NAME, Identity, Mailroom, Post, Stream, Target, World

from khaossync.domain.despatch import Consignment, ConsignmentLine
from khaossync.domain.documents import Kind
from khaossync.domain.messages import Delivery
from khaossync.domain.stock import ChannelLevel
from khaossync.sandbox.shopify import ShopifyShop, despatch
from khaossync.sandbox.shopify.fulfilments import Fulfilment
from khaossync.sandbox.shopify.ids import gid

_PRICE = Decimal("12.00")
_PLENTY = 1_000_000.0


class Simulated(World):
    """A shop with one location and a mug to sell."""

    STRANGER: ClassVar = {"access_token": "shpat_of_somebody_else"}
    MISTAKEN: ClassVar = {"locations": ["gid://shopify/Location/1"]}

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        dice = random.Random(7)
        self.shop = ShopifyShop(now=self.clock, dice=dice, locations=("Leeds",), maximum=_PLENTY, restore_rate=_PLENTY)
        self.faults = self.shop.faults

    def furnish(self) -> None:
        self.shop.list_product("MUG", "Mug", _PRICE, {"Leeds": 1000})

    async def start(self) -> None:
        self.url = await self.shop.start(self.port)

    async def stop(self) -> None:
        await self.shop.stop()

    def settings(self) -> Mapping[str, Any]:
        return {
            "shop": "shop.myshopify.com",
            "url": self.url,
            "access_token": "shpat_test",
            "webhook_secrets": [self.shop.webhook_secret],
            "order_page": 2,
            "refund_page": 2,
            "catalogue_page": 2,
            "overlap": 0,
            "bucket": 50000,
            "restore_rate": 5000,
        }


class Orders(Stream[Simulated]):
    KINDS = frozenset({Kind.ORDER})

    async def create(self) -> Identity:
        return Kind.ORDER, f"{NAME}:{self.world.shop.place_order([('MUG', 1)])}"

    async def change(self, identity: Identity) -> None:
        self.world.shop.tag(identity[1].removeprefix(f"{NAME}:"), "gift")


class OrderSweep(Orders):
    """With an empty memory every order of the last days was missed."""


class Refunds(Stream[Simulated]):
    KINDS = frozenset({Kind.REFUND})

    async def create(self) -> Identity:
        order = self.world.shop.place_order([("MUG", 2)])
        return Kind.REFUND, self.world.shop.refund(order, {"MUG": 1}, pending=True)

    async def change(self, identity: Identity) -> None:
        self.world.shop.settle_refund(identity[1])


class Catalogue(Stream[Simulated]):
    """A quantity that others change is no change of the item: it becomes another by a second listing of its SKU."""

    KINDS = frozenset({Kind.LISTING})
    WHOLE = True

    async def create(self) -> Identity:
        sku = f"SKU{next(self.world.numbers)}"
        self.world.shop.list_product(sku, "Thing", _PRICE, {"Leeds": 5})
        return Kind.LISTING, sku

    async def change(self, identity: Identity) -> None:
        self.world.shop.list_product(identity[1], "The same thing", _PRICE, {"Leeds": 5})


class Levels(Target[Simulated]):
    KIND = Kind.STOCK_LEVEL
    WRITE = "inventorySetQuantities"

    async def possible(self) -> Delivery:
        shop, sku = self.world.shop, f"SKU{next(self.world.numbers)}"
        item = shop.list_product(sku, "Thing", _PRICE, {"Leeds": 5})
        return self._set(ChannelLevel(sku, item, self._leeds, 17, 5))

    async def impossible(self) -> Delivery:
        item = self.world.shop.list_product(f"SET{next(self.world.numbers)}", "Set", _PRICE, bundle_of={"MUG": 1})
        return self._set(ChannelLevel("SET", item, self._leeds, 17, None))

    def effects(self, delivery: Delivery) -> int:
        level = delivery.payload
        assert isinstance(level, ChannelLevel)
        return int(self.world.shop.available(level.sku, "Leeds") == level.quantity)

    def _set(self, level: ChannelLevel) -> Delivery:
        return self.wanted(level, level)

    @property
    def _leeds(self) -> str:
        return str(self.world.shop.state.catalogue.location("Leeds").id)


class Parcels(Target[Simulated]):
    """One mug of two, with a tracking number: another parcel of the same order would fit as well."""

    KIND = Kind.DESPATCH
    WRITE = "fulfillmentCreate"
    BOUGHT = 2
    NUMBERED = True

    async def possible(self) -> Delivery:
        return self._parcel(self.world.shop.place_order([("MUG", self.BOUGHT)]))

    async def impossible(self) -> Delivery:
        return self._parcel(gid("Order", 999))

    def effects(self, delivery: Delivery) -> int:
        """Fulfilments of the order; the mail to the customer counts as one too, where it was written twice."""
        assert isinstance(delivery.payload, Consignment)
        order = self.world.shop.order(delivery.payload.order_id)
        mails = [mail for mail in self.world.shop.mails if mail.order == order.name]
        return max(len(self.world.shop.fulfilments(order.id)), len(mails))

    def _parcel(self, order_id: str) -> Delivery:
        number = next(self.world.numbers)
        sold = [
            gid("LineItem", line.number)
            for order in self.world.shop.state.orders.values()
            if gid("Order", order.number) == order_id
            for line in order.lines
        ]
        lines = (ConsignmentLine("MUG", tuple(sold), 1),)
        tracking = f"T{number}" if self.NUMBERED else ""
        told = Consignment(order_id, f"INV{number}", self.world.clock(), "Royal Mail", tracking, "", lines)
        return self.wanted(told, examples.despatch())


class UnnumberedParcels(Parcels):
    """All that the order has, without a tracking number."""

    BOUGHT = 1
    NUMBERED = False


class LateNumbers(Parcels):
    """The tracking number of a parcel that was told without one."""

    WRITE = "fulfillmentTrackingInfoUpdate"

    async def possible(self) -> Delivery:
        state, order_id = self.world.shop.state, self.world.shop.place_order([("MUG", 1)])
        order = next(each for each in state.orders.values() if gid("Order", each.number) == order_id)
        parts = [{"fulfillmentOrderId": gid("FulfillmentOrder", each.number)} for each in order.fulfilment_orders]
        made = despatch.create(state, {"lineItemsByFulfillmentOrder": parts})
        assert isinstance(made, Fulfilment)
        return self._late(order_id, gid("Fulfillment", made.number))

    async def impossible(self) -> Delivery:
        return self._late(self.world.shop.place_order([("MUG", 1)]), gid("Fulfillment", 999))

    def effects(self, delivery: Delivery) -> int:
        """Whether it has its number; a second mail or a second fulfilment counts as once more."""
        assert isinstance(delivery.payload, Consignment)
        order = self.world.shop.order(delivery.payload.order_id)
        made = self.world.shop.fulfilments(order.id)
        mails = [mail for mail in self.world.shop.mails if mail.order == order.name]
        numbered = any(delivery.payload.tracking_number == each.number for one in made for each in one.tracking)
        return max(len(made), len(mails)) if numbered else 0

    def _late(self, order_id: str, fulfilment: str) -> Delivery:
        told = self._parcel(order_id)
        assert isinstance(told.payload, Consignment)
        return replace(told, payload=replace(told.payload, told_as=fulfilment))


class Webhooks(Mailroom[Simulated]):
    SIGNATURE = "X-Shopify-Hmac-Sha256"

    async def genuine(self) -> Post:
        """As the shop posts it, to an address where nobody answers."""
        webhooks = self.world.shop.webhooks
        webhooks.uri = "http://127.0.0.1:9/"
        self.world.shop.place_order([("MUG", 1)])
        await webhooks.idle()
        sent = next(each for each in webhooks.sent if each.topic == "orders/create")
        return Post(sent.headers, sent.body, "orders")

    async def irrelevant(self) -> Post:
        """The signature is over the body alone."""
        post = await self.genuine()
        return Post({**post.headers, "X-Shopify-Topic": "themes/publish"}, post.body)


Simulated.STREAMS = {"orders": Orders, "order sweep": OrderSweep, "refunds": Refunds, "catalogue": Catalogue}
Simulated.TARGETS = {
    "stock levels": Levels,
    "parcels": Parcels,
    "parcels without a number": UnnumberedParcels,
    "late numbers": LateNumbers,
}
Simulated.MAILROOM = Webhooks
