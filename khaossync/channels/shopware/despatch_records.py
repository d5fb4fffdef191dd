"""What a delivery was told of despatches, as it is remembered on the delivery itself.

Shopware keeps neither which goods are in a parcel nor which code belongs to which (`order_delivery_position` mirrors
the order), so by itself it cannot tell a repetition from a second parcel, nor whether all has left. A custom field can.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from khaossync.channels.shopware.fields import Node

FIELD = "khaossync_despatches"
"""The name of the custom field."""

_KEPT = 200
"""Parcels that are remembered of one delivery."""


@dataclass(frozen=True, slots=True)
class Record:
    """One despatch as it was told: its code ("" for none), its units by order line, and the action that told it."""

    code: str
    units: Mapping[str, int]
    action: str


Records = dict[str, Record]
"""By the despatch's id."""


def read(delivery: Node) -> Records:
    """The records on a delivery; what is no record of ours counts as none."""
    fields = delivery.node_or_none("customFields")
    told = fields.value.get(FIELD) if fields else None
    try:
        kept = json.loads(told) if isinstance(told, str) else {}
        return {str(key): _record(value) for key, value in kept.items()}
    except (ValueError, TypeError, KeyError, AttributeError):
        return {}


def write(records: Records) -> Mapping[str, str]:
    """The custom field that holds these records."""
    newest = list(records.items())[-_KEPT:]
    told = {key: [one.code, dict(one.units), one.action] for key, one in newest}
    return {FIELD: json.dumps(told, separators=(",", ":"))}


def units(records: Records) -> dict[str, int]:
    """What all despatches together have told of, by order line."""
    told: dict[str, int] = {}
    for record in records.values():
        for line, count in record.units.items():
            told[line] = told.get(line, 0) + count
    return told


def codes(known: Sequence[str], before: str, now: str) -> list[str]:
    """A delivery's codes once a parcel has this one in place of the one before; those of others stay."""
    kept = [code for code in known if code != before or before == now]
    return [*kept, now] if now and now not in kept else kept


def _record(value: list[object]) -> Record:
    code, told, action = value
    if not isinstance(told, dict):
        raise TypeError("units are by line")
    return Record(str(code), {str(line): int(count) for line, count in told.items()}, str(action))
