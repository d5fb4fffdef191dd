"""What a search asks for, read strictly: pages, filters, sorting, associations.

https://developer.shopware.com/docs/guides/integrations-api/general-concepts/search-criteria.html
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from khaossync.sandbox.shopware.entities import ENTITIES, Association, Entity
from khaossync.sandbox.shopware.errors import Refusal, refusal
from khaossync.sandbox.shopware.filters import Test, tests
from khaossync.sandbox.shopware.ids import is_id
from khaossync.sandbox.shopware.paths import Path, association, resolve
from khaossync.sandbox.shopware.state import Setup

NO_TOTAL, EXACT, NEXT_PAGES = 0, 1, 2

_MODES = {0: NO_TOTAL, 1: EXACT, 2: NEXT_PAGES, "none": NO_TOTAL, "exact": EXACT, "next-pages": NEXT_PAGES}
_UNLIMITED = 1_000_000

# Shopware passes over whatever else stands in a search.
KNOWN = frozenset(
    {"page", "limit", "ids", "filter", "post-filter", "sort", "associations", "total-count-mode", "includes"}
    | {"excludes", "aggregations", "term", "query", "grouping", "fields"}
)


@dataclass
class Criteria:
    """One search, or the part of one that is about an association."""

    entity: Entity
    page: int = 1
    limit: int | None = None
    ids: list[str] = field(default_factory=list)
    filters: list[Test] = field(default_factory=list)
    post_filters: list[Test] = field(default_factory=list)
    sort: list[tuple[Path, bool]] = field(default_factory=list)
    associations: dict[str, tuple[Association, "Criteria"]] = field(default_factory=dict)
    total: int = NO_TOTAL
    includes: Mapping[str, list[str]] = field(default_factory=dict)
    excludes: Mapping[str, list[str]] = field(default_factory=dict)
    aggregations: list[Any] = field(default_factory=list)


def parse(setup: Setup, entity: Entity, told: Mapping[str, Any]) -> Criteria:
    """Read a whole search; without a limit it has the largest. Raises Refusal."""
    criteria = _parse(setup, entity, told)
    if criteria.limit is None and not criteria.ids:
        criteria.limit = largest(setup)
    return criteria


def largest(setup: Setup) -> int:
    """How many rows one page may have; before 6.6 there is no end to it."""
    return setup.max_limit if setup.release >= (6, 6) else _UNLIMITED


def _parse(setup: Setup, entity: Entity, told: Mapping[str, Any]) -> Criteria:
    criteria = Criteria(
        entity,
        page=_page(told.get("page", 1)),
        limit=_limit(setup, told["limit"]) if told.get("limit") is not None else None,
        ids=_ids(told.get("ids") or []),
        filters=tests(setup, entity, told.get("filter") or [], "/filter"),
        post_filters=tests(setup, entity, told.get("post-filter") or [], "/post-filter"),
        sort=_sort(setup, entity, told.get("sort") or []),
        total=_total(told.get("total-count-mode", 0)),
        includes=told.get("includes") or {},
        excludes=told.get("excludes") or {},
        aggregations=told.get("aggregations") or [],
    )
    for name, nested in (told.get("associations") or {}).items():
        criteria.associations[name] = _nested(setup, entity, name, nested)
    return criteria


def _nested(setup: Setup, entity: Entity, name: str, told: Any) -> tuple[Association, Criteria]:
    step = association(setup, entity, name)
    if step is None:
        detail = f"Can not find association by name {name}"
        raise refusal(400, "FRAMEWORK__ASSOCIATION_NOT_FOUND", detail, association=name)
    # An empty object of a PHP client arrives as an empty list.
    return step, _parse(setup, ENTITIES[step.entity], told or {})


def _page(told: Any) -> int:
    if not isinstance(told, int) or isinstance(told, bool) or told < 1:
        detail = f"The page parameter must be a positive integer. Given: {told}"
        raise refusal(400, "FRAMEWORK__INVALID_PAGE_QUERY", detail, "/page", page=told)
    return told


def _limit(setup: Setup, told: Any) -> int:
    if not isinstance(told, int) or isinstance(told, bool) or told < 1:
        detail = f"The limit parameter must be a positive integer greater or equals than 1. Given: {told}"
        raise refusal(400, "FRAMEWORK__INVALID_LIMIT_QUERY", detail, "/limit", limit=told)
    most = largest(setup)
    if told > most:
        detail = f"The limit must be lower than or equal to MAX_LIMIT(={most}). Given: {told}"
        raise refusal(400, "FRAMEWORK__QUERY_LIMIT_EXCEEDED", detail, "/limit", maxLimit=most, limit=told)
    return told


def _ids(told: Any) -> list[str]:
    found = told.split("|") if isinstance(told, str) else told
    if not isinstance(found, list):
        raise _wrong("/ids", "The ids parameter has to be a list")
    for each in found:
        if not is_id(each):
            raise refusal(400, "FRAMEWORK__INVALID_UUID", f"Value is not a valid UUID: {each}", "/ids", input=each)
    return found


def _sort(setup: Setup, entity: Entity, told: Any) -> list[tuple[Path, bool]]:
    if isinstance(told, str):
        told = [{"field": each.lstrip("-"), "order": "DESC" if each[0] == "-" else "ASC"} for each in told.split(",")]
    if not isinstance(told, list) or not all(isinstance(each, dict) and each.get("field") for each in told):
        raise refusal(400, "FRAMEWORK__INVALID_SORT_QUERY", "A value for the sort parameter is required.", "/sort")
    return [(resolve(setup, entity, each["field"]), str(each.get("order")).upper() == "DESC") for each in told]


def _total(told: Any) -> int:
    if isinstance(told, bool) or told not in _MODES:
        raise _wrong("/total-count-mode", f"The total count mode {told!r} does not exist")
    return _MODES[told]


def _wrong(where: str, detail: str) -> Refusal:
    return refusal(400, "FRAMEWORK__INVALID_CRITERIA", detail, where)
