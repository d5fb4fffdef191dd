"""Figures over all that a search finds, not only its page.

https://developer.shopware.com/docs/resources/references/core-reference/dal-reference/aggregations-reference.html
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from khaossync.sandbox.shopware.entities import Entity
from khaossync.sandbox.shopware.errors import refusal
from khaossync.sandbox.shopware.filters import tests
from khaossync.sandbox.shopware.paths import resolve
from khaossync.sandbox.shopware.state import Setup
from khaossync.sandbox.shopware.store import Row, Rows

_METRICS: Mapping[str, Callable[[Sequence[Any]], dict[str, Any]]] = {
    "count": lambda told: {"count": len(told)},
    "sum": lambda told: {"sum": sum(told)},
    "min": lambda told: {"min": min(told, default=None)},
    "max": lambda told: {"max": max(told, default=None)},
    "avg": lambda told: {"avg": sum(told) / len(told) if told else None},
    "stats": lambda told: {
        "min": min(told, default=None),
        "max": max(told, default=None),
        "avg": sum(told) / len(told) if told else None,
        "sum": sum(told),
    },
}


def aggregate(setup: Setup, entity: Entity, rows: Rows, found: Sequence[Row], wanted: Sequence[Any]) -> Any:
    """Every aggregation by its name; an empty list when none was asked for. Refuses an unknown one."""
    told: dict[str, Any] = {}
    for each in wanted:
        told |= _one(setup, entity, rows, found, each)
    return told or []


def _one(setup: Setup, entity: Entity, rows: Rows, found: Sequence[Row], told: Any) -> dict[str, Any]:
    kind, name = (str(told.get("type")), told.get("name")) if isinstance(told, dict) else ("", None)
    if kind == "filter" and name:
        fits = tests(setup, entity, told.get("filter"), "/aggregations")
        inner = [row for row in found if all(test(rows, row) for test in fits)]
        return _one(setup, entity, rows, inner, told.get("aggregation"))
    if not name or (kind != "terms" and kind not in _METRICS):
        detail = f"The aggregation of type {kind!r} is not known, or has no name."
        raise refusal(400, "FRAMEWORK__INVALID_AGGREGATION_QUERY", detail, "/aggregations")
    path = resolve(setup, entity, told.get("field", ""))
    valued = [(value, row) for row in found for value in path.values(rows, row) if value is not None]
    if kind == "terms":
        return {name: {"extensions": [], "buckets": _buckets(setup, entity, rows, valued, told)}}
    return {name: {"extensions": [], **_METRICS[kind]([value for value, _ in valued])}}


def _buckets(
    setup: Setup, entity: Entity, rows: Rows, valued: Sequence[tuple[Any, Row]], told: Mapping[str, Any]
) -> list[dict[str, Any]]:
    groups: dict[str, list[Row]] = {}
    for value, row in valued:
        groups.setdefault(str(value), []).append(row)
    buckets = []
    for key, members in list(groups.items())[: told.get("limit")]:
        nested = _one(setup, entity, rows, members, told["aggregation"]) if told.get("aggregation") else {}
        buckets.append({"key": key, "count": len(members), "extensions": [], **nested})
    return buckets
