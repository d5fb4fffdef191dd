"""A Shopware shop in chaos."""

import random
from collections.abc import Mapping
from typing import Any, ClassVar, Self

from chaos.shops.shop import HINTS, VERSIONS, Hooks, Now, Shop

from khaossync.sandbox.day.faces import ShopwareFace
from khaossync.sandbox.day.faces.shopware import ON_ACCOUNT
from khaossync.sandbox.shopware import Mischief, ShopwareShop

_RELEASES = ("6.5.8.14", "6.7.10.1")
"""One of each way in which the platform keeps stock: what lies there, and what is left of it."""


class Shopware(Shop):
    STREAMS: ClassVar = ("catalogue", "delivery methods", "orders", "refunds")
    READS: ClassVar = (
        "search/order",
        "search/order-address",
        "search/order-delivery",
        "search/order-line-item",
        "search/order-return",
        "search/order-transaction",
        "search/order-transaction-capture-refund",
        "search/product",
        "search/shipping-method",
        "search/state-machine-history",
        "token",
        "version",
    )
    PING: ClassVar = "version"
    WRITES: ClassVar = (
        "order_delivery/state/ship",
        "order_delivery/state/ship_partially",
        "patch/order-delivery",
        "sync",
    )
    BESIDES: ClassVar = (*HINTS, *VERSIONS)

    def __init__(self, shop: ShopwareShop) -> None:
        self.doors, self.face = shop, ShopwareFace(shop)
        self._shop = shop
        self.hooks = Hooks(shop, Mischief)

    @classmethod
    def made(cls, now: Now, dice: random.Random) -> Self:
        return cls(ShopwareShop(now=now, dice=dice, name="demo", version=dice.choice(_RELEASES)))

    @property
    def settings(self) -> Mapping[str, Any]:
        return {
            "kind": "shopware",
            "client_id": "SWIATEST",
            "client_secret": "client-secret",
            "app_secret": self._shop.webhook_secret,
            "terms_methods": [ON_ACCOUNT],
            "couriers": {"shipping_standard": "RM48"},
            "catalogue_full_interval": 30,
            "sites": {self.place: ["1"]},
            "calls_per_second": 1000,
        }

    def edit(self, order: str, units: Mapping[str, int]) -> None:
        self._shop.edit(order, units)

    def says_sent(self, order: str) -> bool:
        return self._shop.order(order).fulfilment_status == "shipped"
