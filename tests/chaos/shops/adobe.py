"""An Adobe Commerce shop in chaos."""

import random
from collections.abc import Mapping
from typing import Any, ClassVar, Self

from chaos.shops.shop import Now, Shop

from khaossync.sandbox.adobe import AdobeShop
from khaossync.sandbox.day.faces import AdobeFace


class Adobe(Shop):
    STREAMS: ClassVar = ("catalogue", "order sweep", "orders", "refunds")
    READS: ClassVar = (
        "GET creditmemos",
        "GET inventory/export-stock-salable-qty/{type}/{code}",
        "GET inventory/source-items",
        "GET inventory/sources",
        "GET inventory/stock-resolver/{type}/{code}",
        "GET inventory/stock-source-links",
        "GET orders",
        "GET products",
        "GET shipments",
    )
    PING: ClassVar = "GET store/storeConfigs"
    WRITES: ClassVar = (
        "POST order/{id}/ship",
        "POST shipment/track",
        "POST shipment/{id}/emails",
        "POST inventory/source-items",
    )
    HOOKED: ClassVar = False  # the platform has none; its observers are an extension of the merchant's own
    EDITABLE: ClassVar = "authorised"  # what is invoiced cannot be edited any more

    def __init__(self, shop: AdobeShop) -> None:
        self.doors, self.face = shop, AdobeFace(shop)
        self._shop = shop

    @classmethod
    def made(cls, now: Now, dice: random.Random) -> Self:
        return cls(AdobeShop(now=now, dice=dice, name="demo"))

    @property
    def settings(self) -> Mapping[str, Any]:
        access = self._shop.access
        return {
            "kind": "adobe",
            "consumer_key": access.consumer_key,
            "consumer_secret": access.consumer_secret,
            "access_token": access.access_token,
            "token_secret": access.token_secret,
            "couriers": {"delivery_standard": "RM48"},
            "catalogue_interval": 30,
            "sites": {self.place: ["1"]},
            "calls_per_minute": 60000,
        }

    def edit(self, order: str, units: Mapping[str, int]) -> None:
        self._shop.edit(order, units)

    def says_sent(self, order: str) -> bool:
        return self._shop.order(order).fulfilment_status == "FULFILLED"
