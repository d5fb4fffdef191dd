"""A Shopify shop in chaos."""

import random
from collections.abc import Mapping
from typing import Any, ClassVar, Self

from chaos.shops.shop import HINTS, VERSIONS, Hooks, Now, Shop

from khaossync.sandbox.day.faces import ShopifyFace
from khaossync.sandbox.shopify import Mischief, ShopifyShop


class Shopify(Shop):
    STREAMS: ClassVar = ("catalogue", "order sweep", "orders", "refunds")
    READS: ClassVar = ("inventoryItems", "nodes", "order", "orders", "refund")
    PING: ClassVar = "shop"
    WRITES: ClassVar = ("fulfillmentCreate", "fulfillmentTrackingInfoUpdate", "inventorySetQuantities")
    LATER: ClassVar = {"shop fulfillment: done, not answered": "shop fulfillmentCreate: done, not answered"}
    BESIDES: ClassVar = (*HINTS, *VERSIONS, "khaos GetCompanyInfo: done, not answered")  # its businesses have accounts

    def __init__(self, shop: ShopifyShop) -> None:
        self.doors, self.face = shop, ShopifyFace(shop)
        self._shop = shop
        self.hooks = Hooks(shop, Mischief)

    @classmethod
    def made(cls, now: Now, dice: random.Random) -> Self:
        return cls(ShopifyShop(now=now, dice=dice, name="demo", maximum=20_000, restore_rate=2000))

    @property
    def settings(self) -> Mapping[str, Any]:
        location = self._shop.state.catalogue.location(self.place).id
        return {
            "kind": "shopify",
            "shop": "demo.myshopify.com",
            "access_token": "shpat_test",
            "webhook_secrets": [self._shop.webhook_secret],
            "couriers": {"Standard": "RM48"},
            "catalogue_full_interval": 30,
            "sites": {location: ["1"]},
            "restore_rate": 5000,
            "bucket": 50000,
        }

    def edit(self, order: str, units: Mapping[str, int]) -> None:
        self._shop.edit(order, units)

    def says_sent(self, order: str) -> bool:
        return self._shop.order(order).fulfilment_status == "FULFILLED"
