"""What apps pin on records: tags and metafields, the latter with compare-and-set."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from khaossync.sandbox.shopify import ids
from khaossync.sandbox.shopify.errors import UserError
from khaossync.sandbox.shopify.orders import Order
from khaossync.sandbox.shopify.state import Metafield, State

MOST_METAFIELDS = 25
APP_NAMESPACE = "app--9000001"


class Tagged(Protocol):
    """Anything that carries tags."""

    tags: list[str]


def change_tags(state: State, record: Tagged, *, add: Iterable[str] = (), drop: Iterable[str] = ()) -> None:
    """Add and take off tags. An order is thereby updated, like any order that is written to."""
    dropped = {tag.casefold() for tag in drop}
    kept = [tag for tag in record.tags if tag.casefold() not in dropped]
    known = {tag.casefold() for tag in kept}
    kept += [tag for tag in (each.strip() for each in add) if tag and tag.casefold() not in known]
    record.tags = sorted(dict.fromkeys(kept))
    if isinstance(record, Order):
        state.touch(record)


def namespace(told: str | None) -> str:
    """The full name of a namespace: `$app` is the app's own."""
    if told is None or told == "$app":
        return APP_NAMESPACE
    return told.replace("$app:", f"{APP_NAMESPACE}--", 1)


def digest(value: str) -> str:
    """What `compareDigest` compares."""
    return hashlib.sha256(value.encode()).hexdigest()


def find(state: State, owner: str, told_namespace: str | None, key: str) -> Metafield | None:
    """One metafield of a record."""
    return state.metafields.get(owner, {}).get((namespace(told_namespace), key))


def set_metafields(
    state: State, told: Sequence[Mapping[str, Any]], owners: Mapping[str, Any]
) -> list[Metafield] | list[UserError]:
    """Write all or none. `compareDigest: null` means that it must not exist yet. `owners` are the records by id."""
    if len(told) > MOST_METAFIELDS:
        return [
            UserError("Exceeded the maximum metafields input limit of 25.", ("metafields",), "LESS_THAN_OR_EQUAL_TO")
        ]
    found = [_problem(state, position, each, owners) for position, each in enumerate(told)]
    errors = [each for each in found if each is not None]
    if errors:
        return errors
    written = [_write(state, each) for each in told]
    for owner in {each["ownerId"] for each in told}:
        if isinstance(owners[owner], Order):
            state.touch(owners[owner])
    return written


def _problem(state: State, position: int, told: Mapping[str, Any], owners: Mapping[str, Any]) -> UserError | None:
    def error(code: str, last: str, message: str) -> UserError:
        return UserError(message, ("metafields", str(position), last), code, position)

    if owners.get(told["ownerId"]) is None:
        return error("INVALID", "ownerId", "Owner does not exist.")
    held = find(state, told["ownerId"], told.get("namespace"), told["key"])
    if "compareDigest" in told and told["compareDigest"] != (digest(held.value) if held else None):
        return error("STALE_OBJECT", "compareDigest", "The resource has been updated since it was loaded.")
    if told["value"] == "":
        return error("BLANK", "value", "Value can't be blank.")
    kind = told.get("type") or (held.type if held else None)
    if kind is None:
        return error("BLANK", "type", "Type can't be blank.")
    if kind == "json" and not _is_json(told["value"]):
        return error("INVALID_VALUE", "value", "Value is invalid JSON.")
    return None


def _is_json(value: str) -> bool:
    try:
        json.loads(value)
    except ValueError:
        return False
    return True


def _write(state: State, told: Mapping[str, Any]) -> Metafield:
    now = state.now()
    held = find(state, told["ownerId"], told.get("namespace"), told["key"])
    if held is not None:
        held.value, held.type, held.updated_at = told["value"], told.get("type") or held.type, now
        return held
    full = namespace(told.get("namespace"))
    made = Metafield(state.numbers.next(), told["ownerId"], full, told["key"], told["type"], told["value"], now, now)
    state.metafields.setdefault(told["ownerId"], {})[full, told["key"]] = made
    return made


def kind_of(owner: str) -> str:
    """The MetafieldOwnerType of a record."""
    parsed = ids.parse(owner)
    kinds = {"ProductVariant": "PRODUCTVARIANT", "CompanyLocation": "COMPANY_LOCATION"}
    return kinds.get(parsed[0], parsed[0].upper()) if parsed else "ORDER"
