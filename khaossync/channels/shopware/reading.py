"""What is asked of an order, and reading orders whole by their ids."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from khaossync.channels.shopware import wire
from khaossync.channels.shopware.client import Client
from khaossync.channels.shopware.config import Settings
from khaossync.channels.shopware.documents import Harvest, order_document
from khaossync.channels.shopware.fields import MalformedError, Node
from khaossync.domain.cases import CaseClass
from khaossync.domain.documents import Document, Kind
from khaossync.domain.errors import RejectedError

_ID = re.compile(r"[0-9a-f]{32}")

_PLACE: dict[str, Any] = {"associations": {"country": {}, "countryState": {}}}

ASSOCIATIONS: dict[str, Any] = {
    "lineItems": {},
    "deliveries": {
        "associations": {
            "shippingMethod": {},
            "stateMachineState": {},
            "positions": {},
            "shippingOrderAddress": _PLACE,
        }
    },
    "transactions": {"associations": {"stateMachineState": {}, "paymentMethod": {}}},
    "billingAddress": _PLACE,
    "orderCustomer": {},
    "currency": {},
    "stateMachineState": {},
    "tags": {},
}
"""What belongs to an order. Lists in it come whole, as long as no limit is set for them."""

_ROW = ["id", "createdAt", "updatedAt"]

INCLUDES: dict[str, list[str]] = {
    "order": [
        *_ROW,
        *("orderNumber", "autoIncrement", "orderDateTime", "price", "itemRounding", "customerComment"),
        *("primaryOrderDeliveryId", *ASSOCIATIONS),
    ],
    "order_line_item": [
        *_ROW,
        *("parentId", "type", "label", "quantity", "position", "payload", "price", "productId"),
    ],
    "order_delivery": [
        *_ROW,
        *("shippingMethodId", "shippingMethod", "stateMachineState", "shippingCosts", "trackingCodes"),
        *("customFields", "positions", "shippingOrderAddress"),
    ],
    "order_delivery_position": ["id", "orderLineItemId"],
    "shipping_method": ["technicalName"],
    "state_machine_state": ["technicalName"],
    "order_transaction": [*_ROW, "amount", "stateMachineState", "paymentMethod"],
    "payment_method": ["technicalName", "name"],
    "order_address": [
        *_ROW,
        *("firstName", "lastName", "company", "department", "street", "zipcode", "city", "phoneNumber"),
        *("additionalAddressLine1", "additionalAddressLine2", "country", "countryState"),
    ],
    "country": ["iso"],
    "country_state": ["name"],
    "order_customer": [*_ROW, "customerId", "customerNumber", "email", "firstName", "lastName", "company"],
    "currency": ["isoCode"],
    "tag": ["id", "name"],
}
"""The fields that are read; only what is read can make a new version of an order."""


def is_id(text: str) -> bool:
    """Whether Shopware could have given it: it refuses a whole search for one id that is none."""
    return _ID.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class OrderReader:
    """Orders as they are this moment; of those that are gone, nothing."""

    channel: str
    client: Client
    settings: Settings

    async def read(self, ids: Sequence[str]) -> Harvest:
        """The orders of these ids. Raises SyncError."""
        nodes: list[Node] = []
        for start in range(0, len(ids), self.settings.order_page):
            nodes += await self._nodes(ids[start : start + self.settings.order_page])
        return Harvest.of(nodes, self.channel, Kind.ORDER, lambda node: [self._document(node)])

    async def reread(self, key: str) -> Document | None:
        """One order. Raises RejectedError (UNREADABLE_DOCUMENT) for one that cannot be mapped, SyncError otherwise."""
        order_id = key.removeprefix(f"{self.channel}:")
        nodes = await self._nodes([order_id]) if is_id(order_id) else ()
        try:
            return self._document(nodes[0]) if nodes else None
        except MalformedError as error:
            raise RejectedError(f"{key} cannot be read: {error}", CaseClass.UNREADABLE_DOCUMENT) from error

    async def _nodes(self, ids: Sequence[str]) -> tuple[Node, ...]:
        asked = {"ids": list(ids), "limit": len(ids), "associations": ASSOCIATIONS, "includes": INCLUDES}
        return await self.client.rows(wire.search("order", asked))

    def _document(self, node: Node) -> Document:
        return order_document(node, self.channel, self.settings)
