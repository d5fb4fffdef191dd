"""Sets what the shop shows: a batch in one call, each level against the quantity that was expected there.

A call is one transaction: one row that Shopware refuses takes all others with it, so it is halved until the culprit
stands alone. There is no call that adds or takes away, so what was sold since is looked up just before.
https://developer.shopware.com/docs/guides/integrations-api/general-concepts/bulk-payloads.html
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from khaossync.channels.shopware.catalogue import products
from khaossync.channels.shopware.client import Client
from khaossync.channels.shopware.fields import Node
from khaossync.channels.shopware.listing_mapping import available
from khaossync.channels.shopware.wire import Call
from khaossync.domain.cases import CaseClass
from khaossync.domain.documents import Kind
from khaossync.domain.errors import RejectedError
from khaossync.domain.messages import Absent, Delivery, Done, Outcome
from khaossync.domain.stock import ChannelLevel

LIVE_STOCK = (6, 6)
"""From this version on a product's stock is what can be sold. Before, it is what lies on the shelf, and the shop itself
takes off what open orders wait for (https://developer.shopware.com/docs/guides/plugins/plugins/content/stock/)."""

HEADERS = {
    # Each of these indexes costs more than the stock itself, and none of them looks at it. What is kept is
    # `product.stock`, without which a product sold out still shows as available, and `product.variant-listing`.
    "indexing-skip": ",".join(
        f"product.{part}"
        for part in (
            *("inheritance", "child-count", "many-to-many-id-field", "category-denormalizer", "cheapest-price"),
            *("rating-average", "stream", "search-keyword", "states"),
        )
    ),
    "fail-on-error": "1",
}

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Write:
    """One stock to set; `quantity` is what the shop will then show, `stock` what is written for it."""

    index: int
    level: ChannelLevel
    quantity: int
    stock: int

    @property
    def done(self) -> Done:
        """What is told of it once it is set."""
        told = None if self.quantity == self.level.quantity else self.quantity
        return Done(self.level.listing_id, shown=told)


@dataclass(frozen=True, slots=True)
class StockLevels:
    """Sets the stock of products. A level that a sale has overtaken is set lower by what was sold meanwhile."""

    client: Client
    max_batch: int
    kind: Kind = Kind.STOCK_LEVEL
    parallel: int = 1  # two batches at once meet each other, and checkouts, in the same rows
    blind: bool = False

    async def deliver(self, batch: Sequence[Delivery]) -> Sequence[Outcome]:
        if not batch:
            return []
        live = await self.client.version() >= LIVE_STOCK
        levels = [_level(delivery) for delivery in batch]
        outcomes: dict[int, Outcome] = {}
        found = await self._seen(list(enumerate(levels)), outcomes)
        writes = []
        for index, level in enumerate(levels):
            if index in outcomes:
                continue
            node = found.get(level.listing_id)
            if node is None:
                outcomes[index] = Absent(f"the shop has no product {level.listing_id} any more")
                continue
            write = planned(index, level, node, failures=batch[index].message.failures, live=live)
            if write.quantity == available(node):
                outcomes[index] = write.done
            else:
                writes.append(write)
        await self._set(writes, outcomes)
        return [outcomes[index] for index in range(len(batch))]

    async def _seen(self, levels: list[tuple[int, ChannelLevel]], outcomes: dict[int, Outcome]) -> dict[str, Node]:
        try:
            rows = await products(self.client, list(dict.fromkeys(level.listing_id for _, level in levels)))
        except RejectedError as error:
            if len(levels) == 1:
                ((index, level),) = levels
                outcomes[index] = _rejected(level, str(error))
                return {}
            first, second = _halves(levels)
            return await self._seen(first, outcomes) | await self._seen(second, outcomes)
        return {row.text("id"): row for row in rows}

    async def _set(self, writes: list[Write], outcomes: dict[int, Outcome]) -> None:
        if not writes:
            return
        try:
            await self.client.run(_call(writes))
            outcomes |= {write.index: write.done for write in writes}
        except RejectedError as error:
            if len(writes) == 1:
                outcomes[writes[0].index] = _rejected(writes[0].level, str(error))
                return
            for half in _halves(writes):
                await self._set(half, outcomes)


def planned(index: int, level: ChannelLevel, node: Node, *, failures: int, live: bool) -> Write:
    """What to write so that the product shows the level, less what was sold since it was reckoned.

    Where less is shown than was expected, units were sold by orders that nobody has told us of yet. They stay sold.
    After a failure our own try may have been what was there before: the likelier is what fewer sales explain.
    """
    shown = available(node)
    before = {level.expected, level.quantity if failures else None} - {None}
    above = [there for there in before if there is not None and there >= shown]
    sold = min(above) - shown if above else 0
    quantity = max(0, level.quantity - sold)
    return Write(index, level, quantity, quantity if live else quantity + node.integer("stock") - shown)


def _level(delivery: Delivery) -> ChannelLevel:
    if not isinstance(delivery.payload, ChannelLevel):
        raise TypeError(f"a stock sink cannot take {type(delivery.payload).__name__}")
    return delivery.payload


def _call(writes: Sequence[Write]) -> Call:
    payload: list[dict[str, Any]] = [{"id": write.level.listing_id, "stock": write.stock} for write in writes]
    operation = {"entity": "product", "action": "upsert", "payload": payload}
    return Call(
        "sync stock",
        "_action/sync",
        body={"khaossync-stock": operation},
        headers=HEADERS,
        writes=True,
        refused=CaseClass.STOCK_REFUSED,
    )


def _rejected(level: ChannelLevel, text: str) -> RejectedError:
    evidence = {"sku": level.sku, "product": level.listing_id, "quantity": str(level.quantity)}
    return RejectedError(text, CaseClass.STOCK_REFUSED, evidence=evidence, final=False)


def _halves(items: list[_T]) -> tuple[list[_T], list[_T]]:
    middle = len(items) // 2
    return items[:middle], items[middle:]
