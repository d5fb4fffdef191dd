"""What the shop tells about money that goes back, from all of its sources at once."""

import json
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from khaossync.channels.shopware import wire
from khaossync.channels.shopware.client import Client
from khaossync.channels.shopware.config import Settings
from khaossync.channels.shopware.documents import Harvest, digest, raw
from khaossync.channels.shopware.fields import MalformedError, Node
from khaossync.channels.shopware.polls import Poll, Polls, owners
from khaossync.channels.shopware.refund_mapping import Told, read_refund
from khaossync.channels.shopware.refund_picking import PATIENCE, pick
from khaossync.clock import Clock
from khaossync.domain.documents import Document, Kind, Page, Unreadable
from khaossync.ports import Memory
from khaossync.transport.priority import Priority

_CAPTURED = ("transactions.captures.refunds.id",)
_REFUNDED = (wire.any_of("stateMachineState.technicalName", ["refunded", "refunded_partially"]),)
_CREDITS = ({"type": "equals", "field": "type", "value": "credit"},)

LISTS = (
    Poll("captures", "order_transaction_capture_refund", "createdAt", "id", _CAPTURED),
    Poll("changed captures", "order_transaction_capture_refund", "updatedAt", "id", _CAPTURED),
    Poll("returns", "order_return", "createdAt", optional=True),
    Poll("changed returns", "order_return", "updatedAt", optional=True),
    Poll("credits", "order_line_item", "createdAt", filters=_CREDITS),
    Poll("changed credits", "order_line_item", "updatedAt", filters=_CREDITS),
    Poll("payments", "order_transaction", "updatedAt", filters=_REFUNDED),
)
"""Every list that tells of money that goes back."""

_CHANGES = frozenset(one.name for one in LISTS if one.name.startswith("changed"))

_ASSOCIATIONS: dict[str, Any] = {
    "lineItems": {},
    "currency": {},
    "stateMachineState": {},
    "transactions": {
        "associations": {
            "stateMachineState": {},
            "captures": {
                "associations": {"refunds": {"associations": {"positions": {}, "stateMachineState": {}}}},
            },
        }
    },
}

_ROW = ["id", "createdAt", "updatedAt"]

_INCLUDES = {
    "order": ["id", "createdAt", "orderNumber", "orderDateTime", "price", "itemRounding", *_ASSOCIATIONS],
    "order_line_item": [*_ROW, "type", "label", "payload", "price"],
    "currency": ["isoCode"],
    "state_machine_state": ["technicalName"],
    "order_transaction": [*_ROW, "amount", "stateMachineState", "captures"],
    "order_transaction_capture": ["id", "refunds"],
    "order_transaction_capture_refund": [*_ROW, "amount", "reason", "stateMachineState", "positions"],
    "order_transaction_capture_refund_position": ["id", "orderLineItemId", "quantity", "amount"],
    "order_return": [*_ROW, "orderId", "amountTotal", "shippingCosts", "internalComment", "state", "lineItems"],
    "order_return_line_item": ["id", "orderLineItemId", "quantity", "refundAmount", "restockQuantity", "price"],
}


@dataclass(frozen=True, slots=True)
class Refunds:
    """Every refund of an order of which anything changed; the same refund again when its money has moved."""

    channel: str
    client: Client
    settings: Settings
    clock: Clock
    memory: Memory
    name: str = "refunds"

    @property
    def interval(self) -> timedelta:
        return timedelta(seconds=self.settings.refunds_interval)

    async def changes(self, cursor: str | None) -> AsyncIterator[Page]:
        # A state that stands alone is looked at again until it has done so for long enough.
        overlap = self.settings.overlap + 2 * PATIENCE.total_seconds()
        polls = Polls(LISTS, self.settings.page, overlap, self.settings.orders_since, _CHANGES)
        position = polls.begin(cursor, self._now())
        client = self.client.at(Priority.BACKFILL if position.first else Priority.REFUNDS)
        async for stretch in polls.read(client, position):
            ids = await owners(client, stretch)
            if ids or not stretch.position.poll:
                yield (await self._refunds(client, ids)).page(stretch.position.dump())

    async def _refunds(self, client: Client, ids: Sequence[str]) -> Harvest:
        harvest = Harvest([], [])
        for start in range(0, len(ids), self.settings.order_page):
            batch = ids[start : start + self.settings.order_page]
            returns = await self._returns(client, batch)
            asked = {"ids": batch, "limit": len(batch), "associations": _ASSOCIATIONS, "includes": _INCLUDES}
            for order in await client.rows(wire.search("order", asked)):
                await self._read(order, tuple(returns[order.text("id")]), harvest)
        return harvest

    async def _returns(self, client: Client, orders: Sequence[str]) -> dict[str, list[Node]]:
        """The returns of these orders; none in a shop without the plan that has them."""
        asked = {
            "filter": [wire.any_of("orderId", orders)],
            "limit": 500,
            "associations": {"lineItems": {}, "state": {}},
            "includes": _INCLUDES,
        }
        found: dict[str, list[Node]] = defaultdict(list)
        try:
            for each in await client.rows(wire.search("order_return", asked)):
                found[each.text("orderId")].append(each)
        except wire.RefusedError as error:
            if not error.unknown:
                raise
        return found

    async def _read(self, order: Node, returns: tuple[Node, ...], harvest: Harvest) -> None:
        try:
            ids = _ids(order, returns)
            stored = await self.memory.versions(self.channel, Kind.REFUND, ids)
            picked = pick(order, returns, stored, self._now(), bare_is_full=self.settings.bare_refunds)
            harvest.documents += [refund_document(one, order, self.channel, self.settings) for one in picked.refunds]
        except MalformedError as error:
            key = order.text_or("id")
            harvest.unreadable.append(Unreadable(self.channel, Kind.REFUND, key, str(error), raw(order)))
            return
        for one, why in picked.doubtful:
            harvest.unreadable.append(Unreadable(self.channel, Kind.REFUND, one.id, why, kept(one, order)))

    def _now(self) -> datetime:
        return self.clock.now() + (self.client.skew or timedelta(0))


def refund_document(one: Told, order: Node, channel: str, settings: Settings) -> Document:
    """A refund; its version is what it says. Raises MalformedError."""
    refund = read_refund(one, order, channel, settings.typed_sku)
    return Document(
        channel, Kind.REFUND, refund.refund_id, digest(repr(refund)), one.changed_at, refund, kept(one, order)
    )


def kept(one: Told, order: Node) -> str:
    """The text of one refund and of all of its order that explains it."""
    return json.dumps({"source": one.source, "order": json.loads(raw(order)), "record": json.loads(raw(one.record))})


def _ids(order: Node, returns: tuple[Node, ...]) -> list[str]:
    """Whatever may have been told as a refund of this order."""
    found = [each.text("id") for each in (*returns, *order.items("lineItems"), *order.items("transactions"))]
    captures = (capture for each in order.items("transactions") for capture in each.items("captures"))
    return found + [refund.text("id") for capture in captures for refund in capture.items("refunds")]
