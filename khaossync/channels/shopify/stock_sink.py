"""Sets what the shop shows: up to 250 quantities a call, each against what it was expected to be."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from uuid import NAMESPACE_URL, uuid5

from khaossync.channels.shopify import operations as op
from khaossync.channels.shopify.client import Client
from khaossync.channels.shopify.echoes import Echoes
from khaossync.channels.shopify.fields import Node
from khaossync.channels.shopify.listing_mapping import shown_quantity
from khaossync.channels.shopify.wire import TooDearError, user_errors, words
from khaossync.domain.cases import CaseClass
from khaossync.domain.documents import Kind
from khaossync.domain.errors import RejectedError, TransientError
from khaossync.domain.messages import Absent, Delivery, Done, Outcome
from khaossync.domain.stock import ChannelLevel

_ROUNDS = 3
"""How often stale quantities are read again, and a used-up key is replaced, before the work is left for later."""

_STALE = "CHANGE_FROM_QUANTITY_STALE"
_GONE = "INVALID_INVENTORY_ITEM"
_BUSY = "IDEMPOTENCY_CONCURRENT_REQUEST"
_KEY_SPENT = {"IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED", "IDEMPOTENCY_KEY_PARAMETER_MISMATCH"}


@dataclass(frozen=True, slots=True)
class Write:
    """One quantity to set. `identity` tells this telling of the level from every other; `failures` counts its tries."""

    index: int
    identity: str
    failures: int
    level: ChannelLevel
    expected: int | None
    quantity: int

    @property
    def place(self) -> tuple[str, str]:
        """The inventory item and the location."""
        return (self.level.listing_id, self.level.location)

    @property
    def input(self) -> dict[str, object]:
        """Shopify's InventoryQuantityInput; `changeFromQuantity` null means whatever it is now."""
        return {
            "inventoryItemId": self.level.listing_id,
            "locationId": self.level.location,
            "quantity": self.quantity,
            "changeFromQuantity": self.expected,
        }

    def done(self, reference: str) -> Done:
        """What is told of it once it is set."""
        return Done(reference, shown=None if self.quantity == self.level.quantity else self.quantity)

    def overtaken(self, shown: int | None) -> "Write":
        """The same write where something else is shown than was expected.

        Less than was there before: units were sold since, by orders that nobody has told us of yet. They stay sold.
        After a failure our own try may have been what was there before: the likelier is what fewer sales explain.
        """
        before = {self.expected, self.quantity if self.failures else None} - {None}
        above = [there for there in before if there is not None and shown is not None and there >= shown]
        sold = min(above) - shown if above and shown is not None else 0
        return replace(self, expected=shown, quantity=max(0, self.quantity - sold))


@dataclass(frozen=True, slots=True)
class Refusal:
    """What Shopify says against some writes of a call: `indices` of those it names, none when it names none."""

    codes: frozenset[str]
    stale: frozenset[int]
    bad: dict[int, str]
    text: str


@dataclass(frozen=True, slots=True)
class StockLevels:
    """Sets available quantities.

    A write that a sale has overtaken is set lower by what was sold meanwhile, so that nothing is sold twice. A call
    is taken or refused as a whole: what it names is taken out and the rest is sent again; when it names nothing, the
    call is halved until the culprit stands alone.
    """

    client: Client
    echoes: Echoes = field(default_factory=Echoes)
    kind: Kind = Kind.STOCK_LEVEL
    max_batch: int = 250
    parallel: int = 4
    blind: bool = False

    async def deliver(self, batch: Sequence[Delivery]) -> Sequence[Outcome]:
        outcomes: dict[int, Outcome] = {}
        await self._set([_write(index, delivery) for index, delivery in enumerate(batch)], outcomes)
        return [outcomes[index] for index in range(len(batch))]

    async def _set(self, writes: list[Write], outcomes: dict[int, Outcome], rounds: int = _ROUNDS) -> None:
        if not writes:
            return
        answer = await self._send(writes, salt=rounds)
        if isinstance(answer, str):
            outcomes |= {write.index: write.done(answer) for write in writes}
        elif _BUSY in answer.codes:
            raise TransientError(f"shopify is still at work on these quantities: {answer.text}")
        elif answer.codes & _KEY_SPENT:
            await self._again(writes, outcomes, rounds, answer.text)
        elif answer.bad or answer.stale:
            await self._without(writes, answer, outcomes, rounds)
        else:
            await self._halved(writes, answer.text, outcomes, rounds)

    async def _without(self, writes: list[Write], refusal: Refusal, outcomes: dict[int, Outcome], rounds: int) -> None:
        """Refuse what was named, send the rest at once, and look again at what was stale.

        Sent together again, some of a large batch would always be sold meanwhile, and hold up all the others.
        """
        for place, text in refusal.bad.items():
            outcomes[writes[place].index] = _named(writes[place].level, text)
        named = refusal.stale | refusal.bad.keys()
        await self._set([write for place, write in enumerate(writes) if place not in named], outcomes, rounds)
        if stale := [write for place, write in enumerate(writes) if place in refusal.stale - refusal.bad.keys()]:
            seen = await self._seen(stale)
            again = [seen.get(write.index, write) for write in stale]
            await self._again(again, outcomes, rounds, refusal.text)

    async def _again(self, writes: list[Write], outcomes: dict[int, Outcome], rounds: int, text: str) -> None:
        if not rounds:
            failed = TransientError(f"shopify's quantities changed under every try: {text}")
            outcomes |= {write.index: failed for write in writes}
            return
        await self._set(writes, outcomes, rounds - 1)

    async def _halved(self, writes: list[Write], text: str, outcomes: dict[int, Outcome], rounds: int) -> None:
        if len(writes) == 1:
            outcomes[writes[0].index] = _rejected(writes[0].level, text)
            return
        middle = len(writes) // 2
        await self._set(writes[:middle], outcomes, rounds)
        await self._set(writes[middle:], outcomes, rounds)

    async def _send(self, writes: list[Write], salt: int) -> str | Refusal:
        """The adjustment's id, or what Shopify says against it."""
        self.echoes.note({write.place: write.quantity for write in writes})
        changes = {"name": "available", "reason": "correction", "quantities": [write.input for write in writes]}
        try:
            data = await self.client.run(op.SET_QUANTITIES, input=changes, key=_key(writes, salt))
        except RejectedError as error:
            return Refusal(frozenset(), frozenset(), {}, str(error))
        payload = data.node("inventorySetQuantities")
        if errors := user_errors(payload):
            return _refusal(errors, len(writes))
        group = payload.node_or_none("inventoryAdjustmentGroup")
        return group.text("id") if group else "unchanged"

    async def _seen(self, writes: list[Write]) -> dict[int, Write]:
        """The writes with the quantities that the shop shows now, by index."""
        found: dict[int, Write] = {}
        for location in dict.fromkeys(write.level.location for write in writes):
            there = [write for write in writes if write.level.location == location]
            shown = await self._shown(location, [write.level.listing_id for write in there])
            found |= {write.index: write.overtaken(shown.get(write.level.listing_id)) for write in there}
        return found

    async def _shown(self, location: str, items: list[str]) -> dict[str, int | None]:
        try:
            data = await self.client.run(op.SHOWN_QUANTITIES, ids=items, location=location)
        except TooDearError:
            if len(items) == 1:
                raise
            middle = len(items) // 2
            return await self._shown(location, items[:middle]) | await self._shown(location, items[middle:])
        nodes = data.value.get("nodes")
        known = [Node(each) for each in nodes if isinstance(each, dict)] if isinstance(nodes, list) else []
        return {node.text("id"): shown_quantity(node.node_or_none("inventoryLevel")) for node in known if node.value}


def _write(index: int, delivery: Delivery) -> Write:
    level, message = delivery.payload, delivery.message
    if not isinstance(level, ChannelLevel):
        raise TypeError(f"a stock sink cannot take {type(level).__name__}")
    identity = f"{message.id}.{message.revision}"
    return Write(index, identity, message.failures, level, level.expected, level.quantity)


def _key(writes: Sequence[Write], salt: int) -> str:
    """The same for the same levels told again, another for everything else.

    A key that replaces another is new at every try: else a message whose keys are all spent would never get through.
    https://shopify.dev/docs/api/usage/idempotent-requests
    """
    tries = sum(write.failures for write in writes) if salt < _ROUNDS else 0
    content = json.dumps([[write.identity, *write.input.values()] for write in writes])
    return str(uuid5(NAMESPACE_URL, f"{salt} {tries} {content}"))


def _refusal(errors: Sequence[Node], size: int) -> Refusal:
    codes: set[str] = set()
    stale: set[int] = set()
    bad: dict[int, str] = {}
    for error in errors:
        codes.add(code := error.text_or("code"))
        place = _place(error, size)
        if place is None:
            stale |= set(range(size)) if code == _STALE else set()
        elif code == _STALE:
            stale.add(place)
        else:
            bad[place] = f"{code or 'refused'}: {error.text_or('message')}"
    return Refusal(frozenset(codes), frozenset(stale), bad, words(tuple(errors)))


def _place(error: Node, size: int) -> int | None:
    """The write that an error's field names: ["input", "quantities", "3", "inventoryItemId"] is the fourth."""
    numbers = [int(part) for part in error.texts("field") if part.isascii() and part.isdigit()]
    return numbers[0] if numbers and numbers[0] < size else None


def _named(level: ChannelLevel, text: str) -> Outcome:
    """What becomes of a write that was named; an item that staff have deleted wants no level any more."""
    if text.startswith(_GONE):
        return Absent(f"shopify has no item {level.listing_id} any more, which was {level.sku}")
    return _rejected(level, text)


def _rejected(level: ChannelLevel, text: str) -> RejectedError:
    return RejectedError(
        f"shopify did not set {level.sku} to {level.quantity} at {level.location}: {text}",
        CaseClass.STOCK_REFUSED,
        evidence={
            "sku": level.sku,
            "listing": level.listing_id,
            "location": level.location,
            "quantity": str(level.quantity),
        },
        final=False,
    )
