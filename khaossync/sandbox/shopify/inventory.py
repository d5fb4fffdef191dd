"""Setting quantities: all or nothing, compare-and-set, once per idempotency key.

https://shopify.dev/docs/api/admin-graphql/latest/mutations/inventorySetQuantities
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from khaossync.sandbox.shopify import ids
from khaossync.sandbox.shopify.catalogue import Item, Level, Location
from khaossync.sandbox.shopify.errors import UserError
from khaossync.sandbox.shopify.state import State

HIGHEST = 1_000_000_000
REASONS = (
    "correction",
    "cycle_count_available",
    "damaged",
    "movement_created",
    "movement_updated",
    "movement_received",
    "movement_canceled",
    "other",
    "promotion",
    "quality_control",
    "received",
    "reservation_created",
    "reservation_deleted",
    "reservation_updated",
    "restock",
    "safety_stock",
    "shrinkage",
)


@dataclass(frozen=True, slots=True)
class Change:
    """One quantity that was changed."""

    item: Item
    location: Location
    name: str
    delta: int
    after: int


@dataclass(frozen=True, slots=True)
class AdjustmentGroup:
    """All changes of one call."""

    number: int
    reason: str
    document: str | None
    created_at: datetime
    changes: list[Change]


Outcome = AdjustmentGroup | list[UserError]


@dataclass
class Once:
    """The idempotency keys that were seen, with what they were used for and what came of it."""

    seen: dict[str, tuple[str, Outcome]] = field(default_factory=dict)

    def replay(self, key: str, told: Mapping[str, Any]) -> Outcome | None:
        """What an earlier call with this key came to, or None for a new key."""
        if key not in self.seen:
            return None
        asked, outcome = self.seen[key]
        if asked != _fingerprint(told):
            return [UserError("The key was used with other parameters.", None, "IDEMPOTENCY_KEY_PARAMETER_MISMATCH")]
        if isinstance(outcome, list):
            return [UserError("The attempt with this key failed.", None, "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED")]
        return outcome

    def keep(self, key: str, told: Mapping[str, Any], outcome: Outcome) -> None:
        """Remember what a call came to."""
        self.seen[key] = (_fingerprint(told), outcome)


def _fingerprint(told: Mapping[str, Any]) -> str:
    return json.dumps(told, sort_keys=True, default=str)


def set_quantities(state: State, told: Mapping[str, Any], *, anywhere: bool) -> Outcome:
    """Set all quantities, or none and say why. `anywhere`: a level is opened where the item was not stocked."""
    errors = [*_common_errors(told), *_line_errors(state, told, anywhere)]
    if errors:
        return errors
    changes = [_set(state, told["name"], line) for line in told["quantities"]]
    document = told.get("referenceDocumentUri")
    return AdjustmentGroup(state.numbers.next(), told["reason"], document, state.now(), [c for c in changes if c.delta])


def _common_errors(told: Mapping[str, Any]) -> Iterator[UserError]:
    if told["name"] not in ("available", "on_hand"):
        yield _error("The quantity name must be either 'available' or 'on_hand'.", "INVALID_NAME", "name")
    if told["reason"] not in REASONS:
        yield _error("The specified reason is invalid.", "INVALID_REASON", "reason")
    document = told.get("referenceDocumentUri")
    if document is not None and not _is_document(document):
        yield _error("The document URI is invalid.", "INVALID_REFERENCE_DOCUMENT", "referenceDocumentUri")
    pairs = [(line["inventoryItemId"], line["locationId"]) for line in told["quantities"]]
    if len(set(pairs)) < len(pairs):
        yield _error("Item and location must be unique.", "NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR", "quantities")


def _is_document(uri: str) -> bool:
    scheme, colon, rest = uri.partition(":")
    if not scheme or not colon or not rest.strip("/"):
        return False
    return scheme != "gid" or len([part for part in rest.strip("/").split("/") if part]) >= 3


def _line_errors(state: State, told: Mapping[str, Any], anywhere: bool) -> Iterator[UserError]:
    for position, line in enumerate(told["quantities"]):
        problem = _line_problem(state, told["name"], line, anywhere)
        if problem:
            code, last, message = problem
            yield _error(message, code, "quantities", str(position), last)


def _line_problem(state: State, name: str, line: Mapping[str, Any], anywhere: bool) -> tuple[str, str, str] | None:
    item, place = _find(state, line)
    if item is None:
        return "INVALID_INVENTORY_ITEM", "inventoryItemId", "The specified inventory item could not be found."
    if place is None:
        return "INVALID_LOCATION", "locationId", "The specified location could not be found."
    if item.bundle_of:
        return "NON_MUTABLE_INVENTORY_ITEM", "inventoryItemId", "The quantity of a bundle follows its components."
    level = item.levels.get(place.number)
    if level is None and not anywhere:
        return "ITEM_NOT_STOCKED_AT_LOCATION", "locationId", "The item is not stocked at the location."
    return _quantity_problem(name, line) or _stale(name, level, line)


def _quantity_problem(name: str, line: Mapping[str, Any]) -> tuple[str, str, str] | None:
    if name == "on_hand" and line["quantity"] < 0:
        return "INVALID_QUANTITY_NEGATIVE", "quantity", "The quantity can't be negative."
    if line["quantity"] > HIGHEST:
        return "INVALID_QUANTITY_TOO_HIGH", "quantity", "The total quantity can't be higher than 1,000,000,000."
    if line["quantity"] < -HIGHEST:
        return "INVALID_QUANTITY_TOO_LOW", "quantity", "The total quantity can't be lower than -1,000,000,000."
    return None


def _stale(name: str, level: Level | None, line: Mapping[str, Any]) -> tuple[str, str, str] | None:
    expected = line.get("changeFromQuantity")
    if expected is None or expected == (_quantity(level, name) if level else 0):
        return None
    return "CHANGE_FROM_QUANTITY_STALE", "changeFromQuantity", "The quantity is not what the caller took it to be."


def _quantity(level: Level, name: str) -> int:
    return level.available if name == "available" else level.on_hand


def _find(state: State, line: Mapping[str, Any]) -> tuple[Item | None, Location | None]:
    item, place = ids.parse(line["inventoryItemId"]), ids.parse(line["locationId"])
    return (
        state.catalogue.by_number.get(item[1]) if item and item[0] == "InventoryItem" else None,
        state.catalogue.locations.get(place[1]) if place and place[0] == "Location" else None,
    )


def _set(state: State, name: str, line: Mapping[str, Any]) -> Change:
    item, place = _find(state, line)
    if item is None or place is None:
        raise LookupError("the line was checked before")
    level = item.levels.get(place.number) or state.catalogue.stock(item, place, 0, state.now())
    delta = line["quantity"] - _quantity(level, name)
    level.available += delta
    if delta:
        state.touch_level(level)
    return Change(item, place, name, delta, line["quantity"])


def _error(message: str, code: str, *path: str) -> UserError:
    return UserError(message, ("input", *path), code)


def sizes(value: Any) -> Iterator[int]:
    """The length of every list inside an input, however deep."""
    if isinstance(value, Mapping):
        value = list(value.values())
    elif isinstance(value, Sequence) and not isinstance(value, str):
        yield len(value)
    else:
        return
    for each in value:
        yield from sizes(each)
