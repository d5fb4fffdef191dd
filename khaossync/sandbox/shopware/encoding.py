"""Rows as the Admin API shows them in plain JSON, with the habits of PHP: an empty structure is a list, 20.0 is 20."""

from collections.abc import Mapping
from typing import Any

from khaossync.sandbox.shopware.criteria import Criteria
from khaossync.sandbox.shopware.entities import ENTITIES, Entity
from khaossync.sandbox.shopware.paths import related
from khaossync.sandbox.shopware.searching import narrowed
from khaossync.sandbox.shopware.state import Setup
from khaossync.sandbox.shopware.store import Row, Rows

Shown = dict[str, Any]


def shown(setup: Setup, rows: Rows, row: Row, criteria: Criteria, *, inherit: bool = False) -> Shown:
    """One row with the associations that were asked for; those that were not are null."""
    told = scalars(setup, criteria.entity, _inherited(rows, row) if inherit else row)
    extensions: Shown = {}
    for name, known in criteria.entity.associations.items():
        if not setup.has(known.since, extra=known.extra):
            continue
        found = _associated(setup, rows, row, criteria, name, inherit=inherit)
        if known.extra:
            extensions |= {name: found} if found is not None else {}
        else:
            told[name] = found
    return {**told, "extensions": extensions or []}


def scalars(setup: Setup, entity: Entity, row: Row) -> Shown:
    """The row's own fields, and what everything carries."""
    told: Shown = {name: plain(row.get(name)) for name, known in entity.fields.items() if setup.has(known.since)}
    told.setdefault("versionId", None)
    translated = {name: told[name] for name in entity.translated}
    return {**told, "translated": translated or [], "_uniqueIdentifier": row["id"], "apiAlias": entity.name}


def _associated(setup: Setup, rows: Rows, row: Row, criteria: Criteria, name: str, *, inherit: bool) -> Any:
    if name not in criteria.associations:
        return None
    step, nested = criteria.associations[name]
    found = narrowed(rows, nested, related(rows, row, step))
    listed = [shown(setup, rows, each, nested, inherit=inherit) for each in found]
    if step.kind == "one":
        return listed[0] if listed else None
    return listed


def _inherited(rows: Rows, row: Row) -> Row:
    """A variant with what it takes over from its parent."""
    parent = rows.get("product", row.get("parentId")) if "productNumber" in row else None
    if parent is None:
        return row
    own = {name: told for name, told in row.items() if told is not None}
    return {**{name: parent.get(name) for name in ENTITIES["product"].fields}, **{"updatedAt": None}, **own}


def plain(told: Any) -> Any:
    """A value as PHP writes it."""
    if isinstance(told, float):
        return int(told) if told.is_integer() else told
    if isinstance(told, Mapping):
        return {name: plain(each) for name, each in told.items()} or []
    if isinstance(told, list | tuple):
        return [plain(each) for each in told]
    return told


def trimmed(told: Any, criteria: Criteria) -> Any:
    """Only the fields that `includes` names, and none that `excludes` names, of whatever they speak of."""
    if not criteria.includes and not criteria.excludes:
        return told
    if isinstance(told, list):
        return [trimmed(each, criteria) for each in told]
    if not isinstance(told, dict):
        return told
    alias = told.get("apiAlias")
    wanted, unwanted = criteria.includes.get(str(alias)), criteria.excludes.get(str(alias), [])
    return {
        name: trimmed(each, criteria)
        for name, each in told.items()
        if name == "apiAlias" or ((wanted is None or name in wanted) and name not in unwanted)
    }
