"""Writes rows as the Admin API does: everything is looked at first, then all of it is written, or nothing."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from khaossync.sandbox.shopware import stock
from khaossync.sandbox.shopware.entities import ENTITIES, Entity
from khaossync.sandbox.shopware.errors import Fault, Refusal, refusal
from khaossync.sandbox.shopware.ids import is_id
from khaossync.sandbox.shopware.state import State
from khaossync.sandbox.shopware.store import Row

_BLANK = "c1051bb4-1103-4974-8973-2c5c2f3a1d41"
_TYPE = "ba785a8c-82cb-4283-967c-3cf342181b40"
_PROTECTED = "FRAMEWORK__WRITE_CONSTRAINT_VIOLATION"
_REQUIRED = {
    "product": ("taxId", "price", "productNumber", "stock", "name"),
    "order_delivery": ("orderId", "shippingOrderAddressId", "shippingMethodId", "stateId"),
}
_READ_ONLY = {
    "product": {"available", "availableStock", "sales", "childCount", "autoIncrement", "ratingAverage", "displayGroup"},
    "order": {"amountTotal", "amountNet", "positionPrice", "shippingTotal", "taxStatus", "autoIncrement", "orderDate"},
}
_TYPES: Mapping[str, tuple[str, type | tuple[type, ...]]] = {
    "int": ("int", int),
    "number": ("float", (int, float)),
    "bool": ("bool", bool),
    "text": ("string", str),
}


def permit(state: State, entity: str, right: str) -> None:
    """Refuse what the integration's role may not write."""
    if f"{entity}:{right}" not in state.setup.privileges:
        raise _without(f"{entity}:{right}")


def _without(right: str) -> Refusal:
    told = f'{{"message": "Missing privilege", "missingPrivileges": ["{right}"]}}'
    return refusal(403, "FRAMEWORK__MISSING_PRIVILEGE_ERROR", told)


def check(state: State, entity: Entity, rows: Sequence[Any]) -> None:
    """Refuse rows that cannot be written, with everything that is wrong with them. Nothing can be created."""
    if not rows or not all(isinstance(row, dict) for row in rows):
        detail = "Invalid payload. Should contain a list of associative arrays"
        raise refusal(400, "FRAMEWORK__API_BAD_REQUEST", detail)
    faults = [fault for position, row in enumerate(rows) for fault in _wrong(state, entity, row, f"/{position}")]
    if faults:
        raise Refusal(400, faults, "Constraint violation error")
    if any(state.live.get(entity.name, row.get("id")) is None for row in rows):
        raise _without(f"{entity.name}:create")
    permit(state, entity.name, "update")


def _wrong(state: State, entity: Entity, row: Mapping[str, Any], where: str) -> Iterable[Fault]:
    key = row.get("id")
    if key is not None and not is_id(key):
        yield Fault("FRAMEWORK__INVALID_UUID", f"Value is not a valid UUID: {key}", f"{where}/id", {"input": key})
    elif state.live.get(entity.name, key) is None:
        for name in _REQUIRED.get(entity.name, ("id",)):
            if row.get(name) is None:
                yield Fault(_BLANK, "This value should not be blank.", f"{where}/{name}")
    for name, told in row.items():
        if name not in entity.fields:
            # Shopware passes it over in silence; whoever judges the client may want to know.
            state.complaints.append(f"{entity.name} has no field {name}")
        elif name != "id":
            yield from _wrong_field(entity, name, told, f"{where}/{name}")


def _wrong_field(entity: Entity, name: str, told: Any, where: str) -> Iterable[Fault]:
    kind = entity.fields[name].kind
    if name in _READ_ONLY.get(entity.name, ()):
        yield Fault(_PROTECTED, "This field is write-protected.", where)
    elif told is None:
        if name in _REQUIRED.get(entity.name, ()):
            yield Fault(_BLANK, "This value should not be blank.", where)
    elif kind == "id" and not is_id(told):
        yield Fault("FRAMEWORK__INVALID_UUID", f"Value is not a valid UUID: {told}", where, {"input": told})
    elif name == "trackingCodes":
        if not isinstance(told, list) or not all(isinstance(code, str) for code in told):
            yield Fault(_TYPE, "This value should be of type list of string.", where)
    elif kind in _TYPES:
        wanted, kinds = _TYPES[kind]
        if not isinstance(told, kinds) or (isinstance(told, bool) and kind != "bool"):
            yield Fault(_TYPE, f"This value should be of type {wanted}.", where)


def write(state: State, entity: Entity, row: Mapping[str, Any], *, index: bool = True) -> None:
    """Write one row that was found right."""
    known: Row = {name: told for name, told in row.items() if name in entity.fields and name != "id"}
    state.live.change(entity.name, row["id"], **known)
    if entity.name == "product" and index:
        stock.index(state, [row["id"]])
    state.tell(f"{entity.name}.written", entity.name, [row["id"]])


def sync(state: State, told: Any, headers: Mapping[str, str]) -> dict[str, Any]:
    """`POST /api/_action/sync`: one transaction over all operations, whatever `fail-on-error` says.

    Without indexing (`indexing-behavior: disable-indexing`, or `product.stock` among those to skip) what follows from
    stock is not worked out. The queue does that part at once.
    """
    operations = [_operation(state, key, each) for key, each in _pairs(told)]
    for entity, rows in operations:
        check(state, entity, rows)
    if state.deadlocks:
        state.deadlocks -= 1
        failure = "SQLSTATE[40001]: Serialization failure: 1213 Deadlock found when trying to get lock"
        raise refusal(500, "0", f"An exception occurred while executing a query: {failure}")
    skipped = [name.strip() for name in headers.get("indexing-skip", "").split(",")]
    index = headers.get("indexing-behavior") != "disable-indexing" and "product.stock" not in skipped
    written: dict[str, list[str]] = {}
    for entity, rows in operations:
        for row in rows:
            write(state, entity, row, index=index)
            written.setdefault(entity.name, []).append(row["id"])
    return {"extensions": [], "data": written or [], "notFound": [], "deleted": []}


def _pairs(told: Any) -> list[tuple[str, Any]]:
    if isinstance(told, dict):
        return list(told.items())
    if isinstance(told, list):
        return [(str(position), each) for position, each in enumerate(told)]
    raise refusal(400, "FRAMEWORK__API_BAD_REQUEST", "Invalid payload format. Expected an array of operations.")


def _operation(state: State, key: str, told: Any) -> tuple[Entity, Sequence[Any]]:
    if not isinstance(told, dict):
        raise refusal(400, "FRAMEWORK__API_BAD_REQUEST", "Invalid payload format. Expected an array of operations.")
    name, action, payload = told.get("entity"), told.get("action"), told.get("payload")
    if action not in ("upsert", "delete") or not isinstance(payload, list):
        detail = f'The sync operation "{key}" has no action upsert or delete, or no payload.'
        raise refusal(400, "FRAMEWORK__INVALID_SYNC_OPERATION", detail)
    if not isinstance(name, str) or not state.setup.knows(name):
        raise refusal(404, "FRAMEWORK__DEFINITION_NOT_FOUND", f'Definition for entity "{name}" does not exist.')
    if action == "delete":
        permit(state, name, "delete")
    return ENTITIES[name], payload
